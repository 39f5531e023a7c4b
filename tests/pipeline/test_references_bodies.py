"""Paths in the bodies of loops, in `collect`, and to what loops give."""

from typing import Any

import pytest

from engine.pipeline.check import check
from tests.pipeline.definitions import chain, loop, node, service

BODY = {"age": 31}


def in_bodies(path: Any, **fields: Any) -> dict[str, Any]:
    """entry -> a -> outer [x -> inner [y -> z] -> w] -> after -> end, and a -> aside; `z` reads the path."""
    inner = loop("inner", node("y", "z"), node("z", "loopEnd", input={"p": path}), items="node._loop", next=["w"])
    outer = loop("outer", node("x", "inner"), inner, node("w", "loopEnd"), next=["after"], **fields)
    return chain(node("a", "outer", "aside"), outer, node("after", "end"), node("aside"), body=BODY)


@pytest.mark.parametrize(
    "path",
    [
        "node._loop.x", "y._loop", "x._loop", "loop.y.out.k", "y.out.k", "x.out.k", "a.out.k", "entry.out.age",
        "inner.input.k", "outer.input.k", "outer.params.k", "after.params.k", "w.finished", "pipeline.nodes.y.out.k",
        "pipeline.count", "inner._loop",
    ],
)  # fmt: skip
def test_paths_in_bodies(path: str) -> None:
    assert check(in_bodies(path)) == []


WRONG_IN_BODIES = [
    ("loop.y", "`loop.y` is only a node: say which field of it, as in `loop.y.out`"),
    ("loop.x.out", "`x` is outside of this body; name it without `loop.` before it"),
    ("loop.a.out", "`a` is outside of this body"),
    ("loop.yy.out", "there is no node `yy` in the body of the loop `inner`; did you mean `y`?"),
    ("loop.zzz.out", "there is no node `zzz` in the body of the loop `inner`; it has `y` and `z`"),
    ("loop.loopEnd.out", "there is no node `loopEnd` in the body of the loop `inner`; it has `y` and `z`"),
    ("loop.y.oout", "a node has no field `oout`; did you mean `out`?"),
    ("loop.y._lop", "did you mean `_loop`?"),
    ("a._loop", "`a` is in no body of a loop"),
    ("outer._loop", "`outer` is in no body of a loop"),
    ("node.out", "a node cannot read its own `out`"),
    ("loop.z.out", "a node cannot read its own `out`"),
    (
        "inner.out.k",
        "this is in the body of the loop `inner`, which has its `out` when all items are done; name a node",
    ),
    ("outer.out.k", "this is in the body of the loop `outer`"),
    ("w.out", "`w` runs after the loop `inner`, in whose body this is, so its `out` is not there yet"),
    ("after.out", "`after` runs after the loop `outer`, in whose body this is,"),
    ("aside.out", "`aside` may not have run when the loop `outer`, in whose body this is, begins, since no way leads"),
    ("aside.out", "name `outer` in the `next` of `aside`"),
    ("entry.out.aeg", "did you mean `age`?"),
]


@pytest.mark.parametrize(("path", "words"), WRONG_IN_BODIES)
def test_wrong_paths_in_bodies(path: str, words: str) -> None:
    (fault,) = check(in_bodies(path))
    assert fault.pointer == "/nodes/2/nodes/1/nodes/1/input/p"
    assert words in fault.message


def test_ready_of_the_loop_may_wait_for_a_node_beside() -> None:
    assert check(in_bodies("aside.out", ready="pipeline.nodes['aside'].finished")) == []


COLLECTED = ["x.out.k", "loop.x.out.k", "w.input", "w._loop", "x.id", "inner.out"]


@pytest.mark.parametrize("path", COLLECTED)
def test_what_can_be_collected(path: str) -> None:
    assert check(in_bodies("y.out", collect={"k": path})) == []


