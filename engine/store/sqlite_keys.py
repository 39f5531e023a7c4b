"""The operations of the SQLite store on keys: see `engine/store/base.py`."""

import json
import sqlite3

from engine.errors import Conflict
from engine.store.base import KeyRow


def add(connection: sqlite3.Connection, row: KeyRow) -> None:
    """See `Store.add_key`. Raises Conflict where the id is taken."""
    values = (row.id, row.name, row.owner, json.dumps(row.scopes), row.digest)
    more = (row.created, row.expires, row.revoked, json.dumps(row.limits))
    try:
        connection.execute(
            "INSERT INTO keys (id, name, owner, scopes, digest, created, expires, revoked, limits)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values + more,
        )
    except sqlite3.IntegrityError as error:
        raise Conflict(f"There is a key {row.id} already.") from error


def all_of_them(connection: sqlite3.Connection) -> list[KeyRow]:
    """See `Store.keys`."""
    rows = connection.execute(
        "SELECT id, name, owner, scopes, digest, created, expires, revoked, limits FROM keys ORDER BY created, id"
    )
    return [
        KeyRow(key_id, name, owner, tuple(json.loads(scopes)), digest, created, expires, revoked, json.loads(limits))
        for key_id, name, owner, scopes, digest, created, expires, revoked, limits in rows
    ]


def revoke(connection: sqlite3.Connection, key_id: str, at: int) -> bool:
    """See `Store.revoke_key`."""
    done = connection.execute("UPDATE keys SET revoked = coalesce(revoked, ?) WHERE id = ?", (at, key_id))
    return done.rowcount == 1
