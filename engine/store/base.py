"""What the engine asks of a store of pipelines, tasks and announced services.

A store loads and compares-and-swaps; it knows no rule of a task, and a document is bytes to it. All times are
integers, microseconds since 1970 UTC, given by the caller. A method returns only when its effect is durable in the
sense of the store (SQLite: on disk, or with `REG_SQLITE_SYNC=normal` in the operating system's hands).

Every method raises `StoreAway` where the store cannot be reached or is busy for too long, and every writing method
`StoreFull` where it has no room; then nothing was changed.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from engine.store.records import (
    AuditRow,
    Change,
    ChildResult,
    EngineRow,
    KeyLimits,
    KeyRow,
    PipelineRow,
    ServiceRow,
    Stats,
    Submission,
    TaskRow,
    TaskSummary,
)

__all__ = [
    "KEPT_VERSIONS",
    "Store",
    "Trail",
    "AuditRow",
    "Change",
    "ChildResult",
    "EngineRow",
    "KeyLimits",
    "KeyRow",
    "PipelineRow",
    "ServiceRow",
    "Stats",
    "Submission",
    "TaskRow",
    "TaskSummary",
]

KEPT_VERSIONS = 50
"""How many versions of an open pipeline are kept although no task uses them."""


class Trail(Protocol):
    """Who changed what, as a store keeps it. Rows are added and removed, never changed."""

    async def add(self, row: AuditRow, frees: bool = False) -> None:
        """Keep a row. Raises Conflict where the id is taken. `frees`: also where the disk is full, if that can be."""

    async def page(
        self, action: str | None, owner: str | None, before: tuple[int, str] | None, limit: int
    ) -> list[AuditRow]:
        """Rows, newest first by (at, id), at most `limit`, that lie before the given (at, id)."""

    async def prune(self, before: int) -> int:
        """Remove the rows from before a time. Returns how many."""


class Store(Protocol):
    """See the module. Methods may be called at the same time from many coroutines of one event loop."""

    @property
    def trail(self) -> Trail:
        """Who changed what."""

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

    async def open_ids(self) -> dict[str, str]:
        """The id of the open version, by route: little, so that it can be asked for every second."""

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

    async def silence(self, row: ServiceRow) -> bool:
        """Store `seen` 0 for the instance, if its stored `seen` is still that of `row`. Whether that was so."""

    async def services(self) -> list[ServiceRow]:
        """All instances, by route, then url."""

    # Engines

    async def beat(self, row: EngineRow) -> None:
        """Add or replace an engine, by its id."""

    async def leave(self, engine_id: str) -> None:
        """Remove an engine, if it is there."""

    async def engines(self) -> list[EngineRow]:
        """All engines that have not left, by id."""

    async def holders(self) -> set[str]:
        """Every value of `holders` that running tasks have, without the empty one, in a time that does not grow with
        the tasks that have none."""

    async def held(self, holders: str, after: str, limit: int) -> list[str]:
        """Ids of running tasks with exactly these `holders`, greater than `after`, ascending."""

    # Keys

    async def add_key(self, row: KeyRow) -> None:
        """Add a key. Raises Conflict where the id is taken."""

    async def keys(self) -> list[KeyRow]:
        """All keys, also those that were revoked or have expired, by (created, id)."""

    async def revoke_key(self, key_id: str, at: int) -> bool:
        """Note when a key was revoked, where it was not before. False where there is no such key."""

    # Tasks

    async def create(self, row: TaskRow, submission: Submission | None = None) -> int | Submission:
        """Add a task of revision 1, and the submission with it, in one step. Returns the change's number.

        Where the same (owner, route, key) has a submission already, nothing is added and that submission is returned.
        Raises Conflict where the id is taken.
        """

    async def create_many(self, rows: Sequence[TaskRow]) -> list[int | None]:
        """Add children of revision 1, in one step where the store has such steps; else a crash may leave some of them.
        Returns the number of each one's change, in their order.

        None, and nothing changed, where the id exists already or the root does not. Raises Conflict, and adds none,
        where another child has the same place in the family, and ValueError where a row is no child.
        """

    async def save(self, row: TaskRow) -> int | None:
        """Replace the task if its stored revision is `row.revision - 1`. Returns the change's number, else None.

        Route, definition, time of creation, owner, and whose child it is stay as they were created.
        """

    async def load(self, task_id: str) -> TaskRow | None:
        """A task by its id."""

    async def page(
        self,
        route: str | None,
        status: str | None,
        before: tuple[int, str] | None,
        limit: int,
        owner: str | None = None,
    ) -> list[TaskSummary]:
        """Root tasks, newest first by (created, id), at most `limit`, that lie before the given (created, id); those of
        all owners, or of one."""

    async def stats(self, owner: str | None = None) -> Stats:
        """Numbers of kept root tasks, of all owners or of one, in a time that does not grow with them."""

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

    async def owners(self, task_ids: Collection[str]) -> dict[str, str]:
        """Whose those tasks are, by id, without their documents; what belongs to no task is missing."""

    async def statuses(self, task_ids: Collection[str]) -> dict[str, str]:
        """The status of those tasks, by id; what belongs to no task is missing."""

    async def recount(self) -> bool:
        """Put right what `stats` tells, where an engine that was killed may have left it wrong. False where that could
        not be seen, since numbers were moving: to be asked for again."""

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
        """Changes with a number greater than `after`, ascending, and never one before another with a smaller number
        that can still appear. A new task is a change too. Those of removed tasks may be missing. With a `root` only
        those of that task and its descendants, in a time that does not depend on the changes of others."""
