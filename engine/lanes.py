"""The queue of each task that something happens to, and the tasks at hand: a cache that may be dropped any time."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import StoreAway
from engine.task.events import CallAccepted, Event
from engine.task.task import Task

CACHED_TASKS = 2_500
CACHED_BYTES = 32 * 1024**2
"""Bounds of what is at hand: a number of tasks, and the bytes of their documents."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The task after an event was taken and saved. `changed`: the event had an effect."""

    task: Task
    changed: bool


_LOOKS = 100
"""Lanes that are looked at in one eviction at the most, so that many in use do not make each event slow."""

Item = tuple[Event, asyncio.Future[Outcome]]


class Lane:
    """One task's queue, and the task as last saved where it is at hand.

    `busy`: somebody works on the queue. `accepted` holds, by call, that services took it, where that is not stored yet.
    """

    __slots__ = ("_lanes", "accepted", "busy", "queue", "size", "task")

    def __init__(self, lanes: "Lanes") -> None:
        self._lanes = lanes
        self.task: Task | None = None
        self.size = 0
        self.busy = False
        self.queue: deque[Item] = deque()
        self.accepted: dict[str, CallAccepted] = {}

    def keep(self, task: Task, size: int) -> None:
        """Have this task at hand; its document has so many bytes."""
        self._lanes.bytes += size - self.size
        self.task, self.size = task, size

    def drop(self) -> None:
        """Have nothing at hand."""
        self._lanes.bytes -= self.size
        self.task, self.size = None, 0

    @property
    def idle(self) -> bool:
        """Whether nothing is lost by forgetting it."""
        return not (self.busy or self.queue or self.accepted)


class Lanes:
    """All lanes, the one longest unused first. `bytes` is the size of the documents at hand."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, Lane] = OrderedDict()
        self.bytes = 0

    def known(self, task_id: str) -> Lane | None:
        """The lane, if there is one."""
        return self._lanes.get(task_id)

    def touch(self, task_id: str) -> Lane | None:
        """The lane, if there is one; it counts as used."""
        lane = self._lanes.get(task_id)
        if lane is not None:
            self._lanes.move_to_end(task_id)
        return lane

    def of(self, task_id: str) -> Lane:
        """The lane, made where there is none."""
        lane = self._lanes.get(task_id)
        if lane is None:
            lane = self._lanes[task_id] = Lane(self)
        else:
            self._lanes.move_to_end(task_id)
        return lane

    def waiting(self) -> int:
        """How many events are queued."""
        return sum(len(lane.queue) for lane in self._lanes.values())

    def forget(self, task_id: str) -> None:
        """Drop a lane, unless it is in use."""
        lane = self._lanes.get(task_id)
        if lane is not None and lane.idle:
            lane.drop()
            del self._lanes[task_id]

    def drop_all(self) -> None:
        """Have no task at hand."""
        for lane in self._lanes.values():
            lane.drop()

    def evict(self) -> None:
        """Drop lanes longest unused until the bounds are kept. One in use counts as used just now."""
        for _ in range(min(_LOOKS, len(self._lanes))):
            if not self._over():
                return
            task_id = next(iter(self._lanes))
            self.forget(task_id)
            if task_id in self._lanes:
                self._lanes.move_to_end(task_id)

    def _over(self) -> bool:
        return len(self._lanes) > CACHED_TASKS or self.bytes > CACHED_BYTES


def fail(items: Iterable[Item], error: BaseException) -> None:
    """Tell those who wait for these events that they had no effect."""
    for _, future in items:
        if not future.done():
            future.set_exception(error)


def give_up(items: Iterable[Item]) -> None:
    """Tell those who still wait for these events to come again: who worked on them was stopped in the middle."""
    items = list(items)
    fail(items, StoreAway("the engine was stopped in the middle of this; try again"))
    for _, future in items:
        if not future.cancelled():
            future.exception()  # who was stopped does not ask
