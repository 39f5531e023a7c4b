"""Performs the command to make a call, when its turn has come and however long the stores take; then lets happen what
came of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from engine.dispatch import Dispatcher
from engine.errors import EngineError, StoreAway, StoreFull
from engine.gates import Gates
from engine.instances import Instances
from engine.lanes import Lanes, Outcome
from engine.pipeline.nodes import Pipeline, ServiceNode
from engine.task.events import CallAccepted, CallFailed, CallHeld, CallSent, Command, Event, ServiceAway, ServiceBack
from engine.task.task import Task

ACCEPTED_DELAY = 0.25
"""Seconds until it is stored that a service has accepted a call. Most callbacks come sooner and make it needless."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_log = logging.getLogger(__name__)


class Caller:
    """See the module. `send` lets an event happen to a task."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        instances: Instances,
        lanes: Lanes,
        send: Callable[[str, Event], Awaitable[Outcome]],
    ) -> None:
        self.gates = Gates()
        self._dispatcher = dispatcher
        self._instances = instances
        self._lanes = lanes
        self._send = send
        self._jobs: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()
        self._closing = False

    def perform(self, pipeline: Pipeline, task: Task, commands: list[Command]) -> None:
        """Begin to do what was decided for a task that is saved."""
        for command in commands:
            run = task.node(command.node)
            if task.status != "running" or not run.attempts or run.attempts[-1].id != command.call:
                continue  # overtaken by a later event of the same commit
            if command.call not in self._under_way:
                self._under_way.add(command.call)
                self._start(self._call(pipeline, task, command))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def close(self) -> None:
        """Give up what is under way: it stands in the store, and is done again."""
        self._closing = True
        for job in list(self._jobs):
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    async def _call(self, pipeline: Pipeline, task: Task, command: Command) -> None:
        try:
            await self._call_until_heard(pipeline, task, command)
        finally:
            self._under_way.discard(command.call)

    async def _call_until_heard(self, pipeline: Pipeline, task: Task, command: Command) -> None:
        pause = _FIRST_PAUSE
        event: Event | None = None
        while True:
            try:
                event = event or await self._made(pipeline, task, command)
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

    async def _made(self, pipeline: Pipeline, task: Task, command: Command) -> Event | None:
        """Make the call when the service has room. None where nobody waits for it any more by then."""
        node = pipeline.nodes[command.node]
        assert isinstance(node, ServiceNode)
        target = self._instances.target(node.service, node.url)
        if target.url is None:
            return self._dispatcher.away(command.call, node.service or node.url or "")
        if not self.gates.try_enter(target.url, command.call):
            if not await self._turn_came(task, command, target.url):
                return None
        event = await self._dispatcher.make(pipeline, task, command, target)
        if isinstance(event, CallFailed) and event.full:
            self.gates.full(command.call)
        else:
            self.gates.taken(command.call)
        return event

    async def _turn_came(self, task: Task, command: Command, url: str) -> bool:
        """Wait for room in the service. False where nobody waits for the call any more by then."""
        await self._send(task.id, CallHeld(command.call, url))
        await self.gates.enter(url, command.call)
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
        elif isinstance(event, ServiceAway) and self._instances.reachable(event.service):
            await self._send(task.id, ServiceBack(frozenset([event.service])))  # it came back meanwhile

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
        self._start(self._store_accepted(task_id, event))

    async def _store_accepted(self, task_id: str, event: CallAccepted) -> None:
        try:
            await self._send(task_id, event)
        except EngineError as error:
            _log.info("task %s: that a call was accepted was not stored: %s", task_id, error)
