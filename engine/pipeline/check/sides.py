"""What follows each node of one level, read with goodwill from `next` and the sides of branches; and the faults of it.

A definition with faults is still read as far as it goes, so that one fault neither hides another nor causes a dozen:
a name that is nearly right counts as the one that was meant where it spares further faults, and what is not sure
(`unsure`) is not held against other nodes.
"""

from dataclasses import dataclass, field
from typing import Any

from engine.errors import Fault
from engine.pipeline.check.levels import Level, Levels, Place
from engine.pipeline.names import Hints, quoted
from engine.pipeline.nodes import LOOP_END, MAX_NAMED

SIDES = ("then", "else")

Link = tuple[int, Place]
"""A successor, and where in the node it is named."""


@dataclass(eq=False)
class Graph:
    """One level as a graph. Nodes are their positions in it.

    `links[n]` are the sound edges of `n`, whichever side a branch takes; `flow[n]` are the successors of these and what
    was probably meant. `choices[n]` are the sets of sound edges of which one is chosen: one set, or two of a branch.
    `unsure` are the nodes of which some successor is not known for certain. `idle[n]` says where `n` is named, but not
    so that it follows. `blank` are branches of which a side is missing. `reached` are the nodes that flow leads to from
    where the level starts.
    """

    level: Level
    links: list[list[Link]]
    flow: list[list[int]]
    choices: list[list[list[Link]]]
    unsure: set[int] = field(default_factory=set)
    idle: dict[int, str] = field(default_factory=dict)
    blank: set[int] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)


def graph_of(level: Level, levels: Levels, hints: Hints) -> tuple[Graph, list[Fault]]:
    """The graph of a level, without `reached`, and what is wrong with the names of successors."""
    graph = Graph(level, [[] for _ in level.ids], [[] for _ in level.ids], [[] for _ in level.ids])
    reader = _Reader(graph, levels, hints)
    for position, node in level.objects():
        reader.read(position, node)
    for position, of_node in enumerate(graph.choices):
        links = [link for choice in of_node for link in choice]
        graph.links[position] = list({place: (successor, place) for successor, place in links}.values())
        graph.flow[position].extend(successor for successor, _ in graph.links[position])
    return graph, reader.faults


