"""The faults of input directives: each path must name a node that has surely run, and a field that it has.

`id`, `type` and `params` of any node are there from the start, and `finished` at any time; `out` and `input` only
when the node has run, so it must be an ancestor: one from which the edges lead to the node that reads it.
"""

from collections.abc import Iterator
from typing import Any

from engine.errors import Fault
from engine.pipeline import body, paths
from engine.pipeline.graph import Graph
from engine.pipeline.jsontext import pointer
from engine.pipeline.names import Hints, listed, quoted
from engine.pipeline.nodes import MAX_NAMED

FIELDS = ("out", "input", "params", "id", "type", "finished")

_MADE_BY_RUNNING = ("out", "input")
_MAX_PATH = 1_000


class References:
    """Judges the paths of one definition."""

    def __init__(self, nodes: list[Any], graph: Graph, hints: Hints) -> None:
        self._nodes = nodes
        self._graph = graph
        self._hints = hints
        self._bodies: dict[int, dict[str, Any]] = {}
        for entry in graph.of_kind("entry"):
            sent = nodes[entry]["api"].get("body") if isinstance(nodes[entry].get("api"), dict) else None
            if isinstance(sent, dict) and not body.faults(sent):
                self._bodies[entry] = sent
        self._below = _descendants(graph)
        self._unsure = sum(1 << node for node in graph.unsure)

    def faults(self) -> Iterator[Fault]:
        """All faults of all input directives."""
        for position, node in enumerate(self._nodes):
            directive = node.get("input") if isinstance(node, dict) else None
            if not isinstance(directive, dict) or self._graph.kinds[position] == "entry" or len(directive) > MAX_NAMED:
                continue
            for name, path in directive.items():
                problem = self._problem(position, path)
                if problem:
                    yield Fault(pointer("nodes", position, "input", name), problem)

    def _problem(self, reader: int, text: Any) -> str | None:
        if not isinstance(text, str) or not 0 < len(text) <= _MAX_PATH:
            return None  # a fault of the field itself
        try:
            path = paths.parse(text)
        except ValueError as error:
            return str(error)
        if path.node == "pipeline":
            if path.field != "nodes" or len(path.keys) < 2:
                return None
            path = paths.Path(path.keys[0], path.keys[1], path.keys[2:])
        return self._wrong(reader, path)

    def _wrong(self, reader: int, path: paths.Path) -> str | None:
        if path.node != "node" and path.node not in self._graph.by_id:
            return self._no_node(path.node)
        if path.field not in FIELDS:
            return self._no_field(path)
        found = [reader] if path.node == "node" else self._graph.by_id[path.node]
        if len(found) > 1:
            return None  # a fault of the ids
        if path.field in _MADE_BY_RUNNING and (problem := self._too_early(reader, found[0], path)):
            return problem
        return self._not_received(found[0], path)

    def _no_node(self, name: str) -> str:
        if name == "loop":
            return "`loop.` is known in the body of a loop only; begin the path with the id of a node"
        known = list(self._graph.by_id)
        hint = self._hints.did_you_mean(name, known) or "; begin the path with the id of a node"
        return f"there is no node {quoted(name)} in this pipeline{hint}"

    def _no_field(self, path: paths.Path) -> str:
        text = f"a node has no field {quoted(path.field)}"
        meant = self._hints.nearest(path.field, FIELDS)
        if meant is not None:
            return f"{text}; did you mean {quoted(meant)}?"
        if path.node == "node":
            return f"{text}, only {listed(FIELDS)}"
        out = ".".join((path.node, "out", path.field, *path.keys))
        return f"{text}, only {listed(FIELDS)}; what it made is in `out`: did you mean {quoted(out)}?"

    def _too_early(self, reader: int, read: int, path: paths.Path) -> str | None:
        if reader == read:
            return f"a node cannot read its own `{path.field}` as its input, which is not there yet; name another node"
        if reader not in self._graph.reached or read not in self._graph.reached:
            return None  # to be told first: one of them does not run at all
        behind = self._below[read]
        if behind >> reader & 1 or (behind | 1 << read) & self._unsure:
            return None
        name, own = quoted(path.node), quoted(self._graph.ids[reader] or pointer("nodes", reader))
        if self._below[reader] >> read & 1:
            return f"{name} runs after {own}, so its `{path.field}` is not there yet; name a node that runs before"
        return (
            f"{name} may not have run when {own} begins, since no way leads from it to {own}; "
            f"name {own} in the `next` of {name}, or of a node behind it"
        )

    def _not_received(self, read: int, path: paths.Path) -> str | None:
        """A key that the client is not allowed to send is never in the `out` of the entry."""
        if read not in self._bodies or path.field != "out":
            return None
        problem = body.unknown_key(self._bodies[read], path.keys, self._hints)
        return f"the body of {quoted(path.node)} {problem}" if problem else None


def _descendants(graph: Graph) -> list[int]:
    """For each node the set of those behind it, as the bits of an integer. Edges that lead back are left out."""
    below = [0] * len(graph.ids)
    for node in _last_first(graph):
        for successor in graph.flow[node]:
            below[node] |= 1 << successor | below[successor]
    return below


def _last_first(graph: Graph) -> list[int]:
    """An order in which a node comes after all of its successors, as far as there is one."""
    order: list[int] = []
    seen: set[int] = set()
    for start in [*graph.of_kind("entry"), *range(len(graph.ids))]:
        if start in seen:
            continue
        seen.add(start)
        waiting = [(start, iter(graph.flow[start]))]
        while waiting:
            node, successors = waiting[-1]
            following = next((successor for successor in successors if successor not in seen), None)
            if following is None:
                order.append(node)
                waiting.pop()
            else:
                seen.add(following)
                waiting.append((following, iter(graph.flow[following])))
    return order
