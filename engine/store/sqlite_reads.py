"""The operations of the SQLite store that read. Each is one step of the database, or a few that need not agree.

The index is named wherever there is a choice: without statistics SQLite takes the one with the most equal columns, and
sorts all running tasks to find the earliest.
"""

import json
import sqlite3
from collections.abc import Sequence
from itertools import chain

from engine.store.base import Change, EngineRow, PipelineRow, ServiceRow, Stats, TaskSummary

_STATUSES = ("running", "finished", "error")
_PIPELINE = "pipelines.id, pipelines.route, version, kind, document, created, owner"

# The changes of a task are its chain, those of its descendants are in an index. One statement, so that a change of the
# one kind that was saved in between does not hide behind a later one of the other.
_CHANGES_OF = """
    WITH RECURSIVE chain (number) AS (
        SELECT last_change FROM tasks WHERE id = ?1 AND last_change > ?2
        UNION ALL
        SELECT previous FROM changes JOIN chain USING (number) WHERE previous > ?2)
    SELECT number, task, first_event, last_event FROM changes WHERE number IN chain
    UNION ALL
    SELECT * FROM (
        SELECT number, task, first_event, last_event FROM changes INDEXED BY changes_of_children
        WHERE root IS NOT NULL AND root = ?1 AND number > ?2 ORDER BY number LIMIT ?3)
    ORDER BY number LIMIT ?3"""

# Each value of `holders` that running tasks have is one step down the index, however many tasks have it.
_HOLDERS = """
    WITH RECURSIVE each_one (holders) AS (
        SELECT min(holders) FROM tasks INDEXED BY tasks_held WHERE status = 'running'
        UNION ALL
        SELECT (SELECT min(holders) FROM tasks INDEXED BY tasks_held
            WHERE status = 'running' AND holders > each_one.holders)
        FROM each_one WHERE each_one.holders IS NOT NULL)
    SELECT holders FROM each_one WHERE holders IS NOT NULL"""


def page(
    connection: sqlite3.Connection,
    route: str | None,
    status: str | None,
    before: tuple[int, str] | None,
    limit: int,
    owner: str | None,
) -> list[TaskSummary]:
    """See `Store.page`. One walk down an index for each status, then merged: so two indexes serve four filters, and two
    more those of one owner. A task that ends between two walks is found by both, and is shown as it was found last."""
    found: dict[str, TaskSummary] = {}
    for each in _STATUSES if status is None else (status,):
        index, condition, values = "tasks_by_status", "status = ?", [each]
        if route is not None:
            index, condition, values = "tasks_by_route", "route = ? AND status = ?", [route, each]
        if owner is not None:
            condition, values = f"owner = ? AND {condition}", [owner, *values]
        if owner:
            index = "tasks_of_owner" if route is None else "tasks_of_owner_by_route"
            condition = f"owner <> '' AND {condition}"  # the term of the partial indexes
        if before is not None:
            condition += " AND (created, id) < (?, ?)"
        rows = connection.execute(
            f"SELECT id, route, status, created, ended, owner FROM tasks INDEXED BY {index}"
            f" WHERE root IS NULL AND {condition} ORDER BY created DESC, id DESC LIMIT ?",
            (*values, *(before or ()), limit),
        )
        found.update({row[0]: TaskSummary(*row) for row in rows})
    return sorted(found.values(), key=lambda summary: (summary.created, summary.id), reverse=True)[:limit]


def stats(connection: sqlite3.Connection, owner: str | None) -> Stats:
    """See `Store.stats`."""
    by_status: dict[str, int] = {}
    by_route: dict[str, int] = {}
    by_both: dict[str, dict[str, int]] = {}
    rows = connection.execute(
        "SELECT route, status, sum(number) FROM counters WHERE number > 0 AND status <> ''"
        f"{'' if owner is None else ' AND owner = ?'} GROUP BY route, status",
        () if owner is None else (owner,),
    )
    for route, status, number in rows:
        by_status[status] = by_status.get(status, 0) + number
        by_route[route] = by_route.get(route, 0) + number
        by_both.setdefault(route, {})[status] = number
    return Stats(by_status, by_route, by_both)


def due(connection: sqlite3.Connection, now: int, limit: int) -> list[str]:
    """See `Store.due`."""
    return _ids(
        connection,
        "SELECT id FROM tasks INDEXED BY tasks_due"
        " WHERE status = 'running' AND due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?",
        now,
        limit,
    )


def next_due(connection: sqlite3.Connection) -> int | None:
    """See `Store.next_due`."""
    found = connection.execute(
        "SELECT due FROM tasks INDEXED BY tasks_due WHERE status = 'running' AND due IS NOT NULL ORDER BY due LIMIT 1"
    ).fetchone()
    return None if found is None else int(found[0])


def holders(connection: sqlite3.Connection) -> set[str]:
    """See `Store.holders`."""
    return set(_ids(connection, _HOLDERS)) - {""}


