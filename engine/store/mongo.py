"""The store on MongoDB, for any number of engines at once.

Each change of a task is one update of one document with a majority's acknowledgement, that takes effect only on the
revision that it was made for. There are no transactions. What spans several documents is written in an order in which
whoever comes after a crash can tell what happened: `mongo_schema.py` says what is kept, `mongo_numbers.py` how changes
are numbered, `mongo_link.py` what happens where MongoDB goes away.
"""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import StoreAway
from engine.store.base import (
    Change,
    ChildResult,
    EngineRow,
    PipelineRow,
    ServiceRow,
    Stats,
    Submission,
    TaskRow,
    TaskSummary,
)
from engine.store.mongo_changes import Changes
from engine.store.mongo_children import Children
from engine.store.mongo_faults import UNSTORABLE
from engine.store.mongo_keys import Keys
from engine.store.mongo_link import Database, Link
from engine.store.mongo_lists import Lists
from engine.store.mongo_numbers import Numbers
from engine.store.mongo_pipelines import Announced, Pipelines
from engine.store.mongo_recount import recount
from engine.store.mongo_schema import make_indexes, pipeline_row
from engine.store.mongo_tally import Tallies
from engine.store.mongo_tasks import REMOVED_AT_ONCE, Tasks
from engine.store.mongo_trail import MongoTrail

T = TypeVar("T")


