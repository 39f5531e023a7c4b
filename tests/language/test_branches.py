"""Branches: sides, joins, ways back, and tasks that cannot go on."""

from typing import Any

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, ended, raw, result, status_of, submit
from tests.language.toys import Book, branch, end, failure, loop, plain, post, run

NUMBER = {"n": 1}


def states(engine: Engine, job: str) -> Json:
    """The state of each node."""
    return {node_id: node["state"] for node_id, node in status_of(engine, job)["nodes"].items()}


@pytest.mark.parametrize("number", [1, 2])
def test_only_the_chosen_side_runs(system: Engine, book: Book, number: int) -> None:
    nodes = [book.node("yes", "echo", "end"), book.node("no", "echo", "end")]
    fork = branch("fork", "input.n == 1", {"next": ["yes"]}, {"next": ["no"]})
    job = submit(system, post(system, NUMBER, fork, *nodes, end()), {"n": number})
    assert result(system, job) == {"n": number}
    assert book.count() == 1
    taken, skipped = ("yes", "no") if number == 1 else ("no", "yes")
    assert states(system, job)[taken] == "finished" and states(system, job)[skipped] == "skipped"
    assert raw(system, job)["nodes"]["fork"]["side"] == ("then" if number == 1 else "else")


@pytest.mark.parametrize(("number", "wanted"), [(1, {"one": 1, "text": "yes"}), (2, {"n": 2})])
def test_a_side_with_all_its_fields(system: Engine, number: int, wanted: Json) -> None:
    then = {"next": ["end"], "out": {"one": "entry.out.n"}, "exec": "node.out['text'] = 'yes'"}
    fork = branch("fork", "input.n == 1", then, None, "other")
    nodes = [plain("other", "end"), end()]
    assert run(system, post(system, NUMBER, fork, *nodes), {"n": number}) == wanted


@pytest.mark.parametrize(
    "else_", [None, "node.out['x'] = 1", {"out": {"n": "entry.out.n"}}, {"exec": "pipeline.y = 1"}]
)
def test_the_own_next_holds_where_a_side_has_none(system: Engine, book: Book, else_: Any) -> None:
    fork = branch("fork", "False", {"next": ["end"]}, else_, "own")
    job = submit(system, post(system, NUMBER, fork, book.node("own", "echo", "end"), end()), NUMBER)
    assert result(system, job)["n"] == 1
    assert book.count() == 1


@pytest.mark.parametrize("condition", ["", "0", "[]", "{}", "None", "''", "input.n > 1"])
def test_what_counts_as_false(system: Engine, condition: str) -> None:
    fork = branch("fork", condition or "False", "node.out = {'side': 'then'}", "node.out = {'side': 'else'}", "end")
    assert run(system, post(system, NUMBER, fork, end()), NUMBER) == {"side": "else"}


def test_two_ways_of_one_side_run_at_once(system: Engine, book: Book) -> None:
    book.set(delay=0.2)
    fork = branch("fork", "True", {"next": ["a", "b"]}, {"next": ["c"]})
    nodes = [book.node(name, "double", "meet") for name in "abc"]
    meet = plain("meet", "end", input={"a": "a.out.n", "b": "b.out.n"})
    assert run(system, post(system, NUMBER, fork, *nodes, meet, end()), NUMBER) == {"a": 2, "b": 2}
    assert book.count() == 2 and book.heard()["peak"] == 2


@pytest.mark.parametrize("condition", ["True", "False"])
def test_a_join_after_a_branch_without_ready(system: Engine, book: Book, condition: str) -> None:
    """The long way is waited for, the way that was not taken is not, and what follows runs once."""
    fork = branch("fork", condition, {"next": ["a1"]}, {"next": ["b1"]})
    ways = [book.node("a1", "double", "a2"), book.node("a2", "double", "join"), plain("b1", "join")]
    tail = book.node("join", "add", "end", input={"a": "entry.out.n", "b": "entry.out.n"})
    job = submit(system, post(system, NUMBER, fork, *ways, tail, end()), {"n": 3})
    assert result(system, job) == {"n": 6}
    assert book.count("add") == 1
    assert book.count("double") == (2 if condition == "True" else 0)


