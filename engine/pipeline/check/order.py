"""Which nodes may have run when another one begins, on all levels of a definition."""

from dataclasses import dataclass
from functools import cached_property

from engine.pipeline import paths
from engine.pipeline.check import ways
from engine.pipeline.check.levels import Level
from engine.pipeline.check.readings import Reading
from engine.pipeline.check.sides import Graph
from engine.pipeline.names import quoted

_MADE_BY_RUNNING = ("out", "input")


@dataclass(eq=False)
class Order:
    """What comes after what on one level. Sets of nodes are the bits of integers."""

    graph: Graph

    @cached_property
    def _parts(self) -> list[list[int]]:
        return ways.components(self.graph.flow)

    @cached_property
    def below(self) -> list[int]:
        """For each node those that come after it, on some way."""
        return ways.descendants(self.graph.flow, self._parts)

    @cached_property
    def unsure(self) -> int:
        """The nodes of which some successor is not known."""
        return sum(1 << node for node in self.graph.unsure)

    @cached_property
    def patient(self) -> int:
        """The nodes that have a `ready`, or come after one that has: they may wait for any other node."""
        found = 0
        for position, node in self.graph.level.objects():
            if node.get("ready") is not None:
                found |= 1 << position | self.below[position]
        return found

    @cached_property
    def passed(self) -> list[int] | None:
        """For each node those that every way to it passes; None where ways lead back."""
        starts = [0] if self.graph.level.outer is not None else self.graph.level.of_kind("entry")
        if len(starts) != 1 or len(self._parts) < len(self.graph.flow):
            return None
        return ways.dominators(starts[0], self.graph.flow, self._parts)

    def surely_later(self, node: int, than: int) -> bool:
        """Whether a node can only run when another one has run, also where nodes have a `ready`."""
        return self.passed is not None and bool(self.passed[node] >> than & 1)


class Orders:
    """The order of all levels."""

    def __init__(self, graphs: list[Graph]) -> None:
        self._orders = {id(graph.level): Order(graph) for graph in graphs}

    def too_early(self, reading: Reading, level: Level, read: int, path: paths.Path) -> str | None:
        """Why what a path leads to, in the node `read` of `level`, is surely not there yet; None if it may be."""
        if path.field not in _MADE_BY_RUNNING or reading.collects:
            return None
        way = self._up(reading, level)
        reader = way[-1][1]
        if reader == read:
            return _own(reading, level, read, path)
        if not all(position in self._orders[id(one)].graph.reached for one, position in (*way, (level, read))):
            return None  # to be told first: one of them does not run at all
        order = self._orders[id(level)]
        behind = order.below[read]
        if behind >> reader & 1 or (behind | 1 << read) & order.unsure:
            return None
        if self._may_wait(way) and not order.surely_later(read, reader):
            return None
        return self._sentence(way, read, path)

    def _up(self, reading: Reading, level: Level) -> list[tuple[Level, int]]:
        """The reader, and the loops that it is in, up to the level of what is read."""
        way = [(reading.level, reading.position)]
        while way[-1][0] is not level:
            inner = way[-1][0]
            assert inner.outer is not None
            way.append((inner.outer, inner.holder))
        return way

    def _may_wait(self, way: list[tuple[Level, int]]) -> bool:
        return any(self._orders[id(level)].patient >> position & 1 for level, position in way)

    def _sentence(self, way: list[tuple[Level, int]], read: int, path: paths.Path) -> str:
        level, reader = way[-1]
        name, own = level.name(read), level.name(reader)
        where = f"the loop {own}, in whose body this is" if len(way) > 1 else own
        if self._orders[id(level)].below[reader] >> read & 1:
            return f"{name} runs after {where}, so its `{path.field}` is not there yet; name a node that runs before"
        comma = "," if len(way) > 1 else ""
        return (
            f"{name} may not have run when {where}{comma} begins, since no way leads from it to {own}; "
            f"name {own} in the `next` of {name}, or of a node behind it"
        )


def _own(reading: Reading, level: Level, read: int, path: paths.Path) -> str | None:
    """A node reads itself, or what is in the body of a loop reads the loop."""
    if reading.level is not level:
        if path.field == "input":
            return None
        return (
            f"this is in the body of the loop {quoted(level.ids[read])}, which has its `out` when all items are done; "
            "name a node of the body, or one that runs before the loop"
        )
    if reading.kind in ("items", "out") and path.field == "input":
        return None
    what = {"input": "its input", "items": "its `items`", "out": "what it gives out"}[reading.kind]
    return f"a node cannot read its own `{path.field}` as {what}, which is not there yet; name another node"
