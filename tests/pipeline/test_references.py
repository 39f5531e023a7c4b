"""Paths: which are right, and what is said of the others."""

from typing import Any

import pytest

from engine.pipeline.check import check
from tests.pipeline.definitions import branch, chain, loop, node

BODY = {"age": 31, "user": {"name": "x"}, "areas": [[1]], "any": None, "a.b": 1}


def pipeline(path: Any, body: Any = BODY) -> dict[str, Any]:
    """entry -> a -> (b, c) -> d -> end; `b` reads the path."""
    return chain(
        node("a", "b", "c", params={"p": 1}),
        node("b", "d", input={"x": path}),
        node("c", "d"),
        node("d", "end"),
        body=body,
    )


RIGHT = [
    "a.out",
    "a.out.any.0.key",
    "a.input.x",
    "a.params.p",
    "a.id",
    "a.type",
    "a.finished",
    "c.params.any",
    "d.id",
    "node.params.x",
    "node.id",
    "pipeline.anything",
    "pipeline.nodes",
    "pipeline.nodes.a.out.x",
    "entry.out",
    "entry.out.age",
    "entry.out.user.name",
    "entry.out.areas.0.0",
    "entry.out.any.thing",
    "entry.out.a.b",
    "entry.input.whatever",
]

WRONG = [
    ("a", "only a node: say which field of it, as in `a.out`"),
    ("a..b", "empty part"),
    ("zzz.out", "there is no node `zzz` in this pipeline; begin the path with the id of a node"),
    ("entyr.out.age", "there is no node `entyr` in this pipeline; did you mean `entry`?"),
    ("loop.X.out", "in the body of a loop only"),
    ("input.x", "`input` is known in code only; begin the path with the id of the node that gives the value"),
    ("loopEnd.out", "there is no node `loopEnd`"),
    ("a._loop", "`a` is in no body of a loop, so it has no `_loop`, which is the item that a body runs for"),
    ("pipeline.nodes.zzz", "there is no node `zzz`"),
    ("a.ouut.x", "a node has no field `ouut`; did you mean `out`?"),
    ("a.image", "what it made is in `out`: did you mean `a.out.image`?"),
    ("node.image", "a node has no field `image`, only `out`, `input`, `params`, `id`, `type` and `finished`"),
    ("pipeline.nodes.zzz.out", "there is no node `zzz`"),
    ("b.out.x", "cannot read its own `out`"),
    ("node.out.x", "cannot read its own `out`"),
    ("node.input.x", "cannot read its own `input`"),
    (
        "c.out.x",
        "`c` may not have run when `b` begins, since no way leads from it to `b`; name `b` in the `next` of `c`",
    ),
    ("d.out.x", "`d` runs after `b`, so its `out` is not there yet"),
    ("end.out.x", "`end` runs after `b`"),
    ("d.input.x", "`d` runs after `b`, so its `input` is not there yet"),
    ("pipeline.nodes.d.out", "`d` runs after `b`"),
    ("entry.out.aeg", "the body of `entry` has no key `aeg`; did you mean `age`?"),
    ("entry.out.user.nmae", "the body of `entry` has no key `nmae` in `user`; did you mean `name`?"),
    ("entry.out.age.x", "the body of `entry` has no key `x` in `age`, which is an integer"),
]


@pytest.mark.parametrize("path", RIGHT)
def test_paths_to_what_is_there(path: str) -> None:
    assert check(pipeline(path)) == []


@pytest.mark.parametrize(("path", "words"), WRONG)
def test_paths_to_what_is_not(path: str, words: str) -> None:
    (fault,) = check(pipeline(path))
    assert fault.pointer == "/nodes/2/input/x"
    assert words in fault.message


@pytest.mark.parametrize("body", ["image", ["image", "areas"], {}])
def test_a_form_may_merge_any_key(body: Any) -> None:
    assert check(pipeline("entry.out.whatever", body)) == []


def test_the_name_of_an_input_may_hold_dots_and_slashes() -> None:
    document = chain(node("a", "end", input={"a/b.c": "zzz.out"}))
    assert [fault.pointer for fault in check(document)] == ["/nodes/1/input/a~1b.c"]


def test_a_node_out_of_reach_is_one_fault_whoever_reads_it() -> None:
    document = chain(node("a", "b"), node("b", "end", input={"x": "lost.out", "y": "a.out"}), node("lost"))
    assert [fault.pointer for fault in check(document)] == ["/nodes/3"]


@pytest.mark.parametrize("wrong", ["zzz", "bb", 7])
def test_readers_are_not_blamed_for_a_wrong_next(wrong: Any) -> None:
    document = chain(node("a", "b", "c"), node("b", wrong), node("c", "end", input={"x": "b.out"}))
    assert [fault.pointer for fault in check(document)] == ["/nodes/2/next/0"]


def test_readers_within_and_behind_a_cycle_are_not_blamed() -> None:
    document = chain(
        node("a", "b", "d", input={"x": "c.out"}),
        node("b", "c", input={"x": "a.out"}),
        node("c", "a", "end"),
        node("d", input={"x": "c.out"}),
    )
    assert [fault.pointer for fault in check(document)] == ["/nodes/3/next/0"]


def test_a_way_back_lets_a_node_read_what_comes_after_it() -> None:
    document = chain(node("a", "check", input={"x": "check.out.x"}), branch("check", ["a"], ["end"]), body={"x": 1})
    assert check(document) == []


