"""The operations of the MongoDB store that know of children: how they are added and listed."""

import asyncio

from bson import Int64
from pymongo.errors import BulkWriteError

from engine.errors import Conflict, StoreFull
from engine.store.base import ChildResult, TaskRow
from engine.store.mongo_link import Database, Document, Link, count
from engine.store.mongo_numbers import Numbers
from engine.store.mongo_schema import task_document, task_row
from engine.store.mongo_tasks import GONE, Tasks

_ORDER = [("parent", 1), ("family", 1), ("position", 1)]


class Children:
    """Reads and writes the children in `tasks`."""

    def __init__(self, link: Link, numbers: Numbers, tasks: Tasks) -> None:
        self._link = link
        self._numbers = numbers
        self._tasks = tasks
        self._adding = asyncio.Lock()  # so that numbers are not taken for children that another call is adding

    async def create_many(self, rows: list[TaskRow]) -> list[int | None]:
        """See `Store.create_many`."""
        if any(row.root is None or row.parent is None for row in rows):
            raise ValueError("create_many() adds children: each has a root and a parent")
        async with self._adding:
            new = await self._new(rows)
            if not new:
                return [None] * len(rows)
            numbers = dict(zip((row.id for row in new), await self._numbers.take(new), strict=True))
            try:
                added = await self._insert(new, numbers)
            except (Conflict, StoreFull):
                await self._tasks.lose(list(numbers.values()))
                raise
            except BaseException:
                for number in numbers.values():
                    self._numbers.forget(number)
                raise
        lost = [number for task_id, number in numbers.items() if task_id not in added]
        if lost:
            await self._tasks.lose(lost)
        await self._numbers.confirm({numbers[row.id]: row for row in new if row.id in added})
        made = {id(row): numbers[row.id] for row in new if row.id in added}
        return [made.pop(id(row), None) for row in rows]

    async def _new(self, rows: list[TaskRow]) -> list[TaskRow]:
        """Those that are not there yet, whose root is, each id once."""
        roots = list({str(row.root) for row in rows})
        asked = list({row.id for row in rows} | set(roots))

        async def work(database: Database, again: bool) -> list[Document]:
            return await database["tasks"].find({"_id": {"$in": asked}}, {"revision": 1, "kids": 1}).to_list(None)

        found = {each["_id"]: each for each in await self._link.run(work)} if asked else {}
        known = {root for root in roots if root in found and await self._has_kids(found[root])}
        new: dict[str, TaskRow] = {}
        for row in rows:
            if row.id not in found and row.root in known:
                new.setdefault(row.id, row)
        return list(new.values())

    async def _has_kids(self, root: Document) -> bool:
        """Note at the root that it has children, so that who removes it looks for them. False where it is being so."""

        async def work(database: Database, again: bool) -> bool:
            chosen = {"_id": root["_id"], "revision": {"$ne": GONE}}
            return bool((await database["tasks"].update_one(chosen, {"$set": {"kids": True}})).matched_count)

        return root["revision"] != GONE and ("kids" in root or await self._link.run(work))

    async def _insert(self, rows: list[TaskRow], numbers: dict[str, int]) -> set[str]:
        """Add them all, or none. Returns the ids of those that are there with these numbers."""
        documents = [task_document(row, None) | {"numbers": [Int64(numbers[row.id])]} for row in rows]

        async def work(database: Database, again: bool) -> set[str]:
            tasks = database["tasks"]
            try:
                await tasks.insert_many(documents, ordered=False)
            except BulkWriteError as error:
                if any(each["code"] != 11000 for each in error.details["writeErrors"]):
                    raise
                return await self._sort_out(database, rows, numbers)
            return set(numbers)

        added = await self._link.run(work)
        return added - await self._without_root(rows, added)

    async def _sort_out(self, database: Database, rows: list[TaskRow], numbers: dict[str, int]) -> set[str]:
        """Some ids or places were taken. A taken place is a conflict, and what was added goes again."""
        tasks = database["tasks"]
        ids = list(numbers)
        found = {each["_id"]: each for each in await tasks.find({"_id": {"$in": ids}}, {"numbers": 1}).to_list(None)}
        mine = {each for each, document in found.items() if document["numbers"][0] == numbers[each]}
        if len(found) == len(ids):
            return mine
        await self._remove(database, [each for each in mine])
        raise Conflict("Another child has the place of one of these in its family.")

    async def _without_root(self, rows: list[TaskRow], added: set[str]) -> set[str]:
        """Take away again the children whose root was being removed meanwhile: nobody else ever would."""
        roots = list({str(row.root) for row in rows})

        async def work(database: Database, again: bool) -> set[str]:
            found = await database["tasks"].find({"_id": {"$in": roots}}, {"revision": 1}).to_list(None)
            alive = {each["_id"] for each in found if each["revision"] != GONE}
            orphans = {row.id for row in rows if row.root not in alive and row.id in added}
            await self._remove(database, list(orphans))
            return orphans

        return await self._link.run(work)

    async def _remove(self, database: Database, ids: list[str]) -> None:
        if ids:
            await database["tasks"].delete_many({"_id": {"$in": ids}})

    async def children(self, root: str, after: tuple[str, str, int] | None, limit: int) -> list[TaskRow]:
        """See `Store.children`. What lies after a place is in up to three ranges of one index."""
        head = {"head": {"$eq": root}}
        if after is None:
            ranges: list[Document] = [{**head, "parent": {"$gt": ""}}]
        else:
            parent, family, position = after
            ranges = [
                {**head, "parent": {"$eq": parent}, "family": {"$eq": family}, "position": {"$gt": position}},
                {**head, "parent": {"$eq": parent}, "family": {"$gt": family}},
                {**head, "parent": {"$gt": parent}},
            ]

        async def work(database: Database, again: bool) -> list[Document]:
            found: list[Document] = []
            for each in ranges:
                if len(found) < limit:
                    cursor = database["tasks"].find(each).sort(_ORDER).limit(limit - len(found))
                    found += await cursor.to_list(None)
            return found

        return [task_row(each) for each in await self._link.run(work)]

    async def family(self, root: str, parent: str, family: str, after: int, limit: int) -> list[ChildResult]:
        """See `Store.family`."""

        async def work(database: Database, again: bool) -> list[Document]:
            fields = {"position": 1, "status": 1, "result": 1}
            chosen = {**_family(root, parent, family), "position": {"$gt": after}}
            return await database["tasks"].find(chosen, fields).sort([("position", 1)]).limit(limit).to_list(None)

        return [
            ChildResult(each["_id"], each["position"], each["status"], _bytes(each["result"]))
            for each in await self._link.run(work)
        ]

    async def family_running(self, root: str, parent: str, family: str, limit: int) -> list[str]:
        """See `Store.family_running`."""

        async def work(database: Database, again: bool) -> list[Document]:
            chosen = {**_family(root, parent, family), "open": {"$eq": "running"}}
            cursor = database["tasks"].find(chosen, {"task": 1})
            return await cursor.sort([("position", 1)]).limit(limit).to_list(None)

        return [each["_id"] for each in await self._link.run(work)]

    async def family_counts(self, root: str, parent: str, family: str) -> dict[str, int]:
        """See `Store.family_counts`. Who has ended well is who is left of all."""
        chosen = _family(root, parent, family)

        async def work(database: Database, again: bool) -> tuple[int, int, int]:
            every = await count(database, "tasks", chosen)
            running = await count(database, "tasks", {**chosen, "open": {"$eq": "running"}})
            error = await count(database, "tasks", {**chosen, "open": {"$eq": "error"}})
            return every, running, error

        every, running, error = await self._link.run(work)
        counts = {"running": running, "finished": every - running - error, "error": error}
        return {status: number for status, number in counts.items() if number > 0}


def _family(root: str, parent: str, family: str) -> Document:
    return {"head": {"$eq": root}, "parent": {"$eq": parent, "$gt": ""}, "family": {"$eq": family}}


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
