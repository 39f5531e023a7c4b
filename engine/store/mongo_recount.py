"""Puts right what `stats` tells where an engine was killed between a task and its count."""

import asyncio

from engine.store.mongo_link import Database, Document, Link, count
from engine.store.mongo_tally import STATUSES, Tally, is_mark

_APART = 0.5  # seconds between two counts; longer than a task's count is under way
_Found = tuple[int, int]  # what is told, and how much that lacks
_MARKS = 100  # so many engines of the past may have left a mark in a document


async def recount(link: Link, tally: Tally) -> bool:
    """See `Store.recount`. A difference is put right where two counts in a row show the same, while the numbers
    stood still at each: what is under way shows another one each time, or moves the numbers."""
    await tally.flush()
    sure = True
    for route in await _routes(link):
        first = await _differences(link, route)
        if not first:
            continue
        await asyncio.sleep(_APART)
        second = await _differences(link, route)
        wrong = {status: found for status, found in second.items() if found and first.get(status) == found}
        sure &= second == first and None not in second.values()
        if wrong:
            await _correct(link, tally, route, wrong)
    await _forget_marks(link, tally)
    return sure


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


async def _correct(link: Link, tally: Tally, route: str, wrong: dict[str, _Found]) -> None:
    """Put the numbers of a route right, if they are still those that were found wrong: another engine may do it too."""

    async def work(database: Database, again: bool) -> None:
        found = {status: {"$eq": told} for status, (told, _) in wrong.items()}
        change = {status: lacking for status, (_, lacking) in wrong.items()}
        await database["tallies"].update_one({"_id": route, **found}, {"$inc": change})

    await tally.introduce(route)
    await link.run(work)


async def _differences(link: Link, route: str) -> dict[str, _Found | None]:
    """What is told of a route, and what lacks in that, by status; None for those that moved meanwhile."""

    async def told(database: Database, again: bool) -> Document:
        return await database["tallies"].find_one({"_id": route}) or {}

    async def counted(database: Database, again: bool) -> dict[str, int]:
        return {
            status: await count(database, "tasks", {"route": {"$eq": route}, "shown": {"$eq": status}})
            for status in STATUSES
        }

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
        return await database["tallies"].find().to_list(None)

    for found in await link.run(work):
        marks = {name: "" for name in found if is_mark(name) and name != tally.mark}
        if len(marks) > _MARKS:

            async def remove(database: Database, again: bool, route: str = found["_id"]) -> None:
                await database["tallies"].update_one({"_id": route}, {"$unset": marks})

            await link.run(remove)
