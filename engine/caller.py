"""Performs the command to make a call, when its turn has come and however long the stores take; then lets happen what
came of it.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiservice.protocol.lines import bind
from engine.dispatch import Call, Dispatcher
from engine.errors import EngineError, NotFound, StoreAway, StoreFull
from engine.gates import open_calls
from engine.holding import Holding, HttpTurn, Job, Outside, job_of
from engine.instances import Instances, Target
from engine.lanes import Lanes, Outcome
from engine.opened import Opened
from engine.outbound.client import Outbound
from engine.outbound.request import HttpCall
from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.registry import Registry
from engine.task.attempt import task_of
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallReturned,
    Event,
    MakeCall,
    ServiceAway,
    ServiceBack,
)
from engine.task.frames import Place
from engine.task.inputs import InputError, input_of
from engine.task.kinds.calls import MAX_RETRY_AFTER
from engine.task.task import Task
from engine.turnstile import Refused

ACCEPTED_DELAY = 0.25
"""Seconds until it is stored that a service has accepted a call. Most callbacks come sooner and make it needless."""

LOOKED_AT = 50
"""How many calls are looked after at a time that may have been settled elsewhere."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_log = logging.getLogger(__name__)

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
        self._turnstile = dispatcher.turnstile
        self._dispatcher = dispatcher
        self._outbound = outbound
        self._registry = registry
        self._instances = instances
        self._lanes = lanes
        self._send = send
        self._run_pipeline = run_pipeline
        self._jobs: set[asyncio.Task[None]] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._outside = Outside()
        self._holding = Holding(dispatcher.turnstile, self._outside, send, self._start)
        self._closing = False

    def perform(self, place: Place, task: Task, command: MakeCall) -> None:
        """Begin to make a call of a task that is saved."""
        run = task.node(command.node)
        if task.status != "running" or run.phase is None or not run.attempts or run.attempts[-1].id != command.call:
            return  # overtaken by a later event of the same commit
        if command.call not in self._under_way:
            node = place.pipeline.nodes[command.node]
            assert isinstance(node, ServiceNode | HttpNode)
            self._dispatcher.begins(node, run.tried)
            self._under_way[command.call] = self._start(self._call(job_of(place, task, command)))

    def is_under_way(self, call: str) -> bool:
        """Whether this engine makes the call, or brings what came of it."""
        return call in self._under_way

    def settle(self, events: list[Event], before: Task, after: Task) -> None:
        """These events have made one state of a task into the other: calls that nobody waits for any more are given up,
        although their answers are still to come."""
        self._turnstile.gates.settle(events, before, after)
        if after.status == "running" and all(isinstance(event, CallReturned | CallAccepted) for event in events):
            return
        told = {event.call for event in events if isinstance(event, CallReturned | CallFailed | ServiceAway)}
        for call in open_calls(before) - open_calls(after) - told:
            if call in self._outside.calls:
                self._under_way[call].cancel()

    async def look_elsewhere(self, read: Callable[[str], Awaitable[Task]]) -> None:
        """Of calls for whose sake others wait: see whether they were settled on other engines. Raises StoreAway."""
        gates = self._turnstile.gates
        for call in gates.crowding(LOOKED_AT) if self._turnstile.waiting else ():
            try:
                settled = (await read(task_of(call))).find_call(call) is None
            except NotFound:
                settled = True
            if settled:
                gates.settled(call, result=True)

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

    async def _call(self, job: Job) -> None:
        bind(job)
        try:
            await self._call_until_heard(job)
        finally:
            self._under_way.pop(job.call, None)

    async def _call_until_heard(self, job: Job) -> None:
        pause, stopped = _FIRST_PAUSE, False
        event: Event | None = None
        try:
            while True:
                try:
                    event = event or await self._made(job)
                    if event is not None:
                        await self._happened(job.task_id, event)
                    return
                except (StoreAway, StoreFull) as error:
                    _log.warning("%s; trying again", error)
                    if event is not None and isinstance(error, StoreAway) and not stopped:
                        stopped = True  # no more calls are made whose results would wait here too
                        self._turnstile.stop()
                    await asyncio.sleep(pause * random.uniform(0.8, 1.2))
                    pause = min(pause * 2, _LONGEST_PAUSE)
                except EngineError as error:
                    _log.warning("%s", error)
                    return
                except Exception as error:
                    _log.exception("the call broke")
                    if isinstance(event, CallFailed):
                        return  # that was said already
                    event = CallFailed(job.call, f"the engine could not make the call: {error!r}", again=True)
        finally:
            if stopped:
                self._turnstile.go_on()

    async def _made(self, job: Job) -> Event | None:
        """Make the call when its turn has come. None where nobody waits for it any more by then."""
        node = job.place.pipeline.nodes[job.command.node]
        if isinstance(node, HttpNode):
            return await self._request(job, node)
        assert isinstance(node, ServiceNode)
        pipeline = self._registry.pipeline(node.service)
        if pipeline is not None:
            return await self._run(job, pipeline)
        event, pause = await self._in_turn(job, node, None)
        while pause is not None:
            event, pause = await self._in_turn(job, node, pause)
        return event

    async def _in_turn(self, job: Job, node: ServiceNode, pause: float | None) -> tuple[Event | None, float | None]:
        """What came of the call; where its service is full with others of ours, after how many seconds it is to have
        another turn, as if it had not been sent."""
        try:
            target = await self._holding.turn(job, node, pause)
        except Refused as error:
            return self._dispatcher.refused(job.call, error), None
        if target is None:
            return None, None
        if target.url is None:
            return self._dispatcher.away(job.call, node.service or node.url or ""), None
        gates = self._turnstile.gates
        try:
            event = await self._sent(job, node, target)
            if not isinstance(event, CallFailed):
                self._turnstile.taken(job.call, target.url)
            elif event.full and gates.full(job.call):
                return event, min(event.after or 0.0, MAX_RETRY_AFTER)
            return event, None
        finally:
            gates.answered(target.url, job.call)

    def _input(self, job: Job) -> dict[str, Any]:
        """What the call takes. Raises InputError where the level around a body has changed meanwhile."""
        assert job.task is not None
        return input_of(job.place.frame(job.task), job.command.node)

    async def _request(self, job: Job, node: HttpNode) -> Event | None:
        if not await self._holding.begin(job):
            return None
        assert job.task is not None
        try:
            call = _http_call(job.task, job.command, node, self._input(job))
        except InputError as error:
            return CallFailed(job.call, str(error), again=False)
        turn = HttpTurn(self._send, self._outside, job.task_id, job.call, node.url)
        return await self._outside.wait(job.call, self._outbound.request(call, turn))

    async def _run(self, job: Job, pipeline: Opened) -> Event | None:
        """Run a pipeline for a call."""
        if not await self._holding.begin(job):
            return None
        assert job.task is not None
        try:
            taken = self._input(job)
        except InputError as error:
            return CallFailed(job.call, str(error), again=False)
        await self._run_pipeline(job.place, job.task, job.command.node, job.call, pipeline, taken)
        return None

    async def _sent(self, job: Job, node: ServiceNode, target: Target) -> Event:
        assert job.task is not None
        try:
            trace = self._dispatcher.traces.header(job.task, job.call)
            call = Call(job.task.root, job.call, node, self._input(job), trace)
        except InputError as error:
            return CallFailed(job.call, str(error), again=False)
        return await self._outside.wait(job.call, self._dispatcher.make(call, target))

    # What came of it

    async def _happened(self, task_id: str, event: Event) -> None:
        if isinstance(event, CallAccepted):
            self._accepted(task_id, event)
            return
        if isinstance(event, CallFailed):
            _log.info("the call failed%s", "; there may be another attempt" if event.again else "")
        outcome = await self._send(task_id, event)
        if not outcome.changed:
            await self._dispatcher.discard(event, outcome.task)
        elif isinstance(event, ServiceAway) and self._is_back(event.service):
            await self._send(task_id, ServiceBack(frozenset([event.service])))  # it came back meanwhile

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
            _log.info("%s was not stored: %s", type(event).__name__, error, extra={"task": task_id})


def _http_call(task: Task, command: MakeCall, node: HttpNode, taken: dict[str, Any]) -> HttpCall:
    again = node.retry is not None
    key = f"{task.id}/{command.node}/{task.node(command.node).turn}"
    return HttpCall(task.root, command.call, node.url, node.verb, node.headers, node.timeout, again, taken, key)
