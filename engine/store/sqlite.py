"""The embedded store: one SQLite file, or a database in memory that ends with the process.

Writes go to one thread that commits them in groups (`sqlite_writer.py`), reads to a few others (`sqlite_readers.py`);
nothing touches the file on the event loop's thread. Several processes may use one file.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from engine.errors import StoreAway
from engine.store import sqlite_children as children
from engine.store import sqlite_keys as keys
from engine.store import sqlite_reads as reads
from engine.store import sqlite_writes as writes
from engine.store.base import (
    Change,
    ChildResult,
    EngineRow,
    KeyRow,
    PipelineRow,
    ServiceRow,
    Stats,
    Submission,
    TaskRow,
    TaskSummary,
)
from engine.store.sqlite_readers import Readers
from engine.store.sqlite_schema import BUSY_SECONDS, Sync
from engine.store.sqlite_trail import SqliteTrail
from engine.store.sqlite_writer import Writer

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_REMOVED_AT_ONCE = 100  # root tasks in one step, so that other writes wait a few milliseconds at most
_CHILDREN_AT_ONCE = 200  # children in one step


class SqliteStore:
    """The `Store` on SQLite. `path` is the file, made with its folder where missing; None keeps all in memory.

    `sync` tells what a returned write survives: `full` a power cut, `normal` the end of the process. `busy_seconds` is
    how long another process may hold the file before a call raises StoreAway.
    """

    def __init__(self, path: Path | None, sync: Sync, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._writer = Writer(path, sync, busy_seconds)
        self._readers = None if path is None else Readers(path, busy_seconds)  # a database in memory has one connection
        self.trail = SqliteTrail(self._writer, self._read)
        self._opening = asyncio.Lock()
        self._opened = False

    @property
    def commits(self) -> int:
        """How many transactions were committed since the store was made."""
        return self._writer.commits

    async def open(self) -> None:
        """See `Store.open`."""
        async with self._opening:
            if self._opened:
                return
            await self._writer.start()
            if self._readers is not None:
                self._readers.start()
            self._opened = True

    async def close(self) -> None:
        """See `Store.close`."""
        async with self._opening:
            self._opened = False
            if self._readers is not None:
                await self._readers.stop()
            await self._writer.stop()  # last: the last connection copies the log into the file and removes it

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._writer.submit(writes.nothing)
        if self._path is not None and not await asyncio.to_thread(self._path.exists):
            raise StoreAway(f"The database {self._path.name} is gone from its folder.")

    async def add_pipeline(self, row: PipelineRow) -> bool:
        """See `Store.add_pipeline`."""
        return await self._writer.submit(writes.add_pipeline, row)

    async def close_pipeline(self, route: str) -> bool:
        """See `Store.close_pipeline`."""
        return await self._writer.submit(writes.close_pipeline, route, frees=True)

    async def open_pipelines(self) -> list[PipelineRow]:
        """See `Store.open_pipelines`."""
        return await self._read([], reads.open_pipelines)

    async def open_pipeline(self, route: str) -> PipelineRow | None:
        """See `Store.open_pipeline`."""
        return await self._read(None, reads.open_pipeline, route)

    async def latest_version(self, route: str) -> int:
        """See `Store.latest_version`."""
        return await self._read(0, reads.latest_version, route)

    async def open_ids(self) -> dict[str, str]:
        """See `Store.open_ids`."""
        return await self._read({}, reads.open_ids)

    async def definition(self, definition_id: str) -> PipelineRow | None:
        """See `Store.definition`."""
        return await self._read(None, reads.definition, definition_id)

    async def versions(self, route: str) -> list[PipelineRow]:
        """See `Store.versions`."""
        return await self._read([], reads.versions, route)

    async def add_definition(self, row: PipelineRow) -> None:
        """See `Store.add_definition`."""
        await self._writer.submit(writes.add_definition, row)

    async def prune_pipelines(self, before: int) -> int:
        """See `Store.prune_pipelines`."""
        return await self._writer.submit(writes.prune_pipelines, before, frees=True)

    async def announce(self, row: ServiceRow) -> None:
        """See `Store.announce`."""
        await self._writer.submit(writes.announce, row)

    async def withdraw(self, route: str, url: str) -> None:
        """See `Store.withdraw`."""
        await self._writer.submit(writes.withdraw, route, url, frees=True)

    async def silence(self, row: ServiceRow) -> bool:
        """See `Store.silence`."""
        return await self._writer.submit(writes.silence, row)

    async def services(self) -> list[ServiceRow]:
        """See `Store.services`."""
        return await self._read([], reads.services)

    async def beat(self, row: EngineRow) -> None:
        """See `Store.beat`."""
        await self._writer.submit(writes.beat, row)

    async def leave(self, engine_id: str) -> None:
        """See `Store.leave`."""
        await self._writer.submit(writes.leave, engine_id, frees=True)

    async def engines(self) -> list[EngineRow]:
        """See `Store.engines`."""
        return await self._read([], reads.engines)

    async def holders(self) -> set[str]:
        """See `Store.holders`."""
        return await self._read(set(), reads.holders)

    async def held(self, holders: str, after: str, limit: int) -> list[str]:
        """See `Store.held`."""
        return await self._read([], reads.held, holders, after, limit)

    async def add_key(self, row: KeyRow) -> None:
        """See `Store.add_key`."""
        await self._writer.submit(keys.add, row)

    async def keys(self) -> list[KeyRow]:
        """See `Store.keys`."""
        return await self._read([], keys.all_of_them)

    async def revoke_key(self, key_id: str, at: int) -> bool:
        """See `Store.revoke_key`."""
        try:
            return await self._writer.submit(keys.revoke, key_id, at, frees=True)
        except UnicodeEncodeError:  # a lone surrogate: no id
            return False

    async def create(self, row: TaskRow, submission: Submission | None = None) -> int | Submission:
        """See `Store.create`."""
        return await self._writer.submit(writes.create, row, submission)

    async def create_many(self, rows: Sequence[TaskRow]) -> list[int | None]:
        """See `Store.create_many`."""
        return await self._writer.submit(children.create_many, rows)

    async def save(self, row: TaskRow) -> int | None:
        """See `Store.save`."""
        return await self._writer.submit(writes.save, row)

    async def load(self, task_id: str) -> TaskRow | None:
        """See `Store.load`."""
        return await self._read(None, children.load, task_id)

    async def page(
        self,
        route: str | None,
        status: str | None,
        before: tuple[int, str] | None,
        limit: int,
        owner: str | None = None,
    ) -> list[TaskSummary]:
        """See `Store.page`."""
        return await self._read([], reads.page, route, status, before, limit, owner)

    async def stats(self, owner: str | None = None) -> Stats:
        """See `Store.stats`."""
        return await self._read(Stats({}, {}), reads.stats, owner)

    async def due(self, now: int, limit: int) -> list[str]:
        """See `Store.due`."""
        return await self._read([], reads.due, now, limit)

    async def next_due(self) -> int | None:
        """See `Store.next_due`."""
        return await self._read(None, reads.next_due)

    async def running(self, after: str, limit: int, waiting: bool = False) -> list[str]:
        """See `Store.running`."""
        return await self._read([], reads.running, after, limit, waiting)

    async def expired(self, before: int, limit: int) -> list[str]:
        """See `Store.expired`."""
        return await self._read([], reads.expired, before, limit)

    async def delete(self, task_ids: Collection[str]) -> list[str]:
        """See `Store.delete`. Many are removed in several steps."""
        wanted, removed = list(task_ids), list[str]()
        for start in range(0, len(wanted), _REMOVED_AT_ONCE):
            part = wanted[start : start + _REMOVED_AT_ONCE]
            while part:
                gone, part = await self._writer.submit(children.delete, part, _CHILDREN_AT_ONCE, frees=True)
                removed += gone
        return removed

    async def existing(self, task_ids: Collection[str]) -> set[str]:
        """See `Store.existing`."""
        return await self._read(set(), reads.existing, list(task_ids))

    async def owners(self, task_ids: Collection[str]) -> dict[str, str]:
        """See `Store.owners`."""
        return await self._read({}, reads.owners, list(task_ids))

    async def statuses(self, task_ids: Collection[str]) -> dict[str, str]:
        """See `Store.statuses`."""
        return await self._read({}, reads.statuses, list(task_ids))

    async def recount(self) -> bool:
        """See `Store.recount`. Here the numbers are always right: they change in one step with what they count."""
        return True

    async def children(self, root: str, after: tuple[str, str, int] | None, limit: int) -> list[TaskRow]:
        """See `Store.children`."""
        return await self._read([], children.children, root, after, limit)

    async def family(self, root: str, parent: str, family: str, after: int, limit: int) -> list[ChildResult]:
        """See `Store.family`."""
        return await self._read([], children.family, root, parent, family, after, limit)

    async def family_running(self, root: str, parent: str, family: str, limit: int) -> list[str]:
        """See `Store.family_running`."""
        return await self._read([], children.family_running, root, parent, family, limit)

    async def family_counts(self, root: str, parent: str, family: str) -> dict[str, int]:
        """See `Store.family_counts`."""
        return await self._read({}, children.family_counts, root, parent, family)

    async def last_change(self) -> int:
        """See `Store.last_change`."""
        return await self._read(0, reads.last_change)

    async def changes(self, after: int, limit: int, root: str | None = None) -> list[Change]:
        """See `Store.changes`."""
        return await self._read([], reads.changes, after, limit, root)

    async def _read(self, default: T, operation: Callable[[sqlite3.Connection, *Ts], T], *arguments: *Ts) -> T:
        """Perform an operation that reads; `default` is what it finds for a value that cannot be in a database."""
        queue = self._writer if self._readers is None else self._readers
        try:
            return await queue.submit(operation, *arguments)
        except (UnicodeEncodeError, OverflowError):  # a lone surrogate, 2**63: ids and cursors come from outside
            return default
