"""A world around one task and all its children, in memory: what runners, families and callers of some engines on one
store do with commands, services that answer, fail, repeat, go away and come back, engines that crash, and clients.

What is under way lies in a bag, out of which it happens in any order, twice, or not at all; each thing in it belongs to
the engine that put it there, and so do the groups that drive loops. After every event all that must hold is checked.
"""

from random import Random
from typing import Any

import pytest

from engine.errors import Conflict
from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.task.decide import decide
from engine.task.events import (
    CodeFailed,
    CodeRan,
    Command,
    EndChild,
    EndItems,
    Event,
    MakeCall,
    Retried,
    RunCode,
    RunItems,
)
from engine.task.frames import Place, frame_of
from engine.task.inputs import input_of
from engine.task.origin import family
from engine.task.task import Task, new_task
from tests.task.checks import Checks, refused
from tests.task.children import Children
from tests.task.engines import Engines
from tests.task.items import Group, Key, round_of
from tests.task.outs import changed_by_code, value_of
from tests.task.scenes import SEAL, START, TASK_ID

Job = tuple[Any, ...]
"""What is under way: at which engine, what it does, and with what."""


class World:
    """One root task of the pipeline under `story`. With `steady` all answers depend on who asks alone; none fails.

    `engine` is the one at work: what it hears, decides and begins to do is one step.
    """

    def __init__(self, pipelines: dict[str, Pipeline], rng: Random, steady: bool = False) -> None:
        self.pipelines = pipelines
        self.rng = rng
        self.steady = steady
        self.now = START
        self.tasks: dict[str, Task] = {}
        self.bag: list[Job] = []
        self.groups: dict[Key, Group] = {}
        self.open: dict[str, tuple[str, str, str]] = {}  # calls that were sent: of task and node, and by whom
        self.calls: dict[str, tuple[str, str, int]] = {}  # all that were ever made: of task, node and turn
        self.past: list[tuple[str, Event]] = []
        self.log: list[str] = []
        self.checks = Checks()
        self.children = Children(self)
        self.engines = Engines(self, rng.randrange(1, 4))
        self.engine = self.engines.living[0]
        self.unrest = 0  # how often something is yet to happen to engines while all that helps goes on
        self.prompt = rng.random() < 0.7  # code is run at once, as by an engine that has the time
        self.root = TASK_ID

    def begin(self, event: Event) -> None:
        """Create the root task, and let this happen to it."""
        self.engine = self.engines.some()
        self.create(new_task(self.root, SEAL, "story", "story", self.now), event)

    def create(self, task: Task, event: Event) -> None:
        """Create a task, and let this happen to it."""
        self.tasks[task.id] = task
        self.children.created(task)
        self.tell(task.id, event)

    def place(self, task: Task) -> Place:
        """Where a task runs."""
        level = self.pipelines[task.definition].levels[task.scope]
        if task.origin is None or level.loop is None:
            return Place(level, None)
        parent = self.tasks[task.origin.parent]
        return Place(level, self.place(parent).frame(parent))

    def running(self) -> list[Task]:
        """The tasks that run."""
        return [task for task in self.tasks.values() if task.status == "running"]

    # Events

    def hear(self, task_id: str, event: Event, engine: str | None = None) -> bool:
        """Let the event come from outside: it reaches this engine, where that lives, else any."""
        self.engine = engine if engine in self.engines.living else self.engines.some()
        return self.tell(task_id, event)

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
            self.children.ended(task, task.origin)
        return task is not before

    def _decide(self, task_id: str, event: Event) -> list[Command]:
        before = self.tasks[task_id]
        place = self.place(before)
        self.log.append(f"{self.now - START:>9} {self.engine} {task_id[:4]} {event}")
        self._decide_in_vain(task_id, event)
        if refused(before, event):
            with pytest.raises(Conflict):
                decide(place.pipeline, before, event, self.now, place.outer, self.engine)
            return []
        after, commands = decide(place.pipeline, before, event, self.now, place.outer, self.engine)
        self.checks.step(place, before, after, event, commands, self.now, self.calls, self.engine)
        self.past.append((task_id, event))
        if isinstance(event, Retried):
            self.children.retried(task_id)
        self.tasks[task_id] = after
        return commands

    def _decide_in_vain(self, task_id: str, event: Event) -> None:
        """An engine that was stopped decides on what it knew before. Others have changed the task since then: what it
        would save is refused, and it decides again."""
        known = self.engines.known(task_id)
        if known is not None and known is not self.tasks[task_id]:
            place = self.place(known)
            try:
                decide(place.pipeline, known, event, self.now, place.outer, self.engine)
            except Conflict:
                return

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
            self.put(self.run_code, task.id, command)
        elif isinstance(command, MakeCall):
            run = task.node(command.node)
            if task.find_call(command.call) is not None and run.attempts[-1].id == command.call:
                self._make_call(task, command)
        elif isinstance(command, RunItems):
            self._run_items(task, command)
        elif isinstance(command, EndItems):
            self._end_items((task.id, family(command.node, command.turn)))
        else:
            assert isinstance(command, EndChild)
            self.put(self.children.stop, command.task)

    def _make_call(self, task: Task, command: MakeCall) -> None:
        """Calls of pipelines are made here, those of services lie open until something comes of them."""
        place = self.place(task)
        node = place.pipeline.nodes[command.node]
        assert isinstance(node, ServiceNode | HttpNode)
        input_of(place.frame(task), command.node)
        self.calls[command.call] = (task.id, command.node, task.node(command.node).turn)
        if isinstance(node, ServiceNode) and node.service in self.pipelines:
            if (self.engine, self.children.run_pipeline, task.id, command.node, command.call) not in self.bag:
                self.put(self.children.run_pipeline, task.id, command.node, command.call)
        else:
            self.open[command.call] = (task.id, command.node, self.engine)

    def _run_items(self, task: Task, command: RunItems) -> None:
        if (task.node(command.node).phase, task.node(command.node).turn) != ("items", command.turn):
            return  # overtaken by a later event of the same commit
        key = (self.engine, task.id, family(command.node, command.turn))
        known = self.groups.get(key)
        if known is not None and not known.stopped and known.round == round_of(task):
            known.known = False
        else:
            self.groups[key] = Group(self, task, command)
        self.wake(key)

    def _end_items(self, bodies: tuple[str, str]) -> None:
        """What this engine does for these bodies ends at once; another one that drives them finds that out."""
        for engine in self.engines.known_names:
            group = self.groups.get((engine, *bodies))
            if group is not None and engine == self.engine:
                group.stopped = True
            elif group is not None:
                group.missed = True
        self.put(self.children.stop_family, bodies)

    def wake(self, key: Key) -> None:
        """Let a group go on, soon."""
        if (key[0], self.group, key) not in self.bag:
            self.put(self.group, key)

    # What lies in the bag

    def put(self, work: Any, *about: Any) -> None:
        """Let the engine at work do this, soon."""
        self.bag.append((self.engine, work, *about))

    def happen(self, number: int) -> None:
        """Let one of those things happen that are under way."""
        self.engine, work, *about = self.bag.pop(number % len(self.bag))
        work(*about)

    def run_code(self, task_id: str, command: RunCode) -> None:
        """Run a code field, and what follows."""
        task = self.tasks[task_id]
        for other in self._code(task_id, command):
            self._perform(self.tasks[task_id], other)
        after = self.tasks[task_id]
        if after is not task and after.status != "running" and after.origin is not None:
            self.children.ended(after, after.origin)

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

    def group(self, key: Key) -> None:
        """Go on with the bodies of a loop. It waits until those that were to be stopped here have been."""
        group = self.groups.get(key)
        if group is None:
            return
        if (self.engine, self.children.stop_family, key[1:]) in self.bag:
            self.wake(key)
        elif group.step():
            self.wake(key)
        elif group.over and self.groups.get(key) is group:
            del self.groups[key]
