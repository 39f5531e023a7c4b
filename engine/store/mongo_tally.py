"""What `stats` tells: one document for each route, with the number of its root tasks by status; and of tasks that have
an owner one more for each route and owner, in `shares`, so that what is told of all does not grow with the owners.

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
    """Counts for one process, in the documents of one collection: `key` is a route, or in `shares` a route, a blank and
    an owner."""

    def __init__(self, link: Link, collection: str) -> None:
        self._link = link
        self.collection = collection
        self.mark = f"{_MARK}{token_hex(8)}"
        self._step = 0
        self._waiting: dict[str, Counter[str]] = {}
        self._frozen: dict[str, tuple[int, Counter[str]]] = {}
        self._lock = asyncio.Lock()

    async def add(self, key: str, changes: dict[str, int]) -> None:
        """Add to the numbers of a key. Where the store is away it is done with the next call that reaches it."""
        self._waiting.setdefault(key, Counter()).update(changes)
        async with self._lock:  # those who wait here go together
            try:
                await self._flush()
            except EngineError:
                return  # the task itself was stored: its caller is told so

    async def stats(self, chosen: Document) -> Stats:
        """The numbers of the documents that are chosen."""

        async def work(database: Database, again: bool) -> list[Document]:
            return await database[self.collection].find(chosen).to_list(None)

        by_both: dict[str, Counter[str]] = {}
        for found in await self._link.run(work):
            numbers = Counter({status: max(0, int(found.get(status, 0))) for status in STATUSES})
            by_both.setdefault(found["_id"].partition(" ")[0], Counter()).update(numbers)
        return _stats(by_both)

    async def introduce(self, key: str) -> None:
        """Have the document of a key there."""

        async def work(database: Database, again: bool) -> None:
            while await self._introduce(database, key):
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
                for key, changes in waiting.items():
                    self._step += 1
                    self._frozen[key] = (self._step, changes)
            results = await asyncio.gather(
                *(self._write(key, *step) for key, step in self._frozen.items()), return_exceptions=True
            )
            for key, result in zip(list(self._frozen), results, strict=True):
                if result is None:
                    del self._frozen[key]
            for result in results:
                if result is not None:
                    raise result

    async def _write(self, key: str, step: int, changes: Counter[str]) -> None:
        async def work(database: Database, again: bool) -> None:
            tallies = database[self.collection]
            change = {"$inc": dict(changes), "$set": {self.mark: step}}
            while True:
                done = await tallies.update_one({"_id": key, self.mark: {"$lt": step}}, change)
                if done.matched_count or not await self._introduce(database, key):
                    return

        if any(changes.values()):
            await self._link.run(work)

    async def _introduce(self, database: Database, key: str) -> bool:
        """Make the document and this engine's mark in it, where they are missing. Whether one was."""
        tallies = database[self.collection]
        found = await tallies.find_one({"_id": key})
        if found is None:
            try:
                owner = key.partition(" ")[2]
                await tallies.insert_one({"_id": key, "owner": owner, **dict.fromkeys(STATUSES, 0), self.mark: 0})
            except DuplicateKeyError:
                pass
            return True
        if self.mark in found:
            return False
        await tallies.update_one({"_id": key}, {"$set": {self.mark: 0}})
        return True


class Tallies:
    """The counts of all tasks by route, and of those that have an owner by route and owner too."""

    def __init__(self, link: Link) -> None:
        self.of_all = Tally(link, "tallies")
        self.of_owners = Tally(link, "shares")

    async def add(self, route: str, owner: str, changes: dict[str, int]) -> None:
        """See `Tally.add`."""
        if owner:
            await asyncio.gather(self.of_all.add(route, changes), self.of_owners.add(f"{route} {owner}", changes))
        else:
            await self.of_all.add(route, changes)

    async def stats(self, owner: str | None) -> Stats:
        """See `Store.stats`."""
        if owner is None:
            return await self.of_all.stats({})
        if owner:
            return await self.of_owners.stats({"owner": {"$eq": owner}})
        return _without(await self.of_all.stats({}), await self.of_owners.stats({}))

    async def flush(self) -> None:
        """See `Tally.flush`."""
        await self.of_all.flush()
        await self.of_owners.flush()


def _stats(by_both: dict[str, Counter[str]]) -> Stats:
    """The numbers, without those that are 0 or less."""
    kept = {route: dict(+numbers) for route, numbers in by_both.items() if +numbers}
    by_status: Counter[str] = Counter()
    for numbers in kept.values():
        by_status.update(numbers)
    return Stats(dict(by_status), {route: sum(numbers.values()) for route, numbers in kept.items()}, kept)


def _without(every: Stats, some: Stats) -> Stats:
    """What is left of the numbers of all when those of some are taken away."""
    left = {route: Counter(numbers) for route, numbers in every.by_both.items()}
    for route, numbers in some.by_both.items():
        left.setdefault(route, Counter()).subtract(numbers)
    return _stats(left)


def is_mark(name: str) -> bool:
    """Whether a field is the mark of an engine."""
    return name.startswith(_MARK)
