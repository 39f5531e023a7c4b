"""One queue per task: load, decide, compare-and-swap, then do what was decided.

Events of one task are taken in order; what waits when a commit begins is decided together and saved by that one commit.
Nothing here is the only copy of anything: the cache of tasks may be dropped at any moment.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from engine.caller import Caller
from engine.clock import Clock
from engine.dispatch import Dispatcher
from engine.errors import EngineError, NotFound, StoreAway, TooLarge
from engine.ids import new_id
from engine.instances import Instances
from engine.lanes import Item, Lane, Lanes, Outcome, fail
from engine.metrics import Metrics
from engine.news import Hub, News
from engine.pipeline.nodes import Pipeline
from engine.registry import Opened, Registry
from engine.store.base import Store, Submission
from engine.store.rows import task_row
from engine.task.codec import decode
from engine.task.decide import decide
from engine.task.events import CallFailed, CallReturned, Command, Event, Submitted
from engine.task.task import Task, new_task

_SWAPS = 50
_log = logging.getLogger(__name__)


class Runner:
    """See the module. `on_due` is told the earliest timer of every task that is saved with one."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        instances: Instances,
        dispatcher: Dispatcher,
        clock: Clock,
        hub: Hub,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self._hub = hub
        self._metrics = metrics
        self._lanes = Lanes()
        self._caller = Caller(dispatcher, instances, self._lanes, self.send)
        self._waiters: dict[str, set[asyncio.Future[Task]]] = {}
        self._closing = False
        self.on_due: Callable[[int], None] = lambda due: None

    # Asked from outside

    async def submit(
        self, opened: Opened, task_id: str, out: dict[str, Any], key: tuple[str, str] | None = None
    ) -> str | Submission:
        """Create a task and start it; returns its id once it is saved.

        `key` is an idempotency key and the digest of the body; where the route has had that key, nothing is created
        and the earlier submission is returned.
        """
        now = self._clock.now()
        empty = new_task(task_id, new_id(), opened.row.route, opened.row.id, now)
        task, commands = decide(opened.pipeline, empty, Submitted(out), now)
        if task.node(opened.pipeline.entry.id).state != "finished":
            raise TooLarge(task.message or "the body is larger than a task may hold")
        task = task.revised()
        row = task_row(task, 0)
        submission = Submission(opened.row.route, key[0], key[1], task_id) if key else None
        number = await self._store.create(row, submission)
        if isinstance(number, Submission):
            return number
        lane = self._lanes.of(task_id)
        lane.keep(task, len(row.document))
        self._saved(task, number, 0)
        self._caller.perform(opened.pipeline, task, commands)
        return task_id

    async def send(self, task_id: str, event: Event) -> Outcome:
        """Let an event happen to a task; returns once its effect is saved.

        Raises NotFound for an unknown task, Conflict where the event does not fit, StoreAway, StoreFull.
        """
        lane = self._lanes.of(task_id)
        if isinstance(event, CallReturned | CallFailed):
            accepted = lane.accepted.pop(event.call, None)
            if accepted is not None:  # who took the call is stored with what it brought
                lane.queue.append((accepted, asyncio.get_running_loop().create_future()))
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        lane.queue.append((event, future))
        if not lane.busy:
            await self._work(task_id, lane)
        return await future

    async def read(self, task_id: str) -> Task:
        """The task as last saved. Raises NotFound, StoreAway."""
        lane = self._lanes.known(task_id)
        if lane is not None and lane.task is not None:
            return lane.task
        row = await self._store.load(task_id)
        if row is None:
            raise NotFound("there is no such task; it may have been removed after its time")
        return decode(row.document)

    async def wait(self, task_id: str, seconds: float) -> Task:
        """The task when it has ended, or as it is after so many seconds. Raises NotFound, StoreAway."""
        future: asyncio.Future[Task] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(task_id, set()).add(future)
        try:
            task = await self.read(task_id)
            if task.status != "running" or self._closing:
                return task
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return await self.read(task_id)
        finally:
            waiting = self._waiters.get(task_id, set())
            waiting.discard(future)
            if not waiting:
                self._waiters.pop(task_id, None)

    def forget(self, task_ids: Iterable[str]) -> None:
        """Drop what is cached of these tasks."""
        for task_id in task_ids:
            self._lanes.forget(task_id)

    def end_waits(self) -> None:
        """Wait for nothing any more: clients get the usual answer at once, event streams end."""
        self._closing = True
        for waiters in list(self._waiters.values()):
            for future in list(waiters):
                if not future.done():
                    future.set_exception(TimeoutError())
        self._hub.close()

    async def close(self) -> None:
        """Stop: calls under way are given up; they stand in the store and are made again."""
        self.end_waits()
        await self._caller.close()

    # One task's queue

    async def _work(self, task_id: str, lane: Lane) -> None:
        lane.busy = True
        try:
            while lane.queue:
                batch = list(lane.queue)
                lane.queue.clear()
                try:
                    await self._apply(task_id, lane, batch)
                except BaseException as error:
                    lane.drop()
                    fail(batch, error)
                    if not isinstance(error, EngineError):
                        fail(lane.queue, error)
                        lane.queue.clear()
                        _log.error("task %s: an event could not be handled", task_id, exc_info=error)
        finally:
            lane.busy = False
            self._lanes.evict()

    async def _apply(self, task_id: str, lane: Lane, batch: list[Item]) -> None:
        for _ in range(_SWAPS):
            before = lane.task or await self._load(task_id, lane)
            pipeline = await self._registry.definition(before.definition)
            after, commands, outcomes = self._decide(pipeline, before, [event for event, _ in batch])
            if after is not before:
                after = after.revised()
                row = task_row(after, len(before.history))
                number = await self._store.save(row)
                if number is None:  # another engine was first: read what it wrote, and decide again
                    lane.drop()
                    continue
                lane.keep(after, len(row.document))
                self._saved(after, number, len(before.history))
                self._caller.gates.settle([event for event, _ in batch], before, after)
            for (event, future), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, EngineError):
                    fail([(event, future)], outcome)
                elif not future.done():
                    future.set_result(Outcome(after, outcome))
            self._caller.perform(pipeline, after, commands)
            return
        raise StoreAway("the task is being changed by others all the time; try again")

    def _decide(
        self, pipeline: Pipeline, task: Task, events: list[Event]
    ) -> tuple[Task, list[Command], list[bool | EngineError]]:
        """Let the events happen one after the other. A refused one harms no other."""
        now = self._clock.now()
        commands: list[Command] = []
        outcomes: list[bool | EngineError] = []
        for event in events:
            try:
                after, more = decide(pipeline, task, event, now)
            except EngineError as error:
                outcomes.append(error)
                continue
            outcomes.append(after is not task)
            task = after
            commands.extend(more)
        return task, commands, outcomes

    async def _load(self, task_id: str, lane: Lane) -> Task:
        row = await self._store.load(task_id)
        if row is None:
            raise NotFound("there is no such task; it may have been removed after its time")
        task = replace(decode(row.document), revision=row.revision)
        lane.keep(task, len(row.document))
        return task

    def _saved(self, task: Task, number: int, known: int) -> None:
        """Tell the world what a commit has changed. Runs right after it, so that news keep the order of commits."""
        self._hub.publish(News(number, task, known + 1, task.history[known:]))
        due = task.due
        if due is not None:
            self.on_due(due)
        if task.status != "running":
            self._metrics.ended(task)
            for future in self._waiters.get(task.id, ()):
                if not future.done():
                    future.set_result(task)
