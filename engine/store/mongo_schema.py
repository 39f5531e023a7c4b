"""The documents that MongoDB keeps, and the indexes by which they are found.

A task is one document; all that a save changes, its number in the order of changes too, changes in one update. Beside
what a `TaskRow` holds there are fields for the indexes alone, that are missing where the index is not to list the task:
`shown` (roots: the status), `expires` (ended roots), `timer`, `alive`, `stalled`, `grip` (running tasks), `open`
(children that did not end well), `mine` (roots that have an owner: whose). What was stored before there were owners
has no `owner`. `head` is the root, or the task itself; `task` repeats the id. `numbers` are those of
the last changes: who did not hear what became of a save finds its number there. `kids` is set where a root was given
children.

Unique indexes are full: `once` holds the idempotency key with its owner, or the id where there is none, and the root
stands at place ('', '', 0) of its own family. `changes` tells which task each number was taken for; whether the save
won stands in the task. Collections: `tasks`, `changes`, `numbers` (the counter), `tallies` and `shares` (what `stats`
tells, of all and by owner), `pipelines`, `routes`, `services`, `engines`, `keys`, `audit`.
"""

from dataclasses import asdict, fields
from typing import Any

from bson import Binary, Int64
from pymongo import IndexModel

from engine.store.base import AuditRow, PipelineRow, ServiceRow, Submission, TaskRow
from engine.store.mongo_link import Database, Document

KEPT_NUMBERS = 64
"""How many numbers of changes a task's document tells."""

_DERIVED = ("shown", "expires", "timer", "alive", "stalled", "grip", "open", "mine")


def _partial(field: str) -> dict[str, Any]:
    return {"partialFilterExpression": {field: {"$exists": True}}}


INDEXES = {
    "tasks": [
        IndexModel([("once", 1)], name="once", unique=True),
        IndexModel([("head", 1), ("parent", 1), ("family", 1), ("position", 1)], name="family", unique=True),
        IndexModel(
            [("head", 1), ("parent", 1), ("family", 1), ("open", 1), ("position", 1)],
            name="open",
            **_partial("open"),
        ),
        IndexModel([("shown", 1), ("created", 1), ("task", 1)], name="shown", **_partial("shown")),
        IndexModel([("route", 1), ("shown", 1), ("created", 1), ("task", 1)], name="route", **_partial("shown")),
        IndexModel([("mine", 1), ("shown", 1), ("created", 1), ("task", 1)], name="mine", **_partial("mine")),
        IndexModel(
            [("mine", 1), ("route", 1), ("shown", 1), ("created", 1), ("task", 1)],
            name="mine_by_route",
            **_partial("mine"),
        ),
        IndexModel([("expires", 1)], name="expires", **_partial("expires")),
        IndexModel([("timer", 1)], name="timer", **_partial("timer")),
        IndexModel([("alive", 1)], name="alive", **_partial("alive")),
        IndexModel([("stalled", 1)], name="stalled", **_partial("stalled")),
        IndexModel([("grip", 1), ("alive", 1)], name="grip", **_partial("grip")),
        IndexModel([("definition", 1)], name="definition"),
    ],
    "changes": [
        IndexModel([("number", 1)], name="number", unique=True),
        IndexModel([("head", 1), ("number", 1)], name="head"),
    ],
    "pipelines": [IndexModel([("route", 1), ("version", 1)], name="route")],
    "shares": [IndexModel([("owner", 1)], name="owner")],
    "audit": [
        IndexModel([("at", 1), ("row", 1)], name="at"),
        IndexModel([("action", 1), ("at", 1), ("row", 1)], name="action"),
        IndexModel([("owner", 1), ("at", 1), ("row", 1)], name="owner"),
    ],
}


async def make_indexes(database: Database) -> None:
    """Make what is missing. Several engines may do so at once."""
    for collection, indexes in INDEXES.items():
        await database[collection].create_indexes(indexes)


