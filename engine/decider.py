"""Lets events happen to a task in memory: decides, and runs the code fields that it is asked for in between.

What code sees is taken from the task, and what it changes is an event like any other. Nothing here is saved.
"""

from engine.clock import Clock
from engine.code.base import CodeError, Sandbox, SandboxClosed
from engine.errors import EngineError, StoreAway
from engine.task.decide import decide
from engine.task.events import CodeFailed, CodeRan, Command, Event, RunCode
from engine.task.frames import Frame, Place
from engine.task.inputs import InputError
from engine.task.scope import ScopeError, changes_of, field_name, program_of, scope_of
from engine.task.task import Task

CODE_SECONDS = 0.5
"""How long the code of a task runs, field after field, until what it did is saved."""


class Decider:
    """See the module."""

    def __init__(self, sandbox: Sandbox, clock: Clock, engine: str) -> None:
        self._sandbox = sandbox
        self._clock = clock
        self._engine = engine

    async def begin(self, place: Place, task: Task, event: Event) -> tuple[Task, list[Command]]:
        """Let the first event happen to a new task."""
        return await self.run_code(place, *self._decide(place, task, event, self._clock.now()))

    def _decide(self, place: Place, task: Task, event: Event, now: int) -> tuple[Task, list[Command]]:
        return decide(place.pipeline, task, event, now, place.outer, self._engine)

    def decide(
        self, place: Place, task: Task, events: list[Event]
    ) -> tuple[Task, list[Command], list[bool | EngineError]]:
        """Let the events happen one after the other. A refused one harms no other.

        Returns the task, what is to be done, and for each event whether it changed something, or why it was refused.
        """
        now = self._clock.now()
        commands: list[Command] = []
        outcomes: list[bool | EngineError] = []
        for event in events:
            try:
                after, more = self._decide(place, task, event, now)
            except EngineError as error:
                outcomes.append(error)
                continue
            outcomes.append(after is not task)
            task = after
            commands.extend(more)
        return task, commands, outcomes

    async def run_code(self, place: Place, task: Task, commands: list[Command]) -> tuple[Task, list[Command]]:
        """Run the code that was asked for, and what follows from it: before anything is saved, for it has no effect
        outside of the task. After a while the rest is left for later."""
        until = self._clock.now() + int(CODE_SECONDS * 1_000_000)
        while (wanted := next((c for c in commands if isinstance(c, RunCode)), None)) and self._clock.now() < until:
            commands.remove(wanted)
            run = task.node(wanted.node)
            if task.status != "running" or run.more.step != wanted.step or run.turn != wanted.turn:
                continue
            event = await self._run(place.frame(task), wanted)
            task, more = self._decide(place, task, event, self._clock.now())
            commands = [*commands, *more]
        return task, commands

    async def _run(self, frame: Frame, command: RunCode) -> CodeRan | CodeFailed:
        """Run one code field of a node. Raises StoreAway where the engine is stopping; then it is to be repeated."""
        name = field_name(frame, command)
        program = program_of(frame, command)
        try:
            scope = scope_of(frame, command.node, program)
            ran = await self._sandbox.run(program, scope)
            if program.kind == "expression":
                return CodeRan(command.node, command.step, command.turn, ran.value)
            return changes_of(frame, command, scope, ran.scope)
        except CodeError as error:
            where = f"`{name}`, line {error.line}" if error.line is not None else f"`{name}`"
            message = f"{where}: {error.message}"
        except SandboxClosed as error:
            raise StoreAway("the engine is stopping") from error
        except (ScopeError, InputError) as error:
            message = f"`{name}`: {error}"
        return CodeFailed(command.node, command.step, command.turn, message)
