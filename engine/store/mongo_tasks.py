"""How tasks are created, saved, loaded and removed. Each change of a task is one update of one document."""

import asyncio
from collections import Counter

from bson import Int64
from pymongo.errors import DuplicateKeyError

from engine.errors import Conflict, EngineError, StoreFull
from engine.store.base import Submission, TaskRow
from engine.store.mongo_link import Database, Document, Link
from engine.store.mongo_numbers import REMOVED, Numbers
from engine.store.mongo_schema import task_document, task_row, task_update
from engine.store.mongo_tally import Tallies

REMOVED_AT_ONCE = 100  # root tasks in one step
_CHILDREN_AT_ONCE = 200  # children in one step
GONE = -1
"""The revision of a root of which some children are removed: it can be neither loaded nor saved."""


class Tasks:
    """Writes `tasks`."""

    def __init__(self, link: Link, numbers: Numbers, tallies: Tallies) -> None:
        self._link = link
        self._numbers = numbers
        self._tallies = tallies

    async def create(self, row: TaskRow, submission: Submission | None) -> int | Submission:
        """See `Store.create`."""
        document = task_document(row, submission)
        (number,) = await self._numbers.take([row])
        document["numbers"] = [Int64(number)]

        async def work(database: Database, again: bool) -> Submission | None:
            try:
                await database["tasks"].insert_one(document)
            except DuplicateKeyError:
                return await _who_was_first(database, document, row, submission)
            return None

        try:
            earlier = await self._link.run(work)
        except (Conflict, StoreFull):
            await self.lose([number])
            raise
        except BaseException:
            self._numbers.forget(number)
            raise
        if earlier is not None:
            await self.lose([number])
            return earlier
        await self._numbers.confirm({number: row})
        if row.root is None:
            await self._tallies.add(row.route, row.owner, {row.status: 1})
        return number

    async def save(self, row: TaskRow) -> int | None:
        """See `Store.save`."""
        (number,) = await self._numbers.take([row])
        try:
            before = await self._link.run(_Save(row, number).work)
        except StoreFull:
            await self.lose([number])
            raise
        except BaseException:
            self._numbers.forget(number)
            raise
        if before is None:
            await self.lose([number])
            return None
        await self._numbers.confirm({number: row})
        if row.root is None and before != row.status:
            await self._tallies.add(row.route, row.owner, {before: -1, row.status: 1})
        return number

    async def lose(self, numbers: list[int]) -> None:
        """Take back numbers whose save lost."""

        async def work(database: Database, again: bool) -> None:
            if len(numbers) == 1:
                await database["changes"].delete_one({"number": {"$eq": numbers[0]}})
            else:
                await database["changes"].delete_many({"_id": {"$in": [Int64(number) for number in numbers]}})

        for number in numbers:
            self._numbers.settle(number, False)
        try:
            await self._link.run(work)
        except EngineError:
            return  # it stands in no task: who reads it knows that it lost

    async def load(self, task_id: str) -> TaskRow | None:
        """See `Store.load`."""

        async def work(database: Database, again: bool) -> Document | None:
            return await database["tasks"].find_one({"_id": task_id})

        found = await self._link.run(work)
        return None if found is None or found["revision"] == GONE else task_row(found)

    async def delete_some(self, task_ids: list[str]) -> tuple[list[str], list[str]]:
        """One step of `Store.delete`: the roots that were removed, and those that must be asked for again."""
        roots = await self._mark(task_ids)
        removed = await self._finish([root for root in roots if "kids" not in root])
        left, room = list[str](), _CHILDREN_AT_ONCE
        for root in roots:
            if "kids" not in root:
                continue
            count = await self._delete_children(root["_id"], room) if room else 0
            if count == room:
                left.append(root["_id"])
            else:
                removed += await self._finish([root])
            room -= count
        return removed, left

    async def _mark(self, task_ids: list[str]) -> list[Document]:
        """Let nobody load or save those that are roots and not running. What is to be known of each."""

        async def work(database: Database, again: bool) -> list[Document]:
            tasks, chosen = database["tasks"], {"_id": {"$in": task_ids}}
            ended: Document = {**chosen, "parent": {"$eq": ""}, "status": {"$ne": "running"}}
            if not (await tasks.update_many(ended, {"$set": {"revision": GONE}})).matched_count:
                return []
            fields = {"status": 1, "revision": 1, "route": 1, "numbers": 1, "kids": 1, "owner": 1}
            found = await tasks.find(chosen, fields).to_list(None)
            return [each for each in found if each["revision"] == GONE]

        return await self._link.run(work) if task_ids else []

    async def _delete_children(self, root_id: str, most: int) -> int:
        async def work(database: Database, again: bool) -> int:
            chosen = {"head": {"$eq": root_id}, "parent": {"$gt": ""}}
            found = await database["tasks"].find(chosen, {"task": 1}).limit(most).to_list(None)
            if found:
                await database["tasks"].delete_many({"_id": {"$in": [each["_id"] for each in found]}})
            return len(found)

        return await self._link.run(work)

    async def _finish(self, roots: list[Document]) -> list[str]:
        """Remove roots that have no children any more. The ids of those that this call removed, not another engine."""
        if not roots:
            return []
        await self._note_last(roots)

        async def remove(root: Document) -> bool:
            async def work(database: Database, again: bool) -> bool:
                await database["changes"].delete_many({"head": {"$eq": root["_id"]}})
                done = await database["tasks"].delete_one({"_id": root["_id"], "revision": {"$eq": GONE}})
                return bool(done.deleted_count) or again

            return await self._link.run(work)

        results = await asyncio.gather(*(remove(root) for root in roots), return_exceptions=True)
        removed = [root for root, result in zip(roots, results, strict=True) if result is True]
        counts: dict[tuple[str, str], Counter[str]] = {}
        for root in removed:
            counts.setdefault((root["route"], root.get("owner", "")), Counter())[root["status"]] -= 1
        await asyncio.gather(*(self._tallies.add(*whose, dict(changes)) for whose, changes in counts.items()))
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [root["_id"] for root in removed]

    async def _note_last(self, roots: list[Document]) -> None:
        """Note the highest number before it goes: it stays the last one for those who ask."""

        async def work(database: Database, again: bool) -> None:
            last = max(int(root["numbers"][-1]) for root in roots)
            for root in roots:
                if "kids" in root:
                    cursor = database["changes"].find({"head": {"$eq": root["_id"]}}).sort([("number", -1)]).limit(1)
                    last = max([last, *(each["number"] for each in await cursor.to_list(None))])
            await database["numbers"].update_one({"_id": REMOVED}, {"$max": {"last": Int64(last)}})

        await self._link.run(work)