@pytest.mark.parametrize("taken", [True, False])
def test_a_join_of_a_branch_with_a_way_that_always_runs(system: Engine, book: Book, taken: bool) -> None:
    """The join has three predecessors, of which one is slow and one may be skipped."""
    book.set(delay=0.1)
    start = plain("start", "fork", "slow")
    fork = branch("fork", str(taken), {"next": ["maybe"]}, {"next": ["join"]})
    nodes = [plain("maybe", "join", before="input['maybe'] = True"), book.node("slow", "double", "join")]
    assert run(system, post(system, NUMBER, start, fork, *nodes, plain("join", "end"), end()), {"n": 4}) == {
        "n": 8,
        **({"maybe": True} if taken else {}),
    }
    assert book.count() == 1


def test_a_skipped_way_is_skipped_to_its_end(system: Engine, book: Book) -> None:
    """A branch on a way that is not taken is skipped with all that follows it, up to where the ways meet."""
    fork = branch("fork", "True", {"next": ["short"]}, {"next": ["inner"]})
    inner = branch("inner", "True", {"next": ["x"]}, {"next": ["y"]})
    nodes = [plain("short", "join"), book.node("x", "double", "z"), book.node("y", "double", "z"), plain("z", "join")]
    job = submit(system, post(system, NUMBER, fork, inner, *nodes, plain("join", "end"), end()), NUMBER)
    assert result(system, job) == NUMBER
    assert book.count() == 0
    assert {name for name, state in states(system, job).items() if state == "skipped"} == {"inner", "x", "y", "z"}


# Ways back


def test_a_way_back_counts_its_turns(system: Engine, book: Book) -> None:
    """What lies between runs again with fresh inputs; `params` and fields of the pipeline keep their values."""
    count = "pipeline['turns'] = pipeline.get('turns', 0) + 1\nnode.params['seen'].append(pipeline.turns)\n"
    start = plain("start", "work", params={"seen": []}, before=f"{count}input['n'] = pipeline.turns")
    back = branch("back", "pipeline.turns < 4", {"next": ["start"]}, {"next": ["end"]})
    nodes = [start, book.node("work", "double", "back"), back]
    paths = {"n": "back.out.n", "turns": "pipeline.turns", "seen": "start.params.seen"}
    job = submit(system, post(system, NUMBER, *nodes, end(input=paths)), NUMBER)
    assert result(system, job) == {"n": 8, "turns": 4, "seen": [1, 2, 3, 4]}
    assert book.numbers() == {1: 1, 2: 1, 3: 1, 4: 1}
    whole = raw(system, job)
    assert whole["pipeline"] == {"turns": 4}
    assert [attempt["turn"] for attempt in whole["nodes"]["work"]["attempts"]] == [1, 2, 3, 4]


def test_a_way_back_resets_parallel_ways_in_between(system: Engine, book: Book) -> None:
    start = plain("start", "a", "b", before="pipeline['turn'] = pipeline.get('turn', 0) + 1")
    meet = plain("meet", "back", input={"n": "a.out.n", "m": "b.out.n"})
    back = branch("back", "pipeline.turn < 3", {"next": ["start"]}, {"next": ["end"]})
    nodes = [start, book.node("a", "double", "meet"), book.node("b", "double", "meet"), meet, back, end()]
    assert run(system, post(system, NUMBER, *nodes), {"n": 5}) == {"n": 10, "m": 10}
    assert book.numbers() == {5: 6}


def test_a_way_back_to_the_branch_itself(system: Engine) -> None:
    code = "node.params['n'] = node.params.n + 1"
    back = branch("back", "node.params.n < 5", {"next": ["back"], "exec": code}, None, "end", params={"n": 0})
    assert run(system, post(system, NUMBER, back, end(input={"n": "back.params.n"})), NUMBER) == {"n": 5}


def test_a_loop_that_lies_on_a_way_back_runs_again(system: Engine, book: Book) -> None:
    start = plain(
        "start", "each", before="pipeline['turn'] = pipeline.get('turn', 0) + 1\ninput['l'] = [pipeline.turn] * 3"
    )
    body = [book.node("work", "double", "loopEnd", input={"n": "node._loop"})]
    each = loop("each", "start.out.l", body, "back", collect={"n": "work.out.n"})
    back = branch("back", "pipeline.turn < 3", {"next": ["start"]}, {"next": ["end"]})
    assert run(system, post(system, NUMBER, start, each, back, end()), NUMBER) == {"n0": 6, "n1": 6, "n2": 6}
    assert book.numbers() == {1: 3, 2: 3, 3: 3}