class MongoStore:
    """The `Store` on MongoDB. `uri_file` holds the URI where it changes while the engine runs: it is read again."""

    def __init__(self, uri: str, database: str, uri_file: Path | None = None) -> None:
        self.database = database
        self._link = Link(uri, database, uri_file)
        self._numbers = Numbers(self._link)
        self._tallies = Tallies(self._link)
        self._tasks = Tasks(self._link, self._numbers, self._tallies)
        self._children = Children(self._link, self._numbers, self._tasks)
        self._changes = Changes(self._link, self._numbers)
        self._lists = Lists(self._link)
        self._pipelines = Pipelines(self._link)
        self._announced = Announced(self._link)
        keys = Keys(self._link, self._do)
        self.add_key, self.keys, self.revoke_key = keys.add, keys.all, keys.revoke
        self.trail = MongoTrail(self._link, self._do)
        self.open_ids, self.holders, self.next_due = self._pipelines.open_ids, self._lists.holders, self._lists.next_due
        self.services, self.engines = self._announced.services, self._announced.engines
        self.last_change = self._changes.last
        self._opening = asyncio.Lock()
        self._opened = False
        self._running: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """See `Store.open`."""
        async with self._opening:
            if self._opened:
                return
            await self._link.open()
            try:

                async def work(database: Database, again: bool) -> None:
                    await make_indexes(database)

                await self._link.run(work)
                await self._numbers.open()
            except BaseException:
                self._link.shut()
                raise
            self._opened = True

    async def close(self) -> None:
        """See `Store.close`."""
        async with self._opening:
            self._opened = False
            while self._running:
                await asyncio.gather(*self._running, return_exceptions=True)
            await self._link.close()

    async def ping(self) -> None:
        """See `Store.ping`. What `stats` could not be told while MongoDB was away is told now."""

        async def work(database: Database, again: bool) -> None:
            await database.command("ping")

        await self._link.run(work)
        await self._tallies.flush()

    async def add_pipeline(self, row: PipelineRow) -> bool:
        """See `Store.add_pipeline`."""
        return await self._do(self._pipelines.add(row))

    async def close_pipeline(self, route: str) -> bool:
        """See `Store.close_pipeline`."""
        return await self._do(self._pipelines.close(route))

    async def open_pipelines(self) -> list[PipelineRow]:
        """See `Store.open_pipelines`."""
        return [pipeline_row(each["row"]) for each in await self._pipelines.routes()]

    async def open_pipeline(self, route: str) -> PipelineRow | None:
        """See `Store.open_pipeline`."""
        found = await _found(None, self._pipelines.route(route))
        return None if found is None or found["open"] is None else pipeline_row(found["row"])

    async def latest_version(self, route: str) -> int:
        """See `Store.latest_version`."""
        found = await _found(None, self._pipelines.route(route))
        return 0 if found is None else int(found["latest"])

    async def definition(self, definition_id: str) -> PipelineRow | None:
        """See `Store.definition`."""
        return await _found(None, self._pipelines.definition(definition_id))

    async def versions(self, route: str) -> list[PipelineRow]:
        """See `Store.versions`."""
        return await _found([], self._pipelines.versions(route))

    async def add_definition(self, row: PipelineRow) -> None:
        """See `Store.add_definition`."""
        await self._do(self._pipelines.add_definition(row))

    async def prune_pipelines(self, before: int) -> int:
        """See `Store.prune_pipelines`."""
        return await self._do(self._pipelines.prune(before))

    async def announce(self, row: ServiceRow) -> None:
        """See `Store.announce`."""
        await self._do(self._announced.announce(row))

    async def withdraw(self, route: str, url: str) -> None:
        """See `Store.withdraw`."""
        await self._do(self._announced.remove("services", f"{route} {url}"))

    async def silence(self, row: ServiceRow) -> bool:
        """See `Store.silence`."""
        return await self._do(self._announced.silence(row))

    async def beat(self, row: EngineRow) -> None:
        """See `Store.beat`."""
        await self._do(self._announced.beat(row))

    async def leave(self, engine_id: str) -> None:
        """See `Store.leave`."""
        await self._do(self._announced.remove("engines", engine_id))

    async def held(self, holders: str, after: str, limit: int) -> list[str]:
        """See `Store.held`."""
        return await _found([], self._lists.held(holders, after, limit))

    async def create(self, row: TaskRow, submission: Submission | None = None) -> int | Submission:
        """See `Store.create`."""
        return await self._do(self._tasks.create(row, submission))

    async def create_many(self, rows: Sequence[TaskRow]) -> list[int | None]:
        """See `Store.create_many`."""
        return await self._do(self._children.create_many(list(rows)))

    async def save(self, row: TaskRow) -> int | None:
        """See `Store.save`."""
        return await self._do(self._tasks.save(row))

    async def load(self, task_id: str) -> TaskRow | None:
        """See `Store.load`."""
        return await _found(None, self._tasks.load(task_id))

    async def page(
        self,
        route: str | None,
        status: str | None,
        before: tuple[int, str] | None,
        limit: int,
        owner: str | None = None,
    ) -> list[TaskSummary]:
        """See `Store.page`."""
        return await _found([], self._lists.page(route, status, before, limit, owner))

    async def stats(self, owner: str | None = None) -> Stats:
        """See `Store.stats`."""
        return await _found(Stats({}, {}), self._tallies.stats(owner))

    async def due(self, now: int, limit: int) -> list[str]:
        """See `Store.due`."""
        return await _found([], self._lists.due(now, limit))

    async def running(self, after: str, limit: int, waiting: bool = False) -> list[str]:
        """See `Store.running`."""
        return await _found([], self._lists.running(after, limit, waiting))

    async def expired(self, before: int, limit: int) -> list[str]:
        """See `Store.expired`."""
        return await _found([], self._lists.expired(before, limit))

    async def delete(self, task_ids: Collection[str]) -> list[str]:
        """See `Store.delete`."""
        wanted, removed = [each for each in task_ids if _storable(each)], list[str]()
        for start in range(0, len(wanted), REMOVED_AT_ONCE):
            part = wanted[start : start + REMOVED_AT_ONCE]
            while part:
                gone, part = await self._do(self._tasks.delete_some(part))
                removed += gone
        return removed

    async def existing(self, task_ids: Collection[str]) -> set[str]:
        """See `Store.existing`."""
        return set(await self.statuses(task_ids))

    async def owners(self, task_ids: Collection[str]) -> dict[str, str]:
        """See `Store.owners`."""
        return await self._lists.owners([each for each in task_ids if _storable(each)])

    async def statuses(self, task_ids: Collection[str]) -> dict[str, str]:
        """See `Store.statuses`."""
        return await self._lists.statuses([each for each in task_ids if _storable(each)])

    async def recount(self) -> bool:
        """See `Store.recount`."""
        return await self._do(recount(self._link, self._tallies))

    async def children(self, root: str, after: tuple[str, str, int] | None, limit: int) -> list[TaskRow]:
        """See `Store.children`."""
        return await _found([], self._children.children(root, after, limit))

    async def family(self, root: str, parent: str, family: str, after: int, limit: int) -> list[ChildResult]:
        """See `Store.family`."""
        return await _found([], self._children.family(root, parent, family, after, limit))

    async def family_running(self, root: str, parent: str, family: str, limit: int) -> list[str]:
        """See `Store.family_running`."""
        return await _found([], self._children.family_running(root, parent, family, limit))

    async def family_counts(self, root: str, parent: str, family: str) -> dict[str, int]:
        """See `Store.family_counts`."""
        return await _found({}, self._children.family_counts(root, parent, family))

    async def changes(self, after: int, limit: int, root: str | None = None) -> list[Change]:
        """See `Store.changes`."""
        return await _found([], self._changes.after(after, limit, root))

    async def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Perform to the end what changes something, also where its caller is cancelled or the store is closed."""
        if not self._opened:
            work.close()
            raise StoreAway("The store is not open.")
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may have left


async def _found(default: T, work: Coroutine[Any, Any, T]) -> T:
    """What is found; `default` for a value that cannot be in a database: ids and cursors come from outside."""
    try:
        return await work
    except UNSTORABLE:
        return default


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
