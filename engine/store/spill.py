"""Keeps large documents and results of tasks in the store of binaries: a document of MongoDB holds 16 MB at most.

In the row's place stands a small reference, and the bytes are a binary of the task's root, that goes with it. A binary
is complete before a row refers to it. It is removed when its revision was overwritten, or lost; where it is not known
what became of a save it stays, and goes with the root.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from engine.errors import EngineError, NotFound, StoreAway, StoreFull
from engine.store.base import ChildResult, Store, Submission, TaskRow

BOUND = 1_000_000
"""Bytes above which a document or a result is kept as a binary."""

_MARK = b"\x00in a binary: "
_CHUNK = 2**20
_REMEMBERED = 10_000
_TRIES = 4


class Sink(Protocol):
    """What is asked of a binary that is being written; see `engine/binaries/base.py`."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""

    async def commit(self) -> str:
        """Make it complete and durable. Returns its id."""

    async def abort(self) -> None:
        """Forget it; after `commit` nothing happens."""


class Binaries(Protocol):
    """What is asked of the store of binaries; see `engine/binaries/base.py`."""

    async def sink(self, owner: str) -> Sink:
        """Begin a new binary of `owner`."""

    def read(self, binary_id: str) -> AsyncIterator[bytes]:
        """Its bytes, in chunks. Raises NotFound before the first chunk."""

    async def remove(self, binary_ids: Collection[str]) -> None:
        """Remove these binaries; those that are not there are passed over."""


