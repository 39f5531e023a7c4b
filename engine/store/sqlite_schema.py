"""How a connection to the SQLite file is made."""

import os
import sqlite3
from pathlib import Path
from typing import Literal

from engine.errors import StoreAway
from engine.store.sqlite_tables import SCHEMA_NUMBER, bring_up_to_date

Sync = Literal["full", "normal"]

BUSY_SECONDS = 5.0
"""How long another process may hold the file before a call gives up."""

_OLDEST_SQLITE = (3, 35)  # the first with RETURNING
_WAL_PAGES = 1_000  # a checkpoint of this many takes a few milliseconds, in which no write is answered
_WAL_BYTES = 8 * 1024 * 1024


def make_file(path: Path) -> None:
    """Make the folder (0700) and the empty file (0600) where they are missing. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return
    os.close(descriptor)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect_writer(path: Path | None, sync: Sync, busy_seconds: float) -> sqlite3.Connection:
    """A connection that may write; the file must be there. None: a new database in memory. Raises sqlite3.Error."""
    connection = _connect(path, busy_seconds)
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute(f"PRAGMA synchronous = {'FULL' if sync == 'full' else 'NORMAL'}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}").fetchone()
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}").fetchone()
        connection.execute("PRAGMA secure_delete = OFF").fetchone()  # on by default on Debian: it doubles the writes
        connection.execute("PRAGMA temp_store = MEMORY")  # a full disk must not stop a sort
        connection.execute("PRAGMA cache_size = -16000")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_reader(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """A connection that only reads. Raises sqlite3.Error."""
    connection = _connect(path, busy_seconds)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -4000")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def prepare(connection: sqlite3.Connection, name: str) -> None:
    """Make the tables in a new file, or bring those of an older one up to date.

    Raises StoreAway where a newer engine wrote it, and sqlite3.Error.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreAway(f"SQLite {sqlite3.sqlite_version} is too old: the embedded store needs 3.35 or later.")
    connection.execute("BEGIN IMMEDIATE")  # two engines may open a new file at the same moment
    try:
        number: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if number < SCHEMA_NUMBER:
            bring_up_to_date(connection, number)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if number > SCHEMA_NUMBER:
        raise StoreAway(
            f"{name} was written by a newer engine: its schema is number {number}, this engine knows up to "
            f"{SCHEMA_NUMBER}. Start the newer engine, or let REG_LOCAL_DATA name another folder."
        )


def _connect(path: Path | None, busy_seconds: float) -> sqlite3.Connection:
    # mode=rw: a file that has vanished is an error, never silently a new and empty one.
    address = ":memory:" if path is None else f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=path is not None, timeout=busy_seconds, isolation_level=None)
