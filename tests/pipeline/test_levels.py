"""The faults of the bodies of loops: what they are made of, and how their nodes lead to each other."""

from typing import Any

import pytest

from engine.pipeline.check import check
from engine.pipeline.check.levels import MAX_NESTING
from tests.pipeline.definitions import Faults, branch, chain, loop, node, verify


def body(*nodes: Any, **fields: Any) -> Any:
    """entry -> a -> faces (a loop with this body) -> b -> end; the loop is /nodes/2."""
    return chain(node("a", "faces"), loop("faces", *nodes, **{"next": ["b"], **fields}), node("b", "end"))


def deep(levels: int) -> Any:
    """Loops in loops."""
    inner = loop(f"l{levels}", node("last", "loopEnd"), items="node._loop", next=["loopEnd"])
    for level in range(levels - 1, 0, -1):
        inner = loop(f"l{level}", inner, items="node._loop" if level > 1 else "entry.out", next=["loopEnd"])
    return chain({**inner, "next": ["end"]})


RIGHT: list[tuple[str, Any]] = [
    ("one node", body(node("x", "loopEnd"))),
    ("the first in the list starts, others in any order", body(node("x", "y"), node("z", "loopEnd"), node("y", "z"))),
    ("a branch", body(branch("x", ["y"], ["loopEnd"]), node("y", "loopEnd"))),
    ("a branch with a next of its own", body(branch("x", ["y"], next=["loopEnd"]), node("y", "loopEnd"))),
    ("a way back", body(node("x", "y"), branch("y", ["x"], ["loopEnd"]))),
    ("two at once", body(node("x", "y", "z"), node("y", "loopEnd"), node("z", "loopEnd"))),
    ("as deep as may be", deep(MAX_NESTING)),
]


@pytest.mark.parametrize("document", [pytest.param(document, id=name) for name, document in RIGHT])
def test_right_bodies(document: Any) -> None:
    assert check(document) == []


