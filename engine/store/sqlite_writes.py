"""The operations of the SQLite store that write: each runs in the writer's transaction, on the writer's thread."""

import sqlite3

from engine.errors import Conflict
from engine.store.base import KEPT_VERSIONS, EngineRow, PipelineRow, ServiceRow, Submission, TaskRow

# The next number of a change: no other can take it, for the transaction holds the write lock.
_NEXT = "(SELECT seq + 1 FROM sqlite_sequence WHERE name = 'changes')"

_CREATE = f"""
    INSERT INTO tasks (id, revision, route, definition, status, created, ended, due, waiting, first_event, last_event,
        holders, document, owner, last_change)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {_NEXT}) RETURNING last_change"""

# SQLite rewrites the entries of every index that an UPDATE names a column of, changed or not. Most saves change
# neither status, end nor holders: these name none of them, and fall back to the full statement where nothing matched.
_SAVE = f"""
    UPDATE tasks SET revision = ?, due = ?, waiting = ?, first_event = ?, last_event = ?, document = ?, result = ?,
        last_change = {_NEXT}
    WHERE id = ? AND revision = ? AND status = 'running' AND ended IS NULL AND holders = ? RETURNING last_change"""
_SAVE_ALL = f"""
    UPDATE tasks SET revision = ?, due = ?, waiting = ?, first_event = ?, last_event = ?, document = ?, result = ?,
        status = ?, ended = ?, holders = ?, last_change = {_NEXT}
    WHERE id = ? AND revision = ? RETURNING last_change"""
_ADD_PIPELINE = (
    "INSERT INTO pipelines (id, route, version, kind, created, document, owner) VALUES (?, ?, ?, ?, ?, ?, ?)"
)

_PRUNE = """
    DELETE FROM pipelines WHERE created < ?
        AND id NOT IN (SELECT open FROM routes WHERE open IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM counters WHERE definition = pipelines.id)
        AND id NOT IN (
            SELECT id FROM (
                SELECT each.id, row_number() OVER (PARTITION BY each.route ORDER BY each.version DESC) AS place
                FROM routes
                JOIN pipelines AS now ON now.id = routes.open AND now.kind = 'pipeline'
                JOIN pipelines AS each ON each.route = routes.route AND each.kind = 'pipeline')
            WHERE place <= ?)"""


def save(connection: sqlite3.Connection, row: TaskRow) -> int | None:
    """See `Store.save`."""
    values: tuple[object, ...]
    values = (row.revision, row.due, row.waiting, row.first_event, row.last_event, row.document, row.result)
    found = None
    if row.status == "running" and row.ended is None:
        found = connection.execute(_SAVE, (*values, row.id, row.revision - 1, row.holders)).fetchone()
    if found is None:
        values = (*values, row.status, row.ended, row.holders)
        found = connection.execute(_SAVE_ALL, (*values, row.id, row.revision - 1)).fetchone()
    return None if found is None else int(found[0])


def create(connection: sqlite3.Connection, row: TaskRow, submission: Submission | None) -> int | Submission:
    """See `Store.create`. Raises Conflict where the id is taken."""
    if submission is not None:
        earlier = connection.execute(
            "SELECT route, key, digest, task, owner FROM submissions WHERE owner = ? AND route = ? AND key = ?",
            (submission.owner, submission.route, submission.key),
        ).fetchone()
        if earlier is not None:
            return Submission(*earlier)
    values = (row.id, row.revision, row.route, row.definition, row.status, row.created, row.ended, row.due)
    more = (row.waiting, row.first_event, row.last_event, row.holders, row.document, row.owner)
    try:
        number = connection.execute(_CREATE, values + more).fetchone()[0]
    except sqlite3.IntegrityError as error:
        raise Conflict(f"There is a task {row.id} already.") from error
    if submission is not None:
        connection.execute(
            "INSERT INTO submissions (owner, route, key, digest, task) VALUES (?, ?, ?, ?, ?)",
            (submission.owner, submission.route, submission.key, submission.digest, submission.task),
        )
    return int(number)


def add_pipeline(connection: sqlite3.Connection, row: PipelineRow) -> bool:
    """See `Store.add_pipeline`. A version that was removed stays taken: so does every one before the latest."""
    latest = connection.execute("SELECT latest FROM routes WHERE route = ?", (row.route,)).fetchone()
    if latest is not None and latest[0] >= row.version:
        return False
    connection.execute(_ADD_PIPELINE, _pipeline(row))
    connection.execute(
        "INSERT INTO routes (route, latest, open) VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET latest = ?2, open = ?3",
        (row.route, row.version, row.id),
    )
    return True


def _pipeline(row: PipelineRow) -> tuple[object, ...]:
    return (row.id, row.route, row.version, row.kind, row.created, row.document, row.owner)


def close_pipeline(connection: sqlite3.Connection, route: str) -> bool:
    """See `Store.close_pipeline`."""
    done = connection.execute("UPDATE routes SET open = NULL WHERE route = ? AND open IS NOT NULL", (route,))
    return done.rowcount == 1


def add_definition(connection: sqlite3.Connection, row: PipelineRow) -> None:
    """See `Store.add_definition`. Raises Conflict where the id is taken."""
    try:
        connection.execute(_ADD_PIPELINE, _pipeline(row))
    except sqlite3.IntegrityError as error:
        raise Conflict(f"There is a definition {row.id} already.") from error


def prune_pipelines(connection: sqlite3.Connection, before: int) -> int:
    """See `Store.prune_pipelines`."""
    connection.execute("DELETE FROM counters WHERE number = 0")
    return connection.execute(_PRUNE, (before, KEPT_VERSIONS)).rowcount


def announce(connection: sqlite3.Connection, row: ServiceRow) -> None:
    """See `Store.announce`."""
    connection.execute(
        "INSERT OR REPLACE INTO services (route, url, api, interval, seen, owner) VALUES (?, ?, ?, ?, ?, ?)",
        (row.route, row.url, row.api, row.interval, row.seen, row.owner),
    )


def silence(connection: sqlite3.Connection, row: ServiceRow) -> bool:
    """See `Store.silence`."""
    done = connection.execute(
        "UPDATE services SET seen = 0 WHERE route = ? AND url = ? AND seen = ?", (row.route, row.url, row.seen)
    )
    return done.rowcount == 1


def beat(connection: sqlite3.Connection, row: EngineRow) -> None:
    """See `Store.beat`."""
    connection.execute(
        "INSERT OR REPLACE INTO engines (id, place, beat) VALUES (?, ?, ?)", (row.id, row.place, row.beat)
    )


def leave(connection: sqlite3.Connection, engine_id: str) -> None:
    """See `Store.leave`."""
    connection.execute("DELETE FROM engines WHERE id = ?", (engine_id,))


def withdraw(connection: sqlite3.Connection, route: str, url: str) -> None:
    """See `Store.withdraw`."""
    connection.execute("DELETE FROM services WHERE route = ? AND url = ?", (route, url))


def nothing(connection: sqlite3.Connection) -> None:
    """Take and give back the write lock: what `Store.ping` asks for."""
