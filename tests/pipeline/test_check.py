"""Every fault of a definition: where it is, and what is said of it."""

import copy
from typing import Any

import pytest

from engine.errors import Fault
from engine.pipeline.check import MAX_FAULTS, check, route_of
from tests.pipeline.definitions import (
    END,
    ENTRY,
    FACE_BLUR,
    Faults,
    branch,
    chain,
    definition,
    http,
    loop,
    node,
    service,
    verify,
    with_entry,
)

END_NODE = {"id": "end", "type": "end", "ready": "entry.finished", "before": "x = 1", "after": "node.out.x = 1"}
RIGHT: list[Any] = [
    FACE_BLUR,
    chain(),
    chain(node("a", "end")),
    chain(node("a", "b", "c"), node("b", "end"), node("c", "end")),
    chain(node("a", "b", "end"), node("b")),  # a dead end is of no use, and harmless
    definition({"id": "end", "type": "end"}, node("2-b", "end"), {**ENTRY, "next": ["2-b"]}),  # in any order
    chain({"id": "a", "type": "node", "params": {}, "input": {}, "next": ["end"]}),
    chain(node("a", "end", input=None)),
    chain(node("LoopEnd", "_"), node("_", "end")),
    chain(http("a", "end", verb="POST", headers={"Accept": "application/json"}, retry={"attempts": 2}, timeout=1)),
    chain(branch("a", "node.out = {}", next=["end"], max_turns=5)),
    chain(branch("a", {"next": ["end"], "out": {"x": "node.input.x"}, "exec": "pipeline.turns = 1"}, ["end"])),
    chain(loop("a", node("b", "loopEnd"), collect={"x.jpg": "b.out.x", "y": "loop.b.out.y"}, max_parallel=3)),
    chain(node("a", "end", ready="entry.finished", before="input.x = 1", after="node.out.y = input.x")),
    {"type": "pipeline", "nodes": [{**ENTRY, "before": "x = 1", "after": "node.out.x = 1", "next": ["end"]}, END_NODE]},
    with_entry(api={"route": "A.b_c-1", "body": {}, "summary": "", "description": "x"}),
    with_entry(api={"route": "...", "body": {"name": "Myself", "age": 31}}),
    chain(service("a", "end", url="https://user.example:8443/a@b?x=1&y=2")),
    chain(service("a", "end", timeout=0.5, retry={"attempts": 1, "delay": 0, "factor": 1.5, "max_delay": 10})),
]


@pytest.mark.parametrize("document", RIGHT)
def test_a_right_definition_has_no_fault(document: Any) -> None:
    before = copy.deepcopy(document)
    assert check(document) == []
    assert document == before


def test_the_route_of_a_right_definition() -> None:
    assert route_of(FACE_BLUR) == "face-blur"


WHOLE: list[tuple[Any, Faults]] = [
    (None, [("", "must be an object, not null")]),
    ([FACE_BLUR], [("", "must be an object, not a list")]),
    ({}, [("/type", "missing"), ("/nodes", "missing")]),
    ({**FACE_BLUR, "type": "pipelin"}, [("/type", 'must be "pipeline", not `pipelin`')]),
    ({**FACE_BLUR, "type": 3}, [("/type", "not an integer")]),
    ({**FACE_BLUR, "nodse": []}, [("/nodse", "did you mean `nodes`?")]),
    ({**FACE_BLUR, "a/b": 1}, [("/a~1b", "known are `type` and `nodes`")]),
    (definition(), [("/nodes", "is empty")]),
    ({"type": "pipeline", "nodes": {}}, [("/nodes", "must be a list, not an object")]),
    (definition(*[node(f"n{number}") for number in range(1_001)]), [("/nodes", "1,001 nodes; the limit is 1,000")]),
    (
        chain(loop("a", *[node(f"n{number}") for number in range(998)])),
        [("/nodes", "1,001 nodes, those in the bodies of loops included; the limit is 1,000")],
    ),
]


@pytest.mark.parametrize(("document", "expected"), WHOLE)
def test_the_document_as_a_whole(document: Any, expected: Faults) -> None:
    verify(document, expected)


def test_faults_stand_in_the_order_of_the_document_and_do_not_hide_each_other() -> None:
    document = definition(
        {**ENTRY, "api": {"body": 3, "route": "a/b"}, "next": ["a", "nowhere"]},
        7,
        node("a", "b", "end", zzz=1),
        service("b", "end", input={"x": "c.out", "y": "aa.out"}, timeout=-1, url="ftp://a"),
        node("alone", "end"),
        END | {"input": {"r": "b.ouut"}},
        {"id": "b", "type": "whatever"},
    )
    verify(
        {"more": 1, **document},
        [
            ("/more", "no field"),
            ("/nodes/0/api/body", "not an integer"),
            ("/nodes/0/api/route", "must be 1 to 200"),
            ("/nodes/0/next/1", "`nowhere`"),
            ("/nodes/1", "must be an object"),
            ("/nodes/2/zzz", "no field"),
            ("/nodes/3/url", "http://"),
            ("/nodes/3/input/x", "`c`"),
            ("/nodes/3/input/y", "`aa`"),
            ("/nodes/3/timeout", "more than 0"),
            ("/nodes/4", "`alone` cannot be reached"),
            ("/nodes/5/input/r", "did you mean `out`?"),
            ("/nodes/6/id", "taken"),
            ("/nodes/6/type", "`whatever`"),
        ],
    )


def test_the_number_of_faults_is_bounded() -> None:
    found = check(chain(node("a", "end", **{f"k{number}": 1 for number in range(2_000)})))
    assert len(found) == MAX_FAULTS + 1
    assert found[-1] == Fault("", "there are 1,500 more faults, shown when these are mended")


def test_a_thousand_nodes_are_right() -> None:
    nodes = [
        node(f"n{number}", f"n{number + 1}", input={"x": f"n{number - 1}.out"} if number else {})
        for number in range(997)
    ]
    assert check(chain(*nodes, node("n997", "end"))) == []
