"""One queue per task: load, decide, compare-and-swap, then do what was decided.

Events of one task are taken in order; what waits when a commit begins is decided together and saved by that one commit.
Nothing here is the only copy of anything: the cache of tasks may be dropped at any moment.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from engine.caller import Caller
from engine.clock import Clock
from engine.code.base import Sandbox
from engine.decider import Decider
from engine.dispatch import Dispatcher
from engine.errors import EngineError, StoreAway, TooLarge
from engine.failures import note_end
from engine.families import Families
from engine.follower import Follower
from engine.ids import new_id
from engine.instances import Instances
from engine.lanes import Item, Lane, Lanes, Outcome, fail, give_up
from engine.members import Members
from engine.metrics import Metrics
from engine.news import Hub, News
from engine.opened import Opened
from engine.outbound.client import Outbound
from engine.reading import Reading
from engine.registry import Registry
from engine.store.base import Store, Submission
from engine.store.rows import task_row
from engine.task.events import (
    CallFailed,
    CallReturned,
    Command,
    Event,
    MakeCall,
    Rerun,
    Resumed,
    RunCode,
    Submitted,
)
from engine.task.frames import Place
from engine.task.task import Task, new_task
from engine.unsure import Unsure

_SWAPS = 50
Key = tuple[str, str]
_log = logging.getLogger(__name__)


class Runner:
    """See the module. `on_due` is told the earliest timer of every task that is saved with one."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        instances: Instances,
        dispatcher: Dispatcher,
        outbound: Outbound,
        sandbox: Sandbox,
        clock: Clock,
        members: Members,
        hub: Hub,
        metrics: Metrics,
        follow: bool,
    ) -> None:
        self._store = store
        self._clock = clock
        self._hub = hub
        self._metrics = metrics
        self._lanes = Lanes()
        self._reading = Reading(store, registry, self._lanes, members, follow)
        self.follower = Follower(store, hub, members, self._reading, follow)
        self._decider = Decider(sandbox, clock, members.id)
        self.families = Families(store, self, clock, members)
        self._caller = Caller(dispatcher, outbound, registry, instances, self._lanes, self.send, self.families.call)
        self.unsure = Unsure(self._reading.stored, self.send, self._lanes, self._caller, members.id, self._seen)
        self.at_hand = self._reading.at_hand
        self.has_due = self._reading.has_due
        self.read = self._reading.read
        self.stored = self._reading.stored
        self.with_lines = self._reading.with_lines
        self.place = self._reading.place
        self.waiting = self._lanes.waiting
        self.on_due: Callable[[int], None] = lambda due: None
        self._on_end = dispatcher.traces.ended

    # Asked from outside

    async def submit(
        self, opened: Opened, task_id: str, out: dict[str, Any], key: Key | None, owner: str, trace: str | None
    ) -> str | Submission:
        """Create a task and start it; returns its id once it is saved. `trace` is the client's `traceparent`.

        `key` is an idempotency key and the digest of the body; where the route has had that key of this owner, nothing
        is created and the earlier submission is returned.
        """
        now = self._clock.now()
        place = Place(opened.pipeline, None)
        empty = new_task(task_id, new_id(), opened.row.route, opened.row.id, now, owner, trace)
        task, commands = await self._decider.begin(place, empty, Submitted(out))
        if task.node(place.pipeline.start).out is None:
            raise TooLarge(task.message or "the body is larger than a task may hold")
        return await self._create(place, task, commands, key)

    async def start(self, place: Place, task: Task, event: Rerun) -> str:
        """Create a task that begins with this event; returns its id once it is saved."""
        task, commands = await self._decider.begin(place, task, event)
        await self._create(place, task, commands, None)
        return task.id

    async def _create(self, place: Place, task: Task, commands: list[Command], key: Key | None) -> str | Submission:
        task = task.revised()
        row = task_row(task, 0)
        submission = Submission(task.route, key[0], key[1], task.id, task.owner) if key else None
        with self.unsure.noting([task.id]):
            number = await self._store.create(row, submission)
        if isinstance(number, Submission):
            return number
        self._metrics.submitted(task.route)
        self._lanes.of(task.id).keep(task, len(row.document))
        self._saved(place, task, number, 0)
        self._perform(place, task, commands)
        return task.id

    async def make(self, children: list[tuple[Task, dict[str, Any]]], place: Place) -> list[bool]:
        """Create these children and start each with what it receives; False for those that exist already.

        Raises StoreAway, StoreFull.
        """
        started = []
        for child, out in children:
            task, commands = await self._decider.begin(place, child, Submitted(out))
            started.append((task.revised(), commands))
        rows = [task_row(task, 0) for task, _ in started]
        with self.unsure.noting([row.id for row in rows]):
            numbers = await self._store.create_many(rows)
        for (task, commands), row, number in zip(started, rows, numbers, strict=True):
            if number is not None:
                self._lanes.of(task.id).keep(task, len(row.document))
                self._saved(place, task, number, 0)
                self._perform(place, task, commands)
        return [number is not None for number in numbers]

    async def result(self, task: Task) -> dict[str, Any]:
        """What the end of a finished task gave. Raises NotFound, StoreAway."""
        return task.node((await self.place(task)).pipeline.end).out or {}

    async def send(self, task_id: str, event: Event) -> Outcome:
        """Let an event happen to a task; returns once its effect is saved.

        Raises NotFound for an unknown task, Conflict where the event does not fit, StoreAway, StoreFull.
        """
        lane = self._lanes.of(task_id)
        if isinstance(event, CallReturned | CallFailed):
            accepted = lane.accepted.pop(event.call, None)
            if accepted is not None:  # who took the call is stored with what it brought
                unheard: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
                unheard.add_done_callback(asyncio.Future.exception)  # nobody asks for it
                lane.queue.append((accepted, unheard))
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        lane.queue.append((event, future))
        if not lane.busy:
            await self._work(task_id, lane)
        return await future

    async def wait(self, task_id: str, seconds: float) -> Task:
        """The task when it has ended, or as it is after so many seconds. Raises NotFound, StoreAway."""
        with self._hub.end_of(task_id) as end:
            await self.follower.begin()
            task = await self.read(task_id)
            if task.status != "running" or self._hub.closed:
                return task
            try:
                async with asyncio.timeout(seconds):
                    return await end
            except TimeoutError:
                return await self.read(task_id)

    async def look_elsewhere(self) -> None:
        """See what other engines have settled that this one waits for. Raises StoreAway."""
        await self._caller.look_elsewhere(self.stored)

    def _due(self, task: Task) -> None:
        if task.due is not None:
            self.on_due(task.due)

    def _seen(self, task: Task) -> None:
        """Of a task that was perhaps saved without this engine's knowing, its timer and its end are known now."""
        self._due(task)
        if task.status != "running" and task.origin is not None and task.origin.call is not None:
            self.families.ended(task)

    def forget(self, task_ids: Iterable[str]) -> None:
        """Drop what is cached of these tasks."""
        for task_id in task_ids:
            self._lanes.forget(task_id)

    def end_waits(self) -> None:
        """Wait for nothing any more: clients get the usual answer at once, event streams end."""
        self._hub.close()

    async def close(self) -> None:
        """Stop: calls under way are given up; they stand in the store and are made again."""
        self.end_waits()
        await self._caller.close()
        await self.families.close()

    # One task's queue

    async def _work(self, task_id: str, lane: Lane) -> None:
        lane.busy = True
        try:
            while lane.queue:
                batch = list(lane.queue)
                lane.queue.clear()
                try:
                    await self._apply(task_id, lane, batch)
                except asyncio.CancelledError:  # it may have been saved all the same: who asks again is told
                    lane.drop()
                    give_up([*batch, *lane.queue])
                    lane.queue.clear()
                    raise
                except Exception as error:
                    lane.drop()
                    fail(batch, error)
                    if not isinstance(error, EngineError):
                        fail(lane.queue, error)
                        lane.queue.clear()
                        _log.error("an event could not be handled", exc_info=error, extra={"task": task_id})
        finally:
            lane.busy = False
            if lane.task is not None and lane.task.origin is not None and lane.task.status != "running":
                self._lanes.forget(task_id)  # nobody asks for a body that has ended
            self._lanes.evict()

    async def _apply(self, task_id: str, lane: Lane, batch: list[Item]) -> None:
        for _ in range(_SWAPS):
            at_hand = lane.task is not None
            before = lane.task or await self._reading.load(task_id, lane)
            place = await self.place(before)
            after, commands, outcomes = self._decider.decide(place, before, [event for event, _ in batch])
            after, commands = await self._decider.run_code(place, after, commands)
            if after is before and at_hand and not await self._reading.is_current(before, lane):
                continue
            if after is not before:
                after = after.revised()
                row = task_row(after, len(before.history))
                with self.unsure.noting([task_id]):
                    number = await self._store.save(row)
                if number is None:  # another engine was first: read what it wrote, and decide again
                    lane.drop()
                    continue
                lane.keep(after, len(row.document))
                self._saved(place, after, number, len(before.history))
                self._caller.settle([event for event, _ in batch], before, after)
            for (event, future), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, EngineError):
                    fail([(event, future)], outcome)
                elif not future.done():
                    future.set_result(Outcome(after, outcome))
                if isinstance(event, Resumed) and after.origin is not None and after.status == "running":
                    self.families.check(after)
            self._perform(place, after, commands)
            return
        raise StoreAway("the task is being changed by others all the time; try again")

    def _perform(self, place: Place, task: Task, commands: list[Command]) -> None:
        """Begin to do what was decided for a task that is saved."""
        code_left = False
        for command in commands:
            if isinstance(command, MakeCall):
                self._caller.perform(place, task, command)
            elif isinstance(command, RunCode):
                code_left = True
            else:
                self.families.perform(place, task, command)
        if code_left:
            self._caller.tell(task.id, Resumed(frozenset()))

    def _saved(self, place: Place, task: Task, number: int, known: int) -> None:
        """Tell the world what a commit has changed. Runs right after it, so that news keep the order of commits."""
        self.follower.publish(News(number, task, known + 1, task.history[known:]))
        self._due(task)
        self._metrics.saved(place.pipeline, task, known)
        if task.status != "running":
            if task.origin is not None:
                self.families.ended(task)
            else:
                self._metrics.ended(task)
                note_end(task)
            self._on_end(task, place.pipeline)
            self._hub.ended(task)