def test_a_way_back_elsewhere_does_not() -> None:
    document = chain(
        node("a", "b", input={"x": "c.out"}), node("b", "check"), branch("check", ["b"], ["c"]), node("c", "end")
    )
    (fault,) = check(document)
    assert (fault.pointer, "`c` runs after `a`" in fault.message) == ("/nodes/1/input/x", True)


def test_a_side_may_be_read_that_may_not_run() -> None:
    document = chain(branch("a", ["b"], ["c"]), node("b", "c"), node("c", "end", input={"x": "b.out"}))
    assert check(document) == []


def test_the_other_side_cannot_be_read() -> None:
    document = chain(branch("a", ["b"], ["c"]), node("b", "end"), node("c", "end", input={"x": "b.out"}))
    (fault,) = check(document)
    assert (fault.pointer, "`b` may not have run when `c` begins" in fault.message) == ("/nodes/3/input/x", True)


@pytest.mark.parametrize(("waiting", "right"), [("c", True), ("d", True), ("b", False)])
def test_ready_may_wait_for_a_node_beside(waiting: str, right: bool) -> None:
    """entry -> a -> b, and a -> c -> d -> end, where `d` reads what `b` gives."""
    document = chain(node("a", "b", "c"), node("b"), node("c", "d"), node("d", "end", input={"x": "b.out"}))
    next(one for one in document["nodes"] if one["id"] == waiting)["ready"] = "pipeline.nodes['b'].finished"
    assert bool(check(document)) != right


def test_ready_cannot_wait_for_what_only_comes_later() -> None:
    document = chain(node("a", "b", ready="b.finished", input={"x": "b.out"}), node("b", "end"))
    (fault,) = check(document)
    assert "`b` runs after `a`" in fault.message


def test_ready_may_wait_for_what_comes_later_by_another_way_too() -> None:
    document = chain(node("s", "a", "c"), node("a", "b", ready="b.finished", input={"x": "b.out"}), node("b", "end"))
    document["nodes"].insert(3, node("c", "b"))
    assert check(document) == []


ITEMS = ["entry.out.areas", "node.input.x", "b.input.x", "node.params.x", "a.out.areas", "pipeline.areas"]


@pytest.mark.parametrize("path", ITEMS)
def test_items_may_read_the_input_of_the_loop(path: str) -> None:
    assert check(chain(node("a", "b"), loop("b", node("x", "loopEnd"), items=path), body=BODY)) == []


WRONG_ITEMS = [
    ("node.out.x", "a node cannot read its own `out` as its `items`"),
    ("x.out.areas", "`x` is in the body of the loop `b` and runs once for each item; take it with `collect` of `b`"),
    ("loop.x.out", "`x` is in the body of the loop `b` and runs once for each item"),
    ("loop.zzz.out", "in the body of a loop only"),
    ("node._loop", "this node is in no body of a loop, so it has no `_loop`"),
    ("zzz.out", "there is no node `zzz`"),
    ("entry.out.aers", "has no key `aers`; did you mean `areas`?"),
    ("c.out", "`c` runs after `b`"),
]


@pytest.mark.parametrize(("path", "words"), WRONG_ITEMS)
def test_wrong_items(path: str, words: str) -> None:
    document = chain(
        node("a", "b"), loop("b", node("x", "loopEnd"), items=path, next=["c"]), node("c", "end"), body=BODY
    )
    (fault,) = check(document)
    assert (fault.pointer, words in fault.message) == ("/nodes/2/items", True), fault


@pytest.mark.parametrize("side", ["then", "else"])
def test_the_out_of_a_side_is_made_of_paths(side: str) -> None:
    out = {"a": "node.input.x", "b": "a.out.y", "c": "node.out.z", "d": "zzz.out", "e": "c.out"}
    sides: dict[str, Any] = {"then": {"next": ["c"]}, "else": {"next": ["end"]}}
    sides[side]["out"] = out
    document = chain(node("a", "b"), branch("b", sides["then"], sides["else"]), node("c", "end"))
    told = {fault.pointer: fault.message for fault in check(document)}
    assert list(told) == [f"/nodes/2/{side}/out/{name}" for name in "cde"]
    assert "a node cannot read its own `out` as what it gives out" in told[f"/nodes/2/{side}/out/c"]


def test_ready_may_wait_for_what_comes_later_behind_a_way_back() -> None:
    waiting = node("a", "b", ready="b.finished", input={"x": "b.out"})
    document = chain(node("s", "a", "c"), waiting, node("c", "d"), branch("d", ["b"], ["c"]), node("b", "end"))
    assert check(document) == []


def test_a_node_whose_id_is_taken_is_not_blamed_for_its_readers() -> None:
    document = chain(node("a", "c", input={"x": "b.out.x"}), node("b", "end"), node("b", "end"))
    document["nodes"].append(loop("c", node("d", "loopEnd"), next=["end"]))
    document["nodes"][0]["next"] = ["a", "b"]
    assert [fault.pointer for fault in check(document)] == ["/nodes/3/id"]


def test_code_may_give_more() -> None:
    document = chain(node("a", "end", input={"x": "entry.out.more"}), body={"age": 1})
    assert check(document) != []
    document["nodes"][0]["after"] = "node.out.more = 1"
    assert check(document) == []
