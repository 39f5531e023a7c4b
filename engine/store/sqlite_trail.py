"""The audit log in the SQLite file: written by the thread that writes, with whatever else waits for a commit."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from engine.errors import Conflict
from engine.store.base import AuditRow
from engine.store.sqlite_writer import Writer

_COLUMNS = "id, at, key, owner, action, subject, detail, address"

Read = Callable[..., Awaitable[Any]]
"""Performs an operation that reads; takes what it finds for a value that cannot be in a database first."""


class SqliteTrail:
    """The `Trail` on SQLite."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self._writer = writer
        self._read = read

    async def add(self, row: AuditRow, frees: bool = False) -> None:
        """See `Trail.add`."""
        await self._writer.submit(_add, row, frees=frees)

    async def page(
        self, action: str | None, owner: str | None, before: tuple[int, str] | None, limit: int
    ) -> list[AuditRow]:
        """See `Trail.page`."""
        rows: list[AuditRow] = await self._read([], _page, action, owner, before, limit)
        return rows

    async def prune(self, before: int) -> int:
        """See `Trail.prune`."""
        return await self._writer.submit(_prune, before, frees=True)


def _add(connection: sqlite3.Connection, row: AuditRow) -> None:
    values = (row.id, row.at, row.key, row.owner, row.action, row.subject, row.detail, row.address)
    try:
        connection.execute(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    except sqlite3.IntegrityError as error:
        raise Conflict(f"There is a row {row.id} already.") from error


def _page(
    connection: sqlite3.Connection,
    action: str | None,
    owner: str | None,
    before: tuple[int, str] | None,
    limit: int,
) -> list[AuditRow]:
    """One walk down the index of an owner, of an action, or of all."""
    index = "audit_by_owner" if owner is not None else "audit_by_action" if action is not None else "audit_by_time"
    terms = [name for name, value in (("owner = ?", owner), ("action = ?", action)) if value is not None]
    values: list[object] = [value for value in (owner, action) if value is not None]
    if before is not None:
        terms.append("(at, id) < (?, ?)")
        values += before
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM audit INDEXED BY {index} {where} ORDER BY at DESC, id DESC LIMIT ?", (*values, limit)
    )
    return [AuditRow(*row) for row in rows]


def _prune(connection: sqlite3.Connection, before: int) -> int:
    return connection.execute("DELETE FROM audit INDEXED BY audit_by_time WHERE at < ?", (before,)).rowcount
