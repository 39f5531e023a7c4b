"""What holds of a task after every event, whatever happens. Each is a function that says what is broken."""

from engine.pipeline.nodes import Pipeline, ServiceNode
from engine.task.events import (
    Command,
    Event,
    InstanceLost,
    MakeCall,
    Resumed,
    Retried,
    ServiceAway,
    ServiceBack,
    TimerDue,
)
from engine.task.task import Change, NodeRun, Task
from tests.task.scenes import SECOND

MOVES = {
    "pending": {"running"},
    "running": {"finished", "error", "cancelled"},
    "finished": set(),
    "error": {"pending"},
    "cancelled": {"pending"},
}
"""The table of transitions of a node."""


def steps_are_allowed(before: Task, after: Task, event: Event) -> None:
    """Nothing runs twice, what is finished stays as it is, and only a retry revives."""
    assert set(before.nodes) <= set(after.nodes), "a node is gone"
    retried = isinstance(event, Retried)
    for node_id, run in after.nodes.items():
        old = before.node(node_id)
        if old.state == "finished":
            assert run == old, f"{node_id} was finished, and was changed"
        elif old.state in ("error", "cancelled") and not retried:
            assert run == old, f"{node_id} had ended, and was changed without a retry"
        elif old.state == "running":
            assert run.turn == old.turn, f"{node_id} started while it was running"
        assert run.turn in (old.turn, old.turn + 1), f"{node_id} started more than once"
        # An attempt is never forgotten: its callback may still come.
        assert [a.id for a in run.attempts[: len(old.attempts)]] == [a.id for a in old.attempts], node_id
    if before.status != "running" and not retried and before.nodes:
        assert after is before, "the task had ended, and was changed"


def history_tells_it(pipeline: Pipeline, before: Task, after: Task) -> None:
    """History only grows, every line of it is an allowed move, and it ends in the states that the nodes have.

    The lines are read one by one: no node starts before its predecessors are finished, and nothing happens to a node
    of a task that has ended. `before` was read in its turn.
    """
    known = len(before.history)
    assert after.history[:known] == before.history, "history was rewritten"
    states: dict[str, str] = {node_id: run.state for node_id, run in before.nodes.items()}
    status: str = before.status if before.history else "none"
    for line in after.history[known:]:
        if line.node is None:
            assert (status, line.state) in _TASK_MOVES, f"the task went from {status} to {line.state}"
            status = line.state
            continue
        if line.state == "running" and line.detail is not None:
            assert states[line.node] == "running", f"{line.node} was noted to wait while it was not running"
            continue
        _move(pipeline, states, line)
        assert status == "running", f"{line.node} moved in a task that was not running"
    assert states == {node_id: run.state for node_id, run in after.nodes.items()}, "history does not match the nodes"
    assert status == after.status, "history does not match the task"


_TASK_MOVES = {("none", "running"), ("running", "finished"), ("running", "error"), ("error", "running")}


def _move(pipeline: Pipeline, states: dict[str, str], line: Change) -> None:
    assert line.node is not None
    state = states.get(line.node, "pending")
    assert line.state in MOVES[state], f"{line.node} went from {state} to {line.state}"
    if line.state == "running":
        for other in pipeline.predecessors[line.node]:
            assert states.get(other) == "finished", f"{line.node} started before {other} was finished"
    states[line.node] = line.state


def timers_cover_it(pipeline: Pipeline, task: Task, now: int) -> None:
    """Every running node has a timer, so no running task can hang; nothing else has one."""
    running = [node_id for node_id, run in task.nodes.items() if run.state == "running"]
    for node_id, run in task.nodes.items():
        if run.state == "running":
            _waits_for_something(pipeline, node_id, run)
        else:
            assert (run.phase, run.due, run.waiting) == (None, None, None), f"{node_id} is {run.state} and has a timer"
    if task.status == "running":
        assert running, "the task runs and none of its nodes does"
        assert task.due == min(task.nodes[node_id].due or 0 for node_id in running)
    else:
        assert not running, "the task has ended and a node of it runs"
        assert task.due is None and not task.waiting
    assert task.waiting == any(run.phase == "away" for run in task.nodes.values())


