"""Random pipelines: any mixture of plain and service nodes, joins, dead ends, and inputs that sometimes fail."""

from typing import Any

from hypothesis import strategies as st

from engine.pipeline.nodes import Pipeline, load
from tests.task.scenes import Definition, end, entry, plain, service

SERVICES = ("blur", "crop", "find")
"""Routes of announced operations; several nodes share one."""

Draw = Any


def document(draw: Draw, may_fail: bool = True) -> Definition:
    """A definition of 2 to 15 nodes that has no fault. With `may_fail` False all paths find something.

    The nodes between entry and end are numbered in an order in which all edges lead forward; in the definition they
    stand in another one.
    """
    count = draw(st.integers(0, 13))
    before = [_some(draw, number) for number in range(count + 1)]
    names = ["entry", *(f"n{number}" for number in range(count)), "end"]
    following: list[list[str]] = [[] for _ in names]
    for node, parents in enumerate(before, start=1):
        for parent in parents:
            following[parent].append(names[node])
    nodes = []
    for node in range(1, count + 1):
        directive = _directive(draw, [names[parent] for parent in before[node - 1]], may_fail)
        nodes.append(_node(draw, names[node], following[node], directive))
    directive = _directive(draw, [names[parent] for parent in before[-1]], may_fail)
    nodes.append(end(params={"size": [1, 2]}, **({} if directive is None else {"input": directive})))
    turned = draw(st.integers(0, len(nodes) - 1))
    return {"type": "pipeline", "nodes": [*nodes[turned:], entry(*following[0]), *nodes[:turned]]}


@st.composite
def documents(draw: Draw, may_fail: bool = True) -> Definition:
    """As `document`."""
    return document(draw, may_fail)


@st.composite
def pipelines(draw: Draw, may_fail: bool = True) -> Pipeline:
    """As `document`, loaded."""
    return load(document(draw, may_fail), "definition-1", 1)


def _some(draw: Draw, number: int) -> list[int]:
    """One to four of the nodes 0 to `number`, of which the last is the likeliest: chains, and joins of many kinds."""
    bits: int = draw(st.integers(0, 2**10 - 1))
    chosen = {number - (bits & 3) if bits & 4 else (bits >> 3) % (number + 1)}
    if bits & 64:
        chosen.add((bits >> 7) % (number + 1))
    if bits & 512:
        chosen |= {number, number // 2}
    return sorted(node for node in {max(node, 0) for node in chosen})


def _directive(draw: Draw, parents: list[str], may_fail: bool) -> dict[str, str] | None:
    """None, or paths of which some find nothing when the result of a service is not what was hoped for."""
    kind: int = draw(st.integers(0, 11 if may_fail else 7))
    parent = parents[kind % len(parents)]
    if kind < 5:
        return None
    paths = [
        {"x": f"{parent}.out"},
        {"who": f"{parent}.id", "whole": f"pipeline.nodes.{parent}.out", "kind": "node.type"},
        {"size": "node.params.size.1", "done": f"{parent}.finished"},
        {"a": f"{parent}.out.a"},
        {"a": f"pipeline.nodes.{parent}.out.a.0", "x": f"{parent}.out"},
        {"a": f"{parent}.out.a", "same": f"{parent}.input"},
        {"a": "entry.out.a"},
    ]
    return paths[kind - 5]


def _node(draw: Draw, name: str, following: list[str], directive: dict[str, str] | None) -> Definition:
    kind = draw(st.integers(0, 7))
    fields: dict[str, Any] = {"params": {"size": [1, {"w": kind}]}}
    if directive is not None:
        fields["input"] = directive
    if kind < 2:
        return plain(name, *following, **fields)
    if kind < 5:
        fields["service"] = SERVICES[kind - 2]
    elif kind == 5:
        fields["url"] = "http://find/work"
    number = draw(st.integers(0, 11))
    fields["retry"] = {"attempts": 1 + number % 3, "delay": float(number // 3), "factor": 2.0, "max_delay": 5.0}
    fields["timeout"] = (5.0, 7.5, 600.0)[number % 3]
    return service(name, *following, **fields)
