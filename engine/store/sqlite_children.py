"""The operations of the SQLite store that know of children: how they are added, listed and removed with their root."""

import json
import sqlite3
from collections.abc import Sequence
from itertools import chain

from engine.errors import Conflict
from engine.store.base import ChildResult, TaskRow

_TASK = (
    "id, revision, route, definition, status, created, ended, due, waiting, first_event, last_event, document,"
    " root, parent, family, position, result, holders, owner"
)

# Rows in one statement. Each statement gives up the interpreter's lock, and a busy event loop gives it back late.
_ROWS = 50
_ROW = f"({', '.join('?' * 20)})"

# The index is named by what is asked: `root IS NOT NULL` and `status <> 'finished'` are the terms of the partial ones.
_FAMILY = "FROM tasks INDEXED BY children WHERE root IS NOT NULL AND root = ? AND parent = ? AND family = ?"
_OPEN = (
    "FROM tasks INDEXED BY children_open"
    " WHERE root IS NOT NULL AND status <> 'finished' AND parent = ? AND family = ? AND status = ?"
)

_CHAIN = """
    WITH RECURSIVE chain (number) AS (
        SELECT last_change FROM tasks WHERE id IN (SELECT value FROM json_each(?))
        UNION ALL
        SELECT previous FROM changes JOIN chain USING (number) WHERE previous > 0)
    DELETE FROM changes WHERE number IN chain"""


def task_row(values: Sequence[object]) -> TaskRow:
    """A task of the columns that a statement of `load` or `children` gives."""
    row = list(values)
    row[8] = bool(row[8])  # `waiting`: SQLite has no booleans
    return TaskRow(*row)  # type: ignore[arg-type]


def load(connection: sqlite3.Connection, task_id: str) -> TaskRow | None:
    """See `Store.load`."""
    found = connection.execute(f"SELECT {_TASK} FROM tasks WHERE id = ? AND revision > 0", (task_id,)).fetchone()
    return None if found is None else task_row(found)


def create_many(connection: sqlite3.Connection, rows: Sequence[TaskRow]) -> list[int | None]:
    """See `Store.create_many`."""
    if any(row.root is None or row.parent is None for row in rows):
        raise ValueError("create_many() adds children: each has a root and a parent")
    taken = _known(connection, [row.id for row in rows])
    roots = _known(connection, list({str(row.root) for row in rows}))
    number: int = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()[0]
    numbers: list[int | None] = []
    added: list[tuple[object, ...]] = []
    for row in rows:
        if row.id in taken or row.root not in roots:
            numbers.append(None)
            continue
        number += 1
        taken.add(row.id)
        numbers.append(number)
        added.append((*_values(row), number))
    for start in range(0, len(added), _ROWS):
        _add(connection, added[start : start + _ROWS])
    return numbers


def children(
    connection: sqlite3.Connection, root: str, after: tuple[str, str, int] | None, limit: int
) -> list[TaskRow]:
    """See `Store.children`."""
    condition = "" if after is None else " AND (parent, family, position) > (?, ?, ?)"
    rows = connection.execute(
        f"SELECT {_TASK} FROM tasks INDEXED BY children WHERE root IS NOT NULL AND root = ?{condition}"
        " ORDER BY parent, family, position LIMIT ?",
        (root, *(after or ()), limit),
    )
    return [task_row(row) for row in rows]


def family(
    connection: sqlite3.Connection, root: str, parent: str, name: str, after: int, limit: int
) -> list[ChildResult]:
    """See `Store.family`."""
    rows = connection.execute(
        f"SELECT id, position, status, result {_FAMILY} AND position > ? ORDER BY position LIMIT ?",
        (root, parent, name, after, limit),
    )
    return [ChildResult(*row) for row in rows]


def family_running(connection: sqlite3.Connection, root: str, parent: str, name: str, limit: int) -> list[str]:
    """See `Store.family_running`."""
    rows = connection.execute(
        f"SELECT id {_OPEN} AND root = ? ORDER BY position LIMIT ?", (parent, name, "running", root, limit)
    )
    return [row[0] for row in rows]


def family_counts(connection: sqlite3.Connection, root: str, parent: str, name: str) -> dict[str, int]:
    """See `Store.family_counts`. No table is read: who has ended well is who is left of all."""
    found = connection.execute(
        f"SELECT (SELECT count(*) {_FAMILY}), (SELECT count(*) {_OPEN}), (SELECT count(*) {_OPEN})",
        (root, parent, name, parent, name, "running", parent, name, "error"),
    )
    every, running, error = found.fetchone()
    counts = {"running": running, "finished": every - running - error, "error": error}
    return {} if every == 0 else {status: number for status, number in counts.items() if number > 0}


def delete(connection: sqlite3.Connection, task_ids: Sequence[str], most: int) -> tuple[list[str], list[str]]:
    """One step of `Store.delete`, with at most so many children.

    Returns the roots that were removed, and those that must be asked for again.
    """
    rows = connection.execute(
        "SELECT id FROM tasks WHERE id IN (SELECT value FROM json_each(?)) AND root IS NULL AND status <> 'running'",
        (json.dumps(task_ids),),
    )
    roots = [row[0] for row in rows]
    if not roots:
        return [], []
    chosen = (json.dumps(roots),)
    rows = connection.execute(
        "SELECT id FROM tasks INDEXED BY children"
        " WHERE root IS NOT NULL AND root IN (SELECT value FROM json_each(?)) LIMIT ?",
        (*chosen, most),
    )
    members = [row[0] for row in rows]
    if members:
        _remove(connection, json.dumps(members))
    if len(members) == most:  # there may be more: until they are gone nobody may let a root go on without them
        connection.execute("UPDATE tasks SET revision = 0 WHERE id IN (SELECT value FROM json_each(?))", chosen)
        return [], roots
    connection.execute("DELETE FROM submissions WHERE task IN (SELECT value FROM json_each(?))", chosen)
    _remove(connection, *chosen)
    return roots, []


def _remove(connection: sqlite3.Connection, chosen: str) -> None:
    """Remove tasks, whose ids are a JSON list, with their changes."""
    connection.execute(_CHAIN, (chosen,))
    connection.execute("DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(?))", (chosen,))


def _add(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    statement = f"INSERT INTO tasks ({_TASK}, last_change) VALUES {', '.join([_ROW] * len(rows))}"
    try:
        connection.execute(statement, list(chain.from_iterable(rows)))
    except sqlite3.IntegrityError as error:
        raise Conflict("Another child has the place of one of these in its family.") from error


def _known(connection: sqlite3.Connection, task_ids: Sequence[str]) -> set[str]:
    rows = connection.execute(
        "SELECT id FROM tasks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(task_ids),)
    )
    return {row[0] for row in rows}


def _values(row: TaskRow) -> tuple[object, ...]:
    first = (row.id, row.revision, row.route, row.definition, row.status, row.created, row.ended, row.due, row.waiting)
    second = (row.first_event, row.last_event, row.document, row.root, row.parent, row.family, row.position, row.result)
    return (*first, *second, row.holders, row.owner)
