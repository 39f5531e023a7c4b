"""The turn of a call, seen from its task: that it waits is stored, so that its time stands still, and that it is sent.

While a call waits for longer its task is not held in memory: ten thousand that wait cost no more than their ids.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.errors import EngineError
from engine.instances import Target
from engine.lanes import Outcome
from engine.metrics import place_of
from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.task.events import CallHeld, CallSent, Event, MakeCall
from engine.task.frames import Place
from engine.task.kinds.calls import name_of
from engine.task.task import Task
from engine.task.trace import trace_id_of
from engine.turnstile import Turnstile, Wanted

HELD_DELAY = 1.0
"""Seconds, or a tenth of the node's timeout if that is less, until it is stored that a call waits. Most have their turn
sooner, and cost nothing."""

_log = logging.getLogger(__name__)
T = TypeVar("T")
Send = Callable[[str, Event], Awaitable[Outcome]]


@dataclass(slots=True, eq=False)
class Job:
    """A call to be made. `task` is its task as last seen, None while the call waits; `held`: it is stored that it
    waits. `route` is the task's; `last`: no attempt would follow this one."""

    place: Place
    task_id: str
    route: str
    command: MakeCall
    last: bool
    task: Task | None
    held: bool
    notice: asyncio.Task[None] | None = None

    @property
    def call(self) -> str:
        """The id of the call."""
        return self.command.call

    def log_ids(self) -> Mapping[str, object]:
        """What the lines of the log tell of it."""
        node, task = self.place.pipeline.nodes[self.command.node], self.task
        found: dict[str, object] = {"task": self.task_id, "node": self.command.node, "route": self.route}
        found["service"] = place_of(name_of(node)) if isinstance(node, ServiceNode | HttpNode) else None
        if task is not None:
            found |= {"attempt": task.node(self.command.node).tried, "trace": trace_id_of(task)}
        return found


def job_of(place: Place, task: Task, command: MakeCall) -> Job:
    """The call that a task wants."""
    node, run = place.pipeline.nodes[command.node], task.node(command.node)
    last = isinstance(node, ServiceNode) and run.tried >= node.retry.attempts
    return Job(place, task.id, task.route, command, last, task, run.phase == "held")


class Outside:
    """The calls that wait for the outside world: these may be given up, unlike the work on a task's queue."""

    def __init__(self) -> None:
        self.calls: set[str] = set()

    async def wait(self, call: str, work: Awaitable[T]) -> T:
        """Wait for it."""
        self.calls.add(call)
        try:
            return await work
        finally:
            self.calls.discard(call)


class Holding:
    """See the module. `send` lets an event happen to a task, `start` begins work beside."""

    def __init__(
        self,
        turnstile: Turnstile,
        outside: Outside,
        send: Send,
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._turnstile = turnstile
        self._outside = outside
        self._send = send
        self._start = start

    async def turn(self, job: Job, node: ServiceNode, pause: float | None = None) -> Target | None:
        """Where to send the call, when its turn has come: then the gates count it. A target without URL: the service is
        away. None where nobody waits for the call any more. `pause`: it was sent, the service had no room, and asks for
        so many seconds. Raises Refused, StoreAway, StoreFull."""
        wanted = Wanted(job.call, job.route, node.service, node.url, job.last, first=pause is not None)
        target = None if pause else self._turnstile.try_enter(wanted)
        if target is None:
            target = await self._waited(job, node, wanted, pause or 0.0)
        try:
            if await self.begin(job):
                return target
        except BaseException:
            self._give_up(job, target)
            raise
        self._give_up(job, target)
        return None

    async def begin(self, job: Job) -> bool:
        """Have the task at hand, and it stored that the call is being sent. False where nobody waits for it."""
        if job.notice is not None:
            await job.notice
        if job.held:
            outcome = await self._send(job.task_id, CallSent(job.call))
            if not outcome.changed:
                return False
            job.task, job.held = outcome.task, False
        return True

    def _give_up(self, job: Job, target: Target) -> None:
        if target.url is not None:
            self._turnstile.gates.given_up(target.url, job.call)

    async def _waited(self, job: Job, node: ServiceNode, wanted: Wanted, pause: float) -> Target:
        if job.held:
            job.task = None
            return await self._outside.wait(job.call, self._enter(wanted, pause))
        delay = min(HELD_DELAY, node.timeout / 10)
        timer = asyncio.get_running_loop().call_later(delay, self._note_held, job, wanted.name)
        try:
            return await self._outside.wait(job.call, self._enter(wanted, pause))
        finally:
            timer.cancel()

    async def _enter(self, wanted: Wanted, pause: float) -> Target:
        if pause:
            await asyncio.sleep(pause)
        return await self._turnstile.enter(wanted)

    def _note_held(self, job: Job, name: str) -> None:
        job.notice = self._start(self._tell_held(job, name))

    async def _tell_held(self, job: Job, name: str) -> None:
        try:
            await self._send(job.task_id, CallHeld(job.call, name))
        except EngineError as error:
            _log.info("that a call waits was not stored: %s", error, extra=job.log_ids())
        else:
            job.held, job.task = True, None


@dataclass(frozen=True, slots=True)
class HttpTurn:
    """The request of an `http` node that has to wait for its turn. See `outbound.turns.Waiting`."""

    send: Send
    outside: Outside
    task: str
    call: str
    url: str

    async def held(self) -> None:
        """It has to wait."""
        await self._tell(CallHeld(self.call, self.url))

    async def came(self) -> bool:
        """Its turn has come. False: nobody wants it any more."""
        return (await self._tell(CallSent(self.call))).changed

    async def _tell(self, event: Event) -> Outcome:
        self.outside.calls.discard(self.call)
        try:
            return await self.send(self.task, event)
        finally:
            self.outside.calls.add(self.call)
