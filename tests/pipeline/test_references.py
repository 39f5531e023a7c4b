"""Paths of input directives: which are right, and what is said of the others."""

from typing import Any

import pytest

from engine.pipeline.check import check
from tests.pipeline.definitions import chain, node

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
