"""Numbers of changes: taken from one counter for all saves that wait together, and what became of each.

A number is written to `changes` before the save that it is for, with the task and the revision; the save then puts it
into the task's own document. So no change is lost where an engine dies in between, and one whose save lost is known by
not standing in the task. Numbers that nobody used are holes.

What engines see of the counter tells when a number is old: who took it has saved, or never will. A change that is not
there by then is passed over (`horizon`). A save that took so long itself is told a second time, under a new number: a
listener may hear of it twice, but never not at all.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bson import Int64
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from engine.errors import EngineError, StoreAway
from engine.store.base import TaskRow
from engine.store.mongo_link import Database, Document, Link

COUNTER = "changes"
REMOVED = "removed changes"
"""Beside the counter: the highest number whose task was removed."""

_OLD = 1.0  # seconds after which a number that was seen is old
_LATE = 0.6  # seconds after which a save may be late: others may have passed its number over
_BETWEEN = 0.05  # seconds between two looks that are remembered
_REMEMBERED = 5_000  # of the numbers that this process took
_TOGETHER = 500  # numbers in one step


@dataclass(slots=True)
class _Asked:
    rows: list[TaskRow]
    future: asyncio.Future[list[int]]
    repeated: Sequence[int | None] | None = None


class Numbers:
    """The counter, as one process sees it. `clock` gives seconds that never jump."""

    def __init__(self, link: Link, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = link
        self._clock = clock
        self._waiting: list[_Asked] = []
        self._worker: asyncio.Task[None] | None = None
        self._seen: deque[tuple[float, int]] = deque()
        self._last = (0.0, 0)
        self._horizon = 0
        self._mine: dict[int, bool | None] = {}  # None: under way; then whether it took effect
        self._taken: dict[int, float] = {}  # when those that are under way were taken

    async def open(self) -> None:
        """Make the counter, where there is none, and see how far it is."""

        async def work(database: Database, again: bool) -> None:
            for name in (COUNTER, REMOVED):
                if await database["numbers"].find_one({"_id": name}) is None:
                    try:
                        await database["numbers"].insert_one({"_id": name, "last": Int64(0)})
                    except DuplicateKeyError:
                        continue  # another engine was first

        await self._link.run(work)
        self.see(await self.counter())

    async def counter(self) -> int:
        """The highest number that was taken."""

        async def work(database: Database, again: bool) -> int:
            found = await database["numbers"].find_one({"_id": COUNTER})
            return 0 if found is None else int(found["last"])

        return await self._link.run(work)

    async def take(self, rows: list[TaskRow], repeated: list[int] | None = None) -> list[int]:
        """A number for each of the rows, written to `changes`. Each is to be given to `confirm`, `settle` or `forget`.

        `repeated` are the numbers of the same changes that were taken before.
        """
        "".join(f"{row.id}{row.root}" for row in rows).encode()  # what cannot be stored fails here, and alone
        asked = _Asked(rows, asyncio.get_running_loop().create_future(), repeated)
        self._waiting.append(asked)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await asked.future

    async def confirm(self, taken: dict[int, TaskRow]) -> None:
        """Say that the saves under these numbers took effect. Those that took long are told again."""
        now = self._clock()
        late = {number: row for number, row in taken.items() if now - self._taken.get(number, now) >= _LATE}
        for number in taken:
            self.settle(number, True)
        if late:
            try:
                numbers = await self.take(list(late.values()), list(late))
            except EngineError:
                return  # away again; the save itself is stored
            for number in numbers:
                self.settle(number, True)

    def settle(self, number: int, happened: bool) -> None:
        """Say what became of a number that was taken."""
        self._mine[number] = happened
        self._taken.pop(number, None)

    def forget(self, number: int) -> None:
        """Say that it is not known what became of a number that was taken."""
        self._mine.pop(number, None)
        self._taken.pop(number, None)

    def mine(self) -> dict[int, bool | None]:
        """What is known now of the numbers that this process took, those that are not old at least."""
        return self._mine.copy()

    def see(self, number: int) -> None:
        """Note that a number has been taken by now, and so all below it."""
        if number <= self._last[1]:
            return
        self._last = (self._clock(), number)
        if not self._seen or self._last[0] - self._seen[-1][0] >= _BETWEEN:
            self._seen.append(self._last)

    def horizon(self) -> int:
        """All changes up to here are there, or will never be; those of this process in any case."""
        now = self._clock()
        while self._seen and now - self._seen[0][0] >= _OLD:
            self._horizon = self._seen.popleft()[1]
        if now - self._last[0] >= _OLD:
            self._horizon = self._last[1]
        while len(self._mine) > _REMEMBERED:
            first = next(iter(self._mine))
            if first > self._horizon or self._mine[first] is None:
                break
            del self._mine[first]
        return min(self._horizon, min(self._taken, default=self._horizon + 1) - 1)

    async def _work(self) -> None:
        """Serve those that wait, many at a time, until nobody does."""
        try:
            while self._waiting:
                await asyncio.sleep(0)  # let those come who are about to ask
                group = self._next_group()
                try:
                    await self._serve(group)
                except BaseException as error:
                    _fail(group, error)
                    if not isinstance(error, EngineError):
                        raise
        finally:
            self._worker = None
            if self._waiting:
                group, self._waiting = self._waiting, []
                _fail(group, StoreAway("The store was stopped."))

    def _next_group(self) -> list[_Asked]:
        count = size = 0
        for asked in self._waiting:
            size += len(asked.rows)
            if count and size > _TOGETHER:
                break
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    async def _serve(self, group: list[_Asked]) -> None:
        rows = [row for asked in group for row in asked.rows]
        last = await self._link.run(lambda database, again: self._increase(database, len(rows)))
        numbers = list(range(last - len(rows) + 1, last + 1))
        self.see(last)
        now = self._clock()
        for number in numbers:
            self._mine[number], self._taken[number] = None, now
        repeated = [each for asked in group for each in asked.repeated or _none(asked.rows)]
        documents = [_change(*each) for each in zip(numbers, rows, repeated, strict=True)]
        try:
            await self._link.run(lambda database, again: _insert(database, documents))
        except BaseException:  # whether they were written or not: nobody will save under these
            for number in numbers:
                self.settle(number, False)
            raise
        for asked in group:
            part, numbers = numbers[: len(asked.rows)], numbers[len(asked.rows) :]
            if not asked.future.done():
                asked.future.set_result(part)
            else:
                for number in part:
                    self.settle(number, False)

    async def _increase(self, database: Database, count: int) -> int:
        """Asked again, it leaves a hole: nobody knows what became of the numbers of the first time."""
        found = await database["numbers"].find_one_and_update(
            {"_id": COUNTER}, {"$inc": {"last": Int64(count)}}, return_document=ReturnDocument.AFTER
        )
        if found is None:
            raise StoreAway("MongoDB did not count.")
        return int(found["last"])


def _none(rows: list[TaskRow]) -> list[int | None]:
    return [None] * len(rows)


def _change(number: int, row: TaskRow, repeated: int | None) -> Document:
    change: Document = {} if repeated is None else {"of": Int64(repeated)}
    return change | {
        "_id": Int64(number),
        "number": Int64(number),
        "task": row.id,
        "head": row.root or row.id,
        "revision": row.revision,
        "first": row.first_event,
        "last": row.last_event,
    }


async def _insert(database: Database, documents: list[Document]) -> None:
    """Those that are there already were written when it was asked before: nobody else has these numbers."""
    try:
        await database["changes"].insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != 11000 for each in error.details["writeErrors"]):
            raise


def _fail(group: list[_Asked], error: BaseException) -> None:
    for asked in group:
        if not asked.future.done():
            detail = error.detail if isinstance(error, EngineError) else "The store was stopped."
            kind = type(error) if isinstance(error, EngineError) else StoreAway
            asked.future.set_exception(kind(detail))
            with contextlib.suppress(BaseException):
                asked.future.exception()  # its caller may have left
