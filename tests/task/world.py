"""A world around one task: services that answer, fail, repeat, go away and come back, and an adversary beside them.

It keeps its own account of which calls are open, and checks after every event that the task agrees with it and that all
invariants hold.
"""

import pytest

from engine.errors import Conflict
from engine.pipeline.nodes import Pipeline, ServiceNode
from engine.task.codec import decode, encode
from engine.task.decide import MAX_RETRY_AFTER, decide
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallReturned,
    CallSent,
    Cancelled,
    Command,
    Event,
    InstanceLost,
    Retried,
    ServiceAway,
    ServiceBack,
    Submitted,
    TimerDue,
)
from engine.task.task import Task, new_task
from tests.task import invariants
from tests.task.scenes import SEAL, SECOND, START, TASK_ID, binary

OUTS: list[dict[str, object]] = [
    {"a": [1, 2]},
    {"a": [binary(), {"b": [binary("x.png", 2)]}], "n": 1},
    {},
    {"a": [], "result": binary("r", 3)},
    {"other": {"deep": {"$binary": ["0" * 32, "n", "t", 1]}}},
    {"a": [{"5ea2" * 8: ["0" * 32, "n", "t", 1]}], "": {"": None}},
    {"a": ["x", -0.0, True, 2**63 - 1]},
    {"type": "error", "message": "no error"},
]

_ONCE = CallReturned | CallFailed | CallAccepted | ServiceAway | ServiceBack | InstanceLost | Submitted | Cancelled
"""Events that change nothing when they happen again at once."""


class World:
    """One task of the pipeline, submitted. `tell` lets an event happen and checks all that must hold."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.now = START
        self.task: Task = new_task(TASK_ID, SEAL, "story", "definition-1", START)
        self.document = encode(self.task)
        self.calls: dict[str, tuple[str, int]] = {}
        self.last: Event = Submitted(OUTS[1])
        self.tell(self.last)

    # What is so

    def open(self, call: str) -> str | None:
        """The node that this call is open for, by the world's own account."""
        node_id, turn = self.calls.get(call, ("", 0))
        run = self.task.node(node_id)
        return node_id if run.state == "running" and run.turn == turn else None

    def running(self) -> list[str]:
        """The nodes that run."""
        return [node_id for node_id, run in self.task.nodes.items() if run.state == "running"]

    # What happens

    def tell(self, event: Event) -> None:
        """Let the event happen, and check what it did."""
        before, opened = self.task, self.open(getattr(event, "call", ""))
        if self._refused(event):
            with pytest.raises(Conflict):
                decide(self.pipeline, before, event, self.now)
            assert encode(before) == self.document, "the task that was given was changed"
            return
        after, commands = decide(self.pipeline, before, event, self.now)
        assert encode(before) == self.document, "the task that was given was changed"
        self.document = encode(after)
        assert decode(self.document) == after, "the task does not come back from its document"
        self._check(before, after, event, commands)
        self._check_call(before, after, event, opened)
        self.task, self.last = after, event
        for command in commands:
            self.calls[command.call] = (command.node, after.nodes[command.node].turn)
        if isinstance(event, _ONCE):
            again, more = decide(self.pipeline, after, event, self.now)
            assert again is after and more == [], "an event that happened twice changed something the second time"

    def _refused(self, event: Event) -> bool:
        status, message = self.task.status, self.task.message
        if isinstance(event, Cancelled):
            return status != "running" and message != "cancelled"
        return isinstance(event, Retried) and status != "error"

    def _check(self, before: Task, after: Task, event: Event, commands: list[Command]) -> None:
        invariants.steps_are_allowed(before, after, event)
        invariants.history_tells_it(self.pipeline, before, after)
        invariants.timers_cover_it(self.pipeline, after, self.now)
        invariants.outcome_is_clear(self.pipeline, before, after, self.now)
        invariants.commands_are_due(before, after, event, commands)
        invariants.nobody_is_forgotten(self.pipeline, before, after, event, self.now)
        invariants.ids_are_unique(after)
        invariants.plain_nodes_pass_on(self.pipeline, before, after)

    def _check_call(self, before: Task, after: Task, event: Event, opened: str | None) -> None:
        """A result of an open call is taken, whichever attempt it is of; what is not open changes nothing."""
        if not hasattr(event, "call"):
            return
        if opened is None:
            assert after is before, "a call that is not open changed the task"
        elif isinstance(event, CallReturned):
            run = after.nodes[opened]
            assert run.state == "finished" and run.out is event.out, "the result of an open call was not taken"
        elif isinstance(event, CallFailed):
            self._check_failure(before, after, event, opened)

    def _check_failure(self, before: Task, after: Task, event: CallFailed, node_id: str) -> None:
        """The failure of the last attempt is final, or makes the node pause, or was the last that was allowed."""
        was, run, node = before.nodes[node_id], after.nodes[node_id], self.pipeline.nodes[node_id]
        assert isinstance(node, ServiceNode)
        if was.phase not in ("calling", "held") or was.attempts[-1].id != event.call:
            assert after is before, "the failure of an earlier attempt changed the task"
        elif not event.again:
            assert run.state == "error" and run.error == event.message, "a failure for good was not the last word"
        elif was.tried == node.retry.attempts:
            assert run.state == "error" and (run.error or "").startswith(event.message), "there was no end of attempts"
        else:
            assert run.phase == "pausing" and run.due is not None, "a failure that may pass made the node not pause"
            pause = (run.due - self.now) / SECOND
            steady = min(node.retry.delay * node.retry.factor ** (was.tried - 1), node.retry.max_delay)
            asked = min(event.after or 0.0, MAX_RETRY_AFTER)
            assert max(0.8 * steady, asked) - 1e-5 <= pause <= max(1.2 * steady, asked) + 1e-5

    # The end

    def drive_to_the_end(self, answer: bool) -> None:
        """Let all services answer, or with `answer` False all timers go off, until the task has ended.

        Each round settles a node, starts an attempt or ends a pause, so their number is bounded.
        """
        for _ in range(20 * len(self.pipeline.nodes)):
            if self.task.status != "running":
                break
            before = self.task
            self._round(answer)
            assert self.task is not before, "a round changed nothing: the task hangs"
        assert self.task.status != "running", "the task has not ended"
        rounds = [line.state for line in self.task.history if line.node is None]
        assert rounds == ["running", "error"] * (len(rounds) // 2 - 1) + ["running", self.task.status]
        for call in self.calls:
            self.tell(CallReturned(call, {"late": True}))
            self.tell(CallFailed(call, "late", again=False))

    def _round(self, answer: bool) -> None:
        running = self.running()
        # What is held is let go first: while it waits, its timer only says that it is to be looked after.
        node_id = next((held for held in running if self.task.nodes[held].phase == "held"), running[0])
        run, node = self.task.nodes[node_id], self.pipeline.nodes[node_id]
        assert isinstance(node, ServiceNode) and self.task.due is not None
        if run.phase == "held":
            self.tell(CallSent(run.attempts[-1].id))
        elif answer and run.phase == "calling":
            self.tell(CallReturned(run.attempts[-1].id, OUTS[0]))
        elif answer and run.phase == "away":
            self.tell(ServiceBack(frozenset([node.service or node.url or ""])))
        else:
            self.now = max(self.now, self.task.due)
            self.tell(TimerDue())
