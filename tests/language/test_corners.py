"""Shapes that pipelines may have although nobody thinks of them."""

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, ended, raw, result, submit
from tests.language.toys import Book, branch, end, failure, loop, plain, post, run

NUMBER: Json = {"n": 1}
LIST: Json = {"l": []}


def test_a_way_that_leads_nowhere(system: Engine, book: Book) -> None:
    """A node without `next` is no part of the result; it is given up where the end comes first."""
    book.set(hold=True)
    nodes = [plain("start", "aside", "end"), book.node("aside", "double")]
    job = submit(system, post(system, NUMBER, *nodes, end()), NUMBER)
    assert result(system, job) == NUMBER
    assert raw(system, job)["nodes"]["aside"]["state"] == "cancelled"
    book.set(hold=False)


def test_a_way_back_beside_a_way_that_waits(system: Engine, book: Book) -> None:
    """The join starts once, after the last turn."""
    start = plain("start", "a", "b")
    again = plain("again", "back", before="pipeline.t = pipeline.get('t', 0) + 1")
    back = branch("back", "pipeline.t < 4", {"next": ["b"]}, {"next": ["join"]})
    nodes = [
        start,
        plain("a", "join"),
        book.node("b", "double", "again"),
        again,
        back,
        book.node("join", "echo", "end"),
    ]
    job = submit(system, post(system, NUMBER, *nodes, end(input={"n": "join.out.n"})), {"n": 5})
    assert result(system, job) == {"n": 10}
    assert (book.count("double"), book.count("echo")) == (4, 1)


def test_ways_back_in_ways_back(system: Engine, book: Book) -> None:
    one = plain("one", "two", before="pipeline.outer = pipeline.get('outer', 0) + 1\npipeline.inner = 0")
    two = plain("two", "x", before="pipeline.inner += 1\ninput['n'] = 10 * pipeline.outer + pipeline.inner")
    back = branch("inner", "pipeline.inner < 3", {"next": ["two"]}, {"next": ["outer"]})
    last = branch("outer", "pipeline.outer < 2", {"next": ["one"]}, {"next": ["end"]})
    run(system, post(system, NUMBER, one, two, book.node("x", "double", "inner"), back, last, end()), NUMBER)
    assert [call["values"]["n"] for call in book.calls] == [11, 12, 13, 21, 22, 23]


def test_ways_back_that_cross(system: Engine) -> None:
    """Two branches, each of which leads back before the other."""
    count = "pipeline.log = pipeline.get('log', '') + node.id"
    nodes = [plain("a", "b", before=count), plain("b", "p", before=count)]
    p = branch("p", "len(pipeline.log) < 3", {"next": ["a"]}, {"next": ["c"]})
    c = plain("c", "q", before=count)
    q = branch("q", "len(pipeline.log) < 8", {"next": ["b"]}, {"next": ["end"]})
    route = post(system, NUMBER, *nodes, p, c, q, end(input={"log": "pipeline.log"}))
    assert run(system, route, NUMBER) == {"log": "ababcbcbc"}


