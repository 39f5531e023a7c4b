"""What happens next: the one function that changes a task.

`decide` is given a task, one event and the time; it returns the new task and what is to be done. It does no I/O, and
the same arguments give the same answer. The caller saves the task first and performs the commands after: what is to be
sent stands in the saved task, so a crash in between loses nothing.
"""

from dataclasses import replace
from functools import singledispatch

from engine.errors import Conflict
from engine.pipeline.nodes import Pipeline, Retry, ServiceNode
from engine.task.draft import Draft
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallHeld,
    CallReturned,
    CallSent,
    Cancelled,
    Command,
    Event,
    InstanceLost,
    MakeCall,
    Resumed,
    Retried,
    ServiceAway,
    ServiceBack,
    Submitted,
    TimerDue,
)
from engine.task.task import Attempt, NodeRun, Phase, Task

MAX_RETRY_AFTER = 3_600.0
"""Seconds: a service cannot put a node off for longer than this at a time."""


def decide(pipeline: Pipeline, task: Task, event: Event, now: int) -> tuple[Task, list[Command]]:
    """Return the task after the event, and the commands that follow from it.

    The task that was given is returned where nothing changes, as with a repeated callback or one that comes too late.
    Raises Conflict where a client asks for what does not fit the state (cancel after the end, retry before it).
    """
    draft = Draft(pipeline, task, now)
    _apply(event, draft)
    return draft.task, draft.commands


@singledispatch
def _apply(event: object, draft: Draft) -> None:
    raise TypeError(f"no rule for {event!r}")


@_apply.register
def _(event: Submitted, draft: Draft) -> None:
    entry = draft.pipeline.entry.id
    if draft.nodes:
        return
    draft.begin()
    run = draft.move(entry, "running")
    run.turn, run.started = 1, draft.now
    if draft.finish(entry, event.out):
        draft.advance([entry])


