"""Puts right what `stats` tells where an engine was killed between a task and its count."""

import asyncio

from engine.store.mongo_link import Database, Document, Link, count
from engine.store.mongo_tally import STATUSES, Tallies, Tally, is_mark

_APART = 0.5  # seconds between two counts; longer than a task's count is under way
_Found = tuple[int, int]  # what is told, and how much that lacks
_MARKS = 100  # so many engines of the past may have left a mark in a document


async def recount(link: Link, tallies: Tallies) -> bool:
    """See `Store.recount`. A difference is put right where two counts in a row show the same, while the numbers
    stood still at each: what is under way shows another one each time, or moves the numbers."""
    await tallies.flush()
    sure = True
    for tally, keys in ((tallies.of_all, await _routes(link)), (tallies.of_owners, await _shares(link))):
        for key in keys:
            sure &= await _put_right(link, tally, key)
        await _forget_marks(link, tally)
    return sure


async def _put_right(link: Link, tally: Tally, key: str) -> bool:
    """Whether the numbers of a key are sure to be right now."""
    first = await _differences(link, tally, key)
    if not first:
        return True
    await asyncio.sleep(_APART)
    second = await _differences(link, tally, key)
    wrong = {status: found for status, found in second.items() if found and first.get(status) == found}
    if wrong:
        await _correct(link, tally, key, wrong)
    return second == first and None not in second.values()


async def _shares(link: Link) -> list[str]:
    """Every route and owner that tasks with an owner or numbers have, by one step along an index for each."""

    async def work(database: Database, again: bool) -> set[str]:
        found = {each["_id"] for each in await database["shares"].find({}, {"running": 1}).to_list(None)}
        order = [("mine", 1), ("route", 1)]
        behind: list[Document] = [{"mine": {"$gt": ""}}]
        while behind:
            cursor = database["tasks"].find(behind[-1], {"mine": 1, "route": 1})
            page = await cursor.sort(order).limit(1).to_list(None)
            if page:
                owner, route = page[0]["mine"], page[0]["route"]
                found.add(f"{route} {owner}")
                behind = [{"mine": {"$gt": owner}}, {"mine": {"$eq": owner}, "route": {"$gt": route}}]
            else:
                behind.pop()
        return found

    return sorted(await link.run(work))


async def _routes(link: Link) -> list[str]:
    """Every route that tasks or numbers have, by one step along an index for each."""

    async def work(database: Database, again: bool) -> set[str]:
        found = {each["_id"] for each in await database["tallies"].find({}, {"running": 1}).to_list(None)}
        last = ""
        while True:
            cursor = database["tasks"].find({"route": {"$gt": last}, "shown": {"$gt": ""}}, {"route": 1})
            page = await cursor.sort([("route", 1)]).limit(1).to_list(None)
            if not page:
                return found
            last = page[0]["route"]
            found.add(last)

    return sorted(await link.run(work))


async def _correct(link: Link, tally: Tally, key: str, wrong: dict[str, _Found]) -> None:
    """Put the numbers of a key right, if they are still those that were found wrong: another engine may do it too."""

    async def work(database: Database, again: bool) -> None:
        found = {status: {"$eq": told} for status, (told, _) in wrong.items()}
        change = {status: lacking for status, (_, lacking) in wrong.items()}
        await database[tally.collection].update_one({"_id": key, **found}, {"$inc": change})

    await tally.introduce(key)
    await link.run(work)


async def _differences(link: Link, tally: Tally, key: str) -> dict[str, _Found | None]:
    """What is told of a key, and what lacks in that, by status; None for those that moved meanwhile."""
    route, _, owner = key.partition(" ")
    chosen = {"route": {"$eq": route}} | ({"mine": {"$eq": owner}} if owner else {})

    async def told(database: Database, again: bool) -> Document:
        return await database[tally.collection].find_one({"_id": key}) or {}

    async def counted(database: Database, again: bool) -> dict[str, int]:
        return {status: await count(database, "tasks", {**chosen, "shown": {"$eq": status}}) for status in STATUSES}

    before = await link.run(told)
    numbers = await link.run(counted)
    after = await link.run(told)
    return {
        status: (
            (told_now, number - told_now) if (told_now := int(after.get(status, 0))) == before.get(status, 0) else None
        )
        for status, number in numbers.items()
        if number != after.get(status, 0)
    }


async def _forget_marks(link: Link, tally: Tally) -> None:
    """Remove the marks of engines that are long gone, where they have become many."""

    async def work(database: Database, again: bool) -> list[Document]:
        return await database[tally.collection].find().to_list(None)

    for found in await link.run(work):
        marks = {name: "" for name in found if is_mark(name) and name != tally.mark}
        if len(marks) > _MARKS:

            async def remove(database: Database, again: bool, key: str = found["_id"]) -> None:
                await database[tally.collection].update_one({"_id": key}, {"$unset": marks})

            await link.run(remove)
