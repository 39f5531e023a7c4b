"""What a store keeps, as it is handed over. All times are integers, microseconds since 1970 UTC."""

from dataclasses import dataclass, field
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class PipelineRow:
    """One version of the definition behind a route.

    `id` is random and never used twice: tasks are pinned to it. `kind` is `pipeline` for what a client posted,
    `service` for the one that the engine makes for an announced operation, and `trial` (version 0) for one that no
    route opens, made for a single task. `document` is the definition as JSON. `owner` is whose the route is: that of
    the first version; empty where no keys were asked for.
    """

    id: str
    route: str
    version: int
    kind: str
    document: bytes
    created: int
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One announced instance of an operation: unique by (route, url). `api` is JSON, `seen` the last announcement,
    `interval` (seconds) how often it says that it announces itself, `owner` whose key it announced itself with."""

    route: str
    url: str
    api: bytes
    interval: float
    seen: int
    owner: str = ""


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

    `holders` are the ids of the engines that have something under way for a running task, sorted and joined by commas.
    `owner` is whose the task is, empty where no keys are asked for; children have that of their root.
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
    holders: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class EngineRow:
    """A running engine. `beat` grows with every sign of life: an engine lives as long as it does, whatever clocks say.

    `place` tells which process it is (machine, process, start), so that one on the same machine can be seen to be gone.
    """

    id: str
    place: str
    beat: int


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
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One saved revision: `number` never repeats, and grows from one revision of a task to the next."""

    number: int
    task: str
    first_event: int
    last_event: int


@dataclass(frozen=True, slots=True)
class Submission:
    """An idempotency key of an owner on a route, the digest of the body that came with it, and the task it made."""

    route: str
    key: str
    digest: str
    task: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who changed what, and when: one change. `id` is random. `key` names what was shown (`Identity.key`), `owner`
    whose it is, `action` the kind of change, `subject` what was changed, `detail` more of it in words, `address` where
    the request came from."""

    id: str
    at: int
    key: str
    owner: str
    action: str
    subject: str
    detail: str
    address: str


class KeyLimits(TypedDict):
    """What a key may use at most; None: no bound of its own. `running` counts tasks of
    its owner, `per_second` requests."""

    running: int | None
    per_second: float | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An API key. Its secret is not kept: `digest` is what `engine.doors.keys` makes of it, in hexadecimal digits.

    `id` is public and random, `name` says what the key is for, and `owner` whom the things belong to that its bearer
    makes. `expires` is None for a key that does not; `revoked` is when it was revoked, None where it was not.
    """

    id: str
    name: str
    owner: str
    scopes: tuple[str, ...]
    digest: str
    created: int
    expires: int | None
    revoked: int | None
    limits: KeyLimits


@dataclass(frozen=True, slots=True)
class Stats:
    """Numbers of kept root tasks, by status, by route, and by the statuses of each route."""

    by_status: dict[str, int]
    by_route: dict[str, int]
    by_both: dict[str, dict[str, int]] = field(default_factory=dict, compare=False)
