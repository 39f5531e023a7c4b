"""What the engine answers, as types. Fields that an answer has beyond these are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Required, TypedDict

Json = dict[str, Any]
"""A JSON object."""

TaskStatus = Literal["running", "finished", "error"]
ENDED = frozenset({"finished", "error"})
"""The states in which a task does nothing more by itself."""


class Items(TypedDict):
    """How far a loop is: how many items it has, and how many of them are done."""

    total: int
    done: int


class NodeStatus(TypedDict, total=False):
    """A node in the status of a task. `waiting` says what it waits for, `error` why it failed."""

    state: Required[str]
    waiting: str
    error: str
    items: Items


class Progress(TypedDict):
    """How many nodes there are, and how many of them have finished."""

    done: int
    total: int


class Status(TypedDict, total=False):
    """`GET /tasks/{id}/status`. Times are RFC 3339 in UTC; `message` is there where the task failed."""

    status: Required[TaskStatus]
    message: str
    jobId: str
    route: str
    version: int
    created: str
    ended: str | None
    progress: Progress
    nodes: dict[str, NodeStatus]


class Jobs(TypedDict):
    """How many tasks are kept, by status."""

    total: int
    running: int
    finished: int
    failed: int


class Stats(TypedDict):
    """`GET /stats`: the tasks that are kept, how many of each route, and how they stand."""

    jobs: Jobs
    services: dict[str, int]
    routes: dict[str, Jobs]


class TaskRow(TypedDict):
    """One line of `GET /tasks`."""

    jobId: str
    route: str
    status: TaskStatus
    created: str
    ended: str | None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of tasks, newest first; `next` is the cursor of the page after it, None on the last."""

    tasks: tuple[TaskRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a task, or of one of its nodes or of one item of a loop.

    `id` resumes a stream after this event. `name` is `task`, `node` or `item`. `node` is None for the task itself, and
    the loop for an item; a node of a loop's body has the id of its instance. `item` is the index (from 0) of the item,
    and None outside of loops. `state` is the one taken on; `detail` why, or what is waited for. `at` is the time in
    RFC 3339, empty where the engine gave none. `data` is all that came.
    """

    id: str
    name: str
    task: str
    node: str | None
    state: str
    item: int | None = None
    route: str = ""
    at: str = ""
    detail: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
