"""The SQLite file: its tables, and how a connection to it is made.

Three things make a saved task cheap. The columns of a task that change with every save are in no index but that of
timers. Its change is written by a trigger, in the same statement. And the counters of `stats()` are kept by triggers
that fire only where a status changes, so that they are exact after any crash, whoever wrote.

The changes of a task are a chain: `tasks.last_change` is the last one, `changes.previous` the one before (0: none).
So a task's changes are found and removed with it, without an index on them.
"""

import os
import sqlite3
from pathlib import Path
from typing import Literal

from engine.errors import StoreAway

Sync = Literal["full", "normal"]

SCHEMA_NUMBER = 1
"""Grows by one with each change of the tables; kept in the file as `PRAGMA user_version`."""

BUSY_SECONDS = 5.0
"""How long another process may hold the file before a call gives up."""

_OLDEST_SQLITE = (3, 35)  # the first with RETURNING
_WAL_PAGES = 1_000  # a checkpoint of this many takes a few milliseconds, in which no write is answered
_WAL_BYTES = 8 * 1024 * 1024

_SCHEMA = """
CREATE TABLE routes (
    route TEXT PRIMARY KEY,
    latest INTEGER NOT NULL,
    open TEXT
) WITHOUT ROWID;
CREATE TABLE pipelines (
    id TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    document BLOB NOT NULL
);
CREATE TABLE services (
    route TEXT NOT NULL,
    url TEXT NOT NULL,
    api BLOB NOT NULL,
    interval REAL NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (route, url)
) WITHOUT ROWID;
CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    route TEXT NOT NULL,
    definition TEXT NOT NULL,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    ended INTEGER,
    due INTEGER,
    waiting INTEGER NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    last_change INTEGER NOT NULL,
    document BLOB NOT NULL
);
CREATE INDEX tasks_by_status ON tasks (status, created, id);
CREATE INDEX tasks_by_route ON tasks (route, status, created, id);
CREATE INDEX tasks_running ON tasks (id) WHERE status = 'running';
CREATE INDEX tasks_waiting ON tasks (id) WHERE status = 'running' AND waiting;
CREATE INDEX tasks_due ON tasks (due) WHERE status = 'running' AND due IS NOT NULL;
CREATE INDEX tasks_ended ON tasks (ended) WHERE ended IS NOT NULL;
CREATE TABLE submissions (
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (route, key)
) WITHOUT ROWID;
CREATE INDEX submissions_by_task ON submissions (task);
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    previous INTEGER NOT NULL
);
INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', 0);
CREATE TABLE counters (
    definition TEXT NOT NULL,
    route TEXT NOT NULL,
    status TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (definition, route, status)
) WITHOUT ROWID;
CREATE TRIGGER task_created AFTER INSERT ON tasks BEGIN
    INSERT INTO changes (number, task, first_event, last_event, previous)
        VALUES (new.last_change, new.id, new.first_event, new.last_event, 0);
    INSERT INTO counters (definition, route, status, number) VALUES (new.definition, new.route, new.status, 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER task_saved AFTER UPDATE OF last_change ON tasks BEGIN
    INSERT INTO changes (number, task, first_event, last_event, previous)
        VALUES (new.last_change, new.id, new.first_event, new.last_event, old.last_change);
END;
CREATE TRIGGER task_moved AFTER UPDATE OF status ON tasks WHEN old.status <> new.status BEGIN
    UPDATE counters SET number = number - 1
        WHERE definition = old.definition AND route = old.route AND status = old.status;
    INSERT INTO counters (definition, route, status, number) VALUES (new.definition, new.route, new.status, 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER task_deleted AFTER DELETE ON tasks BEGIN
    UPDATE counters SET number = number - 1
        WHERE definition = old.definition AND route = old.route AND status = old.status;
END;
"""


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
    """Make the tables in a new file. Raises StoreAway where a newer engine wrote it, and sqlite3.Error."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreAway(f"SQLite {sqlite3.sqlite_version} is too old: the embedded store needs 3.35 or later.")
    connection.execute("BEGIN IMMEDIATE")  # two engines may open a new file at the same moment
    try:
        number: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if number == 0:
            _make_tables(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if number > SCHEMA_NUMBER:
        raise StoreAway(
            f"{name} was written by a newer engine: its schema is number {number}, this engine knows up to "
            f"{SCHEMA_NUMBER}. Start the newer engine, or let REG_LOCAL_DATA name another folder."
        )


def _make_tables(connection: sqlite3.Connection) -> None:
    statement = ""
    for line in _SCHEMA.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
    connection.execute(f"PRAGMA user_version = {SCHEMA_NUMBER}")


def _connect(path: Path | None, busy_seconds: float) -> sqlite3.Connection:
    # mode=rw: a file that has vanished is an error, never silently a new and empty one.
    address = ":memory:" if path is None else f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=path is not None, timeout=busy_seconds, isolation_level=None)
