"""The graph that nodes make: what follows what, what waits for what, and what lies on a way that leads back.

A pipeline has levels: the definition itself, and in it the body of every loop, nested to any depth. Each is a graph of
its own with one `start` and one `end`; in a body these are its first node and `loopEnd`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.pipeline.code import Program, compile_code
from engine.pipeline.instances import endings
from engine.pipeline.nodes import (
    LOOP_END,
    MAX_TURNS,
    AnyNode,
    BranchNode,
    EndNode,
    EntryNode,
    LoopNode,
    Side,
    read_node,
)

_EXPRESSIONS = ("ready", "if")


@dataclass(frozen=True)
class Pipeline:
    """One level of a definition that has passed the check, as a graph.

    `nodes` keeps the order of the definition. `version` and `id` tell which stored definition it is. `loop` is the loop
    whose body this is and `outer` the level that holds it; both are None for the definition itself.
    """

    id: str
    route: str
    version: int
    nodes: Mapping[str, AnyNode]
    loop: LoopNode | None = None
    outer: "Pipeline | None" = None
    bodies: dict[str, "Pipeline"] = field(default_factory=dict)

    @cached_property
    def entry(self) -> EntryNode:
        """The one entry; a body has none."""
        return next(node for node in self.nodes.values() if isinstance(node, EntryNode))

    @cached_property
    def start(self) -> str:
        """The id of the node that starts first."""
        return next(iter(self.nodes)) if self.loop is not None else self.entry.id

    @cached_property
    def end(self) -> str:
        """The id of the node whose end is the end of this level."""
        return next(node_id for node_id, node in self.nodes.items() if isinstance(node, EndNode))

    @cached_property
    def levels(self) -> Mapping[str, "Pipeline"]:
        """This level under the id of its loop (the definition itself under the empty text), and all levels below."""
        found = {self.loop.id if self.loop is not None else "": self}
        for body in self.bodies.values():
            found.update(body.levels)
        return found

    # Edges

    def chosen(self, node_id: str, side: str | None) -> Sequence[str]:
        """Ids of the nodes that follow a node; of a branch, where `then` or `else` was chosen."""
        node = self.nodes[node_id]
        if isinstance(node, EndNode):
            return ()
        if isinstance(node, BranchNode) and side is not None:
            named = _side(node, side).next
            return node.next if named is None else named
        return node.next

    @cached_property
    def successors(self) -> Mapping[str, tuple[str, ...]]:
        """For every node the ids of all that may follow it, whichever side a branch takes."""
        found = {}
        for node_id, node in self.nodes.items():
            sides = ("then", "else") if isinstance(node, BranchNode) else (None,)
            found[node_id] = tuple(dict.fromkeys(after for side in sides for after in self.chosen(node_id, side)))
        return found

    @cached_property
    def predecessors(self) -> Mapping[str, tuple[str, ...]]:
        """For every node the ids of those that it may follow, in the order of the definition."""
        found: dict[str, list[str]] = {node_id: [] for node_id in self.nodes}
        for node_id, successors in self.successors.items():
            for successor in successors:
                found[successor].append(node_id)
        return {node_id: tuple(ids) for node_id, ids in found.items()}

    @cached_property
    def back(self) -> frozenset[tuple[str, str]]:
        """The edges that lead to an ancestor: in a walk from the start, depth first, those to a node on the way."""
        return frozenset(_back_edges([self.start, *self.nodes], self.successors))

    @cached_property
    def branching(self) -> bool:
        """Whether some nodes may not run at all."""
        return any(isinstance(node, BranchNode) for node in self.nodes.values())

    @cached_property
    def max_turns(self) -> int:
        """How often a node of this level may start at most, where ways lead back: by far more often than branches
        can let it."""
        return max(MAX_TURNS, 2 * sum(node.max_turns for node in self.nodes.values() if isinstance(node, BranchNode)))

    def between(self, first: str, last: str) -> tuple[str, ...]:
        """The nodes on the ways from `first` to `last` that do not lead back, with both, in the definition's order."""
        known = self._betweens.get((first, last))
        if known is None:
            inner = {first, last} | reach([first], self._forward) & reach([last], self._backward)
            known = self._betweens[first, last] = tuple(node_id for node_id in self.nodes if node_id in inner)
        return known

    @cached_property
    def _betweens(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    @cached_property
    def _forward(self) -> Mapping[str, Sequence[str]]:
        return {
            node_id: [after for after in successors if (node_id, after) not in self.back]
            for node_id, successors in self.successors.items()
        }

    @cached_property
    def _backward(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {node_id: [] for node_id in self.nodes}
        for node_id, successors in self._forward.items():
            for successor in successors:
                found[successor].append(node_id)
        return found

    def after(self, node_id: str) -> frozenset[str]:
        """The nodes that come after a node on ways that do not lead back."""
        return frozenset(reach([node_id], self._forward) - {node_id})

    # Code

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids that can be named on this level: its own, and those of the levels around it."""
        own = frozenset(node_id for node_id in self.nodes if node_id != LOOP_END)
        return own if self.outer is None else own | self.outer.ids

    def code(self, node_id: str, step: str, side: str | None = None) -> str | None:
        """The text of a code field: `ready`, `before`, `if`, `exec` (of a side) or `after`; None where it is empty."""
        node = self.nodes[node_id]
        if step == "exec":
            return _side(node, side or "then").exec if isinstance(node, BranchNode) else None
        text: str | None = getattr(node, "if_" if step == "if" else step, None)
        return text

    def program(self, node_id: str, step: str, side: str | None = None) -> Program:
        """A code field as a program. It has one."""
        text = self.code(node_id, step, side)
        assert text is not None
        return compile_code(text, "expression" if step in _EXPRESSIONS else "statements", self.ids)

    @cached_property
    def choosy(self) -> frozenset[str]:
        """The nodes that have a `ready`."""
        return frozenset(node_id for node_id in self.nodes if self.code(node_id, "ready") is not None)

    @cached_property
    def watchers(self) -> Mapping[str, tuple[str, ...]]:
        """For each node that the `ready` of others names the ids of those."""
        found: dict[str, tuple[str, ...]] = {}
        for node_id, named in self.watched.items():
            for other in named:
                found[other] = (*found.get(other, ()), node_id)
        return found

    @cached_property
    def leads(self) -> Mapping[str, Sequence[str]]:
        """For every node the ids of those that its end may start: its successors, and those that watch it."""
        return {node_id: (*after, *self.watchers.get(node_id, ())) for node_id, after in self.successors.items()}

    @cached_property
    def watched(self) -> Mapping[str, tuple[str, ...]]:
        """For each node with a `ready` the ids of those on this level that it names or follows."""
        found = {}
        for node_id in self.nodes:
            if self.code(node_id, "ready") is not None:
                program = self.program(node_id, "ready")
                named = [*program.uses, *self.predecessors[node_id]]
                found[node_id] = tuple(known for known in self.nodes if program.every or known in named)
        return found

    @cached_property
    def volatile(self) -> bool:
        """Whether what a node was given may change after it started: by code, by a way that leads back, or since a
        node with a `ready` may start before those that it follows have ended."""
        if self.outer is not None:
            return self.outer.volatile
        return any(level.back or level.has_code or level.choosy or level._sees_ends for level in self.levels.values())

    @cached_property
    def _sees_ends(self) -> bool:
        """Whether a path of an input leads to whether a node has finished."""
        inputs = [node.input for node in self.nodes.values() if not isinstance(node, EntryNode) and node.input]
        paths = [path.split(".") for named in inputs for path in named.values()]
        return any("finished" in parts or (parts[:2] == ["pipeline", "nodes"] and len(parts) == 3) for parts in paths)

    @cached_property
    def has_code(self) -> bool:
        """Whether a node of this level has code that may change something."""
        steps = [("before", None), ("after", None), ("exec", "then"), ("exec", "else")]
        return any(self.code(node_id, step, side) is not None for node_id in self.nodes for step, side in steps)

    # Instances

    def instance(self, node_id: str, number: int | str | None) -> str:
        """The id of a node's instance: in a body with the number of the body's instance behind it."""
        return node_id if number is None else f"{node_id}{number}{self._endings[node_id]}"

    @cached_property
    def _endings(self) -> Mapping[str, str]:
        """What stands behind the numbers of each node of the definition."""
        if self.outer is not None:
            return self.outer._endings
        return endings({node_id for level in self.levels.values() for node_id in level.nodes})


def _side(node: BranchNode, side: str) -> Side:
    return node.then if side == "then" else node.else_


def reach(starts: Iterable[str], edges: Mapping[str, Sequence[str]], without: str | None = None) -> set[str]:
    """The nodes that edges lead to from these, with these, never through `without`."""
    found = set(starts) - {without}
    waiting = list(found)
    while waiting:
        for after in edges[waiting.pop()]:
            if after not in found and after != without:
                found.add(after)
                waiting.append(after)
    return found


def _back_edges(starts: Iterable[str], edges: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, str]]:
    done: set[str] = set()
    for start in starts:
        if start in done:
            continue
        way, on_way, waiting = [start], {start}, [iter(edges[start])]
        while way:
            after = next(waiting[-1], None)
            if after is None:
                waiting.pop()
                left = way.pop()
                on_way.discard(left)
                done.add(left)
            elif after in on_way:
                yield way[-1], after
            elif after not in done:
                way.append(after)
                on_way.add(after)
                waiting.append(iter(edges[after]))


def load(document: Mapping[str, Any], definition_id: str, version: int) -> Pipeline:
    """Make the graph of a stored definition: `{"type": "pipeline", "nodes": [...]}`, or that of a service."""
    nodes = {node.id: node for node in map(read_node, document["nodes"])}
    entry = next(node for node in nodes.values() if isinstance(node, EntryNode))
    pipeline = Pipeline(definition_id, entry.api.route, version, nodes)
    _load_bodies(pipeline)
    return pipeline


def _load_bodies(level: Pipeline) -> None:
    for node in level.nodes.values():
        if isinstance(node, LoopNode):
            nodes: dict[str, AnyNode] = {inner.id: inner for inner in map(read_node, node.nodes)}
            nodes[LOOP_END] = EndNode.model_construct(id=LOOP_END, type="end", input=None, ready=None, params={})
            body = Pipeline(level.id, level.route, level.version, nodes, node, level)
            level.bodies[node.id] = body
            _load_bodies(body)
