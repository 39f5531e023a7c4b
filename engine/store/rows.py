"""A task as a store keeps it: what it searches by, and the document."""

from engine.store.base import TaskRow
from engine.task.codec import encode
from engine.task.task import Task


def task_row(task: Task, known: int) -> TaskRow:
    """The task as stored; its history had `known` lines before."""
    return TaskRow(
        id=task.id,
        revision=task.revision,
        route=task.route,
        definition=task.definition,
        status=task.status,
        created=task.created,
        ended=task.ended,
        due=task.due,
        waiting=task.waiting,
        first_event=known + 1,
        last_event=len(task.history),
        document=encode(task),
    )
