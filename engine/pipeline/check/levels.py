"""The levels of a definition as it was sent, faults and all: its list of nodes, and in it the body of every loop.

A level knows what its nodes are called and where they stand; how they lead to one another is in `graph.py`. A node is
told by its level and its position in that level's list. The level of a body has one position more: `loopEnd`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from engine.errors import Fault
from engine.pipeline.check.fields import kind_of
from engine.pipeline.jsontext import pointer
from engine.pipeline.names import Hints, quoted
from engine.pipeline.nodes import LOOP_END

MAX_NESTING = 32

MISPLACED = {
    "entry": "the body of a loop has no entry: the first node in its list starts, and finds its item in `node._loop`; "
    "remove this node, or choose another type",
    "end": "the body of a loop has no end; remove this node, and name `loopEnd` in the `next` of the last ones",
}
"""What is said of the types that no body has, instead of all else that is wrong with such a node."""

Place = tuple[str | int, ...]


@dataclass(eq=False)
class Level:
    """One list of nodes; `place` is where it stands in the document. `holder` is the position of the loop whose body
    it is in the level around it, `outer`. `by_id` has the positions of all nodes of an id."""

    nodes: list[Any]
    place: Place = ("nodes",)
    outer: "Level | None" = None
    holder: int = -1
    ids: list[str | None] = field(default_factory=list)
    kinds: list[str | None] = field(default_factory=list)
    by_id: dict[str, list[int]] = field(default_factory=dict)
    bodies: dict[int, "Level"] = field(default_factory=dict)

    @property
    def loop_end(self) -> int:
        """The position that stands for `loopEnd`."""
        return len(self.nodes)

    def at(self, position: int, *keys: str | int) -> str:
        """The JSON pointer of a node, or of a place in it."""
        return pointer(*self.place, position, *keys)

    def name(self, position: int) -> str:
        """The id of a node for a sentence; where it has none, its pointer."""
        return quoted(self.ids[position] or self.at(position))

    def of_kind(self, kind: str) -> list[int]:
        """The nodes of a type."""
        return [node for node, found in enumerate(self.kinds) if found == kind]

    def around(self) -> Iterator["Level"]:
        """This level and those around it, the inmost first."""
        level: Level | None = self
        while level is not None:
            yield level
            level = level.outer

    def objects(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The nodes that are objects, by position."""
        return ((position, node) for position, node in enumerate(self.nodes) if isinstance(node, dict))

    def loop_name(self) -> str:
        """The loop whose body this is, for a sentence."""
        return self.outer.name(self.holder) if self.outer is not None else ""


class Levels:
    """All levels of a definition, a loop's body after the level that holds the loop. `faults` are those of the ids, of
    entry and end, and of nesting."""

    def __init__(self, nodes: list[Any], hints: Hints) -> None:
        self.all: list[Level] = []
        self._hints = hints
        self._first: dict[str, tuple[Level, int]] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self.faults = list(self._read(Level(nodes), 0))
        self.top = self.all[0]
        self.faults += [*_one_of("entry", self.top), *_one_of("end", self.top)]

    def owner(self, node_id: str) -> tuple[Level, int] | None:
        """The node of this id, wherever in the definition; of several the first."""
        return self._first.get(node_id)

    def visible(self, level: Level, node_id: str) -> tuple[Level, list[int]] | None:
        """The nodes that an id names on a level: its own, or else those of the levels around it."""
        for around in level.around():
            positions = around.by_id.get(node_id)
            if positions and not (node_id == LOOP_END and around.outer is not None):
                return around, positions
        return None

    def hidden(self, level: Level, node_id: str) -> tuple[str, list[Level]] | None:
        """Why a level cannot name a node of a body that it is not in, as the beginning of a sentence; and the bodies
        that lie between, the node's own first. None if there is no such node."""
        if node_id not in self._first or self.visible(level, node_id) is not None:
            return None
        owner = self._first[node_id][0]
        between = list(takewhile(lambda body: body not in level.around(), owner.around()))
        return f"{quoted(node_id)} is in the body of the loop {owner.loop_name()} and runs once for each item", between

    def names(self, level: Level) -> tuple[str, ...]:
        """All ids that can be named on a level, its own first."""
        if id(level) not in self._names:
            known = dict.fromkeys(node_id for around in level.around() for node_id in around.by_id)
            known.pop(LOOP_END, None)
            self._names[id(level)] = tuple(known)
        return self._names[id(level)]

    def _read(self, level: Level, depth: int) -> Iterator[Fault]:
        self.all.append(level)
        for position, node in enumerate(level.nodes):
            node_id = node.get("id") if isinstance(node, dict) else None
            level.ids.append(node_id if isinstance(node_id, str) else None)
            level.kinds.append(kind_of(node, self._hints))
            if isinstance(node_id, str):
                level.by_id.setdefault(node_id, []).append(position)
                yield from self._taken(level, position, node_id)
            if level.kinds[-1] == "loop" and isinstance(node.get("nodes"), list) and node["nodes"]:
                yield from self._body(level, position, node["nodes"], depth + 1)
        if level.outer is not None:
            yield from _misplaced(level)
            level.ids.append(LOOP_END)
            level.kinds.append(LOOP_END)
            level.by_id[LOOP_END] = [level.loop_end]

    def _taken(self, level: Level, position: int, node_id: str) -> Iterator[Fault]:
        if node_id not in self._first:
            self._first[node_id] = level, position
            return
        first, place = self._first[node_id]
        message = f"the id {quoted(node_id)} is taken by the node at {first.at(place)}; give this one its own"
        if first is not level:
            message += ": an id is unique in the whole pipeline, with the bodies of its loops"
        yield Fault(level.at(position, "id"), message)

    def _body(self, level: Level, position: int, nodes: list[Any], depth: int) -> Iterator[Fault]:
        if depth > MAX_NESTING:
            message = f"loops are nested deeper than {MAX_NESTING} levels; make a pipeline of its own of the inner ones"
            yield Fault(level.at(position, "nodes"), message)
            return
        body = Level(nodes, (*level.place, position, "nodes"), level, position)
        level.bodies[position] = body
        yield from self._read(body, depth)


def collecting(bodies: list[Level]) -> str:
    """How what a node in loops gives is taken out of them: `bodies` from its own to the outermost."""
    steps = [f"with `collect` of {body.loop_name()}" for body in bodies]
    holder = bodies[-1].outer.ids[bodies[-1].holder] if bodies[-1].outer is not None else None
    return f"take it {', that '.join(steps)}, and read it from {quoted(f'{holder}.out')}"


def count(nodes: list[Any]) -> int:
    """How many nodes there are, with those in the bodies of loops."""
    total, waiting = 0, [nodes]
    while waiting:
        found = waiting.pop()
        total += len(found)
        waiting.extend(
            node["nodes"] for node in found if isinstance(node, dict) and isinstance(node.get("nodes"), list)
        )
    return total


def _one_of(kind: str, top: Level) -> Iterator[Fault]:
    found = top.of_kind(kind)
    if not found:
        does = "receives what the client sends" if kind == "entry" else "collects the result"
        yield Fault("/nodes", f"there is no {kind}; add one node of type `{kind}`, which {does}")
    for position in found[1:]:
        message = f"there is an {kind} already, {top.name(found[0])}; a pipeline has exactly one"
        yield Fault(top.at(position, "type"), message)


def _misplaced(body: Level) -> Iterator[Fault]:
    """An entry or an end in the body of a loop."""
    for kind, message in MISPLACED.items():
        for position in body.of_kind(kind):
            yield Fault(body.at(position, "type"), message)