@_apply.register
def _(event: CallAccepted, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is not None:
        attempt = _attempt(draft.node(node_id), event.call)
        if attempt.accepted is None:
            draft.change(node_id).patience = None
            _set_attempt(draft, node_id, replace(attempt, accepted=event.at, url=event.url))


@_apply.register
def _(event: CallReturned, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is None:
        return
    attempt = _attempt(draft.node(node_id), event.call)
    _set_attempt(draft, node_id, replace(attempt, ended=draft.now, error=None, url=event.url or attempt.url))
    if draft.finish(node_id, event.out):
        draft.advance([node_id])


@_apply.register
def _(event: CallFailed, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is None:
        return
    run = draft.node(node_id)
    attempt = _attempt(run, event.call)
    if attempt.ended is not None:
        return
    is_last = run.attempts[-1] is attempt
    _set_attempt(draft, node_id, replace(attempt, ended=draft.now, error=event.message, url=event.url or attempt.url))
    draft.change(node_id).patience = None
    if not event.again:
        draft.fail(node_id, event.message)
    elif is_last and run.phase in ("calling", "held"):
        _again(draft, node_id, event.message, event.after)


@_apply.register
def _(event: CallHeld, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is not None and _is_under_way(draft.node(node_id), event.call, "calling"):
        run = draft.note(node_id, f"{event.url} has as much to do as it takes")
        run.phase = "held"


@_apply.register
def _(event: CallSent, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is not None and _is_under_way(draft.node(node_id), event.call, "held"):
        draft.expect(node_id)


@_apply.register
def _(event: ServiceAway, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is None:
        return
    run = draft.node(node_id)
    if not _is_under_way(run, event.call, "calling"):
        return
    # The attempt does not count. It stays known, for one that is sent again after a crash may have been made before.
    waiting = f"service {event.service} is away"
    _set_attempt(draft, node_id, replace(run.attempts[-1], ended=draft.now, error=waiting))
    run = draft.note(node_id, waiting)
    run.phase, run.tried = "away", run.tried - 1
    run.patience = run.patience or run.due
    run.due = run.patience


@_apply.register
def _(event: ServiceBack, draft: Draft) -> None:
    for node_id, run in list(draft.nodes.items()):
        node = draft.pipeline.nodes[node_id]
        if run.phase == "away" and isinstance(node, ServiceNode) and (node.service or node.url) in event.names:
            draft.call(node_id)


@_apply.register
def _(event: InstanceLost, draft: Draft) -> None:
    for node_id, run in list(draft.nodes.items()):
        if run.phase == "calling" and draft.running:
            last = run.attempts[-1]
            if last.accepted is not None and last.url == event.url:
                _lost(draft, node_id, f"{event.url} took the call and stopped announcing itself")


@_apply.register
def _(event: TimerDue, draft: Draft) -> None:
    for node_id in list(draft.nodes):
        run = draft.node(node_id)
        if not draft.running or run.due is None or run.due > draft.now:
            continue
        node = draft.pipeline.nodes[node_id]
        assert isinstance(node, ServiceNode)
        if run.phase == "pausing":
            draft.call(node_id)
        elif run.phase == "held":
            draft.change(node_id).due = draft.now + int(node.timeout * 1_000_000)
            draft.commands.append(MakeCall(node_id, run.attempts[-1].id))
        elif run.phase == "away":
            draft.fail(node_id, f"{run.waiting}, and did not return within {node.timeout:g} s")
        else:
            _lost(draft, node_id, f"{node.url or node.service} did not call back within {node.timeout:g} s")


@_apply.register
def _(event: Resumed, draft: Draft) -> None:
    for node_id, run in draft.nodes.items():
        if run.phase in ("calling", "held"):
            last = run.attempts[-1]
            if last.accepted is None and last.at < event.before:
                draft.commands.append(MakeCall(node_id, last.id))


@_apply.register
def _(event: Cancelled, draft: Draft) -> None:
    if draft.running:
        draft.stop("error", "cancelled")
    elif draft.given.message != "cancelled":
        raise Conflict(f"the task has ended already: {draft.given.status}")


@_apply.register
def _(event: Retried, draft: Draft) -> None:
    if draft.given.status != "error":
        raise Conflict(f"only a failed task can be retried; this one is {draft.given.status}")
    draft.revive()
    started = [node_id for node_id in draft.pipeline.nodes if draft.running and draft.may_start(node_id)]
    draft.advance([node_id for node_id in started if draft.running and draft.start(node_id)])


def _attempt(run: NodeRun, call: str) -> Attempt:
    return next(attempt for attempt in run.attempts if attempt.id == call)


def _is_under_way(run: NodeRun, call: str, phase: Phase) -> bool:
    return run.phase == phase and run.attempts[-1].id == call


def _set_attempt(draft: Draft, node_id: str, attempt: Attempt) -> None:
    run = draft.change(node_id)
    run.attempts = tuple(attempt if known.id == attempt.id else known for known in run.attempts)


def _lost(draft: Draft, node_id: str, message: str) -> None:
    """The last attempt will not come back; a late callback of it is still taken."""
    run = draft.node(node_id)
    _set_attempt(draft, node_id, replace(run.attempts[-1], ended=draft.now, error=message))
    draft.change(node_id).patience = None
    _again(draft, node_id, message, at_once=True)


def _again(draft: Draft, node_id: str, message: str, after: float | None = None, at_once: bool = False) -> None:
    """Make another attempt, after a pause or at once, or fail where there were enough."""
    node = draft.pipeline.nodes[node_id]
    assert isinstance(node, ServiceNode)
    run = draft.node(node_id)
    if run.tried >= node.retry.attempts:
        count = f" ({run.tried} attempts)" if run.tried > 1 else ""
        draft.fail(node_id, f"{message}{count}")
    elif at_once:
        draft.call(node_id)
    else:
        pause = max(_pause(node.retry, run), min(after or 0.0, MAX_RETRY_AFTER))
        waiting = f"attempt {run.tried} failed: {message}; the next follows in {pause:.1f} s"
        due = draft.now + int(pause * 1_000_000)
        run = draft.note(node_id, waiting)
        run.phase, run.due = "pausing", due


def _pause(retry: Retry, run: NodeRun) -> float:
    """Seconds until the next attempt: they grow, give or take a fifth, so that many tasks do not come back at once.

    The fifth is drawn from the id of the last call, which is random enough and makes no decision differ when repeated.
    """
    steady: float = min(retry.delay * retry.factor ** (run.tried - 1), retry.max_delay)
    spread = int(run.attempts[-1].id[-4:], 16) / 0xFFFF
    return steady * (0.8 + 0.4 * spread)
