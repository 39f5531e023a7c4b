"""A task while one event changes it: what `decide` works on. It ends as a new task and a list of commands.

Only copies of nodes are changed, so that the task that `decide` was given stays what it was.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import EntryNode, LoopNode
from engine.task.events import Command, EndChild, EndItems, MakeCall, Rerun, RunCode, RunItems
from engine.task.frames import Frame
from engine.task.task import PENDING, Change, Extra, NodeRun, NodeState, Task, TaskStatus
from engine.task.weight import add_weight, weigh


class Draft:
    """The working copy of one task at one moment (`now`, microseconds). `outer` is the level around the task's own,
    `engine` the one that decides."""

    def __init__(self, pipeline: Pipeline, task: Task, now: int, outer: Frame | None, engine: str) -> None:
        self.pipeline = pipeline
        self.now = now
        self.engine = engine
        self.commands: list[Command] = []
        self._task = task
        self._outer = outer
        self.nodes: dict[str, NodeRun] = dict(task.nodes)
        self._history = list(task.history)
        self._status: TaskStatus = task.status
        self._message = task.message
        self._ended = task.ended
        self._weight = task.weight
        self._fields = task.fields
        self._holders = task.holders
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
            self._fields,
            given.origin,
            given.item,
            self._holders,
            given.owner,
            given.trace,
        )

    def hold(self, lost: frozenset[str] = frozenset()) -> None:
        """Note which engines have something under way for the task, now that all is decided; `lost` ones have not."""
        known = self._holders
        holders: tuple[str, ...] = tuple(each for each in known if each not in lost) if lost else known
        if not self.running:
            holders = ()
        elif any(isinstance(command, MakeCall | RunCode | RunItems) for command in self.commands):
            if self.engine and self.engine not in holders:
                holders = tuple(sorted((*holders, self.engine)))
        elif holders and self._changed and not self.task.open:
            holders = ()
        if holders != known:
            self._holders, self._changed = holders, True

    @property
    def frame(self) -> Frame:
        """What nodes can name, as it stands now."""
        number = None if self._task.origin is None else self._task.origin.number
        return Frame(self.pipeline, self.nodes, self._fields or {}, self._task.item, number, self._outer)

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

    def extend(self, node_id: str, **fields: Any) -> NodeRun:
        """Set fields of what few nodes have; returns the instance, to be changed further."""
        run = self.change(node_id)
        run.extra = replace(run.more, **fields)
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

    def begin(self) -> None:
        """Put the first line into the history."""
        self._task_line("running")

    def take_over(self, event: Rerun) -> None:
        """Begin with what an earlier task had done, but for its end. What one task held, another can hold."""
        self.begin()
        for node_id, run in event.kept.items():
            if node_id == self.pipeline.end:
                continue
            self.nodes[node_id] = run
            held = (run.out, run.more.input, run.more.params)
            self._weight += sum(weigh(value) for value in held if value is not None)
            self._history.append(Change(self.now, node_id, run.state, "taken over from the earlier task"))
        if event.fields:
            self.take_fields(event.fields)
        if event.changed and event.received is None:
            self._add_weight(weigh(event.changed))
            self.extend(event.node, changed=dict(event.changed))

    # Values, whose weight is bounded: each of these raises TooHeavy

    def take_out(self, node_id: str, out: dict[str, Any], weight: int | None = None) -> None:
        """Give a node its out. `weight` is that of the out, where it is known."""
        old = self.node(node_id).out
        self._add_weight((weigh(out) if weight is None else weight) - (0 if old is None else weigh(old)))
        self.change(node_id).out = out

    def take_input(self, node_id: str, taken: dict[str, Any]) -> None:
        """Store the input of a node."""
        old = self.node(node_id).more.input
        self._add_weight(weigh(taken) - (0 if old is None else weigh(old)))
        self.extend(node_id, input=taken)

    def take_items(self, node_id: str, items: list[Any]) -> None:
        """Store the items of a loop."""
        self.drop_items(node_id)
        self._add_weight(weigh(items))
        self.extend(node_id, items=items)

    def drop_items(self, node_id: str) -> None:
        """The items of a loop are not needed any more."""
        old = self.node(node_id).more.items
        if old is not None:
            self._weight -= weigh(old)
            self.extend(node_id, items=None)

    def take_params(self, node_id: str, params: dict[str, Any]) -> None:
        """Store what code has made of a node's params."""
        old = self.node(node_id).more.params
        self._add_weight(weigh(params) - (0 if old is None else weigh(old)))
        self.extend(node_id, params=params)

    def take_fields(self, fields: Mapping[str, Any]) -> None:
        """Store what code has set on `pipeline`."""
        self._add_weight(weigh(fields) - (0 if self._fields is None else weigh(self._fields)))
        self._fields = fields
        self._changed = True

    def _add_weight(self, more: int) -> None:
        self._weight = add_weight(self._weight, more)

    # Ending

    def reset(self, node_id: str) -> None:
        """Let a node be as if it had not run in this turn; what it does is given up. Its params and its turn stay."""
        run = self.node(node_id)
        self.commands = [c for c in self.commands if isinstance(c, EndItems | EndChild) or c.node != node_id]
        if run.state == "pending":
            if run.more.step is not None:
                self.extend(node_id, step=None)
            return
        self.give_up(node_id)
        for old in (run.out, run.more.input, run.more.items, run.more.changed):
            self._weight -= 0 if old is None else weigh(old)
        again = self.move(node_id, "pending")
        again.out = again.error = again.started = again.ended = None
        again.tried = 0
        again.idle()
        if again.extra is not None:
            again.extra = Extra(params=again.extra.params)

    def give_up(self, node_id: str, returned: str | None = None) -> None:
        """Stop the children of a running node, those of earlier attempts too; not that of the call that returned."""
        run = self.node(node_id)
        if run.phase == "items":
            self.commands.append(EndItems(node_id, run.turn))
        elif run.phase is not None:
            for attempt in run.attempts:
                if attempt.turn == run.turn and attempt.task is not None and attempt.id != returned:
                    self.end_child(attempt.task)

    def end_child(self, task_id: str) -> None:
        """Stop a child that runs for a call."""
        if EndChild(task_id) not in self.commands:
            self.commands.append(EndChild(task_id))

    def fail(self, node_id: str, message: str) -> None:
        """The node cannot work, and so neither can the task."""
        run = self.node(node_id)
        if run.state == "running":
            self.give_up(node_id)
        self.change(node_id).error = message
        run = self.move(node_id, "error")
        run.ended = self.now
        run.idle()
        self.stop("error", f"node {self.frame.instance(node_id)}: {message}")

    def stop(self, status: TaskStatus, message: str | None) -> None:
        """End the task; what still runs is given up."""
        self.commands = [command for command in self.commands if isinstance(command, EndItems | EndChild)]
        for node_id, run in list(self.nodes.items()):
            if run.state == "running":
                self.give_up(node_id)
                given_up = self.move(node_id, "cancelled")
                given_up.ended = self.now
                given_up.idle()
            if run.extra is not None and run.extra.step is not None:
                self.extend(node_id, step=None)
        self._status, self._message, self._ended = status, message, self.now
        self._task_line(status, message)

    def revive(self) -> None:
        """Let an ended task run again; nodes that had failed or were given up become pending.

        Loops whose bodies had begun go on instead: what those did is kept.
        """
        self._status, self._message, self._ended = "running", None, None
        self._task_line("running")
        for node_id, run in list(self.nodes.items()):
            if run.state not in ("error", "cancelled"):
                continue
            goes_on = isinstance(self.pipeline.nodes[node_id], LoopNode) and bool(run.more.total)
            again = self.move(node_id, "running" if goes_on else "pending")
            again.error, again.ended, again.tried = None, None, 0
            if goes_on:
                again.phase = "items"
                self.commands.append(RunItems(node_id, run.turn, again=True))
            elif again.out is not None and not isinstance(self.pipeline.nodes[node_id], EntryNode):
                self._weight -= weigh(again.out)
                again.out = None

    @property
    def revived(self) -> bool:
        """Whether the task was retried: bodies that ended before that in an error are to run again."""
        return sum(line.node is None and line.state == "running" for line in self._history) > 1

    def _task_line(self, state: str, detail: str | None = None) -> None:
        self._history.append(Change(self.now, None, state, detail))
        self._changed = True
