"""Tasks as they stand: at hand where that is sure to be what is stored, else from the store; and where they run."""

from dataclasses import replace

from engine.errors import NotFound
from engine.lanes import Lane, Lanes
from engine.members import Members
from engine.registry import Registry
from engine.store.base import Store, TaskRow
from engine.task.codec import decode
from engine.task.frames import Place
from engine.task.task import Origin, Task

PARENT_BYTES = 10_000
"""What a task counts that is kept at hand without its document's size being known."""

GONE = "there is no such task; it may have been removed after its time"


class Reading:
    """See the module. Where other engines live, or did a moment ago, what is at hand may be older than what is stored;
    with `follow`, where news are read from the store, it may be so while a save is under way that clients have heard
    of already."""

    def __init__(self, store: Store, registry: Registry, lanes: Lanes, members: Members, follow: bool) -> None:
        self._store = store
        self._registry = registry
        self._lanes = lanes
        self._members = members
        self._follow = follow
        members.on_left = lanes.drop_all

    def at_hand(self, task_id: str) -> Task | None:
        """The task, if it is at hand; it may be older than what is stored."""
        lane = self._lanes.touch(task_id)
        return None if lane is None else lane.task

    def has_due(self, task_id: str, now: int) -> bool:
        """Whether the task is at hand, with a timer that is due."""
        task = self.at_hand(task_id)
        return task is not None and task.due is not None and task.due <= now

    async def read(self, task_id: str) -> Task:
        """The task as last saved. Raises NotFound, StoreAway."""
        lane = self._lanes.touch(task_id)
        if lane is not None and lane.task is not None and self._members.long_alone and not (self._follow and lane.busy):
            return lane.task
        return await self.stored(task_id)

    async def stored(self, task_id: str) -> Task:
        """The task as it stands in the store. Raises NotFound, StoreAway."""
        row = await self._row(task_id)
        lane = self._lanes.known(task_id)
        if lane is None:
            return decode(row.document)
        if lane.task is not None and lane.task.revision >= row.revision:
            return lane.task
        task = _task(row)
        if lane.task is not None and not lane.busy:
            lane.keep(task, len(row.document))
        return task

    async def with_lines(self, task_id: str, lines: int) -> Task:
        """A task whose history has so many lines. What is at hand may be older than what the store tells: of a save it
        hears only after those who read. Raises NotFound, StoreAway."""
        lane = self._lanes.known(task_id)
        if lane is not None and lane.task is not None and len(lane.task.history) >= lines:
            return lane.task
        return await self.stored(task_id)

    async def load(self, task_id: str, lane: Lane) -> Task:
        """Have the task at hand, as it stands in the store. Raises NotFound, StoreAway."""
        row = await self._row(task_id)
        task = _task(row)
        lane.keep(task, len(row.document))
        return task

    async def is_current(self, task: Task, lane: Lane) -> bool:
        """Whether the task at hand is what is stored; if not, it is at hand no more. Raises NotFound, StoreAway."""
        if self._members.long_alone or (await self._row(task.id)).revision == task.revision:
            return True
        lane.drop()
        return False

    async def place(self, task: Task) -> Place:
        """Where a task runs. Raises NotFound, StoreAway."""
        pipeline = (await self._registry.definition(task.definition)).levels[task.scope]
        origin = task.origin
        if origin is None or pipeline.loop is None:
            return Place(pipeline, None)
        parent = await self._parent(origin)
        return Place(pipeline, (await self.place(parent)).frame(parent))

    async def _parent(self, origin: Origin) -> Task:
        """The task around a body, kept at hand: it is asked for with each event of each body."""
        lane = self._lanes.of(origin.parent)
        if lane.task is not None and (self._members.long_alone or _runs(lane.task, origin)):
            return lane.task
        if lane.task is not None or lane.busy:
            return await self.read(origin.parent)
        task = await self.read(origin.parent)
        if lane.task is not None or lane.busy:  # something has happened to it meanwhile
            return await self.read(origin.parent)
        if self._lanes.known(origin.parent) is lane:  # else it was dropped meanwhile
            lane.keep(task, PARENT_BYTES)
        return task

    async def _row(self, task_id: str) -> TaskRow:
        row = await self._store.load(task_id)
        if row is None:
            raise NotFound(GONE)
        return row


def _runs(parent: Task, origin: Origin) -> bool:
    """Whether the task is not older than its loop's turn: then it holds all that the bodies read."""
    run = parent.node(origin.node)
    return run.turn == origin.turn and run.state != "pending"


def _task(row: TaskRow) -> Task:
    return replace(decode(row.document), revision=row.revision)
