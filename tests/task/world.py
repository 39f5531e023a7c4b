"""A world around one task and all its children, in memory: what runner, families and caller do with commands, services
that answer, fail, repeat, go away and come back, an engine that crashes, and clients.

What is under way lies in a bag, out of which it happens in any order, twice, or not at all. After every event all that
must hold is checked.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from engine.errors import Conflict
from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.task.decide import decide
from engine.task.events import (
    CallFailed,
    CallReturned,
    Cancelled,
    ChildStarted,
    CodeFailed,
    CodeRan,
    Command,
    EndChild,
    EndItems,
    Event,
    MakeCall,
    Resumed,
    RunCode,
    RunItems,
    Submitted,
)
from engine.task.frames import Place, frame_of
from engine.task.inputs import input_of
from engine.task.task import Origin, Task, child_of, family, new_task
from tests.task.checks import Checks, refused
from tests.task.items import Group
from tests.task.outs import changed_by_code, value_of
from tests.task.scenes import SEAL, START, TASK_ID

Job = tuple[Any, ...]
"""What is under way: the name of a method of the world, and its arguments."""


class World:
    """One root task of the pipeline under `story`. With `steady` all answers depend on who asks alone; none fails."""

    def __init__(self, pipelines: dict[str, Pipeline], rng: Random, steady: bool = False) -> None:
        self.pipelines = pipelines
        self.rng = rng
        self.steady = steady
        self.now = START
        self.tasks: dict[str, Task] = {}
        self.bag: list[Job] = []
        self.groups: dict[tuple[str, str], Group] = {}
        self.families: dict[tuple[str, str], dict[int, str]] = {}
        self.open: dict[str, tuple[str, str]] = {}
        self.calls: dict[str, tuple[str, str, int]] = {}  # all that were ever made: of task, node and turn
        self.past: list[tuple[str, Event]] = []
        self.log: list[str] = []
        self.checks = Checks()
        self.prompt = rng.random() < 0.7  # code is run at once, as by an engine that has the time
        self.root = TASK_ID

    def begin(self, event: Event) -> None:
        """Create the root task, and let this happen to it."""
        self._create(new_task(self.root, SEAL, "story", "story", self.now), event)

    def _create(self, task: Task, event: Event) -> None:
        self.tasks[task.id] = task
        if task.origin is not None:
            members = self.families.setdefault((task.origin.parent, task.origin.family), {})
            assert task.origin.index not in members, "two children have the same place"
            members[task.origin.index] = task.id
        self.tell(task.id, event)

    def place(self, task: Task) -> Place:
        """Where a task runs."""
        level = self.pipelines[task.definition].levels[task.scope]
        if task.origin is None or level.loop is None:
            return Place(level, None)
        parent = self.tasks[task.origin.parent]
        return Place(level, self.place(parent).frame(parent))

    # Events

    def tell(self, task_id: str, event: Event) -> bool:
        """Let the event happen to a task, and begin to do what follows. Whether it changed something."""
        before = self.tasks[task_id]
        commands = self._decide(task_id, event)
        if self.prompt:
            commands = self._run_code(task_id, commands)
        task = self.tasks[task_id]
        for command in commands:
            self._perform(task, command)
        if task.status != "running" and before is not task and task.origin is not None:
            self._ended(task, task.origin)
        return task is not before

    def _decide(self, task_id: str, event: Event) -> list[Command]:
        before = self.tasks[task_id]
        place = self.place(before)
        self.log.append(f"{self.now - START:>9} {task_id[:4]} {event}")
        if refused(before, event):
            with pytest.raises(Conflict):
                decide(place.pipeline, before, event, self.now, place.outer)
            return []
        after, commands = decide(place.pipeline, before, event, self.now, place.outer)
        self.checks.step(place, before, after, event, commands, self.now, self.calls)
        self.past.append((task_id, event))
        self.tasks[task_id] = after
        return commands

    def _run_code(self, task_id: str, commands: list[Command]) -> list[Command]:
        done: list[Command] = []
        while commands:
            command = commands.pop(0)
            if isinstance(command, RunCode):
                commands += self._code(task_id, command)
            else:
                done.append(command)
        return done

    # Commands

    def _perform(self, task: Task, command: Command) -> None:
        if isinstance(command, RunCode):
            self.bag.append(("run_code", task.id, command))
        elif isinstance(command, MakeCall):
            run = task.node(command.node)
            if task.find_call(command.call) is not None and run.attempts[-1].id == command.call:
                self._make_call(task, command)
        elif isinstance(command, RunItems):
            self._run_items(task, command)
        elif isinstance(command, EndItems):
            key = (task.id, family(command.node, command.turn))
            if key in self.groups:
                self.groups[key].stopped = True
            self.bag.append(("stop_family", key))
        else:
            assert isinstance(command, EndChild)
            self.bag.append(("stop", command.task))

    def _make_call(self, task: Task, command: MakeCall) -> None:
        """Calls of pipelines are made here, those of services lie open until something comes of them."""
        place = self.place(task)
        node = place.pipeline.nodes[command.node]
        assert isinstance(node, ServiceNode | HttpNode)
        input_of(place.frame(task), command.node)
        self.calls[command.call] = (task.id, command.node, task.node(command.node).turn)
        if isinstance(node, ServiceNode) and node.service in self.pipelines:
            if ("run_pipeline", task.id, command.node, command.call) not in self.bag:
                self.bag.append(("run_pipeline", task.id, command.node, command.call))
        else:
            self.open[command.call] = (task.id, command.node)

    def _run_items(self, task: Task, command: RunItems) -> None:
        if (task.node(command.node).phase, task.node(command.node).turn) != ("items", command.turn):
            return  # overtaken by a later event of the same commit
        key = (task.id, family(command.node, command.turn))
        known = self.groups.get(key)
        if known is not None and not known.stopped:
            known.known = False
        else:
            self.groups[key] = Group(self, task, command)
        self._wake(key)

    def _wake(self, key: tuple[str, str]) -> None:
        if ("group", key) not in self.bag:
            self.bag.append(("group", key))

    # What lies in the bag

    def happen(self, number: int) -> None:
        """Let one of those things happen that are under way."""
        self.do(self.bag.pop(number % len(self.bag)))

    def do(self, job: Job) -> None:
        """Let this happen."""
        work: Callable[..., None] = getattr(self, job[0])
        work(*job[1:])

    def run_code(self, task_id: str, command: RunCode) -> None:
        """Run a code field, and what follows."""
        task = self.tasks[task_id]
        for other in self._code(task_id, command):
            self._perform(self.tasks[task_id], other)
        after = self.tasks[task_id]
        if after is not task and after.status != "running" and after.origin is not None:
            self._ended(after, after.origin)

    def _code(self, task_id: str, command: RunCode) -> list[Command]:
        task = self.tasks[task_id]
        run = task.node(command.node)
        if task.status != "running" or run.more.step != command.step or run.turn != command.turn:
            return []
        return self._decide(task_id, self._answer(task, command))

    def _answer(self, task: Task, command: RunCode) -> CodeRan | CodeFailed:
        node, step, turn = command.node, command.step, command.turn
        if self.steady:
            value = value_of(frame_of(self.place(task).pipeline, task), node, turn)
            return CodeRan(node, step, turn, value)
        if self.rng.random() < 0.04:
            return CodeFailed(node, step, turn, f"`{step}`: oh")
        if step in ("ready", "if"):
            return CodeRan(node, step, turn, self.rng.random() < 0.6)
        return CodeRan(node, step, turn, None, *changed_by_code(self.rng, self.place(task).pipeline, node))

    def group(self, key: tuple[str, str]) -> None:
        """Go on with the bodies of a loop. It waits until those that were to be stopped have been."""
        group = self.groups.get(key)
        if group is None:
            return
        if ("stop_family", key) in self.bag:
            self._wake(key)
        elif group.step():
            self._wake(key)
        elif group.over and self.groups.get(key) is group:
            del self.groups[key]

    def make(self, group: Group, index: int, item: Any) -> None:
        """Create the child for an item."""
        task, command, above = group.task, group.command, group.task.origin
        outer = None if above is None else above.number
        number = str(index) if outer is None else f"{outer}{index}{len(str(index))}"
        depth = 1 if above is None else above.depth + 1
        origin = Origin(task.root, task.id, command.node, command.turn, depth, index, number, outer, None, task.head)
        child = child_of(task, task.definition, task.route, origin, item, self.now)
        if child.id not in self.tasks:
            self._create(child, Submitted({}))

    def run_pipeline(self, task_id: str, node: str, call: str) -> None:
        """Run a pipeline for a call."""
        task = self.tasks[task_id]
        route = getattr(self.place(task).pipeline.nodes[node], "service")
        if task.find_call(call) is None:
            return
        taken = input_of(self.place(task).frame(task), node)
        run, depth = task.node(node), (task.origin.depth if task.origin is not None else 0) + 1
        index = [attempt.id for attempt in run.attempts if attempt.turn == run.turn].index(call)
        origin = Origin(task.root, task.id, node, run.turn, depth, index, call=call)
        child = child_of(task, route, route, origin, None, self.now)
        if child.id not in self.tasks:
            self._create(child, Submitted(taken))
        elif self.tasks[child.id].status != "running":
            self.bag.append(("answer", child.id))
        self.bag.append(("started", task_id, call, child.id))

    def started(self, task_id: str, call: str, child: str) -> None:
        """Tell a parent of its child."""
        self.tell(task_id, ChildStarted(call, child))
        if self.tasks[task_id].find_call(call) is None:
            self.stop(child)

    def answer(self, task_id: str) -> None:
        """Tell a parent what came of its child."""
        child = self.tasks[task_id]
        assert child.origin is not None and child.origin.call is not None
        call = child.origin.call
        if child.status == "finished":
            out = child.node(self.place(child).pipeline.end).out
            assert out is not None
            self.tell(child.origin.parent, CallReturned(call, out))
        else:
            self.tell(child.origin.parent, CallFailed(call, f"{child.message}", again=False))

    def stop(self, task_id: str) -> None:
        """Stop a child that nobody waits for."""
        if self.tasks[task_id].status == "running":
            self.tell(task_id, Cancelled())

    def stop_family(self, key: tuple[str, str]) -> None:
        """Stop all children of a family."""
        for task_id in list(self.families.get(key, {}).values()):
            self.stop(task_id)

    def resume(self, task_id: str, before: int) -> None:
        """Tell a task that the engine has started anew, and stop it where nobody waits for it any more."""
        self.tell(task_id, Resumed(before))
        task = self.tasks[task_id]
        if task.origin is None or task.status != "running":
            return
        parent = self.tasks[task.origin.parent]
        run = parent.node(task.origin.node)
        wanted = parent.status == "running" and run.state == "running" and run.turn == task.origin.turn
        if not wanted or (task.origin.call is not None and parent.find_call(task.origin.call) is None):
            self.stop(task_id)

    def _ended(self, task: Task, origin: Origin) -> None:
        if origin.call is not None:
            self.bag.append(("answer", task.id))
            return
        key = (origin.parent, origin.family)
        if key in self.groups:
            self.groups[key].ended(task)
            self._wake(key)
