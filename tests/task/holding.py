"""Who has something under way for a task: `holders` beside an account of its own of who was told to do what."""

from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import HttpNode
from engine.task.events import Command, Event, MakeCall, Resumed, RunCode, RunItems, TimerDue
from engine.task.task import Task

UNSAFE = ("POST", "PATCH")
"""Requests that must not be made again where they may have been processed, unless the author wants that."""


def open_nodes(task: Task) -> list[str]:
    """The nodes for which an engine has something under way: code, bodies of a loop, or a call that nobody took yet."""
    found = []
    for node_id, run in task.nodes.items():
        if run.phase is None:
            is_open = run.extra is not None and run.extra.step is not None
        else:
            is_open = run.phase == "items" or (run.phase in ("calling", "held") and run.attempts[-1].accepted is None)
        if is_open:
            found.append(node_id)
    return found


class Holding:
    """Remembers who was told last to do what a node does."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], str] = {}

    def step(
        self, level: Pipeline, before: Task, after: Task, event: Event, commands: list[Command], engine: str
    ) -> None:
        """Check a step of a task that this engine has decided."""
        todo = [command for command in commands if isinstance(command, MakeCall | RunCode | RunItems)]
        for command in todo:
            self._told[after.id, command.node] = engine
        if after is before and not todo:
            return
        _only_what_is_lost_is_done_again(level, before, after, event, todo, engine)
        holders = after.holders
        found = open_nodes(after)
        assert bool(found) == after.open, "the task does not know whether something is open"
        if not found:
            assert not holders, f"{holders} have nothing under way"
            return
        assert holders == tuple(sorted(set(holders))), "the holders are not in order"
        for node_id in found:
            told, run = self._told[after.id, node_id], after.nodes[node_id]
            assert told in holders, f"{told} has {node_id} under way, and {holders} hold the task"
            assert (
                run.phase in (None, "items") or run.attempts[-1].engine == told
            ), f"{told} makes the call of {node_id}"
        _whoever_joins_or_leaves_has_a_reason(before, after, event, bool(todo), engine)


def _whoever_joins_or_leaves_has_a_reason(before: Task, after: Task, event: Event, told: bool, engine: str) -> None:
    lost = event.lost if isinstance(event, Resumed) else frozenset()
    joined, left = set(after.holders).difference(before.holders), set(before.holders).difference(after.holders)
    assert not joined or (joined == {engine} and told), f"{joined} hold the task, and {engine} was told what to do"
    assert left <= lost, f"{left} do not hold the task any more, and it goes on"
    assert not lost.intersection(after.holders) - {engine}, f"{lost} are lost, and hold the task"


def _only_what_is_lost_is_done_again(
    level: Pipeline,
    before: Task,
    after: Task,
    event: Event,
    todo: list[MakeCall | RunCode | RunItems],
    engine: str,
) -> None:
    """Nobody makes a call that a living engine makes already; none of its requests fails by the death of another."""
    lost = event.lost if isinstance(event, Resumed) else frozenset()
    for command in todo:
        run = before.node(command.node)
        if isinstance(command, MakeCall) and run.attempts and run.attempts[-1].id == command.call:
            maker = run.attempts[-1].engine
            by_itself = isinstance(event, TimerDue) and maker == engine
            assert maker in lost or by_itself, f"{engine} makes a call that {maker} makes already"
            assert by_itself or after.nodes[command.node].phase == "calling", f"{maker} waited for room, not {engine}"
    if isinstance(event, Resumed):
        for node_id, run in after.nodes.items():
            if run.state == "error" and before.node(node_id) is not run:
                node, last = level.nodes[node_id], run.attempts[-1]
                assert isinstance(node, HttpNode) and node.verb in UNSAFE and node.retry is None, node_id
                assert last.accepted is None and last.engine in lost, f"the request of {node_id} is under way"
