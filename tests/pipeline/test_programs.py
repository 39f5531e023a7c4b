"""The code of definitions: where its faults are, and what they say."""

from typing import Any

import pytest

from engine.pipeline.check import check, described_faults
from tests.pipeline.definitions import Faults, branch, chain, loop, node, service, verify

CODE: list[tuple[str, Any, Faults]] = [
    ("ready", node("a", "end", ready="entry.finised"), [("/nodes/1/ready", "line 1, column 1: `entry` has no field")]),
    ("ready is no statement", node("a", "end", ready="x = 1"), [("/nodes/1/ready", "line 1, column ")]),
    ("before", node("a", "end", before="x = 1\ny = ("), [("/nodes/1/before", "line 2, column ")]),
    (
        "after",
        node("a", "end", after="x = 1\nif x:\n  node.out.y = entri.out"),
        [("/nodes/1/after", "line 3, column 16: `entri` is neither a node nor a builtin; did you mean `entry`?")],
    ),
    (
        "two in one text",
        node("a", "end", after="x = aa\ny = bbbbb"),
        [("/nodes/1/after", "line 1, column 5: `aa`"), ("/nodes/1/after", "line 2, column 5: `bbbbb`")],
    ),
    ("if", branch("a", ["end"], **{"if": "len(inputs.x) > 0"}), [("/nodes/1/if", "column 5: `inputs` is neither")]),
    ("a side that is code", branch("a", "x = zzz", ["end"], next=["end"]), [("/nodes/1/then", "column 5: `zzz`")]),
    ("exec", branch("a", ["end"], {"exec": "del x"}, next=["end"]), [("/nodes/1/else/exec", "`del` is not available")]),
    ("import", node("a", "end", before="import os"), [("/nodes/1/before", "`os`")]),
    (
        "in a body",
        loop("a", loop("b", node("c", "loopEnd", after="q = zzz"), items="node._loop", next=["loopEnd"])),
        [("/nodes/1/nodes/0/nodes/0/after", "line 1, column 5: `zzz`")],
    ),
    (
        "a node of a body is not known outside",
        loop("a", node("crop", "loopEnd"), after="x = 1\nnode.out.y = crop.out"),
        [
            (
                "/nodes/1/after",
                "line 2, column 14: `crop` is in the body of the loop `a` and runs once for each item; take",
            )
        ],
    ),
]


@pytest.mark.parametrize(("wrong", "expected"), [pytest.param(*rest, id=name) for name, *rest in CODE])
def test_code_that_cannot_be_taken(wrong: Any, expected: Faults) -> None:
    verify(chain(wrong), expected)


def test_code_of_an_entry_and_of_an_end() -> None:
    document = chain(node("a", "end"))
    document["nodes"][0]["after"] = "node.out.x = zzz"
    document["nodes"][2]["before"] = "node.input.x = zzz"
    verify(document, [("/nodes/0/after", "column 14: `zzz`"), ("/nodes/2/before", "column 16: `zzz`")])


def test_code_of_a_body_knows_the_nodes_around_it() -> None:
    inner = loop("inner", node("y", "loopEnd", after="node.out.x = [entry.id, x._loop, inner.input, outer.input]"))
    outer = loop("outer", node("x", "inner"), {**inner, "items": "x.out", "next": ["loopEnd"]})
    assert check(chain(outer)) == []


FACES = {
    "type": "object",
    "properties": {"answer": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}},
    "required": ["answer"],
    "additionalProperties": False,
}
RESULTS = {"face-detect": FACES, "http://localhost:8000/do": FACES}


def detecting(path: str, **fields: Any) -> dict[str, Any]:
    """entry -> detect -> end, which reads the path."""
    document = chain(service("detect", "end", **fields))
    document["nodes"][-1]["input"] = {"x": path}
    return document


