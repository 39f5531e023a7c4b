"""Rows to put into a store."""

from dataclasses import replace
from uuid import uuid4

from engine.store.base import PipelineRow, ServiceRow, TaskRow

STRANGE_IDS = ["", "\x00", "\ud800", "' OR 1=1 --", "x" * 100_000, "ä"]
"""Text that is no id, as it may come from outside."""


def task(
    task_id: str | None = None,
    route: str = "blur",
    definition: str = "d1",
    status: str = "running",
    created: int = 1_000,
    ended: int | None = None,
    due: int | None = None,
    waiting: bool = False,
    document: bytes = b"{}",
) -> TaskRow:
    """A task of revision 1."""
    number = uuid4().hex if task_id is None else task_id
    return TaskRow(number, 1, route, definition, status, created, ended, due, waiting, 1, 2, document)


def child(
    root: str,
    position: int = 0,
    family: str = "each/1",
    parent: str | None = None,
    task_id: str | None = None,
    definition: str = "d1",
    due: int | None = None,
    waiting: bool = False,
    document: bytes = b"{}",
) -> TaskRow:
    """A child of revision 1, of the root itself where no other parent is named."""
    row = task(task_id, "", definition, due=due, waiting=waiting, document=document)
    return replace(row, root=root, parent=parent or root, family=family, position=position)


def finished(row: TaskRow, ended: int = 5_000) -> TaskRow:
    """The next revision of a task, in which it ends."""
    return replace(row, revision=row.revision + 1, status="finished", ended=ended, due=None, waiting=False)


def following(row: TaskRow, document: bytes = b"{}") -> TaskRow:
    """The next revision of a task, with nothing but another document and new events."""
    first = row.last_event + 1
    return replace(row, revision=row.revision + 1, document=document, first_event=first, last_event=first + 1)


def pipeline(definition_id: str, route: str = "blur", version: int = 1, kind: str = "pipeline") -> PipelineRow:
    """A version of a pipeline."""
    return PipelineRow(definition_id, route, version, kind, f'{{"id": "{definition_id}"}}'.encode(), 1_000 + version)


def service(route: str, url: str, seen: int = 1_000) -> ServiceRow:
    """An announced instance of an operation."""
    return ServiceRow(route, url, b'{"route": "blur"}', 30.0, seen)
