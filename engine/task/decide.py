"""What happens next: the one function that changes a task.

`decide` is given a task, one event and the time; it returns the new task and what is to be done. It does no I/O, and
the same arguments give the same answer. The caller saves the task first and performs the commands after: what is to be
sent stands in the saved task, so a crash in between loses nothing.
"""

from dataclasses import replace
from functools import singledispatch
from typing import Any

from engine.errors import Conflict
from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import ServiceNode
from engine.task.draft import Draft
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallHeld,
    CallReturned,
    CallSent,
    Cancelled,
    ChildStarted,
    CodeFailed,
    CodeRan,
    Command,
    Event,
    InstanceLost,
    ItemFailed,
    ItemsEnded,
    Rerun,
    Resumed,
    Retried,
    RunCode,
    RunItems,
    ServiceAway,
    ServiceBack,
    Submitted,
    TimerDue,
)
from engine.task.frames import Frame
from engine.task.kinds.calls import (
    again,
    attempt_of,
    call,
    expect,
    hold,
    hold_again,
    is_under_way,
    is_unsafe,
    lost,
    make_again,
    name_of,
    node_of,
    set_attempt,
)
from engine.task.task import Task
from engine.task.waiting import advance, retry, run_again
from engine.task.working import begin_entry, code_ran, gave, start

_UNKNOWN = "the engine was stopped while the request was under way, and it is not known whether it was processed"


def decide(
    pipeline: Pipeline, task: Task, event: Event, now: int, outer: Frame | None = None, engine: str = ""
) -> tuple[Task, list[Command]]:
    """Return the task after the event, and the commands that follow from it.

    `pipeline` is the level that the task runs, `outer` the level around it, `engine` who will do what is decided. The
    task that was given is returned where nothing changes, as with a repeated callback or one that comes too late.
    Raises Conflict where a client asks for what does not fit the state (cancel after the end, retry before it).
    """
    draft = Draft(pipeline, task, now, outer, engine)
    _apply(event, draft)
    draft.hold(event.lost if isinstance(event, Resumed) else frozenset())
    return draft.task, draft.commands


@singledispatch
def _apply(event: object, draft: Draft) -> None:
    raise TypeError(f"no rule for {event!r}")


@_apply.register
def _(event: Submitted, draft: Draft) -> None:
    if draft.nodes:
        return
    draft.begin()
    advance(draft, _begin(draft, event.out))


def _begin(draft: Draft, received: dict[str, Any]) -> list[str]:
    """Start the first node; returns it where it is finished at once."""
    first = draft.pipeline.start
    in_body = draft.pipeline.loop is not None
    finished = start(draft, first) if in_body else begin_entry(draft, first, received)
    return [first] if finished else []


