"""Reads the lines that an event has added to a task's history, one by one: each is an allowed move, nothing starts
before its time, and a way back resets what lies between, no more and no less.
"""

from collections.abc import Iterable, Mapping

from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import BranchNode, EntryNode
from engine.task.events import CodeRan, Event, Rerun, Retried
from engine.task.task import Change, NodeState, Task

MOVES: Mapping[str, set[str]] = {
    "pending": {"running", "error"},
    "running": {"finished", "error", "cancelled", "pending"},
    "finished": {"pending"},
    "error": {"pending", "running"},
    "cancelled": {"pending", "running"},
}
"""The table of transitions of a node: `pending` by a retry or a way back, `running` out of an end by a loop's retry,
`error` out of `pending` by a condition that cannot be asked."""

TASK_MOVES = {("none", "running"), ("running", "finished"), ("running", "error"), ("error", "running")}


class Graph:
    """A level, read by other means than the engine's."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.edges = {node_id: list(pipeline.successors[node_id]) for node_id in pipeline.nodes}
        self.caused = {
            node_id: {*after, *(other for other, named in pipeline.watched.items() if node_id in named)}
            for node_id, after in self.edges.items()
        }
        self.back = set(self._back(pipeline.start, (), set()))
        self._forward = {
            node_id: [after for after in following if (node_id, after) not in self.back]
            for node_id, following in self.edges.items()
        }
        self._regions = {(last, first): self._region(first, last) for last, first in self.back}

    def _back(self, node_id: str, way: tuple[str, ...], seen: set[str]) -> Iterable[tuple[str, str]]:
        seen.add(node_id)
        for after in self.edges[node_id]:
            if after in (*way, node_id):
                yield node_id, after
            elif after not in seen:
                yield from self._back(after, (*way, node_id), seen)

    def behind(self, node_id: str) -> set[str]:
        """All that may start by what comes of the end of a node."""
        return _reached(self.caused[node_id], self.caused)

    def _region(self, first: str, last: str) -> set[str]:
        forward = self._forward
        inner = {node_id for node_id in _reached([first], forward) if last in _reached([node_id], forward)}
        return {first, last, *inner}

    def region(self, last: str, first: str) -> set[str]:
        """What lies between, where an edge leads back from `last` to `first`."""
        return self._regions[last, first]


def _reached(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """All that edges lead to from these, with these."""
    found: set[str] = set()
    rest = list(starts)
    while rest:
        node_id = rest.pop()
        if node_id not in found:
            found.add(node_id)
            rest += edges[node_id]
    return found


class Reader:
    """Reads what one event has added. `skipped` are the nodes that have started without some predecessors, with those:
    what is left out may not start any more, but by what came of the node itself."""

    def __init__(self, graph: Graph, before: Task, event: Event, skipped: dict[str, set[str]]) -> None:
        self._graph = graph
        self._event = event
        self._skipped = skipped
        self._before = before
        self.states: dict[str, NodeState] = {node_id: run.state for node_id, run in before.nodes.items()}
        self.starts: dict[str, int] = {}
        self._status: str = before.status if before.history else "none"
        self._taken: list[tuple[str, str]] = []
        self._due: dict[tuple[str, str], set[str]] = {}
        self._ended: list[str] = []
        self._was_reset: set[str] = set()
        self._retried = isinstance(event, Retried)

    def read(self, lines: Iterable[Change]) -> str:
        """Read these lines; returns the status of the task after them."""
        for line in lines:
            if line.node is None:
                assert (self._status, line.state) in TASK_MOVES, f"the task went from {self._status} to {line.state}"
                self._status = line.state
            elif line.detail is not None and line.state == "running":
                assert self.states[line.node] == "running", f"{line.node} was noted to wait while it was not running"
            elif isinstance(self._event, Rerun) and line.detail == "taken over from the earlier task":
                self.states[line.node] = "finished"
            else:
                self._move(line.node, line.state)
        return self._status

    def _move(self, node_id: str, state: str) -> None:
        old = self.states.get(node_id, "pending")
        assert state in MOVES[old], f"{node_id} went from {old} to {state}"
        ending = state == "cancelled" and self._status == "running"
        assert self._status == "running" or ending, f"{node_id} moved in a task that was not running"
        if state == "running":
            self._started(node_id, old)
        elif state == "pending":
            self._reset(node_id, old)
        self.states[node_id] = state  # type: ignore[assignment]
        if state == "finished":
            self._finished(node_id)

    def _started(self, node_id: str, old: str) -> None:
        if old != "pending":
            assert self._retried and self._graph.pipeline.nodes[node_id].type == "loop"
            return
        self.starts[node_id] = self.starts.get(node_id, 0) + 1
        for other, without in self._skipped.items():
            if node_id in without and node_id not in self._graph.behind(other):
                raise AssertionError(f"{node_id} starts, and {other} has not waited for it")
        self._skipped.pop(node_id, None)
        if any(node_id == first for _, first in self._taken):
            return
        pipeline = self._graph.pipeline
        missing = {other for other in pipeline.predecessors[node_id] if self.states.get(other) != "finished"}
        if not missing or node_id == pipeline.start or self._is_told(node_id):
            return
        assert all(self.states.get(other, "pending") == "pending" for other in missing), f"{node_id} started too early"
        self._skipped[node_id] = missing

    def _is_told(self, node_id: str) -> bool:
        """Whether a node starts by its own condition, or because a client wants it."""
        node = self._graph.pipeline.nodes[node_id]
        has_ready = not isinstance(node, EntryNode) and node.ready is not None
        return has_ready or (isinstance(self._event, Rerun) and self._event.node == node_id)

    def _finished(self, node_id: str) -> None:
        self._ended.append(node_id)
        for after in self._graph.pipeline.chosen(node_id, self._side(node_id)):
            if (node_id, after) in self._graph.back:
                self._taken.append((node_id, after))
                region = self._graph.region(node_id, after)
                self._due[node_id, after] = {n for n in region if self.states.get(n, "pending") != "pending"}

    def _side(self, node_id: str) -> str | None:
        if not isinstance(self._graph.pipeline.nodes[node_id], BranchNode):
            return None
        event = self._event
        if isinstance(event, CodeRan) and event.node == node_id and event.step == "if":
            return "then" if event.value else "else"
        return self._before.node(node_id).more.side

    def _reset(self, node_id: str, old: str) -> None:
        for due in self._due.values():
            due.discard(node_id)
        self._was_reset.add(node_id)
        self._skipped.pop(node_id, None)
        if self._retried and old in ("error", "cancelled"):
            return
        regions = [self._graph.region(last, first) for last, first in self._taken]
        assert any(node_id in region for region in regions), f"{node_id} was reset, and lies on no way back"

    def all_reset(self) -> None:
        """All that lies on the ways back that were taken has been reset."""
        left = {way: due for way, due in self._due.items() if due}
        assert not left, f"not reset: {left}"

    def all_asked(self, after: Task) -> None:
        """The nodes with a condition that what has ended may have made true are asked, where a way has led to them."""
        level = self._graph.pipeline
        for ended in self._ended:
            for node_id in self._graph.caused[ended] if after.node(ended).state == "finished" else ():
                run = after.node(node_id)
                if node_id not in level.watched or run.state != "pending" or run.more.step == "ready":
                    continue
                if node_id in self._was_reset:
                    continue
                for other in level.predecessors[node_id]:
                    before = after.node(other)
                    led = before.state == "finished" and node_id in level.chosen(other, before.more.side)
                    assert not led, f"{node_id} was not asked when {ended} ended"
