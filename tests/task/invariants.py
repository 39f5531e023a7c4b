"""What holds of a task after every event, whatever happens. Each is a function that says what is broken."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import HttpNode, LoopNode, PlainNode, Retry, ServiceNode
from engine.task.events import (
    CallReturned,
    ChildStarted,
    CodeRan,
    Command,
    EndChild,
    EndItems,
    Event,
    InstanceLost,
    ItemsEnded,
    MakeCall,
    Rerun,
    Resumed,
    Retried,
    RunCode,
    RunItems,
    ServiceAway,
    ServiceBack,
    TimerDue,
)
from engine.task.frames import Frame
from engine.task.inputs import input_of
from engine.task.task import NodeRun, Task
from engine.task.weight import weigh
from tests.task.scenes import SECOND


def changed(before: Task, after: Task) -> list[str]:
    """The nodes whose instance is another one."""
    return [node_id for node_id, run in after.nodes.items() if before.nodes.get(node_id) is not run]


def steps_are_allowed(before: Task, after: Task, event: Event, starts: dict[str, int]) -> None:
    """Nothing runs twice, what has ended stays as it is but for code, ways back and retries."""
    assert set(before.nodes) <= set(after.nodes), "a node is gone"
    if before.status != "running" and before.history and not isinstance(event, Retried):
        assert after is before, "the task had ended, and was changed"
    by_code = event.changes if isinstance(event, CodeRan) else {}
    for node_id in changed(before, after):
        run, old = after.nodes[node_id], before.node(node_id)
        if isinstance(event, Rerun) and node_id in event.kept:
            continue
        assert run.turn == old.turn + starts.get(node_id, 0), f"{node_id} has another turn than its starts say"
        if isinstance(event, Retried):
            continue
        if old.state == run.state and old.state in ("finished", "error", "cancelled") and not starts.get(node_id):
            fields = set(by_code.get(node_id, ()))
            assert fields, f"{node_id} had ended, and was changed"
            assert "out" in fields or run.out is old.out, f"the out of {node_id} was changed"
        kept = [attempt.id for attempt in old.attempts[-20:]]
        assert set(kept) <= {attempt.id for attempt in run.attempts}, f"an attempt of {node_id} was forgotten"


def something_is_under_way(pipeline: Pipeline, before: Task, after: Task) -> None:
    """Every running node has a timer, bodies or code to wait for, so no running task can hang; nothing else has."""
    for node_id in changed(before, after):
        run = after.nodes[node_id]
        if run.state == "running":
            _waits_for_something(pipeline, node_id, run)
            continue
        assert (run.phase, run.due, run.waiting) == (None, None, None), f"{node_id} is {run.state} and has a timer"
        assert run.more.step is None or (run.state == "pending" and run.more.step == "ready"), node_id
        assert run.more.items is None or run.state in ("error", "cancelled"), f"{node_id} keeps its items"
    active = [run for run in after.nodes.values() if run.state == "running" or run.more.step is not None]
    if after.status == "running":
        assert active, "the task runs and none of its nodes does"
    else:
        assert not active, "the task has ended and a node of it runs"
        assert after.due is None and not after.waiting


def _waits_for_something(pipeline: Pipeline, node_id: str, run: NodeRun) -> None:
    node = pipeline.nodes[node_id]
    assert run.error is None and run.ended is None and run.started is not None, node_id
    if run.more.step is not None:
        assert run.phase is None and run.due is None and run.more.step != "ready", f"{node_id} does two things at once"
        assert pipeline.code(node_id, run.more.step, run.more.side) is not None, f"{node_id} has no such code"
        return
    if isinstance(node, LoopNode):
        assert run.phase == "items" and run.due is None and run.more.total, f"{node_id} runs without bodies"
        assert not pipeline.volatile or len(run.more.items or ()) == run.more.total
        return
    assert isinstance(node, ServiceNode | HttpNode), f"{node_id} runs with nothing to do"
    assert run.due is not None and run.attempts, f"{node_id} runs without a timer"
    last, retry = run.attempts[-1], node.retry or Retry()
    assert 0 <= run.tried <= retry.attempts, f"{node_id} was tried {run.tried} times"
    assert last.turn == run.turn or run.phase == "away"
    if run.phase == "calling":
        assert last.ended is None, f"{node_id} is being called by an attempt that has ended"
        assert run.due >= last.at + round(node.timeout * SECOND), f"{node_id} has an earlier deadline than its call"
        assert run.waiting is None and run.tried >= 1
    elif run.phase == "held":
        assert last.ended is None and run.waiting and run.tried >= 1, f"{node_id} is held without a call"
        assert last.accepted is None, f"{node_id} waits for room in a service that has taken its call"
    else:
        assert run.phase in ("pausing", "away") and run.waiting, f"{node_id} waits, and does not say for what"
        assert last.ended is not None and last.error, f"{node_id} waits while a call is open"
        assert run.phase == "away" or run.tried < retry.attempts


def outcome_is_clear(frame: Frame, before: Task, after: Task, now: int) -> None:
    """A task that has ended says how, once."""
    if after.status == "running":
        assert after.message is None and after.ended is None
        return
    if before.status == "running":
        assert after.ended == now
    ends = after.node(frame.pipeline.end)
    if after.status == "finished":
        assert after.message is None and ends.state == "finished"
        return
    assert ends.state != "finished", "the end was reached, and the task is in error"
    failed = [node_id for node_id, run in after.nodes.items() if run.state == "error"]
    message = after.message or ""
    if message == "cancelled" or message.startswith("nothing runs and "):
        assert failed == []
        assert message == "cancelled" or not _waits_in_vain(frame, after), "a node waits, and was not started"
        return
    assert len(failed) == 1, "a task is in error by one node"
    assert message == f"node {frame.instance(failed[0])}: {after.nodes[failed[0]].error}"


def _waits_in_vain(frame: Frame, task: Task) -> bool:
    """Whether nodes without a condition wait, although no other one may be what they wait for."""
    level = frame.pipeline
    waiting = []
    for node_id in level.nodes:
        before = [task.node(other) for other in level.predecessors[node_id]]
        sides = zip(level.predecessors[node_id], before, strict=True)
        led = any(run.state == "finished" and node_id in level.chosen(other, run.more.side) for other, run in sides)
        if led and task.node(node_id).state == "pending":
            waiting.append(node_id)
    return bool(waiting) and not any(level.code(node_id, "ready") for node_id in waiting)


def commands_are_due(before: Task, after: Task, event: Event, commands: list[Command], engine: str) -> None:
    """All that is to be done follows from what the nodes are doing, and is said once."""
    counts = Counter(command for command in commands if not isinstance(command, EndChild))
    assert not counts or max(counts.values()) == 1, f"said twice: {commands}"
    wanted: set[Command] = set()
    ended: set[Command] = set()
    for node_id in after.nodes if isinstance(event, Resumed) else changed(before, after):
        wanted |= set(_due(after, node_id, before.node(node_id), event, engine))
        old, run = before.node(node_id), after.nodes[node_id]
        if old.phase == "items" and (run.phase != "items" or run.turn != old.turn):
            ended.add(EndItems(node_id, old.turn))
        children = {attempt.task for attempt in old.attempts if attempt.task is not None and attempt.turn == old.turn}
        if old.phase is not None and (run.phase is None or run.turn != old.turn):
            ended |= {EndChild(task_id) for task_id in children}
    if isinstance(event, ItemsEnded):
        ended.discard(EndItems(event.node, event.turn))
    found = {command for command in commands if not isinstance(command, EndItems | EndChild)}
    assert found >= wanted, f"{wanted - found} were to be done"
    for command in found - wanted:  # a condition that was being asked may be asked anew
        assert isinstance(command, RunCode) and command.step == "ready", f"{command} was not to be done"
        run = after.node(command.node)
        assert (run.more.step, run.turn) == ("ready", command.turn)
    said = {command for command in commands if isinstance(command, EndItems | EndChild)}
    begun = {  # bodies may have begun with the event itself
        EndItems(node_id, turn)
        for node_id in changed(before, after)
        for turn in range(before.node(node_id).turn, after.nodes[node_id].turn + 1)
    }
    returned = isinstance(event, CallReturned | ChildStarted | InstanceLost | TimerDue | Retried)
    assert ended - {EndChild(_own(before, event))} <= said, f"{ended - said} were to be stopped"
    assert said <= ended | begun or returned, f"{said - ended} were not to be stopped"


def _own(before: Task, event: Event) -> str:
    """The child whose own end this is."""
    call = getattr(event, "call", None)
    attempts = (attempt for run in before.nodes.values() for attempt in run.attempts)
    return next((attempt.task or "" for attempt in attempts if attempt.id == call), "")


def _due(after: Task, node_id: str, old: NodeRun, event: Event, engine: str) -> Iterable[Command]:
    """What this engine is to do for a node."""
    again, run = isinstance(event, Resumed), after.nodes[node_id]
    step = run.more.step
    if step is not None and (again or old.more.step != step or old.turn != run.turn):
        yield RunCode(node_id, step, run.turn)
    if run.phase == "items":
        if old.phase != "items" or old.turn != run.turn:
            goes_on = isinstance(event, Retried)
            yield RunItems(
                node_id, run.turn, fresh=old.turn != run.turn or not goes_on, again=old.turn == run.turn and goes_on
            )
        elif again:
            rounds = sum(line.node is None and line.state == "running" for line in after.history)
            yield RunItems(node_id, run.turn, again=rounds > 1)
    if run.phase in ("calling", "held"):
        last = run.attempts[-1]
        made = old.phase not in ("calling", "held") or old.attempts[-1].id != last.id
        if not made:
            maker = old.attempts[-1].engine
            made = isinstance(event, TimerDue) and run.phase == "held" and run.due != old.due and maker == engine
            made |= isinstance(event, Resumed) and last.accepted is None and maker in event.lost
        if made:
            yield MakeCall(node_id, last.id)


def nobody_is_forgotten(pipeline: Pipeline, after: Task, event: Event, now: int) -> None:
    """What the event is about has moved on: no timer is overdue, no lost call is waited for, no service in vain."""
    if isinstance(event, TimerDue):
        assert after.due is None or after.due > now, "a timer is overdue"
    for node_id, run in after.nodes.items():
        node = pipeline.nodes[node_id]
        if run.state != "running" or not isinstance(node, ServiceNode) or run.phase is None:
            continue
        last = run.attempts[-1]
        if isinstance(event, InstanceLost) and run.phase == "calling":
            assert last.accepted is None or last.url != event.url, f"{node_id} waits for an instance that is lost"
        elif isinstance(event, ServiceBack) and run.phase == "away":
            assert (node.service or node.url) not in event.names, f"{node_id} waits for a service that is back"
        elif isinstance(event, ServiceAway) and last.id == event.call:
            assert run.phase != "calling", f"{node_id} is being called although its service is away"


def weighs_what_it_holds(task: Task) -> None:
    """The weight of a task is that of the values in it."""
    held: list[Any] = [] if task.fields is None else [task.fields]
    for run in task.nodes.values():
        more = run.more
        held += [value for value in (run.out, more.input, more.params, more.items, more.changed) if value is not None]
    assert task.weight == sum(map(weigh, held)), f"the weight has drifted: {task.weight}, {sum(map(weigh, held))}"


def ids_are_unique(task: Task) -> None:
    """No two calls of a task have the same id, and each has the shape of one."""
    ids = [attempt.id for run in task.nodes.values() for attempt in run.attempts]
    assert len(set(ids)) == len(ids), "two calls have the same id"
    for call in ids:
        assert len(call) == 64 and call.startswith(task.id)


def inputs_stay(was: Frame, now: Frame, event: Event) -> None:
    """What a node works on stays what it was when it started, but for what code changes."""
    for node_id, run in now.nodes.items():
        old = was.run(node_id)
        if isinstance(event, CodeRan) and "input" in event.changes.get(node_id, {}):
            continue
        if old.state == run.state == "running" and old.turn == run.turn:
            assert input_of(was, node_id) == input_of(now, node_id), f"the input of {node_id} has changed"


def plain_nodes_pass_on(pipeline: Pipeline, before: Task, after: Task, event: Event) -> None:
    """A plain node without an input directive gives the union of what came before, in the definition's order."""
    if pipeline.volatile or isinstance(event, Rerun):
        return
    for node_id in changed(before, after):
        run, node = after.nodes[node_id], pipeline.nodes[node_id]
        if run.state != "finished" or not isinstance(node, PlainNode) or node.input is not None or run.more.changed:
            continue
        merged: dict[str, object] = {}
        for other in pipeline.nodes:
            if node_id in pipeline.successors[other] and after.node(other).state == "finished":
                merged |= after.nodes[other].out or {}
        assert run.out == merged or run.turn == before.node(node_id).turn
