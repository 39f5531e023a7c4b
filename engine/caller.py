"""Performs the command to make a call, when its turn has come and however long the stores take; then lets happen what
came of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.dispatch import Call, Dispatcher
from engine.errors import EngineError, StoreAway, StoreFull
from engine.gates import Gates, open_calls
from engine.instances import Instances
from engine.lanes import Lanes, Outcome
from engine.outbound.client import Outbound
from engine.outbound.request import HttpCall
from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.registry import Opened, Registry
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallHeld,
    CallReturned,
    CallSent,
    Event,
    MakeCall,
    ServiceAway,
    ServiceBack,
)
from engine.task.frames import Place
from engine.task.inputs import InputError, input_of
from engine.task.task import Task

ACCEPTED_DELAY = 0.25
"""Seconds until it is stored that a service has accepted a call. Most callbacks come sooner and make it needless."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


RunPipeline = Callable[[Place, Task, str, str, Opened, dict[str, Any]], Awaitable[None]]


class Caller:
    """See the module. `send` lets an event happen to a task, `run_pipeline` runs a pipeline for a call."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        outbound: Outbound,
        registry: Registry,
        instances: Instances,
        lanes: Lanes,
        send: Callable[[str, Event], Awaitable[Outcome]],
        run_pipeline: RunPipeline,
    ) -> None:
        self.gates = Gates()
        self._dispatcher = dispatcher
        self._outbound = outbound
        self._registry = registry
        self._instances = instances
        self._lanes = lanes
        self._send = send
        self._run_pipeline = run_pipeline
        self._jobs: set[asyncio.Task[None]] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._outside: set[str] = set()
        self._closing = False

    def perform(self, place: Place, task: Task, command: MakeCall) -> None:
        """Begin to make a call of a task that is saved."""
        run = task.node(command.node)
        if task.status != "running" or run.phase is None or not run.attempts or run.attempts[-1].id != command.call:
            return  # overtaken by a later event of the same commit
        if command.call not in self._under_way:
            self._under_way[command.call] = self._start(self._call(place, task, command))

    def settle(self, events: list[Event], before: Task, after: Task) -> None:
        """These events have made one state of a task into the other: calls that nobody waits for any more are given up,
        although their answers are still to come."""
        self.gates.settle(events, before, after)
        if after.status == "running" and all(isinstance(event, CallReturned | CallAccepted) for event in events):
            return
        told = {event.call for event in events if isinstance(event, CallReturned | CallFailed | ServiceAway)}
        for call in open_calls(before) - open_calls(after) - told:
            if call in self._outside:
                self._under_way[call].cancel()

    async def _outer(self, call: str, work: Awaitable[T]) -> T:
        """Wait for the outside world: this may be given up, unlike the work on a task's queue."""
        self._outside.add(call)
        try:
            return await work
        finally:
            self._outside.discard(call)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job

    def tell(self, task_id: str, event: Event) -> None:
        """Let an event happen to a task, soon."""
        self._start(self._tell(task_id, event))

    async def close(self) -> None:
        """Give up what is under way: it stands in the store, and is done again."""
        self._closing = True
        for job in list(self._jobs):
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    async def _call(self, place: Place, task: Task, command: MakeCall) -> None:
        try:
            await self._call_until_heard(place, task, command)
        finally:
            self._under_way.pop(command.call, None)

    async def _call_until_heard(self, place: Place, task: Task, command: MakeCall) -> None:
        pause = _FIRST_PAUSE
        event: Event | None = None
        while True:
            try:
                event = event or await self._made(place, task, command)
                if event is not None:
                    await self._happened(task, event)
                return
            except (StoreAway, StoreFull) as error:
                _log.warning("task %s, node %s: %s; trying again", task.id, command.node, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except EngineError as error:
                _log.warning("task %s, node %s: %s", task.id, command.node, error)
                return
            except Exception as error:
                _log.exception("task %s, node %s: the call broke", task.id, command.node)
                if isinstance(event, CallFailed):
                    return  # that was said already
                event = CallFailed(command.call, f"the engine could not make the call: {error!r}", again=True)

    async def _made(self, place: Place, task: Task, command: MakeCall) -> Event | None:
        """Make the call when the service has room. None where nobody waits for it any more by then."""
        node = place.pipeline.nodes[command.node]
        assert isinstance(node, ServiceNode | HttpNode)
        try:
            taken = input_of(place.frame(task), command.node)
        except InputError as error:  # the level around a body has changed meanwhile
            return CallFailed(command.call, str(error), again=False)
        if isinstance(node, HttpNode):
            turn = _Turn(self._send, self._outside, task.id, command.call, node.url)
            return await self._outer(command.call, self._outbound.request(_http_call(task, command, node, taken), turn))
        pipeline = self._registry.pipeline(node.service)
        if pipeline is not None:
            await self._run_pipeline(place, task, command.node, command.call, pipeline, taken)
            return None
        target = self._instances.target(node.service, node.url)
        if target.url is None:
            return self._dispatcher.away(command.call, node.service or node.url or "")
        if not self.gates.try_enter(target.url, command.call):
            if not await self._turn_came(task, command, target.url):
                return None
        call = Call(task.root, command.call, node, taken)
        event = await self._outer(command.call, self._dispatcher.make(call, target))
        if isinstance(event, CallFailed) and event.full:
            self.gates.full(command.call)
        else:
            self.gates.taken(command.call)
        return event

    async def _turn_came(self, task: Task, command: MakeCall, url: str) -> bool:
        """Wait for room in the service. False where nobody waits for the call any more by then."""
        await self._send(task.id, CallHeld(command.call, url))
        await self._outer(command.call, self.gates.enter(url, command.call))
        if (await self._send(task.id, CallSent(command.call))).changed:
            return True
        self.gates.settled(command.call)
        return False

    async def _happened(self, task: Task, event: Event) -> None:
        if isinstance(event, CallAccepted):
            self._accepted(task.id, event)
            return
        outcome = await self._send(task.id, event)
        if not outcome.changed:
            await self._dispatcher.discard(event, outcome.task)
        elif isinstance(event, ServiceAway) and self._is_back(event.service):
            await self._send(task.id, ServiceBack(frozenset([event.service])))  # it came back meanwhile

    def _is_back(self, service: str) -> bool:
        return self._instances.reachable(service) or self._registry.pipeline(service) is not None

    # What services accepted

    def _accepted(self, task_id: str, event: CallAccepted) -> None:
        lane = self._lanes.of(task_id)
        if lane.task is None or lane.task.find_call(event.call) is not None:
            lane.accepted[event.call] = event
            asyncio.get_running_loop().call_later(ACCEPTED_DELAY, self._note_accepted, task_id, event)

    def _note_accepted(self, task_id: str, event: CallAccepted) -> None:
        lane = self._lanes.known(task_id)
        if self._closing or (lane is not None and lane.accepted.pop(event.call, None) is None):
            return  # the result was there first
        self._start(self._tell(task_id, event))

    async def _tell(self, task_id: str, event: Event) -> None:
        try:
            await self._send(task_id, event)
        except EngineError as error:
            _log.info("task %s: %s was not stored: %s", task_id, type(event).__name__, error)


@dataclass(frozen=True, slots=True)
class _Turn:
    """The request of an `http` node that has to wait for its turn. See `outbound.turns.Waiting`."""

    send: Callable[[str, Event], Awaitable[Outcome]]
    outside: set[str]
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
        self.outside.discard(self.call)
        try:
            return await self.send(self.task, event)
        finally:
            self.outside.add(self.call)


def _http_call(task: Task, command: MakeCall, node: HttpNode, taken: dict[str, Any]) -> HttpCall:
    again = node.retry is not None
    key = f"{task.id}/{command.node}/{task.node(command.node).turn}"
    return HttpCall(task.root, command.call, node.url, node.verb, node.headers, node.timeout, again, taken, key)