class _Save:
    """One save, as it is asked once or again."""

    def __init__(self, row: TaskRow, number: int) -> None:
        self._row = row
        self._number = number
        self._update = task_update(row, number)
        self._before = "running"  # asked again it goes on with the same status: that may be what took effect

    async def work(self, database: Database, again: bool) -> str | None:
        """The status before; None where the revision is another."""
        tasks, row = database["tasks"], self._row
        for _ in range(3):
            chosen = {"_id": row.id, "revision": {"$eq": row.revision - 1}, "status": {"$eq": self._before}}
            if (await tasks.update_one(chosen, self._update)).matched_count:
                return self._before
            found = await tasks.find_one({"_id": row.id}, {"revision": 1, "status": 1, "numbers": 1})
            if found is None or found["revision"] == GONE:
                return None
            if self._number in found["numbers"]:  # it took effect when it was asked before
                return self._before
            if found["revision"] != row.revision - 1:
                return None
            self._before = found["status"]
        return None


async def _who_was_first(
    database: Database, document: Document, row: TaskRow, submission: Submission | None
) -> Submission | None:
    """Why the insert met another document: None where that is itself, written when it was asked before."""
    if submission is not None:
        found = await database["tasks"].find_one({"once": {"$eq": document["once"]}})
        if found is not None and found["numbers"][0] != document["numbers"][0]:
            kept = found["submission"]
            return Submission(submission.route, kept["key"], kept["digest"], kept["task"], submission.owner)
    found = await database["tasks"].find_one({"_id": row.id}, {"numbers": 1})
    if found is not None and document["numbers"][0] in found["numbers"]:
        return None
    raise Conflict(f"There is a task {row.id} already.")
