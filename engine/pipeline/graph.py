"""The graph that a definition means, read with goodwill, and the faults of it.

A definition with faults is still read as far as it goes, so that one fault neither hides another nor causes a dozen:
a name that is nearly right counts as the one that was meant where it spares further faults, and what is not sure
(`unsure`) is not held against other nodes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Fault
from engine.pipeline.fields import kind_of
from engine.pipeline.jsontext import pointer
from engine.pipeline.names import Hints, listed, quoted
from engine.pipeline.nodes import MAX_NAMED


@dataclass
class Graph:
    """Nodes are their positions in the definition.

    `links[n]` are the sound edges, as (successor, position in `next`); `flow[n]` are these and what was probably
    meant. `unsure` are the nodes of which some successor is not known for certain.
    """

    ids: list[str | None]
    kinds: list[str | None]
    by_id: dict[str, list[int]]
    links: list[list[tuple[int, int]]]
    flow: list[list[int]]
    unsure: set[int] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)

    def of_kind(self, kind: str) -> list[int]:
        """The nodes of a type."""
        return [node for node, found in enumerate(self.kinds) if found == kind]


def graph_of(nodes: list[Any], hints: Hints) -> tuple[Graph, list[Fault]]:
    """The graph of `nodes`, and what is wrong with ids, `next`, entry, end, cycles and reachability."""
    ids = [_id_of(node) for node in nodes]
    by_id: dict[str, list[int]] = {}
    for position, node_id in enumerate(ids):
        if node_id is not None:
            by_id.setdefault(node_id, []).append(position)
    graph = Graph(ids, [kind_of(node, hints) for node in nodes], by_id, [[] for _ in nodes], [[] for _ in nodes])
    faults = [*_twice(graph), *_one_of("entry", graph), *_one_of("end", graph)]
    for position, node in enumerate(nodes):
        faults.extend(_read_next(graph, position, node, hints))
    faults.extend(_cycles(graph))
    graph.reached = _from(graph.of_kind("entry"), graph.flow)
    faults.extend(_unreached(graph))
    return graph, faults


def _id_of(node: Any) -> str | None:
    node_id = node.get("id") if isinstance(node, dict) else None
    return node_id if isinstance(node_id, str) else None


def _twice(graph: Graph) -> Iterator[Fault]:
    for node_id, positions in graph.by_id.items():
        for position in positions[1:]:
            first = pointer("nodes", positions[0])
            message = f"the id {quoted(node_id)} is taken by the node at {first}; give this one its own"
            yield Fault(pointer("nodes", position, "id"), message)


def _one_of(kind: str, graph: Graph) -> Iterator[Fault]:
    found = graph.of_kind(kind)
    if not found:
        does = "receives what the client sends" if kind == "entry" else "collects the result"
        yield Fault("/nodes", f"there is no {kind}; add one node of type `{kind}`, which {does}")
    for position in found[1:]:
        first = graph.ids[found[0]] or pointer("nodes", found[0])
        message = f"there is an {kind} already, {quoted(first)}; a pipeline has exactly one"
        yield Fault(pointer("nodes", position, "type"), message)


def _read_next(graph: Graph, position: int, node: Any, hints: Hints) -> Iterator[Fault]:
    """Enter the edges of one node. For an `end`, and for a type that is not known, they tell only what was meant."""
    if not isinstance(node, dict):
        return
    named = node.get("next", [])
    unreadable = not isinstance(named, list) or len(named) > MAX_NAMED
    if unreadable or graph.kinds[position] is None or (graph.kinds[position] == "end" and named):
        graph.unsure.add(position)
        for target in _meant(node):
            graph.flow[position].extend(graph.by_id.get(target, ()))
        if unreadable or graph.kinds[position] == "end":
            return
    seen: set[str] = set()
    for place, target in enumerate(named):
        if isinstance(target, str):
            problem = _enter(graph, position, place, target, seen, hints)
            if problem:
                yield Fault(pointer("nodes", position, "next", place), problem)
        else:
            graph.unsure.add(position)


def _meant(node: dict[str, Any]) -> Iterator[str]:
    """The ids in a `next` that is no list or too long, or belongs to a type or side (`then`, `else`) not known here."""
    for place in (node, node.get("then"), node.get("else")):
        named = place.get("next") if isinstance(place, dict) else None
        yield from (target for target in (named if isinstance(named, list) else [named]) if isinstance(target, str))


def _enter(graph: Graph, position: int, place: int, target: str, seen: set[str], hints: Hints) -> str | None:
    """Enter one edge; what is wrong with it, if anything."""
    if target in seen:
        return f"{quoted(target)} is named twice in this `next`; remove one of them"
    seen.add(target)
    found = graph.by_id.get(target, [])
    if len(found) == 1 and position not in found and graph.kinds[found[0]] != "entry":
        graph.links[position].append((found[0], place))
        graph.flow[position].append(found[0])
        return None
    graph.unsure.add(position)
    if target == graph.ids[position]:
        return f"{quoted(target)} is this node itself; a node cannot follow itself"
    if any(graph.kinds[node] == "entry" for node in found):
        return f"{quoted(target)} is the entry, where a task begins; nothing leads back to it"
    if found:  # several nodes of that id, which is a fault of theirs
        graph.flow[position].extend(found)
        return None
    meant = hints.nearest(target, graph.by_id, besides=graph.ids[position])
    if meant is None:
        return f"there is no node {quoted(target)} in this pipeline; add it, or remove the name here"
    graph.flow[position].extend(graph.by_id[meant])
    return f"there is no node {quoted(target)} in this pipeline; did you mean {quoted(meant)}?"


def _cycles(graph: Graph) -> Iterator[Fault]:
    """One fault for each edge that leads back: without these edges there is no cycle."""
    for path, place in _back_edges(graph):
        graph.unsure.add(path[-1])
        names = [graph.ids[node] or "" for node in path]
        way = " -> ".join(quoted(name) for name in [*names, names[0]])
        if len(names) > 10:
            way = " -> ".join([*map(quoted, names[:5]), "...", *map(quoted, names[-4:]), quoted(names[0])])
        message = f"this makes a cycle, {way}; remove {quoted(names[0])} here, or change another edge of it"
        yield Fault(pointer("nodes", path[-1], "next", place), message)


def _back_edges(graph: Graph) -> Iterator[tuple[list[int], int]]:
    """Depth first along the sound edges from the entry, then from the others: each edge to a node that is being
    visited, as the way from that node to the edge's start, and the edge's position in `next`."""
    done: set[int] = set()
    for start in [*graph.of_kind("entry"), *range(len(graph.ids))]:
        if start in done:
            continue
        way, depth, waiting = [start], {start: 0}, [iter(graph.links[start])]
        while way:
            for successor, place in waiting[-1]:
                if successor in depth:
                    yield way[depth[successor] :], place
                elif successor not in done:
                    depth[successor] = len(way)
                    way.append(successor)
                    waiting.append(iter(graph.links[successor]))
                    break
            else:
                waiting.pop()
                left = way.pop()
                del depth[left]
                done.add(left)


def _from(starts: Iterable[int], flow: list[list[int]]) -> set[int]:
    found, waiting = set(starts), list(starts)
    while waiting:
        for successor in flow[waiting.pop()]:
            if successor not in found:
                found.add(successor)
                waiting.append(successor)
    return found


def _unreached(graph: Graph) -> Iterator[Fault]:
    """One fault for each node that nothing leads to, which names those that are out of reach by it alone.

    Without an entry nothing is in reach, and that is one fault. Nodes that only lead to one another are a cycle.
    """
    if not graph.reached:
        return
    has_predecessor = {successor for successors in graph.flow for successor in successors}
    for position, node_id in enumerate(graph.ids):
        if node_id is None or position in graph.reached or position in has_predecessor:
            continue
        behind = sorted(_from([position], graph.flow) - graph.reached - {position})
        name = f"the end, {quoted(node_id)}," if graph.kinds[position] == "end" else quoted(node_id)
        message = f"{name} cannot be reached from the entry; name it in the `next` of a node that is to come before it"
        if behind:
            message += f"; nor can what is behind it, {listed([graph.ids[node] or '' for node in behind])}"
        yield Fault(pointer("nodes", position), message)
