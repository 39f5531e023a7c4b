"""The faults of one level as a graph: cycles that nothing leads out of, what is out of reach, ways that end too soon.

An edge may lead back: a branch on the way then decides when it is left. In a body every way leads to `loopEnd`; outside
of loops a node from which no way leads on is of no use, and allowed.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from engine.errors import Fault
from engine.pipeline.check import ways
from engine.pipeline.check.levels import Place
from engine.pipeline.check.sides import SIDES, Graph, Link
from engine.pipeline.names import listed, quoted

MAX_CYCLES = 500
"""Cycles of one level that are told; a level may have any number of them."""


def graph_faults(graph: Graph) -> Iterator[Fault]:
    """The faults of a graph as `graph_of` has read it. Enters `reached`, and marks what faults make uncertain."""
    cycles = [*_endless(graph), *_unleft(graph)]
    circled = {node for way, _ in cycles for node in way}
    starts = _starts(graph)
    graph.reached = ways.reach(starts, graph.flow)
    for way, place in cycles:
        yield _never_ends(graph, way, place)
    yield from _unreached(graph, starts, circled)
    yield from _dead_ends(graph)


def _starts(graph: Graph) -> list[int]:
    """Where the level starts; if that is not known, where it may."""
    if graph.level.outer is None:
        return graph.level.of_kind("entry")
    return [0] if isinstance(graph.level.nodes[0], dict) else list(range(len(graph.level.ids)))


# Cycles


def _endless(graph: Graph) -> list[tuple[list[int], Place]]:
    """Edges that lead back on ways that are taken whatever branches choose."""
    always: list[list[Link]] = []
    for links, choices in zip(graph.links, graph.choices):
        sets = [{after for after, _ in choice} for choice in choices]
        always.append([link for link in links if all(link[0] in one for one in sets)])
    found: dict[tuple[int, int], tuple[list[int], Place]] = {}
    for way, place in islice(ways.back_edges(_order(graph), always), MAX_CYCLES):
        found.setdefault((way[0], way[-1]), (way, place))  # both sides of a branch may name the same node
    graph.unsure.update(way[-1] for way, _ in found.values())
    return list(found.values())


def _unleft(graph: Graph) -> list[tuple[list[int], Place]]:
    """Of nodes on cycles that no choice of a branch leads out of, one edge that leads back."""
    choices = [[[after for after, _ in choice] for choice in of_node] for of_node in graph.choices]
    kept = ways.inescapable(choices, graph.unsure)
    inner: list[list[Link]] = [[] for _ in choices]
    for node in kept:
        inner[node] = [link for link in graph.links[node] if link[0] in kept]
    edges = [[after for after, _ in links] for links in inner]
    found = []
    for part in ways.components(edges):
        members = set(part)
        if members <= kept and all(after in members for node in part for after in edges[node]):
            found.append(next(ways.back_edges(sorted(part), inner)))
            graph.unsure.update(part)
    return found


def _order(graph: Graph) -> Iterable[int]:
    return [*graph.level.of_kind("entry"), *range(len(graph.level.ids))]


def _never_ends(graph: Graph, way: list[int], place: Place) -> Fault:
    names = [graph.level.name(node) for node in way]
    shown = names if len(names) <= 10 else [*names[:5], "...", *names[-4:]]
    text = " -> ".join([*shown, names[0]])
    message = (
        f"this makes a cycle that never ends, {text}, since no branch leads out of it; "
        f"remove {names[0]} here, or let a branch on the way decide whether to go back"
    )
    return Fault(graph.level.at(way[-1], *place), message)


# Reach


def _unreached(graph: Graph, starts: list[int], circled: set[int]) -> Iterator[Fault]:
    """One fault for each node that nothing leads to, which names those that are out of reach by it alone; and one for
    nodes that only lead to one another.

    Without an entry nothing is in reach, and that is one fault; so is a branch that does not say what follows.
    """
    if not starts or graph.blank & graph.reached:
        return
    level, told = graph.level, graph.reached | circled
    has_predecessor = {successor for successors in graph.flow for successor in successors}
    lost = [
        position for position in range(len(level.nodes)) if position not in told and level.ids[position] is not None
    ]
    for position in sorted(lost, key=lambda position: position in has_predecessor):
        if position in told:
            continue
        behind = ways.reach([position], graph.flow)
        yield Fault(level.at(position), _lost(graph, starts, position, sorted(behind - graph.reached - {position})))
        told |= behind


def _lost(graph: Graph, starts: list[int], position: int, behind: list[int]) -> str:
    level = graph.level
    name = f"the end, {level.name(position)}," if level.kinds[position] == "end" else level.name(position)
    start = "the entry"
    if level.outer is not None:
        start = f"{level.name(starts[0])}, with which the body of the loop {level.loop_name()} starts"
    advice = graph.idle.get(position, "name it in the `next` of a node that is to come before it")
    message = f"{name} cannot be reached from {start}; {advice}"
    shown = [level.ids[node] or level.at(node) for node in behind if node < len(level.nodes)]
    return f"{message}; nor can what is behind it, {listed(shown)}" if shown else message


# Ways through a body


def _dead_ends(graph: Graph) -> Iterator[Fault]:
    """In a body: the nodes, and the sides of branches, that nothing follows.

    With them, what cannot reach `loopEnd` is only what leads to a cycle that is never left.
    """
    level = graph.level
    if level.outer is None:
        return
    wanted = f"every way through the body of the loop {level.loop_name()} must reach `loopEnd`"
    for position, choices in enumerate(graph.choices):
        if position in graph.unsure or position not in graph.reached or all(choices):
            continue
        name = level.name(position)
        if not any(choices):
            message = f'{wanted}, but nothing follows {name}; add "next": ["loopEnd"], or the node that is to come next'
            yield Fault(level.at(position, "next"), message)
            continue
        side = SIDES[1] if choices[0] else SIDES[0]
        case = "does not hold" if side == "else" else "holds"
        message = (
            f"{wanted}, but nothing follows {name} where its `if` {case}; "
            f'give {quoted(side)} a `next`, as in {{"next": ["loopEnd"]}}'
        )
        yield Fault(level.at(position, side), message)
