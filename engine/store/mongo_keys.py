"""Keys in MongoDB, one document each, in `keys`."""

from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from bson import Int64
from pymongo.errors import DuplicateKeyError

from engine.errors import Conflict
from engine.store.base import KeyLimits, KeyRow
from engine.store.mongo_faults import UNSTORABLE
from engine.store.mongo_link import Database, Document, Link

T = TypeVar("T")


class Perform(Protocol):
    """Performs work to the end, also where its caller leaves."""

    def __call__(self, work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Raises what the work raises, and StoreAway where the store is not open."""


class Keys:
    """Reads and writes `keys`."""

    def __init__(self, link: Link, perform: Perform) -> None:
        self._link = link
        self._perform = perform

    async def add(self, row: KeyRow) -> None:
        """See `Store.add_key`."""
        await self._perform(self._add(row))

    async def all(self) -> list[KeyRow]:
        """See `Store.keys`."""

        async def work(database: Database, again: bool) -> list[Document]:
            return await database["keys"].find().to_list(None)

        rows = [_row(each) for each in await self._link.run(work)]
        return sorted(rows, key=lambda row: (row.created, row.id))

    async def revoke(self, key_id: str, at: int) -> bool:
        """See `Store.revoke_key`."""
        try:
            return await self._perform(self._revoke(key_id, at))
        except UNSTORABLE:
            return False

    async def _add(self, row: KeyRow) -> None:
        async def work(database: Database, again: bool) -> None:
            try:
                await database["keys"].insert_one(_document(row))
            except DuplicateKeyError as error:
                found = await database["keys"].find_one({"_id": row.id})
                if not again or found is None or found["digest"] != row.digest:
                    raise Conflict(f"There is a key {row.id} already.") from error

        await self._link.run(work)

    async def _revoke(self, key_id: str, at: int) -> bool:
        async def work(database: Database, again: bool) -> bool:
            chosen = {"_id": {"$eq": key_id}, "revoked": None}
            done = await database["keys"].update_one(chosen, {"$set": {"revoked": Int64(at)}})
            return bool(done.matched_count) or await database["keys"].find_one({"_id": {"$eq": key_id}}) is not None

        return await self._link.run(work)


def _document(row: KeyRow) -> Document:
    return {
        "_id": row.id,
        "name": row.name,
        "owner": row.owner,
        "scopes": list(row.scopes),
        "digest": row.digest,
        "created": Int64(row.created),
        "expires": None if row.expires is None else Int64(row.expires),
        "revoked": None if row.revoked is None else Int64(row.revoked),
        "limits": dict(row.limits),
    }


def _row(found: Document) -> KeyRow:
    limits = found["limits"]
    return KeyRow(
        found["_id"],
        found["name"],
        found["owner"],
        tuple(found["scopes"]),
        found["digest"],
        found["created"],
        found["expires"],
        found["revoked"],
        KeyLimits(running=limits["running"], per_second=limits["per_second"]),
    )