@pytest.mark.parametrize("fields", [{}, {"url": None, "service": "face-detect"}])
def test_a_field_that_a_described_service_does_not_give(fields: dict[str, Any]) -> None:
    wrong = detecting("detect.out.answr.0", **fields)
    (fault,) = check(wrong, RESULTS)
    assert fault.pointer == "/nodes/2/input/x"
    assert "did you mean `answer`?" in fault.message and (fields.get("service") or "http://") in fault.message
    assert described_faults(wrong, RESULTS) == [fault]
    assert check(wrong) == check(wrong, {"other": FACES}) == described_faults(wrong, {"other": FACES}) == []


@pytest.mark.parametrize("path", ["detect.out.answer.0.1", "detect.out", "detect.input.answr", "detect.params.x"])
def test_fields_that_may_be_there(path: str) -> None:
    assert check(detecting(path), RESULTS) == described_faults(detecting(path), RESULTS) == []


CHANGES = [
    ({"after": "node.out.answr = []"}, {}),
    ({"after": "node['out']['answr'] = []"}, {}),
    ({}, {"before": "detect.out.answr = []"}),
    ({}, {"before": "pipeline.nodes['detect'].out.answr = []"}),
    ({}, {"before": "for one in pipeline.nodes.values():\n  one.get('out')['answr'] = []"}),
]


@pytest.mark.parametrize(("of_service", "of_end"), CHANGES)
def test_what_code_may_change_is_not_judged(of_service: dict[str, Any], of_end: dict[str, Any]) -> None:
    document = detecting("detect.out.answr", **of_service)
    document["nodes"][-1].update(of_end)
    assert check(document, RESULTS) == described_faults(document, RESULTS) == []


def test_code_that_changes_another_node_or_field_is_no_excuse() -> None:
    document = detecting("detect.out.answr", before="input.answr = []", after="entry.out.answr = detect.params")
    assert [fault.pointer for fault in check(document, RESULTS)] == ["/nodes/2/input/x"]


def test_every_kind_of_path_is_judged_by_the_description() -> None:
    faces = loop(
        "faces",
        service("again", "pick", input={"x": "detect.out.nose"}),
        branch("pick", {"next": ["loopEnd"], "out": {"x": "loop.again.out.nose"}}, ["loopEnd"]),
        items="detect.out.nose",
        collect={"noses": "again.out.nose", "answers": "again.out.answer"},
    )
    document = chain(service("detect", "faces"), faces)
    pointers = [
        "/nodes/2/items",
        "/nodes/2/nodes/0/input/x",
        "/nodes/2/nodes/1/then/out/x",
        "/nodes/2/collect/noses",
    ]
    assert check(document) == []
    assert [fault.pointer for fault in check(document, RESULTS)] == pointers
    assert {fault.pointer for fault in described_faults(document, RESULTS)} == set(pointers)


def test_services_in_bodies_alone_are_judged_too() -> None:
    document = chain(loop("a", service("b", "loopEnd"), collect={"x": "b.out.nose"}))
    assert [fault.pointer for fault in described_faults(document, RESULTS)] == ["/nodes/1/collect/x"]


def test_code_outside_of_loops_that_reads_an_item_is_refused() -> None:
    inner = {"id": "x", "after": "node.out.i = node._loop", "next": ["loopEnd"]}
    loop = {"id": "faces", "type": "loop", "items": "entry.out.list", "nodes": [inner], "next": ["b"]}
    nodes = [
        {"id": "entry", "type": "entry", "api": {"route": "r", "body": {"list": []}}, "next": ["faces"]},
        loop,
        {"id": "b", "after": "node.out.i = [node._loop, faces._loop]", "next": ["end"]},
        {"id": "end", "type": "end"},
    ]
    item = "is in no body of a loop, so it has no `_loop`, which is the item that a body runs for"

    faults = check({"type": "pipeline", "nodes": nodes})

    assert [(fault.pointer, fault.message) for fault in faults] == [
        ("/nodes/2/after", f"this node {item}"),
        ("/nodes/2/after", f"`faces` {item}"),
    ]
