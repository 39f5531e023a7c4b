"""The operations of the MongoDB store that list tasks. Each walks one index, named by the field that only it has."""

from bson import Int64

from engine.store.base import TaskSummary
from engine.store.mongo_link import Database, Document, Link
from engine.store.mongo_tally import STATUSES

_NEVER = Int64(-(2**63))
_SUMMARY = {"route": 1, "status": 1, "created": 1, "ended": 1, "owner": 1}
_NEWEST = [("created", -1), ("task", -1)]
_IDS_AT_ONCE = 1_000


class Lists:
    """Reads `tasks`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def page(
        self,
        route: str | None,
        status: str | None,
        before: tuple[int, str] | None,
        limit: int,
        owner: str | None,
    ) -> list[TaskSummary]:
        """See `Store.page`. One walk down an index for each status, then merged."""
        found: list[TaskSummary] = []
        for each in STATUSES if status is None else (status,):
            chosen: Document = {"shown": {"$eq": each}}
            if route is not None:
                chosen["route"] = {"$eq": route}
            if owner is not None:
                chosen["mine"] = {"$eq": owner} if owner else {"$exists": False}
            for more in _before(before):
                found += await self._page({**chosen, **more}, limit)
        found = list({summary.id: summary for summary in found}.values())  # one may have ended between two walks
        found.sort(key=lambda summary: (summary.created, summary.id), reverse=True)
        return found[:limit]

    async def _page(self, chosen: Document, limit: int) -> list[TaskSummary]:
        async def work(database: Database, again: bool) -> list[Document]:
            return await database["tasks"].find(chosen, _SUMMARY).sort(_NEWEST).limit(limit).to_list(None)

        return [
            TaskSummary(
                each["_id"], each["route"], each["status"], each["created"], each["ended"], each.get("owner", "")
            )
            for each in await self._link.run(work)
        ]

    async def due(self, now: int, limit: int) -> list[str]:
        """See `Store.due`."""
        return await self._ids({"timer": {"$lte": now}}, "timer", limit)

    async def next_due(self) -> int | None:
        """See `Store.next_due`."""

        async def work(database: Database, again: bool) -> list[Document]:
            cursor = database["tasks"].find({"timer": {"$gte": _NEVER}}, {"timer": 1})
            return await cursor.sort([("timer", 1)]).limit(1).to_list(None)

        found = await self._link.run(work)
        return int(found[0]["timer"]) if found else None

    async def running(self, after: str, limit: int, waiting: bool) -> list[str]:
        """See `Store.running`."""
        field = "stalled" if waiting else "alive"
        return await self._ids({field: {"$gt": after}}, field, limit)

    async def expired(self, before: int, limit: int) -> list[str]:
        """See `Store.expired`."""
        return await self._ids({"expires": {"$lt": before}}, "expires", limit)

    async def holders(self) -> set[str]:
        """See `Store.holders`. One step along the index for each value."""

        async def work(database: Database, again: bool) -> set[str]:
            found: set[str] = set()
            last = ""
            while True:
                cursor = database["tasks"].find({"grip": {"$gt": last}}, {"grip": 1})
                page = await cursor.sort([("grip", 1)]).limit(1).to_list(None)
                if not page:
                    return found
                last = page[0]["grip"]
                found.add(last)

        return await self._link.run(work)

    async def held(self, holders: str, after: str, limit: int) -> list[str]:
        """See `Store.held`."""
        if holders == "":
            return await self._free(after, limit)
        return await self._ids({"grip": {"$eq": holders}, "alive": {"$gt": after}}, "alive", limit)

    async def _free(self, after: str, limit: int) -> list[str]:
        """Running tasks that nobody holds: those of all the running ones."""

        async def work(database: Database, again: bool) -> list[Document]:
            chosen = {"alive": {"$gt": after}, "holders": {"$eq": ""}}
            return await database["tasks"].find(chosen, {"task": 1}).sort([("alive", 1)]).limit(limit).to_list(None)

        return [each["_id"] for each in await self._link.run(work)]

    async def statuses(self, task_ids: list[str]) -> dict[str, str]:
        """See `Store.statuses`."""
        return await self._field("status", task_ids)

    async def owners(self, task_ids: list[str]) -> dict[str, str]:
        """See `Store.owners`."""
        return await self._field("owner", task_ids)

    async def _field(self, name: str, task_ids: list[str]) -> dict[str, str]:
        """A field of those tasks, by id; empty text where one has none."""
        found: dict[str, str] = {}
        for start in range(0, len(task_ids), _IDS_AT_ONCE):
            part = task_ids[start : start + _IDS_AT_ONCE]

            async def work(database: Database, again: bool, part: list[str] = part) -> list[Document]:
                return await database["tasks"].find({"_id": {"$in": part}}, {name: 1}).to_list(None)

            found.update({each["_id"]: each.get(name, "") for each in await self._link.run(work)})
        return found

    async def _ids(self, chosen: Document, order: str, limit: int) -> list[str]:
        async def work(database: Database, again: bool) -> list[Document]:
            return await database["tasks"].find(chosen, {"task": 1}).sort([(order, 1)]).limit(limit).to_list(None)

        return [each["_id"] for each in await self._link.run(work)]


def _before(before: tuple[int, str] | None) -> list[Document]:
    if before is None:
        return [{}]
    created, task = before
    return [{"created": {"$eq": created}, "task": {"$lt": task}}, {"created": {"$lt": created}}]