class _Reader:
    """Enters the edges of one level."""

    def __init__(self, graph: Graph, levels: Levels, hints: Hints) -> None:
        self._graph = graph
        self._level = graph.level
        self._levels = levels
        self._hints = hints
        self.faults: list[Fault] = []

    def read(self, position: int, node: dict[str, Any]) -> None:
        """Enter the edges of one node. For an `end`, and for an unknown type, they tell only what was meant."""
        kind = self._level.kinds[position]
        inner = self._level.outer is not None
        if kind == "end":
            self._guess(position, node.get("next", []))
            if node.get("next") or inner:
                self._graph.unsure.add(position)
            return
        if kind is None or (kind == "entry" and inner):
            self._graph.unsure.add(position)
        own = self._links(position, node.get("next", []), ("next",))
        if kind == "branch":
            self._branch(position, node, own)
            return
        self._graph.choices[position] = [own]
        if kind is None:
            for side in SIDES:
                value = node.get(side)
                self._guess(position, value.get("next") if isinstance(value, dict) else None)

    def _branch(self, position: int, node: dict[str, Any], own: list[Link]) -> None:
        """A side without a `next` goes on as the branch itself says."""
        sides = []
        for side in SIDES:
            value = node.get(side)
            named = value.get("next") if isinstance(value, dict) else None
            sides.append(None if named is None else self._links(position, named, (side, "next")))
            missing = side == "else" and side not in node
            if not isinstance(value, (dict, str)) and not missing:
                self._graph.unsure.add(position)
                self._graph.blank.add(position)
            self._named_as_code(position, side, value)
        if None not in sides:
            reason = f"the `next` of {self._level.name(position)} never holds, since `then` and `else` have their own"
            self._graph.idle.update((successor, reason) for successor, _ in own)
        self._graph.choices[position] = [own if side is None else side for side in sides]

    def _named_as_code(self, position: int, side: str, value: Any) -> None:
        """A side that is the id of a node was meant as its `next`, but is code."""
        for successor in self._level.by_id.get(value, ()) if isinstance(value, str) else ():
            branch = self._level.name(position)
            reason = f'`{side}` of {branch} is code, since it is a string; write {{"next": ["{value}"]}} to name a node'
            self._graph.idle[successor] = reason

    def _links(self, position: int, named: Any, place: Place) -> list[Link]:
        """The sound edges of one list of names."""
        if not isinstance(named, list) or len(named) > MAX_NAMED:
            self._graph.unsure.add(position)
            self._guess(position, named)
            return []
        found: list[Link] = []
        seen: set[str] = set()
        for index, target in enumerate(named):
            if not isinstance(target, str):
                self._graph.unsure.add(position)
                continue
            twice = f"{quoted(target)} is named twice in this `next`; remove one of them" if target in seen else None
            problem = twice or self._enter(position, (*place, index), target, found)
            seen.add(target)
            if problem:
                self.faults.append(Fault(self._level.at(position, *place, index), problem))
        return found

    def _enter(self, position: int, place: Place, target: str, found: list[Link]) -> str | None:
        """Enter one edge; what is wrong with it, if anything."""
        level = self._level
        positions = level.by_id.get(target, [])
        if len(positions) == 1 and not (problem := self._not_a_successor(position, positions[0])):
            found.append((positions[0], place))
            return None
        self._graph.unsure.add(position)
        if len(positions) == 1:
            return problem
        self._graph.flow[position].extend(positions)
        return self._no_node(position, target) if not positions else None  # several of that id are a fault of theirs

    def _not_a_successor(self, position: int, successor: int) -> str | None:
        kind, name = self._level.kinds[successor], self._level.name(successor)
        if successor == position and self._level.kinds[position] != "branch":
            return f"{name} is this node itself; only a branch can follow itself"
        if kind == "entry":
            return (
                f"{name} is the entry, where a task begins; to go back to the start, name the node that comes after it"
            )
        return None

    def _no_node(self, position: int, target: str) -> str:
        level, name = self._level, quoted(target)
        if target == LOOP_END:
            return f"{name} ends the body of a loop, and this node is in none; name a node that is to come next"
        owner = self._levels.owner(target)
        if owner is not None:
            return self._elsewhere(position, target, owner[0])
        where = "in this pipeline" if level.outer is None else "in this loop's body"
        meant = self._hints.nearest(target, level.by_id, besides=level.ids[position])
        if meant is None:
            known = "" if level.outer is None else "; the last node of a body names `loopEnd`"
            return f"there is no node {name} {where}; add it, or remove the name here{known}"
        self._graph.flow[position].extend(level.by_id[meant])
        return f"there is no node {name} {where}; did you mean {quoted(meant)}?"

    def _elsewhere(self, position: int, target: str, owner: Level) -> str:
        """A node of another level is named."""
        level, name = self._level, quoted(target)
        if owner in level.around():
            return (
                f"{name} is outside of the body of the loop {level.loop_name()}; name `loopEnd` here, which ends the "
                f"body, and what is to come after all items in the `next` of {level.loop_name()}"
            )
        inside = next((body for body in owner.around() if body.outer is level), None)
        if inside is None:
            return f"{name} is in the body of another loop, {owner.loop_name()}, and can be named there only"
        self._graph.flow[position].append(inside.holder)
        return (
            f"{name} is in the body of the loop {owner.loop_name()}; name the loop {inside.loop_name()} to run its body"
        )

    def _guess(self, position: int, named: Any) -> None:
        """Enter what was meant in a `next` that is no list or too long, or belongs to a type that has none."""
        for target in named if isinstance(named, list) else [named]:
            if isinstance(target, str):
                self._graph.flow[position].extend(self._level.by_id.get(target, ()))
