"""What must come of events that are about a call, or about code or items that were asked for: who is open for them, by
an account of its own, takes them, and nobody else is changed.
"""

from collections.abc import Mapping

from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import HttpNode, Retry, ServiceNode
from engine.task.events import CallFailed, CallReturned, CodeFailed, CodeRan, Event, ItemFailed, ItemsEnded
from engine.task.kinds.calls import MAX_RETRY_AFTER
from engine.task.task import Task
from tests.task.scenes import SECOND

Calls = Mapping[str, tuple[str, str, int]]
"""All calls that were ever made: of which task, for which node, in which turn of it."""


def what_is_open_is_taken(level: Pipeline, calls: Calls, before: Task, after: Task, event: Event, now: int) -> None:
    """A result of an open call is taken, whichever attempt it is of; what is not open changes nothing."""
    if isinstance(event, CodeRan | CodeFailed):
        run = before.node(event.node)
        if before.status != "running" or (run.more.step, run.turn) != (event.step, event.turn):
            assert after is before, "code that nobody had asked for changed the task"
        else:
            assert after is not before, "what code did was not taken"
    elif isinstance(event, ItemsEnded | ItemFailed):
        run = before.node(event.node)
        if (run.phase, run.turn) != ("items", event.turn):
            assert after is before, "items that nobody waited for changed the task"
        else:
            assert after is not before, "the end of the items was not taken"
    elif hasattr(event, "call"):
        _of_call(level, calls, before, after, event, now)


def _of_call(level: Pipeline, calls: Calls, before: Task, after: Task, event: Event, now: int) -> None:
    call: str = getattr(event, "call")
    task_id, node_id, turn = calls.get(call, ("", "", 0))
    run = before.node(node_id)
    if task_id != before.id or run.state != "running" or run.turn != turn:
        assert after is before, "a call that is not open changed the task"
    elif isinstance(event, CallReturned) and run.phase is None:
        assert after is before, "a result was taken twice"
    elif isinstance(event, CallReturned):
        lines = after.history[len(before.history) :]
        ended = any(line.node == node_id and line.state == "finished" for line in lines)
        assert ended or after.node(node_id).more.step == "after", "the result of an open call was not taken"
        assert after.node(node_id).turn > turn or after.node(node_id).out in (event.out, None)
    elif isinstance(event, CallFailed):
        _of_failure(level, before, after, event, node_id, now)


def _of_failure(level: Pipeline, before: Task, after: Task, event: CallFailed, node_id: str, now: int) -> None:
    """The failure of the last attempt is final, or makes the node pause, or was the last that was allowed."""
    was, run, node = before.nodes[node_id], after.nodes[node_id], level.nodes[node_id]
    assert isinstance(node, ServiceNode | HttpNode)
    retry = node.retry or Retry()
    if was.phase not in ("calling", "held") or was.attempts[-1].id != event.call:
        assert after is before, "the failure of an earlier attempt changed the task"
    elif not event.again:
        assert run.state == "error" and run.error == event.message, "a failure for good was not the last word"
    elif was.tried == retry.attempts:
        assert run.state == "error" and (run.error or "").startswith(event.message), "there was no end of attempts"
    else:
        assert run.phase == "pausing" and run.due is not None, "a failure that may pass made the node not pause"
        pause = (run.due - now) / SECOND
        steady = min(retry.delay * retry.factor ** (was.tried - 1), retry.max_delay)
        wanted = min(event.after or 0.0, MAX_RETRY_AFTER)
        assert max(0.8 * steady, wanted) - 1e-5 <= pause <= max(1.2 * steady, min(1.2 * wanted, MAX_RETRY_AFTER)) + 1e-5