WRONG: list[tuple[str, Any, Faults]] = [
    (
        "nothing follows the last node",
        body(node("x", "y"), node("y")),
        [
            (
                "/nodes/2/nodes/1/next",
                "every way through the body of the loop `faces` must reach `loopEnd`, but nothing follows `y`; "
                'add "next": ["loopEnd"], or the node that is to come next',
            )
        ],
    ),
    (
        "one of two ways ends too soon",
        body(node("x", "y", "z"), node("y", "loopEnd"), {"id": "z"}),
        [("/nodes/2/nodes/2/next", "nothing follows `z`")],
    ),
    (
        "a branch without else",
        body(branch("x", ["loopEnd"])),
        [
            (
                "/nodes/2/nodes/0/else",
                "but nothing follows `x` where its `if` does not hold; give `else` a `next`, as in "
                '{"next": ["loopEnd"]}',
            )
        ],
    ),
    (
        "a side that leads nowhere",
        body(branch("x", [], ["loopEnd"])),
        [("/nodes/2/nodes/0/then", "where its `if` holds; give `then` a `next`")],
    ),
    (
        "a branch that leads nowhere",
        body(branch("x", "y = 1")),
        [("/nodes/2/nodes/0/next", "nothing follows `x`; add")],
    ),
    (
        "a cycle that is never left",
        body(node("x", "y"), node("y", "x")),
        [("/nodes/2/nodes/1/next/0", "a cycle that never ends, `x` -> `y` -> `x`")],
    ),
    (
        "a cycle that is left for another one",
        body(branch("x", ["x"], ["y"]), node("y", "z"), branch("z", ["y"], ["z"])),
        [("/nodes/2/nodes/2/then/next/0", "a cycle that never ends, `y` -> `z` -> `y`")],
    ),
    (
        "an outer node is named",
        body(node("x", "b")),
        [
            (
                "/nodes/2/nodes/0/next/0",
                "`b` is outside of the body of the loop `faces`; name `loopEnd` here, which ends the body, and what is "
                "to come after all items in the `next` of `faces`",
            )
        ],
    ),
    ("the loop itself is named", body(node("x", "faces")), [("/nodes/2/nodes/0/next/0", "name `loopEnd` here")]),
    ("the end is named", body(node("x", "end")), [("/nodes/2/nodes/0/next/0", "`end` is outside of the body")]),
    (
        "a node of a body is named outside of it",
        chain(node("a", "x"), loop("faces", node("x", "loopEnd"))),
        [("/nodes/1/next/0", "`x` is in the body of the loop `faces`; name the loop `faces` to run its body")],
    ),
    (
        "a node of a body in a body is named",
        chain(node("a", "z"), loop("faces", loop("marks", node("z", "loopEnd"), next=["loopEnd"], items="node._loop"))),
        [("/nodes/1/next/0", "`z` is in the body of the loop `marks`; name the loop `faces` to run its body")],
    ),
    (
        "a node of another body is named",
        chain(loop("l1", node("x", "y"), next=["l2"]), loop("l2", node("y", "loopEnd"))),
        [("/nodes/1/nodes/0/next/0", "`y` is in the body of another loop, `l2`, and can be named there only")],
    ),
    (
        "loopEnd outside of a body",
        chain(node("a", "loopEnd", "end")),
        [("/nodes/1/next/0", "`loopEnd` ends the body of a loop, and this node is in none")],
    ),
    ("loopEnd mistyped", body(node("x", "loopend")), [("/nodes/2/nodes/0/next/0", "did you mean `loopEnd`?")]),
    (
        "a name mistyped",
        body(node("crop", "loopEnd"), branch("y", ["cropp"], ["loopEnd"])),
        [("/nodes/2/nodes/1", "`y` cannot be reached"), ("/nodes/2/nodes/1/then/next/0", "did you mean `crop`?")],
    ),
    (
        "a name that nobody has",
        body(node("x", "zzz")),
        [("/nodes/2/nodes/0/next/0", "in this loop's body; add it, or remove the name here; the last node of a body")],
    ),
    (
        "a node out of reach",
        body(node("x", "loopEnd"), node("y", "loopEnd")),
        [("/nodes/2/nodes/1", "`y` cannot be reached from `x`, with which the body of the loop `faces` starts")],
    ),
    (
        "a node out of reach that leads nowhere",
        body(node("x", "loopEnd"), node("y")),
        [("/nodes/2/nodes/1", "`y` cannot be reached from `x`")],
    ),
    (
        "an entry in a body",
        body({"id": "x", "type": "entry"}),
        [("/nodes/2/nodes/0/type", "the body of a loop has no entry: the first node in its list starts")],
    ),
    (
        "an end in a body",
        body(node("x", "stop"), {"id": "stop", "type": "end"}),
        [("/nodes/2/nodes/1/type", "the body of a loop has no end; remove this node, and name `loopEnd`")],
    ),
    (
        "an id taken outside",
        body(node("x", "a"), node("a", "loopEnd")),
        [("/nodes/2/nodes/1/id", "taken by the node at /nodes/1; give this one its own: an id is unique in the whole")],
    ),
    (
        "an id taken in another body",
        chain(loop("l1", node("x", "loopEnd"), next=["l2"]), loop("l2", node("x", "loopEnd"))),
        [("/nodes/2/nodes/0/id", "the id `x` is taken by the node at /nodes/1/nodes/0")],
    ),
    (
        "nested deeper than the limit",
        deep(MAX_NESTING + 1),
        [("/nodes/1" + "/nodes/0" * MAX_NESTING + "/nodes", "nested deeper than 32 levels")],
    ),
    (
        "a fault at the bottom",
        chain(
            loop("l1", loop("l2", node("x", "loopEnd", input={"y": "zzz.out"}), items="entry.out", next=["loopEnd"]))
        ),
        [("/nodes/1/nodes/0/nodes/0/input/y", "there is no node `zzz`")],
    ),
]


@pytest.mark.parametrize(("document", "expected"), [pytest.param(*rest, id=name) for name, *rest in WRONG])
def test_wrong_bodies(document: Any, expected: Faults) -> None:
    verify(document, expected)