def held(connection: sqlite3.Connection, by: str, after: str, limit: int) -> list[str]:
    """See `Store.held`."""
    return _ids(
        connection,
        "SELECT id FROM tasks INDEXED BY tasks_held"
        " WHERE status = 'running' AND holders = ? AND id > ? ORDER BY id LIMIT ?",
        by,
        after,
        limit,
    )


def running(connection: sqlite3.Connection, after: str, limit: int, waiting: bool) -> list[str]:
    """See `Store.running`. One walk along an index for each of the few values of `holders`, then merged."""
    if waiting:
        statement = "SELECT id FROM tasks INDEXED BY tasks_waiting WHERE status = 'running' AND waiting AND id > ?"
        return _ids(connection, f"{statement} ORDER BY id LIMIT ?", after, limit)
    return sorted(chain.from_iterable(held(connection, by, after, limit) for by in _ids(connection, _HOLDERS)))[:limit]


def expired(connection: sqlite3.Connection, before: int, limit: int) -> list[str]:
    """See `Store.expired`."""
    return _ids(
        connection,
        "SELECT id FROM tasks INDEXED BY tasks_ended"
        " WHERE root IS NULL AND ended IS NOT NULL AND ended < ? ORDER BY ended LIMIT ?",
        before,
        limit,
    )


def existing(connection: sqlite3.Connection, task_ids: Sequence[str]) -> set[str]:
    """See `Store.existing`."""
    return set(
        _ids(
            connection,
            "SELECT id FROM tasks WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(task_ids),
        )
    )


def statuses(connection: sqlite3.Connection, task_ids: Sequence[str]) -> dict[str, str]:
    """See `Store.statuses`."""
    rows = connection.execute(
        "SELECT id, status FROM tasks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(task_ids),)
    )
    return dict(rows.fetchall())


def owners(connection: sqlite3.Connection, task_ids: Sequence[str]) -> dict[str, str]:
    """See `Store.owners`."""
    rows = connection.execute(
        "SELECT id, owner FROM tasks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(task_ids),)
    )
    return dict(rows.fetchall())


def engines(connection: sqlite3.Connection) -> list[EngineRow]:
    """See `Store.engines`."""
    return [EngineRow(*row) for row in connection.execute("SELECT id, place, beat FROM engines ORDER BY id")]


def last_change(connection: sqlite3.Connection) -> int:
    """See `Store.last_change`."""
    return int(connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()[0])


def changes(connection: sqlite3.Connection, after: int, limit: int, root: str | None) -> list[Change]:
    """See `Store.changes`."""
    if root is not None:
        return [Change(*row) for row in connection.execute(_CHANGES_OF, (root, after, limit))]
    rows = connection.execute(
        "SELECT number, task, first_event, last_event FROM changes WHERE number > ? ORDER BY number LIMIT ?",
        (after, limit),
    )
    return [Change(*row) for row in rows]


def open_pipelines(connection: sqlite3.Connection) -> list[PipelineRow]:
    """See `Store.open_pipelines`."""
    rows = connection.execute(
        f"SELECT {_PIPELINE} FROM routes JOIN pipelines ON pipelines.id = routes.open ORDER BY pipelines.route"
    )
    return [PipelineRow(*row) for row in rows]


def open_ids(connection: sqlite3.Connection) -> dict[str, str]:
    """See `Store.open_ids`."""
    return dict(connection.execute("SELECT route, open FROM routes WHERE open IS NOT NULL").fetchall())


def open_pipeline(connection: sqlite3.Connection, route: str) -> PipelineRow | None:
    """See `Store.open_pipeline`."""
    return _pipeline(
        connection,
        f"SELECT {_PIPELINE} FROM routes JOIN pipelines ON pipelines.id = routes.open WHERE routes.route = ?",
        route,
    )


def versions(connection: sqlite3.Connection, route: str) -> list[PipelineRow]:
    """See `Store.versions`."""
    rows = connection.execute(
        f"SELECT {_PIPELINE} FROM pipelines WHERE route = ? AND kind <> 'trial' ORDER BY version DESC", (route,)
    )
    return [PipelineRow(*row) for row in rows]


def definition(connection: sqlite3.Connection, definition_id: str) -> PipelineRow | None:
    """See `Store.definition`."""
    return _pipeline(connection, f"SELECT {_PIPELINE} FROM pipelines WHERE id = ?", definition_id)


def latest_version(connection: sqlite3.Connection, route: str) -> int:
    """See `Store.latest_version`."""
    found = connection.execute("SELECT latest FROM routes WHERE route = ?", (route,)).fetchone()
    return 0 if found is None else int(found[0])


def services(connection: sqlite3.Connection) -> list[ServiceRow]:
    """See `Store.services`."""
    rows = connection.execute("SELECT route, url, api, interval, seen, owner FROM services ORDER BY route, url")
    return [ServiceRow(*row) for row in rows]


def _pipeline(connection: sqlite3.Connection, statement: str, value: str) -> PipelineRow | None:
    found = connection.execute(statement, (value,)).fetchone()
    return None if found is None else PipelineRow(*found)


def _ids(connection: sqlite3.Connection, statement: str, *values: object) -> list[str]:
    return [row[0] for row in connection.execute(statement, values)]
