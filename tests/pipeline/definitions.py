"""Definitions for the tests, and short ways to write them."""

from typing import Any

from hypothesis import HealthCheck, settings

from engine.pipeline.check import check

# The machine may be busy: only what is found counts, not how fast.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ENTRY: dict[str, Any] = {
    "id": "entry",
    "type": "entry",
    "api": {"route": "face-blur", "body": ["image", "areas"], "summary": "Blur"},
    "next": ["detect"],
}
END: dict[str, Any] = {"id": "end", "type": "end", "input": {"blurred.jpg": "blur.out.result"}}


def node(node_id: str, *following: str, **fields: Any) -> dict[str, Any]:
    """A node of type `node` (or another one) with its successors."""
    return {"id": node_id, "next": list(following), **fields}


def service(node_id: str, *following: str, **fields: Any) -> dict[str, Any]:
    """A node of type `service`."""
    return {"id": node_id, "type": "service", "url": "http://localhost:8000/do", "next": list(following), **fields}


def http(node_id: str, *following: str, **fields: Any) -> dict[str, Any]:
    """A node of type `http`."""
    return {"id": node_id, "type": "http", "url": "http://localhost:8000/do", "next": list(following), **fields}


def branch(node_id: str, then: Any, other: Any = None, **fields: Any) -> dict[str, Any]:
    """A node of type `branch`. A side that is a list is its `next`; without `other` there is no `else`."""
    sides = {"then": then} if other is None else {"then": then, "else": other}
    read = {name: {"next": side} if isinstance(side, list) else side for name, side in sides.items()}
    return {"id": node_id, "type": "branch", "if": "True", **read, **fields}


def loop(node_id: str, *nodes: Any, **fields: Any) -> dict[str, Any]:
    """A node of type `loop` with this body; it leads to `end`, and its items are what the entry received."""
    return {"id": node_id, "type": "loop", "items": "entry.out", "nodes": list(nodes), "next": ["end"], **fields}


def definition(*nodes: Any) -> dict[str, Any]:
    """A definition of these nodes."""
    return {"type": "pipeline", "nodes": list(nodes)}


def chain(*nodes: Any, body: Any = "image") -> dict[str, Any]:
    """A definition whose entry (`entry`) leads to the first of these nodes; the `end` comes after the last."""
    first = nodes[0]["id"] if nodes and isinstance(nodes[0], dict) else "end"
    entry = {"id": "entry", "type": "entry", "api": {"route": "r", "body": body}, "next": [first]}
    return definition(entry, *nodes, {"id": "end", "type": "end"})


def with_entry(**fields: Any) -> dict[str, Any]:
    """A definition of an entry with these fields, and an end."""
    entry = {"id": "entry", "type": "entry", "api": {"route": "r", "body": "image"}, "next": ["end"], **fields}
    return definition(entry, {"id": "end", "type": "end"})


FACE_BLUR = definition(
    ENTRY,
    service("detect", "blur", input={"image": "entry.out.image"}, retry={"attempts": 3, "delay": 1}, timeout=60),
    node("note", "blur", params={"any": {"thing": [1]}}),
    {
        "id": "blur",
        "type": "service",
        "service": "image-blur",
        "input": {"image": "entry.out.image", "areas": "detect.out.answer", "why": "note.params.any.thing.0"},
        "next": ["end"],
    },
    END,
)
FACE_BLUR["nodes"][0] = {**ENTRY, "next": ["detect", "note"]}


Faults = list[tuple[str, str]]


def verify(document: Any, expected: Faults) -> None:
    """The definition has just these faults: pointer, and words of the sentence, in this order."""
    found = check(document)
    assert [fault.pointer for fault in found] == [pointer for pointer, _ in expected], found
    for fault, (_, words) in zip(found, expected):
        assert words in fault.message
