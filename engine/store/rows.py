"""A task as a store keeps it: what it searches by, and the document."""

from engine.pipeline.nodes import LOOP_END
from engine.store.base import TaskRow
from engine.task.codec import encode, encode_value
from engine.task.task import Task


def task_row(task: Task, known: int) -> TaskRow:
    """The task as stored; its history had `known` lines before."""
    origin = task.origin
    if origin is None:
        return _row(task, known)
    in_body = origin.call is None and task.status == "finished"
    result = encode_value(task.node(LOOP_END).out, task.seal) if in_body else None
    return _row(task, known, origin.root, origin.parent, origin.family, origin.index, result)


def _row(
    task: Task,
    known: int,
    root: str | None = None,
    parent: str | None = None,
    family: str = "",
    position: int = 0,
    result: bytes | None = None,
) -> TaskRow:
    return TaskRow(
        task.id,
        task.revision,
        task.route,
        task.definition,
        task.status,
        task.created,
        task.ended,
        task.due,
        task.waiting,
        known + 1,
        len(task.history),
        encode(task),
        root,
        parent,
        family,
        position,
        result,
        ",".join(task.holders),
        task.owner,
    )