WRONG_COLLECT = [
    ("x", "`x` is only a node: say which field of it, as in `x.out`"),
    ("xx.out", "there is no node `xx` in the body of the loop `outer`; did you mean `x`?"),
    ("loop.xx.out", "did you mean `x`?"),
    ("x.image", "did you mean `x.out.image`?"),
    ("a.out", "`collect` takes from the nodes of the loop's own body; `a` is not in that of `outer`"),
    ("node.out", "`node` is not in that of `outer`"),
    ("pipeline.count", "`pipeline` is not in that of `outer`"),
    ("outer.out", "`outer` is not in that of `outer`"),
    ("y.out", "`y` is in the body of the loop `inner` and runs once for each item; take it with `collect` of `inner`"),
    ("loopEnd.out", "there is no node `loopEnd` in the body of the loop `outer`; it has `x`, `inner` and `w`"),
]


@pytest.mark.parametrize(("path", "words"), WRONG_COLLECT)
def test_wrong_collect(path: str, words: str) -> None:
    (fault,) = check(in_bodies("y.out", collect={"k.jpg": path}))
    assert fault.pointer == "/nodes/2/collect/k.jpg"
    assert words in fault.message


def reading(path: str, collect: dict[str, str], **fields: Any) -> dict[str, Any]:
    """A loop `faces` over `crop`, and an end that reads the path."""
    document = chain(loop("faces", service("crop", "loopEnd"), collect=collect, **fields))
    document["nodes"][-1]["input"] = {"result": path}
    return document


PICTURES = {"pictures": "crop.out.result", "small.jpg": "loop.crop.out.small"}


@pytest.mark.parametrize("path", ["faces.out", "faces.out.pictures.0.x", "faces.out.small.jpg.0"])
def test_what_a_loop_gives(path: str) -> None:
    assert check(reading(path, PICTURES)) == []


WRONG_OF_LOOPS: list[tuple[str, dict[str, str], str]] = [
    ("faces.out.picture", PICTURES, "what the loop `faces` collects has no key `picture`; did you mean `pictures`?"),
    ("faces.out.zzz", PICTURES, "what the loop `faces` collects has no key `zzz`; it has `pictures` and `small.jpg`"),
    ("faces.out.pictures", {}, "the loop `faces` collects nothing; add `collect`, which names what it takes"),
    ("crop.out.result", PICTURES, "did you mean `faces.out.pictures`, where they are collected?"),
    ("crop.out.small", PICTURES, "did you mean `faces.out.small.jpg`, where they are collected?"),
    ("loop.crop.out.result", PICTURES, "did you mean `faces.out.pictures`, where they are collected?"),
    ("crop.out.large", PICTURES, "take it with `collect` of `faces`, and read it from `faces.out`"),
]


@pytest.mark.parametrize(("path", "collect", "words"), WRONG_OF_LOOPS)
def test_what_a_loop_does_not_give(path: str, collect: dict[str, str], words: str) -> None:
    (fault,) = check(reading(path, collect))
    assert (fault.pointer, words in fault.message) == ("/nodes/2/input/result", True), fault


def test_what_loops_in_loops_give() -> None:
    document = in_bodies("y.out")
    document["nodes"][-1]["input"] = {"all": "y.out"}
    (fault,) = check(document)
    assert (fault.pointer, fault.message) == (
        "/nodes/5/input/all",
        "`y` is in the body of the loop `inner` and runs once for each item; "
        "take it with `collect` of `inner`, that with `collect` of `outer`, and read it from `outer.out`",
    )


def test_what_is_collected_of_a_node_that_leads_nowhere_is_no_second_fault() -> None:
    document = chain(loop("a", node("s", "x", "y"), node("x"), node("y", "loopEnd"), collect={"k": "x.out"}))
    assert [fault.pointer for fault in check(document)] == ["/nodes/1/nodes/1/next"]


def test_code_may_give_more() -> None:
    assert check(reading("faces.out.count", PICTURES, after="node.out.count = 3")) == []
    assert check(reading("faces.out.count", PICTURES, after="x = node.params.count")) != []
