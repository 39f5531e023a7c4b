"""The audit log in MongoDB: one document for each change."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from pymongo.errors import DuplicateKeyError

from engine.errors import Conflict
from engine.store.base import AuditRow
from engine.store.mongo_faults import UNSTORABLE
from engine.store.mongo_link import Database, Document, Link
from engine.store.mongo_schema import audit_document, audit_row

_NEWEST = [("at", -1), ("row", -1)]

Do = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]
"""Performs to the end what changes something."""


class MongoTrail:
    """The `Trail` on MongoDB."""

    def __init__(self, link: Link, do: Do) -> None:
        self._link = link
        self._do = do

    async def add(self, row: AuditRow, frees: bool = False) -> None:
        """See `Trail.add`."""
        await self._do(self._add(row))

    async def _add(self, row: AuditRow) -> None:
        async def work(database: Database, again: bool) -> None:
            try:
                await database["audit"].insert_one(audit_document(row))
            except DuplicateKeyError as error:
                if not again:  # else it was written when it was asked before
                    raise Conflict(f"There is a row {row.id} already.") from error

        await self._link.run(work)

    async def page(
        self, action: str | None, owner: str | None, before: tuple[int, str] | None, limit: int
    ) -> list[AuditRow]:
        """See `Trail.page`."""
        chosen: Document = {}
        if action is not None:
            chosen["action"] = {"$eq": action}
        if owner is not None:
            chosen["owner"] = {"$eq": owner}
        found: list[AuditRow] = []
        for more in _before(before):

            async def work(database: Database, again: bool, more: Document = more) -> list[Document]:
                cursor = database["audit"].find({**chosen, **more})
                return await cursor.sort(_NEWEST).limit(limit).to_list(None)

            try:
                found += [audit_row(each) for each in await self._link.run(work)]
            except UNSTORABLE:  # filters and cursors come from outside
                return []
        return found[:limit]

    async def prune(self, before: int) -> int:
        """See `Trail.prune`."""
        removed: int = await self._do(self._prune(before))
        return removed

    async def _prune(self, before: int) -> int:
        async def work(database: Database, again: bool) -> int:
            return (await database["audit"].delete_many({"at": {"$lt": before}})).deleted_count

        return await self._link.run(work)


def _before(before: tuple[int, str] | None) -> list[Document]:
    """The walks that give what lies before, newest first."""
    if before is None:
        return [{}]
    at, row = before
    return [{"at": {"$eq": at}, "row": {"$lt": row}}, {"at": {"$lt": at}}]