@pytest.mark.parametrize(("fields", "turns"), [({"max_turns": 7}, 7), ({}, 1_000)])
def test_a_way_back_that_never_ends(system: Engine, fields: Json, turns: int) -> None:
    back = branch("back", "True", {"next": ["start"]}, {"next": ["end"]}, **fields)
    message, job = failure(system, post(system, NUMBER, plain("start", "back"), back, end()), NUMBER, seconds=60)
    assert message == f"node back: it was reached {turns + 1:,} times, and `max_turns` is {turns:,}"
    assert raw(system, job)["nodes"]["start"]["turn"] == turns + 1


# Tasks that cannot go on


def test_a_task_that_is_stuck_says_who_waits(system: Engine, book: Book) -> None:
    nodes = [plain("a", "join"), plain("join", "end", ready="False")]
    message, job = failure(system, post(system, NUMBER, *nodes, end(), first="a"), NUMBER)
    assert message == "nothing runs and the end was not reached: join waits for its `ready`, which does not hold"
    assert states(system, job)["join"] == "pending"


def test_a_task_that_is_stuck_in_two_places(system: Engine) -> None:
    nodes = [plain("a", "x", "y"), plain("x", "end", ready="y.finished"), plain("y", "end", ready="x.finished")]
    message, _ = failure(system, post(system, NUMBER, *nodes, end()), NUMBER)
    assert message.startswith("nothing runs and the end was not reached: ")
    assert "x waits for its `ready`" in message and "y waits for its `ready`" in message


def test_a_body_that_is_stuck(system: Engine) -> None:
    body = [plain("in", "out"), plain("out", "loopEnd", ready="node._loop != 2")]
    message, _ = failure(
        system, post(system, {"l": []}, loop("each", "entry.out.l", body, "end"), end()), {"l": [1, 2]}
    )
    assert message.startswith("node each: item 1: nothing runs and loopEnd was not reached: out1 waits for its `ready`")


# Ready


def test_ready_may_start_a_node_with_the_first_that_comes(system: Engine, book: Book) -> None:
    """Of two ways one is held; `ready` does not wait for it."""
    slow, fast = book.node("slow", "double", "join"), plain("fast", "join")
    book.set(hold=True)
    join = plain("join", "end", ready="fast.finished", input={"n": "fast.out.n"})
    job = submit(system, post(system, NUMBER, plain("start", "slow", "fast"), slow, fast, join, end()), NUMBER)
    assert result(system, job) == NUMBER
    assert raw(system, job)["nodes"]["slow"]["state"] == "cancelled"
    book.set(hold=False)


def test_ready_is_asked_again_when_another_node_ends(system: Engine, book: Book) -> None:
    """`join` has one predecessor, `a`, and waits for `b`, which does not lead to it."""
    book.set(delay=0.2)
    join = plain("join", "end", ready="a.finished and b.finished", input={"n": "b.out.n"})
    nodes = [plain("start", "a", "b"), plain("a", "join"), book.node("b", "double", "end"), join]
    assert run(system, post(system, NUMBER, *nodes, end(input={"n": "join.out.n"})), NUMBER) == {"n": 2}


def test_ready_runs_a_node_once(system: Engine, book: Book) -> None:
    ways = [plain("a", "join"), plain("b", "join"), plain("c", "join")]
    join = book.node("join", "double", "end", ready="True", input={"n": "entry.out.n"})
    job = submit(system, post(system, NUMBER, plain("start", "a", "b", "c"), *ways, join, end()), NUMBER)
    assert result(system, job) == {"n": 2}
    assert book.count() == 1


def test_ready_on_the_end(system: Engine, book: Book) -> None:
    book.set(hold=True)
    nodes = [plain("start", "a", "b"), book.node("a", "double", "end"), plain("b", "end")]
    job = submit(system, post(system, NUMBER, *nodes, end(ready="b.finished")), {"n": 9})
    assert ended(system, job)["status"] == "finished"
    assert result(system, job) == {"n": 9}
    book.set(hold=False)


def test_ready_sees_the_input_as_far_as_it_is_there(system: Engine, book: Book) -> None:
    """Names whose paths find nothing yet are missing."""
    book.set(delay=0.1)
    join = plain("join", "end", ready="'b' in input and input.a == 1", input={"a": "a.out.n", "b": "b.out.n"})
    nodes = [plain("start", "a", "b"), plain("a", "join"), book.node("b", "double", "join"), join]
    assert run(system, post(system, NUMBER, *nodes, end()), NUMBER) == {"a": 1, "b": 2}
    assert run(system, post(system, NUMBER, plain("join", "end", ready="input.n == 1"), end()), NUMBER) == NUMBER