def _waits_for_something(pipeline: Pipeline, node_id: str, run: NodeRun) -> None:
    node = pipeline.nodes[node_id]
    assert isinstance(node, ServiceNode), f"{node_id} is no service node and runs"
    assert run.due is not None, f"{node_id} runs without a timer"
    assert run.out is None and run.error is None and run.ended is None and run.attempts, node_id
    last = run.attempts[-1]
    assert 0 <= run.tried <= node.retry.attempts, f"{node_id} was tried {run.tried} times"
    assert last.turn == run.turn or run.phase == "away"
    if run.phase == "calling":
        assert last.ended is None, f"{node_id} is being called by an attempt that has ended"
        assert run.due >= last.at + round(node.timeout * SECOND), f"{node_id} has an earlier deadline than its call"
        assert run.waiting is None and run.tried >= 1
    elif run.phase == "held":
        assert last.ended is None and run.waiting and run.tried >= 1, f"{node_id} is held without a call"
    else:
        assert run.phase in ("pausing", "away") and run.waiting, f"{node_id} waits, and does not say for what"
        assert last.ended is not None and last.error, f"{node_id} waits while a call is open"
        assert run.phase == "away" or run.tried < node.retry.attempts


def outcome_is_clear(pipeline: Pipeline, before: Task, after: Task, now: int) -> None:
    """A task that has ended says how, once."""
    if after.status == "running":
        assert after.message is None and after.ended is None
        return
    if before.status == "running":
        assert after.ended == now
    ends = after.node(pipeline.end.id)
    if after.status == "finished":
        assert after.message is None and ends.state == "finished"
        return
    assert ends.state != "finished", "the end was reached, and the task is in error"
    failed = [node_id for node_id, run in after.nodes.items() if run.state == "error"]
    if after.message == "cancelled":
        assert failed == []
    else:
        assert len(failed) == 1, "a task is in error by one node"
        assert after.message == f"node {failed[0]}: {after.nodes[failed[0]].error}"


def commands_are_due(before: Task, after: Task, event: Event, commands: list[Command]) -> None:
    """What is to be called is the last attempt of a running node; each attempt is called once, and again by Resumed."""
    wanted = []
    for node_id, run in after.nodes.items():
        if run.phase not in ("calling", "held"):
            continue
        last, old = run.attempts[-1], before.node(node_id)
        made_now = old.phase not in ("calling", "held") or old.attempts[-1].id != last.id
        made_now |= isinstance(event, TimerDue) and run.phase == "held" and run.due != old.due
        sent_again = isinstance(event, Resumed) and last.accepted is None and last.at < event.before
        if made_now or sent_again:
            wanted.append(MakeCall(node_id, last.id))
    assert sorted(commands, key=repr) == sorted(wanted, key=repr), f"{commands} were to be {wanted}"


def nobody_is_forgotten(pipeline: Pipeline, before: Task, after: Task, event: Event, now: int) -> None:
    """What the event is about has moved on: no timer is overdue, no lost call is waited for, no service in vain."""
    if isinstance(event, TimerDue):
        assert after.due is None or after.due > now, "a timer is overdue"
    for node_id, run in after.nodes.items():
        node = pipeline.nodes[node_id]
        if run.state != "running" or not isinstance(node, ServiceNode):
            continue
        last = run.attempts[-1]
        if isinstance(event, InstanceLost) and run.phase == "calling":
            assert last.accepted is None or last.url != event.url, f"{node_id} waits for an instance that is lost"
        elif isinstance(event, ServiceBack) and run.phase == "away":
            assert (node.service or node.url) not in event.names, f"{node_id} waits for a service that is back"
        elif isinstance(event, ServiceAway) and last.id == event.call:
            assert run.phase != "calling", f"{node_id} is being called although its service is away"


def ids_are_unique(task: Task) -> None:
    """No two calls of a task have the same id, and each has the shape of one."""
    ids = [attempt.id for run in task.nodes.values() for attempt in run.attempts]
    assert len(set(ids)) == len(ids), "two calls have the same id"
    for call in ids:
        assert len(call) == 64 and call.startswith(task.id)


def plain_nodes_pass_on(pipeline: Pipeline, before: Task, after: Task) -> None:
    """A plain node or end without an input directive gives the union of what came before, in the definition's order."""
    for node_id, run in after.nodes.items():
        node = pipeline.nodes[node_id]
        if run.state != "finished" or before.node(node_id).state == "finished" or node.type not in ("node", "end"):
            continue
        if getattr(node, "input", None) is None:
            merged: dict[str, object] = {}
            for other in pipeline.nodes:
                if node_id in pipeline.successors(other):
                    merged |= after.nodes[other].out or {}
            assert run.out == merged
