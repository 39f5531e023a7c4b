"""Fills a store with ended tasks: copies of one that an engine has really run, as if they had run before it.

A copy has an id, times and changes of its own; all else is the original's, its document above all. So a copy is
served, listed, counted and removed like any other task.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from engine.store.base import Store, TaskRow

_AT_ONCE = 64
"""So many tasks ran at the same time: the changes of one lie so far apart."""

_STEP = 300 * _AT_ONCE
_SPACING, _AGE = 1_000, 86_400_000_000
"""Microseconds between the ends of two copies, and from the last of them to the original."""


def copy_id(number: int) -> str:
    """The id of a copy: 32 hexadecimal digits that follow no order (twice the finaliser of MurmurHash3)."""
    return f"{_mixed(number):016x}{_mixed(number ^ 0x5BD1E9955BD1E995):016x}"


def _mixed(number: int) -> int:
    mask = 2**64 - 1
    number = (number + 0x9E3779B97F4A7C15) & mask
    number = ((number ^ (number >> 33)) * 0xFF51AFD7ED558CCD) & mask
    number = ((number ^ (number >> 33)) * 0xC4CEB9FE1A85EC53) & mask
    return number ^ (number >> 33)


async def fill_store(store: Store, original: str, first: int, tasks: int) -> None:
    """Add the copies `first` to `first + tasks - 1` of a task through the store itself, each in a single save.

    Raises StoreAway, StoreFull, and Conflict where a copy is there already.
    """
    row = await store.load(original)
    assert row is not None and row.ended is not None
    for start in range(first, first + tasks, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, first + tasks))
        await asyncio.gather(*(store.create(_copy(row, number, first + tasks - number)) for number in numbers))


def _copy(row: TaskRow, number: int, before: int) -> TaskRow:
    new, earlier = copy_id(number), before * _SPACING + _AGE
    ended = None if row.ended is None else row.ended - earlier
    document = row.document.replace(row.id.encode(), new.encode())
    return replace(row, id=new, revision=1, created=row.created - earlier, ended=ended, document=document)


def fill_sqlite(path: Path, original: str, first: int, tasks: int) -> None:
    """The same in a SQLite file, many times faster, and with as many changes for each copy as the original has.

    Others may use the file meanwhile; they wait. What the log holds is copied into the file at the end, so that what
    is measured afterwards does not pay for it. Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        connection.create_function("copy_id", 1, copy_id, deterministic=True)
        saves = connection.execute("SELECT count(*) FROM changes WHERE task = ?", (original,)).fetchone()[0]
        for start in range(first, first + tasks, _STEP):
            connection.execute("BEGIN IMMEDIATE")
            _add(connection, original, start, min(_STEP, first + tasks - start), first + tasks, saves)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _add(connection: sqlite3.Connection, original: str, start: int, tasks: int, end: int, saves: int) -> None:
    """One step. Change k of each of the tasks that ran side by side comes before change k + 1 of any of them."""
    (before,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
    place = f"(i - ?3) / {_AT_ONCE} * {_AT_ONCE * saves} + (i - ?3) % {_AT_ONCE}"
    numbers = [f"?1 + {place} + {save * _AT_ONCE}" for save in range(saves)]
    columns = [str(row[1]) for row in connection.execute("PRAGMA table_info(tasks)")]
    values = {column: column for column in columns}
    values |= {column: f"{column} - (?5 - i) * {_SPACING} - {_AGE}" for column in ("created", "ended")}
    values["id"] = "copy_id(i)"
    values["document"] = "CAST(replace(CAST(document AS TEXT), ?2, copy_id(i)) AS BLOB)"
    values["last_change"] = numbers[-1]
    counted = "WITH RECURSIVE n (i) AS (SELECT ?3 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?3 + ?4)"
    arguments = (before + 1, original, start, tasks)
    connection.execute(
        f"{counted} INSERT INTO tasks ({', '.join(columns)})"
        f" SELECT {', '.join(values[column] for column in columns)} FROM n, tasks WHERE id = ?2",
        (*arguments, end),
    )
    previous = "0"
    for line, number in enumerate(numbers, start=1):  # the last is there already, by a trigger, with none before it
        connection.execute(
            f"{counted} INSERT OR REPLACE INTO changes (number, task, first_event, last_event, previous)"
            f" SELECT {number}, copy_id(i), {line}, {line}, {previous} FROM n WHERE ?2 <> ''",
            arguments,
        )
        previous = number