def task_document(row: TaskRow, submission: Submission | None) -> Document:
    """A new task, still without its number."""
    document: Document = {
        "_id": row.id,
        "task": row.id,
        "route": row.route,
        "definition": row.definition,
        "created": Int64(row.created),
        "head": row.root or row.id,
        "parent": row.parent or "",
        "family": row.family if row.root else "",
        "position": Int64(row.position if row.root else 0),
        "once": f"task {row.id}" if submission is None else _once(submission),
        "owner": row.owner,
    }
    if submission is not None:
        document["submission"] = {"key": submission.key, "digest": submission.digest, "task": submission.task}
    return document | _changing(row) | _derived(row)


def _once(submission: Submission) -> str:
    """What only one task can have. A route has no blanks; an owner may have, so its length stands before it."""
    if submission.owner:
        return f"key of {len(submission.owner)} {submission.owner} {submission.route} {submission.key}"
    return f"key {submission.route} {submission.key}"


def task_update(row: TaskRow, number: int) -> Document:
    """What a save changes."""
    derived = _derived(row)
    return {
        "$set": _changing(row) | derived,
        "$unset": {name: "" for name in _DERIVED if name not in derived},
        "$push": {"numbers": {"$each": [Int64(number)], "$slice": -KEPT_NUMBERS}},
    }


def _changing(row: TaskRow) -> Document:
    return {
        "revision": row.revision,
        "status": row.status,
        "ended": None if row.ended is None else Int64(row.ended),
        "due": None if row.due is None else Int64(row.due),
        "waiting": row.waiting,
        "first": row.first_event,
        "last": row.last_event,
        "holders": row.holders,
        "result": None if row.result is None else Binary(row.result),
        "document": Binary(row.document),
    }


def _derived(row: TaskRow) -> Document:
    running = row.status == "running"
    found = {
        "shown": row.status if row.root is None else None,
        "expires": Int64(row.ended) if row.root is None and row.ended is not None else None,
        "timer": Int64(row.due) if running and row.due is not None else None,
        "alive": row.id if running else None,
        "stalled": row.id if running and row.waiting else None,
        "grip": row.holders if running and row.holders else None,
        "open": row.status if row.root is not None and row.status != "finished" else None,
        "mine": row.owner if row.root is None and row.owner else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def task_row(found: Document) -> TaskRow:
    """A task as it is handed over."""
    child = found["parent"] != ""
    result = found["result"]
    return TaskRow(
        found["_id"],
        found["revision"],
        found["route"],
        found["definition"],
        found["status"],
        found["created"],
        found["ended"],
        found["due"],
        found["waiting"],
        found["first"],
        found["last"],
        bytes(found["document"]),
        found["head"] if child else None,
        found["parent"] if child else None,
        found["family"],
        found["position"],
        None if result is None else bytes(result),
        found["holders"],
        found.get("owner", ""),
    )


def pipeline_document(row: PipelineRow) -> Document:
    """A version of a pipeline."""
    return {
        "_id": row.id,
        "route": row.route,
        "version": row.version,
        "kind": row.kind,
        "created": Int64(row.created),
        "document": Binary(row.document),
        "owner": row.owner,
    }


def pipeline_row(found: Document) -> PipelineRow:
    """A version of a pipeline, as it is handed over."""
    return PipelineRow(
        found["_id"],
        found["route"],
        found["version"],
        found["kind"],
        bytes(found["document"]),
        found["created"],
        found.get("owner", ""),
    )


def service_document(row: ServiceRow) -> Document:
    """An announced instance. A route has no blanks."""
    return {
        "_id": f"{row.route} {row.url}",
        "route": row.route,
        "url": row.url,
        "api": Binary(row.api),
        "interval": row.interval,
        "seen": Int64(row.seen),
        "owner": row.owner,
    }


def service_row(found: Document) -> ServiceRow:
    """An announced instance, as it is handed over."""
    api, interval = bytes(found["api"]), float(found["interval"])
    return ServiceRow(found["route"], found["url"], api, interval, found["seen"], found.get("owner", ""))


def audit_document(row: AuditRow) -> Document:
    """A row of the audit log; `row` repeats the id."""
    return {"_id": row.id, "row": row.id, **asdict(row), "at": Int64(row.at)}


def audit_row(found: Document) -> AuditRow:
    """A row of the audit log, as it is handed over."""
    return AuditRow(**{field.name: found[field.name] for field in fields(AuditRow)})
