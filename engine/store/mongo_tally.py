"""What `stats` tells: one document for each route, with the number of its root tasks by status.

Changes of numbers that wait together become one `$inc` for each route. Each engine leaves the number of its last step
in the document, so that a step whose acknowledgement was lost is neither missed nor taken twice.
"""

import asyncio
from collections import Counter
from secrets import token_hex

from pymongo.errors import DuplicateKeyError

from engine.errors import EngineError
from engine.store.base import Stats
from engine.store.mongo_link import Database, Document, Link

STATUSES = ("running", "finished", "error")
_MARK = "by_"


class Tally:
    """Counts for one process."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.mark = f"{_MARK}{token_hex(8)}"
        self._step = 0
        self._waiting: dict[str, Counter[str]] = {}
        self._frozen: dict[str, tuple[int, Counter[str]]] = {}
        self._lock = asyncio.Lock()

    async def add(self, route: str, changes: dict[str, int]) -> None:
        """Add to the numbers of a route. Where the store is away it is done with the next call that reaches it."""
        self._waiting.setdefault(route, Counter()).update(changes)
        async with self._lock:  # those who wait here go together
            try:
                await self._flush()
            except EngineError:
                return  # the task itself was stored: its caller is told so

    async def stats(self) -> Stats:
        """See `Store.stats`."""

        async def work(database: Database, again: bool) -> list[Document]:
            return await database["tallies"].find().to_list(None)

        by_status: Counter[str] = Counter()
        by_both: dict[str, dict[str, int]] = {}
        for found in await self._link.run(work):
            numbers = {status: max(0, int(found.get(status, 0))) for status in STATUSES}
            by_status.update(numbers)
            if any(numbers.values()):
                by_both[found["_id"]] = {status: number for status, number in numbers.items() if number}
        return Stats(
            {status: number for status, number in by_status.items() if number},
            {route: sum(numbers.values()) for route, numbers in by_both.items()},
            by_both,
        )

    async def introduce(self, route: str) -> None:
        """Have the document of a route there."""

        async def work(database: Database, again: bool) -> None:
            while await self._introduce(database, route):
                pass

        await self._link.run(work)

    async def flush(self) -> None:
        """Write what could not be written before."""
        async with self._lock:
            await self._flush()

    async def _flush(self) -> None:
        while self._frozen or self._waiting:
            if not self._frozen:
                waiting, self._waiting = self._waiting, {}
                for route, changes in waiting.items():
                    self._step += 1
                    self._frozen[route] = (self._step, changes)
            results = await asyncio.gather(
                *(self._write(route, *step) for route, step in self._frozen.items()), return_exceptions=True
            )
            for route, result in zip(list(self._frozen), results, strict=True):
                if result is None:
                    del self._frozen[route]
            for result in results:
                if result is not None:
                    raise result

    async def _write(self, route: str, step: int, changes: Counter[str]) -> None:
        async def work(database: Database, again: bool) -> None:
            tallies = database["tallies"]
            change = {"$inc": dict(changes), "$set": {self.mark: step}}
            while True:
                done = await tallies.update_one({"_id": route, self.mark: {"$lt": step}}, change)
                if done.matched_count or not await self._introduce(database, route):
                    return

        if any(changes.values()):
            await self._link.run(work)

    async def _introduce(self, database: Database, route: str) -> bool:
        """Make the document and this engine's mark in it, where they are missing. Whether one was."""
        tallies = database["tallies"]
        found = await tallies.find_one({"_id": route})
        if found is None:
            try:
                await tallies.insert_one({"_id": route, **dict.fromkeys(STATUSES, 0), self.mark: 0})
            except DuplicateKeyError:
                pass
            return True
        if self.mark in found:
            return False
        await tallies.update_one({"_id": route}, {"$set": {self.mark: 0}})
        return True


def is_mark(name: str) -> bool:
    """Whether a field is the mark of an engine."""
    return name.startswith(_MARK)
