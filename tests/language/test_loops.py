"""Loops: items, bodies, what is collected, how many run at once."""

from typing import Any

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, raw, result, submit
from tests.language.toys import Book, branch, end, failure, loop, plain, post, run

LIST: Json = {"l": []}


def over(engine: Engine, body: list[Json], **fields: Any) -> str:
    """entry -> loop over `l` -> end."""
    return post(engine, LIST, loop("each", "entry.out.l", body, "end", **fields), end())


def test_no_item(system: Engine, book: Book) -> None:
    route = over(system, [book.node("x", "double", "loopEnd", input={"n": "node._loop"})], collect={"n": "x.out.n"})
    job = submit(system, route, {"l": []})
    assert result(system, job) == {}
    assert book.count() == 0
    assert raw(system, job)["nodes"]["each"]["items"] == 0


def test_one_item(system: Engine, book: Book) -> None:
    route = over(system, [book.node("x", "double", "loopEnd", input={"n": "node._loop"})], collect={"n": "x.out.n"})
    job = submit(system, route, {"l": [21]})
    assert result(system, job) == {"n0": 42}
    assert book.numbers() == {21: 1}


def test_results_are_in_the_order_of_the_items(system: Engine, book: Book) -> None:
    """Also behind n9, although n10 comes before n2 in the alphabet."""
    route = over(system, [book.node("x", "double", "loopEnd", input={"n": "node._loop"})], collect={"n": "x.out.n"})
    found = run(system, route, {"l": list(range(30, 0, -1))})
    assert list(found.items()) == [(f"n{index}", 2 * item) for index, item in enumerate(range(30, 0, -1))]


def test_items_of_every_kind(system: Engine) -> None:
    items = [None, True, 0, 1.5, "text", [], [1], {}, {"a": {"b": 1}}, 2**63 - 1]
    route = over(system, [plain("x", "loopEnd", after="node.out['item'] = node._loop")], collect={"i": "x.out.item"})
    found = run(system, route, {"l": items})
    assert [found[f"i{index}"] for index in range(len(items))] == items
    assert list(map(type, found.values())) == list(map(type, items))


@pytest.mark.parametrize("value", [None, 3, "text", True, {"a": 1}])
def test_items_that_are_no_list(system: Engine, value: Any) -> None:
    route = post(system, {"l": None}, loop("each", "entry.out.l", [plain("x", "loopEnd")], "end"), end())
    message, _ = failure(system, route, {"l": value})
    kinds = {"NoneType": "null", "int": "an integer", "str": "a string", "bool": "a boolean", "dict": "an object"}
    kind = kinds[type(value).__name__]
    assert message == f"node each: `items` must lead to a list: `entry.out.l` is {kind}"


def test_items_that_are_not_there(system: Engine) -> None:
    node = plain("a", "each", after="node.out = {'list': []}")
    route = post(system, {"n": 1}, node, loop("each", "a.out.l", [plain("x", "loopEnd")], "end"), end())
    message, _ = failure(system, route, {"n": 1})
    assert message == "node each: `items`: `a.out.l` finds nothing: `a.out` has the key `list`"


def test_items_from_code_and_from_its_own_input(system: Engine) -> None:
    """Code before the loop makes the list, which stands in the loop's own input or on the pipeline."""
    body = [plain("x", "loopEnd", after="node.out['v'] = node._loop")]
    one = loop("one", "node.input.list", body, "two", before="input['list'] = [1, 2]", collect={"v": "x.out.v"})
    body = [plain("y", "loopEnd", after="node.out['v'] = node._loop * 10")]
    two = loop("two", "pipeline.list", body, "end", before="pipeline.list = [3]", collect={"w": "y.out.v"})
    paths = {"one": "one.out", "two": "two.out"}
    assert run(system, post(system, {"n": 1}, one, two, end(input=paths)), {"n": 1}) == {
        "one": {"v0": 1, "v1": 2},
        "two": {"w0": 30},
    }


def test_collect_leaves_out_what_is_not_there(system: Engine, book: Book) -> None:
    """`odd` gives `odd` or `even.deep`; each name has gaps where the other has none."""
    paths = {"o": "x.out.odd", "e": "loop.x.out.even.deep", "all": "x.out"}
    route = over(system, [book.node("x", "odd", "loopEnd", input={"n": "node._loop"})], collect=paths)
    assert run(system, route, {"l": [1, 2, 3, 4]}) == {
        **{"o0": 1, "all0": {"odd": 1}, "e1": 2, "all1": {"even": {"deep": 2}}},
        **{"o2": 3, "all2": {"odd": 3}, "e3": 4, "all3": {"even": {"deep": 4}}},
    }