class SpillingStore:
    """The `Store` on another one. Both are opened and closed by who made them, the binaries apart from the store."""

    def __init__(self, store: Store, binaries: Binaries, bound: int = BOUND) -> None:
        self._store = store
        self._binaries = binaries
        self._bound = bound
        self._known: OrderedDict[str, tuple[int, list[str]]] = OrderedDict()  # of tasks: revision, its binaries
        self.trail = store.trail
        self.open, self.close, self.ping = store.open, store.close, store.ping
        self.add_pipeline, self.close_pipeline = store.add_pipeline, store.close_pipeline
        self.open_pipelines, self.open_pipeline = store.open_pipelines, store.open_pipeline
        self.latest_version, self.open_ids = store.latest_version, store.open_ids
        self.definition, self.versions = store.definition, store.versions
        self.add_definition, self.prune_pipelines = store.add_definition, store.prune_pipelines
        self.announce, self.withdraw, self.silence = store.announce, store.withdraw, store.silence
        self.services, self.beat, self.leave, self.engines = store.services, store.beat, store.leave, store.engines
        self.add_key, self.keys, self.revoke_key = store.add_key, store.keys, store.revoke_key
        self.holders, self.held, self.page, self.stats = store.holders, store.held, store.page, store.stats
        self.due, self.next_due, self.running, self.expired = store.due, store.next_due, store.running, store.expired
        self.delete, self.existing = store.delete, store.existing
        self.owners, self.statuses, self.recount = store.owners, store.statuses, store.recount
        self.family_running, self.family_counts = store.family_running, store.family_counts
        self.last_change, self.changes = store.last_change, store.changes

    async def create(self, row: TaskRow, submission: Submission | None = None) -> int | Submission:
        """See `Store.create`."""
        stored, made = await self._spill(row)
        try:
            done = await self._store.create(stored, submission)
        except StoreAway:
            raise
        except EngineError:
            await self._remove(made)
            raise
        if isinstance(done, Submission):
            await self._remove(made)
        else:
            self._remember(row, made)
        return done

    async def create_many(self, rows: Sequence[TaskRow]) -> list[int | None]:
        """See `Store.create_many`."""
        if all(self._fits(row.document) and self._fits(row.result) for row in rows):
            return await self._store.create_many(rows)
        spilled: list[tuple[TaskRow, list[str]]] = []
        try:
            for row in rows:
                spilled.append(await self._spill(row))
            numbers = await self._store.create_many([stored for stored, _ in spilled])
        except StoreAway:
            raise
        except (EngineError, ValueError):
            await self._remove([each for _, made in spilled for each in made])
            raise
        for (row, made), number in zip(spilled, numbers, strict=True):
            if number is not None:
                self._remember(row, made)
        await self._remove([each for (_, made), number in zip(spilled, numbers) if number is None for each in made])
        return numbers

    async def save(self, row: TaskRow) -> int | None:
        """See `Store.save`."""
        stored, made = await self._spill(row)
        try:
            number = await self._store.save(stored)
        except StoreFull:
            await self._remove(made)
            raise
        if number is None:
            await self._remove(made)
            return None
        revision, old = self._known.pop(row.id, (0, list[str]()))
        self._remember(row, made)
        if revision == row.revision - 1:
            await self._remove(old)
        return number

    async def load(self, task_id: str) -> TaskRow | None:
        """See `Store.load`."""
        for _ in range(_TRIES):
            row = await self._store.load(task_id)
            if row is None:
                return None
            try:
                return await self._whole(row)
            except NotFound:  # overwritten meanwhile, and its binary removed
                continue
        raise StoreAway(f"A part of the task {task_id} is missing in the store of binaries.")

    async def children(self, root: str, after: tuple[str, str, int] | None, limit: int) -> list[TaskRow]:
        """See `Store.children`."""
        found: list[TaskRow] = []
        for row in await self._store.children(root, after, limit):
            try:
                found.append(await self._whole(row))
            except NotFound:
                again = await self.load(row.id)
                if again is not None:
                    found.append(again)
        return found

    async def family(self, root: str, parent: str, family: str, after: int, limit: int) -> list[ChildResult]:
        """See `Store.family`."""
        found: list[ChildResult] = []
        for child in await self._store.family(root, parent, family, after, limit):
            reference = _reference(child.result)
            if reference is not None:
                try:
                    child = replace(child, result=await self._read(reference))
                except NotFound:
                    row = await self.load(child.id)
                    if row is None:
                        continue
                    child = ChildResult(row.id, row.position, row.status, row.result)
            found.append(child)
        return found

    def _fits(self, value: bytes | None) -> bool:
        return value is None or len(value) <= self._bound and not value.startswith(_MARK)

    async def _spill(self, row: TaskRow) -> tuple[TaskRow, list[str]]:
        """The row as it is stored, and the ids of the binaries that were made for it."""
        made: list[str] = []
        try:
            if not self._fits(row.document):
                made.append(await self._write(row.root or row.id, row.document))
                row = replace(row, document=_MARK + made[-1].encode())
            if row.result is not None and not self._fits(row.result):
                made.append(await self._write(row.root or row.id, row.result))
                row = replace(row, result=_MARK + made[-1].encode())
        except EngineError:
            await self._remove(made)
            raise
        return row, made

    async def _write(self, owner: str, value: bytes) -> str:
        sink = await self._binaries.sink(owner)
        try:
            view = memoryview(value)
            for start in range(0, len(value), _CHUNK):
                await sink.write(bytes(view[start : start + _CHUNK]))
            return await sink.commit()
        finally:
            await sink.abort()

    async def _whole(self, row: TaskRow) -> TaskRow:
        """The row as it was given. Raises NotFound."""
        document, result = _reference(row.document), _reference(row.result)
        references = [each for each in (document, result) if each is not None]
        self._remember(row, references)
        if document is not None:
            row = replace(row, document=await self._read(document))
        if result is not None:
            row = replace(row, result=await self._read(result))
        return row

    async def _read(self, binary_id: str) -> bytes:
        return b"".join([chunk async for chunk in self._binaries.read(binary_id)])

    def _remember(self, row: TaskRow, binaries: list[str]) -> None:
        """Which binaries this revision has, so that they can go when the next one is saved."""
        if not binaries:
            self._known.pop(row.id, None)
            return
        self._known[row.id] = (row.revision, binaries)
        self._known.move_to_end(row.id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _remove(self, binaries: list[str]) -> None:
        """Remove what nothing refers to. What cannot be removed now goes with the root."""
        if not binaries:
            return
        try:
            await self._binaries.remove(binaries)
        except EngineError:
            return


def _reference(value: bytes | None) -> str | None:
    """The id of the binary that holds the value; None where it stands there itself."""
    return value[len(_MARK) :].decode() if value is not None and value.startswith(_MARK) else None
