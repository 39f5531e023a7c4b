"""A task while one event changes it: what `decide` works on. It ends as a new task and a list of commands.

Only copies of nodes are changed, so that the task that `decide` was given stays what it was.
"""

from typing import Any

from engine.pipeline.nodes import Pipeline, ServiceNode
from engine.task.events import Command, MakeCall
from engine.task.inputs import InputError, prepare_input
from engine.task.task import PENDING, Attempt, Change, NodeRun, NodeState, Task, TaskStatus, call_id
from engine.task.weight import TooHeavy, add_weight, weigh


class Draft:
    """The working copy of one task at one moment (`now`, microseconds)."""

    def __init__(self, pipeline: Pipeline, task: Task, now: int) -> None:
        self.pipeline = pipeline
        self.now = now
        self.commands: list[Command] = []
        self._task = task
        self.nodes: dict[str, NodeRun] = dict(task.nodes)
        self._history = list(task.history)
        self._status: TaskStatus = task.status
        self._message = task.message
        self._ended = task.ended
        self._weight = task.weight
        self._own: set[str] = set()
        self._changed = False

    @property
    def given(self) -> Task:
        """The task that the event happens to, as it was."""
        return self._task

    @property
    def task(self) -> Task:
        """The task as it stands now; the very one that was given where nothing has changed."""
        if not self._changed:
            return self._task
        given = self._task
        return Task(
            given.id,
            given.seal,
            given.route,
            given.definition,
            given.created,
            given.revision,
            self._status,
            self._ended,
            self._message,
            self.nodes,
            tuple(self._history),
            self._weight,
        )

    @property
    def running(self) -> bool:
        """Whether the task still runs."""
        return self._status == "running"

    def node(self, node_id: str) -> NodeRun:
        """The node's instance as it stands now; not to be changed."""
        return self.nodes.get(node_id, PENDING)

    def change(self, node_id: str) -> NodeRun:
        """The node's instance, to be changed: a copy that belongs to this draft."""
        if node_id in self._own:
            return self.nodes[node_id]
        self._own.add(node_id)
        self._changed = True
        run = self.nodes[node_id] = self.node(node_id).copy()
        return run

    def move(self, node_id: str, state: NodeState) -> NodeRun:
        """Give the node a new state and the history a line; returns the instance, to be changed further."""
        run = self.change(node_id)
        run.state = state
        self._history.append(Change(self.now, node_id, state, run.error if state == "error" else None))
        return run

    def note(self, node_id: str, detail: str) -> NodeRun:
        """Tell in the history what a running node waits for; returns the instance, to be changed further."""
        run = self.change(node_id)
        run.waiting = detail
        self._history.append(Change(self.now, node_id, run.state, detail))
        return run

    # Starting

    def begin(self) -> None:
        """Put the first line into the history."""
        self._task_line("running")

    def advance(self, finished: list[str]) -> None:
        """Start what can start now that these nodes are finished, and what that finishes in turn."""
        ready = list(finished)
        while ready and self.running:
            for successor in self.pipeline.successors(ready.pop(0)):
                if self.running and self.may_start(successor) and self.start(successor):
                    ready.append(successor)
        self._check_stuck()

    def may_start(self, node_id: str) -> bool:
        """Whether a node has not started in this turn and all its predecessors are finished."""
        if self.node(node_id).state != "pending":
            return False
        return all(self.node(before).state == "finished" for before in self.pipeline.predecessors[node_id])

    def start(self, node_id: str) -> bool:
        """Start a node. True where it is finished at once."""
        node = self.pipeline.nodes[node_id]
        run = self.move(node_id, "running")
        run.turn += 1
        run.started, run.ended, run.out, run.error = self.now, None, None, None
        try:
            taken = prepare_input(self.pipeline, self.nodes, node_id)
            weight = weigh(taken)
        except (InputError, TooHeavy) as error:
            self.fail(node_id, str(error))
            return False
        if isinstance(node, ServiceNode):
            self.call(node_id)
            return False
        return self.finish(node_id, taken, weight)

    def call(self, node_id: str) -> None:
        """Make the next attempt of a running service node."""
        run = self.change(node_id)
        attempt = Attempt(call_id(self._task, node_id, run.turn, len(run.attempts)), run.turn, self.now)
        run.attempts = (*run.attempts, attempt)
        run.tried += 1
        self.expect(node_id)
        self.commands.append(MakeCall(node_id, attempt.id))

    def expect(self, node_id: str) -> None:
        """Expect the last attempt of a service node to come back in time."""
        node = self.pipeline.nodes[node_id]
        assert isinstance(node, ServiceNode)
        run = self.change(node_id)
        run.phase, run.due, run.waiting = "calling", self.now + int(node.timeout * 1_000_000), None

    # Ending

    def finish(self, node_id: str, out: dict[str, Any], weight: int | None = None) -> bool:
        """The node has worked; where it is the `end`, so has the task. False where the task cannot hold the out.

        `weight` is that of the out, where it is known.
        """
        try:
            self._weight = add_weight(self._weight, weigh(out) if weight is None else weight)
        except TooHeavy as error:
            self.fail(node_id, str(error))
            return False
        run = self.move(node_id, "finished")
        run.out, run.ended = out, self.now
        run.idle()
        if node_id == self.pipeline.end.id:
            self.stop("finished", None)
        return True

    def fail(self, node_id: str, message: str) -> None:
        """The node cannot work, and so neither can the task."""
        self.change(node_id).error = message
        run = self.move(node_id, "error")
        run.ended = self.now
        run.idle()
        self.stop("error", f"node {node_id}: {message}")

    def stop(self, status: TaskStatus, message: str | None) -> None:
        """End the task; what still runs is given up."""
        for node_id, run in list(self.nodes.items()):
            if run.state == "running":
                given_up = self.move(node_id, "cancelled")
                given_up.ended = self.now
                given_up.idle()
        self.commands.clear()
        self._status, self._message, self._ended = status, message, self.now
        self._task_line(status, message)

    def revive(self) -> None:
        """Let an ended task run again; nodes that had failed or were given up become pending."""
        self._status, self._message, self._ended = "running", None, None
        self._task_line("running")
        for node_id, run in list(self.nodes.items()):
            if run.state in ("error", "cancelled"):
                again = self.move(node_id, "pending")
                again.error, again.ended, again.tried = None, None, 0

    def _task_line(self, state: str, detail: str | None = None) -> None:
        self._history.append(Change(self.now, None, state, detail))
        self._changed = True

    def _check_stuck(self) -> None:
        """End a task that can never end by itself: nothing runs, and the `end` has not been reached."""
        if not self.running or any(run.state == "running" for run in self.nodes.values()):
            return
        waits = []
        for node_id in self.pipeline.nodes:
            missing = [b for b in self.pipeline.predecessors[node_id] if self.node(b).state != "finished"]
            if self.node(node_id).state == "pending" and len(missing) < len(self.pipeline.predecessors[node_id]):
                waits.append(f"{node_id} waits for {', '.join(missing)}")
        self.stop("error", f"nothing runs and the end was not reached: {'; '.join(waits) or 'no node is waiting'}")
