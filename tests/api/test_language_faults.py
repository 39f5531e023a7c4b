"""Faults of code, branches, loops and http nodes: each is told over HTTP with its place, and nothing is opened."""

from typing import Any

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, entry, pipeline, pointers, problem

END: Json = {"id": "end", "type": "end"}
ENTRY = entry("never-opened", {}, "end")
URL = "http://127.0.0.1:9/x"


def one(node: Json) -> Json:
    """entry -> this node -> end."""
    return pipeline(entry("never-opened", {"areas": [1]}, node["id"]), {"next": ["end"], **node}, END)


def branch(**fields: Any) -> Json:
    """A branch on its way to the end."""
    return one({"id": "b", "type": "branch", "if": "len(input.areas) > 0", "then": {"next": ["end"]}, **fields})


def loop(*body: Json, **fields: Any) -> Json:
    """A loop with this body, or with one that is right."""
    nodes = list(body) or [{"id": "x", "next": ["loopEnd"]}]
    return one({"id": "faces", "type": "loop", "items": "entry.out.areas", "nodes": nodes, **fields})


def request(**fields: Any) -> Json:
    """An http node on its way to the end."""
    return one({"id": "h", "type": "http", "url": URL, **fields})


X: Json = {"id": "x", "next": ["loopEnd"]}
WRONG: dict[str, tuple[Json, str]] = {
    "code no string": (one({"id": "a", "after": 7}), "/nodes/1/after"),
    "code empty": (one({"id": "a", "before": ""}), "/nodes/1/before"),
    "code of 10,001": (one({"id": "a", "before": "x = 1" + " " * 9_996}), "/nodes/1/before"),
    "code with a syntax error": (one({"id": "a", "after": "x = ("}), "/nodes/1/after"),
    "code of a name unknown": (one({"id": "a", "after": "node.out.x = entri.out"}), "/nodes/1/after"),
    "code that imports": (one({"id": "a", "before": "import os"}), "/nodes/1/before"),
    "code that deletes": (one({"id": "a", "before": "del input.x"}), "/nodes/1/before"),
    "ready no expression": (one({"id": "a", "ready": "x = 1"}), "/nodes/1/ready"),
    "ready of an entry": (pipeline({**ENTRY, "ready": "True"}, END), "/nodes/0/ready"),
    "input of an entry": (pipeline({**ENTRY, "input": {}}, END), "/nodes/0/input"),
    "next of an end": (pipeline(ENTRY, {**END, "next": ["entry"]}), "/nodes/1/next"),
    "if missing": (one({"id": "b", "type": "branch", "then": "x = 1"}), "/nodes/1/if"),
    "then missing": (one({"id": "b", "type": "branch", "if": "True"}), "/nodes/1/then"),
    "if with a syntax error": (branch(**{"if": "len(input.areas"}), "/nodes/1/if"),
    "side no object": (branch(then=["end"]), "/nodes/1/then"),
    "side with an unknown field": (branch(then={"nxt": ["end"]}), "/nodes/1/then/nxt"),
    "side names nobody": (branch(**{"else": {"next": ["ende"]}}), "/nodes/1/else/next/0"),
    "side reads nobody": (branch(then={"out": {"x": "nobody.out"}}), "/nodes/1/then/out/x"),
    "exec with a syntax error": (branch(then={"exec": "if"}), "/nodes/1/then/exec"),
    "side of code with a syntax error": (branch(then="if"), "/nodes/1/then"),
    "branch that always leads back": (branch(then={"next": ["b"]}, next=["b", "end"]), "/nodes/1/then/next/0"),
    "items missing": (one({"id": "l", "type": "loop", "nodes": [X]}), "/nodes/1/items"),
    "items of nobody": (loop(items="nobody.out"), "/nodes/1/items"),
    "body missing": (one({"id": "l", "type": "loop", "items": "entry.out.areas"}), "/nodes/1/nodes"),
    "body empty": (loop(nodes=[]), "/nodes/1/nodes"),
    "body with an entry": (loop({**X, "type": "entry"}), "/nodes/1/nodes/0/type"),
    "body with an end": (loop({**X, "next": ["e"]}, {"id": "e", "type": "end"}), "/nodes/1/nodes/1/type"),
    "body cannot reach loopEnd": (loop({"id": "x"}), "/nodes/1/nodes/0/next"),
    "body never ends": (loop({"id": "x", "next": ["y"]}, {"id": "y", "next": ["x"]}), "/nodes/1/nodes/1/next/0"),
    "body with one out of reach": (loop(X, {"id": "y", "next": ["loopEnd"]}), "/nodes/1/nodes/1"),
    "body names a node outside": (loop({**X, "next": ["end"]}), "/nodes/1/nodes/0/next/0"),
    "body is named from outside": (pipeline(entry("never-opened", {}, "x"), *loop()["nodes"][1:]), "/nodes/0/next/0"),
    "body with an id taken": (loop({**X, "id": "entry"}), "/nodes/1/nodes/0/id"),
    "body with an unknown field": (loop({**X, "inptu": {}}), "/nodes/1/nodes/0/inptu"),
    "body with an unknown type": (loop({**X, "type": "servise"}), "/nodes/1/nodes/0/type"),
    "body reads nobody": (loop({**X, "input": {"y": "loop.z.out"}}), "/nodes/1/nodes/0/input/y"),
    "body with wrong code": (loop({**X, "after": "y = ("}), "/nodes/1/nodes/0/after"),
    "body in a body": (
        loop({"id": "l", "type": "loop", "items": "node._loop", "nodes": [{"id": "y"}], "next": ["loopEnd"]}),
        "/nodes/1/nodes/0/nodes/0/next",
    ),
    "collect of nobody": (loop(collect={"a": "nobody.out"}), "/nodes/1/collect/a"),
    "collect from outside": (loop(collect={"a": "entry.out"}), "/nodes/1/collect/a"),
    "collect of no field": (loop(collect={"a": "x.image"}), "/nodes/1/collect/a"),
    "a body read from outside": (
        pipeline(*loop()["nodes"][:2], {**END, "input": {"r": "x.out"}}),
        "/nodes/2/input/r",
    ),
    "max_parallel 0": (loop(max_parallel=0), "/nodes/1/max_parallel"),
    "verb unknown": (request(verb="PSOT"), "/nodes/1/verb"),
    "url of http missing": (one({"id": "h", "type": "http"}), "/nodes/1/url"),
    "url of http with a password": (request(url="http://a:b@h/x"), "/nodes/1/url"),
    "header with a line break": (request(headers={"X": "1\r\nY: 2"}), "/nodes/1/headers/X"),
    "header of the connection": (request(headers={"Connection": "close"}), "/nodes/1/headers/Connection"),
    "field of http": (request(body={}), "/nodes/1/body"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_definitions(engine: Engine, case: str) -> None:
    document, pointer = WRONG[case]
    told = problem(engine.client.post("/services", json=document), 422)
    assert pointers(told) == [pointer], told
    problem(engine.client.get("/services/never-opened"), 404)


def test_the_place_in_code_is_named(engine: Engine) -> None:
    document = one({"id": "a", "after": "x = 1\nnode.out.y = entri.out"})
    told = problem(engine.client.post("/services", json=document), 422)
    assert told["errors"][0]["detail"].startswith("line 2, column 14: `entri`"), told
    assert "did you mean `entry`?" in told["errors"][0]["detail"]