@_apply.register
def _(event: CallAccepted, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is not None:
        attempt = attempt_of(draft.node(node_id), event.call)
        if attempt.accepted is None:
            draft.change(node_id).patience = None
            set_attempt(draft, node_id, replace(attempt, accepted=event.at, url=event.url))
            if is_under_way(draft.node(node_id), event.call, "held"):
                expect(draft, node_id)


@_apply.register
def _(event: ChildStarted, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is not None:
        attempt = attempt_of(draft.node(node_id), event.call)
        if attempt.ended is not None:
            draft.end_child(event.task)  # it was given up before this was heard
        elif attempt.task is None:
            draft.change(node_id).patience = None
            set_attempt(draft, node_id, replace(attempt, task=event.task))


@_apply.register
def _(event: CallReturned, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is None or draft.node(node_id).phase is None:
        return
    attempt = attempt_of(draft.node(node_id), event.call)
    draft.give_up(node_id, event.call)
    set_attempt(draft, node_id, replace(attempt, ended=draft.now, error=None, url=event.url or attempt.url))
    if gave(draft, node_id, event.out):
        advance(draft, [node_id])


@_apply.register
def _(event: CallFailed, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is None or draft.node(node_id).phase is None:
        return
    run = draft.node(node_id)
    attempt = attempt_of(run, event.call)
    if attempt.ended is not None:
        return
    is_last = run.attempts[-1] is attempt
    set_attempt(draft, node_id, replace(attempt, ended=draft.now, error=event.message, url=event.url or attempt.url))
    draft.change(node_id).patience = None
    if not event.again:
        draft.fail(node_id, event.message)
    elif is_last and run.phase in ("calling", "held"):
        again(draft, node_id, event.message, event.after)


@_apply.register
def _(event: CallHeld, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is not None and is_under_way(draft.node(node_id), event.call, "calling"):
        hold(draft, node_id, event.url)


@_apply.register
def _(event: CallSent, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is not None and is_under_way(draft.node(node_id), event.call, "held"):
        expect(draft, node_id)


@_apply.register
def _(event: ServiceAway, draft: Draft) -> None:
    node_id = draft.given.find_call(event.call)
    if node_id is None:
        return
    run = draft.node(node_id)
    if not is_under_way(run, event.call, "calling"):
        return
    # The attempt does not count. It stays known, for one that is sent again after a crash may have been made before.
    waiting = f"service {event.service} is away"
    set_attempt(draft, node_id, replace(run.attempts[-1], ended=draft.now, error=waiting))
    run = draft.note(node_id, waiting)
    run.phase, run.tried = "away", run.tried - 1
    run.patience = run.patience or run.due
    run.due = run.patience


@_apply.register
def _(event: ServiceBack, draft: Draft) -> None:
    for node_id, run in list(draft.nodes.items()):
        node = draft.pipeline.nodes[node_id]
        if run.phase == "away" and isinstance(node, ServiceNode) and name_of(node) in event.names:
            call(draft, node_id)


@_apply.register
def _(event: InstanceLost, draft: Draft) -> None:
    for node_id, run in list(draft.nodes.items()):
        if run.phase == "calling" and draft.running:
            last = run.attempts[-1]
            if last.accepted is not None and last.url == event.url:
                lost(draft, node_id, f"{event.url} took the call and stopped announcing itself")


@_apply.register
def _(event: CodeRan, draft: Draft) -> None:
    run = draft.node(event.node)
    if not draft.running or run.more.step != event.step or run.turn != event.turn:
        return
    if event.step != "ready":
        advance(draft, [event.node] if code_ran(draft, event) else [])
        return
    draft.extend(event.node, step=None)
    finished = bool(event.value) and run.state == "pending" and start(draft, event.node)
    advance(draft, [event.node] if finished else [])


@_apply.register
def _(event: CodeFailed, draft: Draft) -> None:
    run = draft.node(event.node)
    if draft.running and run.more.step == event.step and run.turn == event.turn:
        draft.extend(event.node, step=None)
        draft.fail(event.node, event.message)


@_apply.register
def _(event: ItemsEnded, draft: Draft) -> None:
    run = draft.node(event.node)
    if run.phase == "items" and run.turn == event.turn and gave(draft, event.node, event.out):
        advance(draft, [event.node])


@_apply.register
def _(event: ItemFailed, draft: Draft) -> None:
    run = draft.node(event.node)
    if run.phase == "items" and run.turn == event.turn:
        which = "" if event.index is None else f"item {event.index}: "
        draft.fail(event.node, f"{which}{event.message}")


@_apply.register
def _(event: TimerDue, draft: Draft) -> None:
    for node_id in list(draft.nodes):
        run = draft.node(node_id)
        if not draft.running or run.due is None or run.due > draft.now:
            continue
        node = node_of(draft, node_id)
        if run.phase == "pausing":
            call(draft, node_id)
        elif run.phase == "held":
            hold_again(draft, node_id)
        elif run.phase == "away":
            draft.fail(node_id, f"{run.waiting}, and did not return within {node.timeout:g} s")
        elif is_unsafe(node):
            draft.fail(node_id, f"{name_of(node)} did not answer within {node.timeout:g} s")
        else:
            did = "call back" if isinstance(node, ServiceNode) else "answer"
            lost(draft, node_id, f"{name_of(node)} did not {did} within {node.timeout:g} s")


@_apply.register
def _(event: Resumed, draft: Draft) -> None:
    for node_id in list(draft.nodes):
        run = draft.node(node_id)
        if run.more.step is not None:
            draft.commands.append(RunCode(node_id, run.more.step, run.turn))
        if run.phase == "items":
            draft.commands.append(RunItems(node_id, run.turn, again=draft.revived))
        if run.phase in ("calling", "held"):
            last = run.attempts[-1]
            unbegun = last.id in event.unbegun
            if last.accepted is None and (unbegun or last.engine in event.lost):
                if is_unsafe(node_of(draft, node_id)) and not unbegun:
                    draft.fail(node_id, _UNKNOWN)
                else:
                    if run.phase == "held":
                        expect(draft, node_id)  # it is told anew where it has to wait here too
                    make_again(draft, node_id)


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
    first = draft.node(draft.pipeline.start)
    retry(draft, _begin(draft, first.out or {}) if first.state == "pending" else [])


@_apply.register
def _(event: Rerun, draft: Draft) -> None:
    if not draft.nodes:
        run_again(draft, event)
