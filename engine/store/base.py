"""What the engine asks of a store of pipelines, tasks and announced services.

A store loads and compares-and-swaps; it knows no rule of a task, and a document is bytes to it. All times are
integers, microseconds since 1970 UTC, given by the caller. A method returns only when its effect is durable in the
sense of the store (SQLite: on disk, or with `REG_SQLITE_SYNC=normal` in the operating system's hands).

Every method raises `StoreAway` where the store cannot be reached or is busy for too long, and every writing method
`StoreFull` where it has no room; then nothing was changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PipelineRow:
    """One version of the definition behind a route.

    `id` is random and never used twice: tasks are pinned to it. `kind` is `pipeline` for what a client posted,
    `service` for the one that the engine makes for an announced operation, and `trial` (version 0) for one that no
    route opens, made for a single task. `document` is the definition as JSON.
    """

    id: str
    route: str
    version: int
    kind: str
    document: bytes
    created: int


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One announced instance of an operation: unique by (route, url). `api` is JSON, `seen` the last announcement,
    `interval` (seconds) how often it says that it announces itself."""

    route: str
    url: str
    api: bytes
    interval: float
    seen: int


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as stored: what the store can search by, beside the document that only `engine.task` reads.

    `revision` starts at 1 and grows by one with each save. `definition` is the id of its PipelineRow. `status` is
    `running`, `finished` or `error`. `due` is the earliest of its timers, None where it has none. `waiting` tells
    that a node waits for a service that is away. `first_event` and `last_event` number what this revision added to the
    task's history (`last_event` < `first_event`: nothing).

    A root is a task that a client asked for; its `root` and `parent` are None. A child is a task that another one,
    its `parent`, asked for: an item of a loop, a sub-pipeline. `root` is the task at the head of all its parents.
    `family` names the children of that parent that belong together, and `position` is its place among them, from 0: no
    other child has the same. `result` is what an ended child gives to its parent.
    """

    id: str
    revision: int
    route: str
    definition: str
    status: str
    created: int
    ended: int | None
    due: int | None
    waiting: bool
    first_event: int
    last_event: int
    document: bytes
    root: str | None = None
    parent: str | None = None
    family: str = ""
    position: int = 0
    result: bytes | None = None


@dataclass(frozen=True, slots=True)
class ChildResult:
    """What a parent wants to know of one of a family. `result` is None where there is none (yet)."""

    id: str
    position: int
    status: str
    result: bytes | None


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A line in a list of tasks."""

    id: str
    route: str
    status: str
    created: int
    ended: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One saved revision, in the order in which the store took them: `number` grows and never repeats."""

    number: int
    task: str
    first_event: int
    last_event: int


@dataclass(frozen=True, slots=True)
class Submission:
    """An idempotency key on a route, the digest of the body that came with it, and the task that it made."""

    route: str
    key: str
    digest: str
    task: str


@dataclass(frozen=True, slots=True)
class Stats:
    """Numbers of kept root tasks, by status and by route."""

    by_status: dict[str, int]
    by_route: dict[str, int]


KEPT_VERSIONS = 50
"""How many versions of an open pipeline are kept although no task uses them."""


class Store(Protocol):
    """See the module. Methods may be called at the same time from many coroutines of one event loop."""

    async def open(self) -> None:
        """Connect, and make what is missing (tables, indexes). May be called again after it raised StoreAway."""

    async def close(self) -> None:
        """Finish what was asked and disconnect."""

    async def ping(self) -> None:
        """Raise StoreAway where the store cannot be used now."""

    # Pipelines

    async def add_pipeline(self, row: PipelineRow) -> bool:
        """Add a version and make it the one that is open under its route.

        False where the version is not greater than every one that the route has had, also of those that were removed.
        """

    async def close_pipeline(self, route: str) -> bool:
        """Close the route; its versions are kept for the tasks that use them. False where it was not open."""

    async def open_pipelines(self) -> list[PipelineRow]:
        """The open version of every open route, by route."""

    async def open_pipeline(self, route: str) -> PipelineRow | None:
        """The open version of a route."""

    async def latest_version(self, route: str) -> int:
        """The highest version that a route has had, open or not; 0 where it never had one."""

    async def definition(self, definition_id: str) -> PipelineRow | None:
        """A version by its id, open or not."""

    async def versions(self, route: str) -> list[PipelineRow]:
        """The versions of a route that are kept, newest first; no trials."""

    async def add_definition(self, row: PipelineRow) -> None:
        """Keep a definition that no route opens: a trial. Raises Conflict where the id is taken."""

    async def prune_pipelines(self, before: int) -> int:
        """Remove the definitions made before a time that no task uses. Returns how many.

        What is open stays, and so do the newest `KEPT_VERSIONS` of a route where a pipeline is open.
        """

    # Announced services

    async def announce(self, row: ServiceRow) -> None:
        """Add or replace the instance (route, url)."""

    async def withdraw(self, route: str, url: str) -> None:
        """Remove an instance, if it is there."""

    async def services(self) -> list[ServiceRow]:
        """All instances, by route, then url."""

    # Tasks

    async def create(self, row: TaskRow, submission: Submission | None = None) -> int | Submission:
        """Add a task of revision 1, and the submission with it, in one step. Returns the change's number.

        Where the same (route, key) has a submission already, nothing is added and that submission is returned.
        Raises Conflict where the id is taken.
        """

    async def create_many(self, rows: Sequence[TaskRow]) -> list[int | None]:
        """Add children of revision 1, all in one step. Returns the number of each one's change, in their order.

        None, and nothing changed, where the id exists already or the root does not. Raises Conflict, and adds none,
        where another child has the same place in the family, and ValueError where a row is no child.
        """

    async def save(self, row: TaskRow) -> int | None:
        """Replace the task if its stored revision is `row.revision - 1`. Returns the change's number, else None.

        Route, definition, time of creation, and whose child it is stay as they were created.
        """

    async def load(self, task_id: str) -> TaskRow | None:
        """A task by its id."""

    async def page(
        self, route: str | None, status: str | None, before: tuple[int, str] | None, limit: int
    ) -> list[TaskSummary]:
        """Root tasks, newest first by (created, id), at most `limit`, that lie before the given (created, id)."""

    async def stats(self) -> Stats:
        """Numbers of kept root tasks, in a time that does not grow with them."""

    async def due(self, now: int, limit: int) -> list[str]:
        """Ids of running tasks with `due` <= now, the earliest first."""

    async def next_due(self) -> int | None:
        """The earliest `due` of all running tasks."""

    async def running(self, after: str, limit: int, waiting: bool = False) -> list[str]:
        """Ids of running tasks greater than `after`, ascending; with `waiting`, only those with a waiting node."""

    async def expired(self, before: int, limit: int) -> list[str]:
        """Ids of root tasks that ended before the given time."""

    async def delete(self, task_ids: Collection[str]) -> list[str]:
        """Remove those root tasks that are not running, with all descendants and submissions. Returns the roots' ids.

        Many are removed in several steps, each of them whole, a root last: what a crash interrupts can be asked for
        again. From the first step on a root with descendants can be neither loaded nor saved. Ids of children are
        ignored.
        """

    async def existing(self, task_ids: Collection[str]) -> set[str]:
        """Those of the ids that belong to a task."""

    # Children

    async def children(self, root: str, after: tuple[str, str, int] | None, limit: int) -> list[TaskRow]:
        """All descendants of a root by (parent, family, position), at most `limit`, that lie after the given one."""

    async def family(self, root: str, parent: str, family: str, after: int, limit: int) -> list[ChildResult]:
        """The children of a family by position, at most `limit`, with a position greater than `after`."""

    async def family_running(self, root: str, parent: str, family: str, limit: int) -> list[str]:
        """Ids of the running children of a family, by position, in a time that does not grow with the others."""

    async def family_counts(self, root: str, parent: str, family: str) -> dict[str, int]:
        """How many children of a family have which status; a status that none has is missing."""

    # Changes

    async def last_change(self) -> int:
        """The number of the last change, 0 before the first."""

    async def changes(self, after: int, limit: int, root: str | None = None) -> list[Change]:
        """Changes with a number greater than `after`, ascending. A new task is a change too. Those of removed tasks
        may be missing. With a `root` only those of that task and its descendants, in a time that does not depend on the
        changes of others."""