def test_collect_of_a_node_that_was_skipped(system: Engine, book: Book) -> None:
    fork = branch("fork", "node._loop > 2", {"next": ["x"]}, {"next": ["loopEnd"]})
    body = [fork, book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    assert run(system, over(system, body, collect={"n": "x.out.n"}), {"l": [1, 2, 3, 4]}) == {"n2": 6, "n3": 8}
    assert book.numbers() == {3: 1, 4: 1}


def test_collect_of_null_and_false_leaves_nothing_out(system: Engine) -> None:
    route = over(system, [plain("x", "loopEnd", after="node.out['v'] = node._loop")], collect={"v": "x.out.v"})
    assert run(system, route, {"l": [None, False, 0, ""]}) == {"v0": None, "v1": False, "v2": 0, "v3": ""}


def test_a_loop_without_collect(system: Engine, book: Book) -> None:
    route = over(system, [book.node("x", "double", "loopEnd", input={"n": "node._loop"})])
    assert run(system, route, {"l": [1, 2]}) == {}
    assert book.count() == 2


def test_the_first_node_of_the_list_starts_whatever_the_order(system: Engine, book: Book) -> None:
    body = [plain("b", "c", after="node.out['n'] = node._loop"), plain("d", "loopEnd")]
    body += [book.node("c", "double", "d")]
    assert run(system, over(system, body, collect={"n": "d.out.n"}), {"l": [5]}) == {"n0": 10}


def test_parallel_ways_in_a_body_end_together(system: Engine, book: Book) -> None:
    """`loopEnd` is reached when all ways to it are."""
    book.set(delay=0.1)
    body = [plain("in", "a", "b", after="node.out['n'] = node._loop"), book.node("a", "double", "loopEnd")]
    body += [book.node("b", "double", "c"), book.node("c", "double", "loopEnd")]
    found = run(system, over(system, body, collect={"a": "a.out.n", "c": "c.out.n"}), {"l": [1, 2]})
    assert found == {"a0": 2, "a1": 4, "c0": 4, "c1": 8}


def test_instances_have_ids_of_their_own(system: Engine, book: Book) -> None:
    """Ids of instances are `<id><number>`, unique in the whole task, also where ids look alike."""
    inner = loop("y1", "node._loop", [plain("x", "loopEnd", after="node.out['id'] = node.id")], "loopEnd")
    inner["collect"] = {"id": "x.out.id"}
    outer = [plain("x1", "y1"), inner]
    each = loop("each", "entry.out.l", outer, "x11", collect={"ids": "y1.out"})
    route = post(system, LIST, each, plain("x11", "end"), end(input={"found": "each.out"}))
    job = submit(system, route, {"l": [[0, 0, 0], [0] * 12]})
    told = result(system, job)["found"]
    ids = [each for row in told.values() for each in row.values()]
    assert len(ids) == 15 == len(set(ids))
    nodes = raw(system, job)["nodes"]
    assert set(ids) == {name for name, node in nodes.items() if node.get("node") == "x"}
    assert all(name.startswith("x") and name[1:].isdigit() for name in ids)
    assert len([name for name in nodes if nodes[name].get("node") == "x1"]) == 2
    assert "x1" not in nodes and "x11" in nodes and nodes["x11"].get("node") is None


@pytest.mark.parametrize("limit", [1, 3])
def test_max_parallel_bounds_what_is_in_flight(system: Engine, book: Book, limit: int) -> None:
    book.set(delay=0.02, mode="callback")
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    route = over(system, body, collect={"n": "x.out.n"}, max_parallel=limit)
    assert run(system, route, {"l": list(range(12))}) == {f"n{index}": 2 * index for index in range(12)}
    assert book.heard()["peak"] == limit
    if limit == 1:
        assert [call["values"]["n"] for call in book.calls] == list(range(12))


def test_without_max_parallel_all_run_at_once(system: Engine, book: Book) -> None:
    book.set(hold=True, mode="callback")
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    job = submit(system, over(system, body), {"l": list(range(50))})
    book.wait_working(50)
    book.set(hold=False)
    assert result(system, job) == {}


def test_max_parallel_of_a_loop_in_a_loop_holds_for_each(system: Engine, book: Book) -> None:
    book.set(hold=True, mode="callback")
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    inner = loop("cells", "node._loop", body, "loopEnd", max_parallel=2)
    job = submit(system, over(system, [plain("row", "cells"), inner], max_parallel=3), {"l": [[1, 2, 3]] * 4})
    book.wait_working(6)
    book.set(hold=False)
    assert result(system, job) == {}
    assert book.count() == 12 and book.heard()["peak"] <= 6


def test_a_branch_in_a_loop_in_a_loop(system: Engine, book: Book) -> None:
    fork = branch("fork", "node._loop % 2 == 0", {"next": ["even"]}, {"next": ["odd"]})
    even = book.node("even", "double", "meet", input={"n": "node._loop"})
    odd = plain("odd", "meet", after="node.out['n'] = -node._loop")
    inner = loop(
        "cells", "row.out.l", [fork, even, odd, plain("meet", "loopEnd")], "loopEnd", collect={"n": "meet.out.n"}
    )
    row = plain("row", "cells", after="node.out = {'l': node._loop}")
    route = over(system, [row, inner], collect={"row": "cells.out"})
    found = run(system, route, {"l": [[1, 2], [], [3, 4, 5]]})
    assert found == {"row0": {"n0": -1, "n1": 4}, "row1": {}, "row2": {"n0": -3, "n1": 8, "n2": -5}}
    assert book.numbers() == {2: 1, 4: 1}


def test_a_way_back_in_a_body(system: Engine, book: Book) -> None:
    """Each instance takes as many turns as its item says, and counts them by itself."""
    start = plain("start", "work", before="pipeline.turn = pipeline.get('turn', 0) + 1\ninput['n'] = pipeline.turn")
    back = branch("back", "pipeline.turn < node._loop", {"next": ["start"]}, {"next": ["loopEnd"]})
    back["after"] = "node.out.turns = pipeline.turn"
    body = [start, book.node("work", "double", "back"), back]
    route = over(system, body, collect={"n": "back.out.n", "turns": "back.out.turns"})
    assert run(system, route, {"l": [1, 3, 2]}) == {
        **{"n0": 2, "turns0": 1, "n1": 6, "turns1": 3, "n2": 4, "turns2": 2},
    }
    assert book.numbers() == {1: 3, 2: 2, 3: 1}


def test_a_way_back_in_a_body_that_never_ends(system: Engine) -> None:
    back = branch("back", "node._loop == 7", {"next": ["start"]}, {"next": ["loopEnd"]}, max_turns=5)
    route = over(system, [plain("start", "back"), back])
    assert run(system, route, {"l": [1]}) == {}
    message, _ = failure(system, route, {"l": [1, 7]})
    assert message == "node each: item 1: node back1: it was reached 6 times, and `max_turns` is 5"


def test_four_loops_in_each_other(system: Engine, book: Book) -> None:
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    collect = {"n": "x.out.n"}
    for depth in range(3):
        body = [loop(f"level{depth}", "node._loop", body, "loopEnd", collect=collect)]
        collect = {"n": f"level{depth}.out"}
    found = run(system, over(system, body, collect=collect), {"l": [[[[1, 2], [3]]], [[[4]], []]]})
    assert found == {
        "n0": {"n0": {"n0": {"n0": 2, "n1": 4}, "n1": {"n0": 6}}},
        "n1": {"n0": {"n0": {"n0": 8}}, "n1": {}},
    }
    assert book.numbers() == {1: 1, 2: 1, 3: 1, 4: 1}


def test_two_loops_at_once(system: Engine, book: Book) -> None:
    """Two loops over the same list side by side, with ids that tell them apart."""
    one = loop("one", "entry.out.l", [book.node("x", "double", "loopEnd", input={"n": "node._loop"})], "end")
    two = loop("two", "entry.out.l", [book.node("y", "double", "loopEnd", input={"n": "node._loop"})], "end")
    nodes = [plain("start", "one", "two"), {**one, "collect": {"a": "x.out.n"}}, {**two, "collect": {"b": "y.out.n"}}]
    job = submit(system, post(system, LIST, *nodes, end()), {"l": [1, 2]})
    assert result(system, job) == {"a0": 2, "a1": 4, "b0": 2, "b1": 4}
    assert {"x0", "x1", "y0", "y1"} < set(raw(system, job)["nodes"])


def test_before_and_after_of_a_loop(system: Engine) -> None:
    body = [plain("x", "loopEnd", after="node.out['n'] = node._loop + pipeline.plus + each.params.more")]
    each = loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n"}, params={"more": 1})
    each |= {
        "before": "pipeline.plus = 100\nnode.params.more = 2",
        "after": "node.out = {'sum': sum(node.out.values())}",
    }
    assert run(system, post(system, LIST, each, end()), {"l": [1, 2]}) == {"sum": 207}


def test_a_failing_item_names_itself(system: Engine, toys_bad: Book) -> None:
    body = [toys_bad.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    message, job = failure(system, over(system, body, max_parallel=1), {"l": [1, 2, 3, 4]})
    assert message.startswith("node each: item 2: node x2: ") and "400" in message and "is refused" in message
    assert toys_bad.op("double") in message
    nodes = raw(system, job)["nodes"]
    assert nodes["x2"]["state"] == "error" and "x3" not in nodes
    assert "400" in nodes["x2"]["attempts"][0]["error"]


def test_an_item_whose_service_reports_a_failure(system: Engine, book: Book) -> None:
    book.set(failing=[3])
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    message, _ = failure(system, over(system, body, max_parallel=1), {"l": [1, 2, 3, 4]})
    assert message == "node each: item 2: node x2: cannot work on 3"
    assert book.numbers() == {1: 1, 2: 1, 3: 1}


@pytest.fixture
def toys_bad(book: Book) -> Book:
    """A book whose services refuse 3."""
    book.set(bad=[3])
    return book