def test_a_loop_with_a_branch_that_ends_the_body_at_once(system: Engine, book: Book) -> None:
    fork = branch("fork", "node._loop % 2", {"next": ["loopEnd"]}, {"next": ["x"]})
    body = [fork, book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    each = loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n", "all": "fork.finished"})
    found = run(system, post(system, LIST, each, end()), {"l": [1, 2, 3]})
    assert found == {"all0": True, "n1": 4, "all1": True, "all2": True}


def test_the_items_of_a_loop_grow_by_the_collect_of_another(system: Engine, book: Book) -> None:
    one = loop("one", "entry.out.l", [book.node("x", "range", "loopEnd", input={"n": "node._loop"})], "two")
    one |= {"collect": {"r": "x.out.items"}, "after": "node.out = {'all': sum(node.out.values(), [])}"}
    two = loop("two", "one.out.all", [book.node("y", "double", "loopEnd", input={"n": "node._loop"})], "end")
    two["collect"] = {"n": "y.out.n"}
    found = run(system, post(system, LIST, one, two, end(input={"found": "two.out"})), {"l": [2, 3]})
    assert list(found["found"].values()) == [0, 2, 0, 2, 4]


def test_code_of_a_body_that_names_outer_nodes_by_key(system: Engine) -> None:
    """`pipeline.nodes` in a body has the nodes of the body and those around it; these stay as they are."""
    body = [plain("x", "loopEnd", after="key = node._loop\nnode.out = {'n': pipeline.nodes[key].out['n']}")]
    each = loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n"})
    nodes = [plain("a-b", "c", after="node.out = {'n': 1}"), plain("c", "each", after="node.out = {'n': 2}"), each]
    route = post(system, LIST, *nodes, end())
    assert run(system, route, {"l": ["a-b", "c", "a-b"]}) == {"n0": 1, "n1": 2, "n2": 1}
    body[0]["after"] = "key = node._loop\npipeline.nodes[key].out['n'] = 5"
    message, _ = failure(system, post(system, LIST, *nodes, end()), {"l": ["c"]})
    assert "`c` lies outside of this loop's body" in message


def test_params_of_a_body_belong_to_the_instance(system: Engine) -> None:
    code = "node.params.c += 1\nnode.params.l.append(node._loop)"
    body = [plain("x", "loopEnd", params={"c": 0, "l": []}, before=code, after="node.out = dict(node.params)")]
    each = loop("each", "entry.out.l", body, "end", collect={"p": "x.out"})
    found = run(system, post(system, LIST, each, end()), {"l": [7, 8]})
    assert found == {"p0": {"c": 1, "l": [7]}, "p1": {"c": 1, "l": [8]}}


def test_ids_that_are_methods_builtins_and_numbers(system: Engine) -> None:
    nodes = [plain("items", "get", after="node.out.n += 1"), plain("get", "1a", after="node.out.n += items.out.n")]
    code = "node.out = {'n': get.out.n + pipeline.nodes['items'].out.n + len([1])}"
    nodes += [plain("1a", "str", after=code), plain("str", "end", input={"n": "1a.out.n", "m": "items.out.n"})]
    assert run(system, post(system, NUMBER, *nodes, end()), NUMBER) == {"n": 7, "m": 2}


def test_an_out_that_is_too_heavy(system: Engine) -> None:
    """A thousand items of 100 kB are more than a task may hold: the loop says so, and nothing breaks."""
    body = [plain("x", "loopEnd", after="node.out = {'s': 'x' * 100000}")]
    each = loop("each", "entry.out.l", body, "end", collect={"s": "x.out.s"})
    message, job = failure(system, post(system, LIST, each, end()), {"l": [0] * 400}, seconds=60)
    assert message.startswith("node each: ") and "MB" in message, message
    assert raw(system, job)["nodes"]["each"]["state"] == "error"


def test_too_many_items(system: Engine) -> None:
    start = plain("start", "each", after="node.out = {'l': [0] * 100001}")
    message, _ = failure(
        system, post(system, NUMBER, start, loop("each", "start.out.l", [plain("x", "loopEnd")], "end"), end()), NUMBER
    )
    assert message == "node each: `items` has 100,001 items; the limit is 100,000"


@pytest.mark.parametrize(("deep", "items"), [(7, [0, 0]), (20, [0])])
def test_many_loops_in_each_other(system: Engine, deep: int, items: list[int]) -> None:
    """Ids of instances stay unique however deep they lie."""
    body = [plain("x", "loopEnd", after="node.out.id = node.id")]
    path = {"i": "x.out.id"}
    for level in range(deep - 1):
        body = [loop(f"l{level}", "entry.out.l", body, "loopEnd", collect=path)]
        path = {"i": f"l{level}.out"}
    nodes = [loop("top", "entry.out.l", body, "end", collect=path), end()]
    job = submit(system, post(system, LIST, *nodes), {"l": items})
    found = ended(system, job, 60)
    assert found["status"] == "finished", found
    names = [name for name, node in raw(system, job)["nodes"].items() if node.get("node") == "x"]
    assert len(names) == len(items) ** deep == len(set(names))


def test_twenty_ways_at_once(system: Engine, book: Book) -> None:
    names = [f"way{number}" for number in range(20)]
    nodes = [book.node(name, "double", "join", input={"n": f"start.out.v.{index}"}) for index, name in enumerate(names)]
    start = plain("start", *names, after="node.out = {'v': list(range(20))}")
    join = plain("join", "end", input={name: f"{name}.out.n" for name in names})
    found = run(system, post(system, NUMBER, start, *nodes, join, end()), NUMBER)
    assert list(found.values()) == [2 * number for number in range(20)]
    assert book.count() == 20


def test_a_chain_of_two_hundred_nodes(system: Engine) -> None:
    nodes = [plain(f"n{index}", f"n{index + 1}", after="node.out.n += 1") for index in range(200)]
    assert run(system, post(system, NUMBER, *nodes, plain("n200", "end"), end()), {"n": 0}) == {"n": 200}


def test_twenty_ways_that_count_on_the_pipeline(system: Engine, book: Book) -> None:
    """Code of one task runs one after the other: no count is lost, however the results come."""
    names = [f"way{number}" for number in range(20)]
    count = "pipeline.c = pipeline.get('c', 0) + 1"
    nodes = [book.node(name, "double", "join", input={"n": "entry.out.n"}, after=count) for name in names]
    join = plain("join", "end", input={"c": "pipeline.c"})
    assert run(system, post(system, NUMBER, plain("start", *names), *nodes, join, end()), NUMBER) == {"c": 20}


def test_names_with_dots(system: Engine) -> None:
    """Names of results and keys in inputs may hold dots, also within paths."""
    it = plain("it", "end", input={"a.b": "entry.out.n", "c.d": "entry.out.n"})
    last = end(input={"x.y.json": "it.out.a.b", "z": "it.out.c.d"})
    assert run(system, post(system, {"n": 1}, it, last), {"n": 3}) == {"x.y.json": 3, "z": 3}


def test_later_predecessors_win_in_the_merge(system: Engine) -> None:
    """In the order of the definition."""
    nodes = [plain("start", "a", "b"), plain("b", "join", after="node.out = {'v': 'b', 'b': 1}")]
    nodes += [plain("a", "join", after="node.out = {'v': 'a', 'a': 1}"), plain("join", "end")]
    assert run(system, post(system, {"n": 1}, *nodes, end()), {"n": 1}) == {"v": "a", "a": 1, "b": 1}
