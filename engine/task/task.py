"""What a task is: the run of one level of a pipeline on one set of inputs, as immutable values.

A task is one small document. Each item of a loop and each run of a sub-pipeline is a task too, a child of its own.
Nothing here does I/O, reads a clock or draws a random number. Times are integers, microseconds since 1970 UTC.

States of a node, and how it moves (all moves are made in `decide.py`):

    pending ──start──> running ──work is done──> finished
                          │──work failed───────> error ──────retry──> pending
                          └──task has ended────> cancelled ──retry──> pending

States of a task: `running` -> `finished` | `error`; `error` -> `running` by a retry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

from engine.task.attempt import SECRET_LENGTH
from engine.task.attempt import Attempt as Attempt
from engine.task.origin import Origin as Origin

NodeState = Literal["pending", "running", "finished", "error", "cancelled"]
TaskStatus = Literal["running", "finished", "error"]
Phase = Literal["calling", "held", "pausing", "away", "items"]
Step = Literal["ready", "before", "if", "exec", "after"]
"""The code fields of a node, in the order in which they are run."""


class BinaryRef:
    """A binary as a value in a task: which one it is, and what is known of it. Its bytes lie in the binary store.

    A class of its own, and no dictionary, so that nothing that a client sends can be taken for one.
    """

    __slots__ = ("id", "name", "size", "type")

    def __init__(self, id: str, name: str, type: str, size: int) -> None:
        self.id, self.name, self.type, self.size = id, name, type, size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BinaryRef) and self.fields() == other.fields()

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"BinaryRef(id={self.id!r}, name={self.name!r}, type={self.type!r}, size={self.size})"

    def fields(self) -> tuple[str, str, str, int]:
        """The id in the store, the file name, the media type and the size in bytes."""
        return (self.id, self.name, self.type, self.size)


@dataclass(frozen=True, slots=True)
class Extra:
    """What few nodes have.

    `input` and a loop's `items` are stored where they cannot be prepared again, `params` where code has changed them.
    `step` is the code field that is to be run next, `side` what a branch chose (`then` or `else`), `total` the number
    of a loop's items. `changed` are fields that a client has put in the place of those in the input.
    """

    input: dict[str, Any] | None = None
    params: dict[str, Any] | None = None
    step: Step | None = None
    side: str | None = None
    total: int | None = None
    items: list[Any] | None = None
    changed: dict[str, Any] | None = None


NO_EXTRA = Extra()


@dataclass(slots=True)
class NodeRun:
    """A node's instance in a task. Nobody changes one that belongs to a task: a draft changes its own copies.

    `turn` counts its activations. `tried` counts the attempts of this round, which a retry of the task begins anew.
    `phase` says what a running service node is doing: `calling` (the last attempt is under way, `due` is its deadline),
    `held` (the attempt waits for room in the service; `due` is when it is looked after again), `pausing` (`due` is when
    the next attempt is made) or `away` (no instance is alive; `due` is when the node gives up); a loop's is `items`
    while its bodies run. `waiting` is that in words. `patience` is when a node that found its service away gives up,
    however often it comes back and goes.
    """

    state: NodeState = "pending"
    turn: int = 0
    started: int | None = None
    ended: int | None = None
    out: dict[str, Any] | None = None
    error: str | None = None
    phase: Phase | None = None
    due: int | None = None
    waiting: str | None = None
    tried: int = 0
    attempts: tuple[Attempt, ...] = ()
    patience: int | None = None
    extra: Extra | None = None

    @property
    def more(self) -> Extra:
        """What few nodes have; empty where this one does not."""
        return self.extra or NO_EXTRA

    def copy(self) -> "NodeRun":
        """The same in another object."""
        return NodeRun(
            self.state,
            self.turn,
            self.started,
            self.ended,
            self.out,
            self.error,
            self.phase,
            self.due,
            self.waiting,
            self.tried,
            self.attempts,
            self.patience,
            self.extra,
        )

    def idle(self) -> None:
        """Have no timer and nothing under way."""
        self.phase = self.due = self.waiting = self.patience = None


PENDING = NodeRun()


@dataclass(slots=True)
class Change:
    """A line of a task's history: a node, or with `node` None the task itself, took on a state. Never changed."""

    at: int
    node: str | None
    state: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One run of one level of a pipeline.

    `seal` is a secret of 128 random bits in hex that never leaves the engine: it marks binaries in the stored document
    and is the key from which call ids are derived. `nodes` holds the nodes that have started; `history`
    grows by a line with every state, `weight` is about the size of all outs in bytes. `fields` are what code has set on
    `pipeline`. A child has an `origin` and shares the seal of its parent; `item` is what its loop gave it. `holders`
    are the engines that have something under way for the task, sorted: what one leaves that dies is taken over.
    `owner` is whose the task is, empty where no keys are asked for; `trace` the `traceparent` that the client has sent
    with it; a child has its parent's.
    """

    id: str
    seal: str
    route: str
    definition: str
    created: int
    revision: int = 0
    status: TaskStatus = "running"
    ended: int | None = None
    message: str | None = None
    nodes: Mapping[str, NodeRun] = ()  # type: ignore[assignment]
    history: tuple[Change, ...] = ()
    weight: int = 0
    fields: Mapping[str, Any] | None = None
    origin: Origin | None = None
    item: Any = None
    holders: tuple[str, ...] = ()
    owner: str = ""
    trace: str | None = None

    @property
    def root(self) -> str:
        """The id of the task that a client submitted; its binaries are those of all its children."""
        return self.id if self.origin is None else self.origin.root

    @property
    def head(self) -> str:
        """The id of the task that runs the whole definition of which this task runs a level."""
        return self.id if self.origin is None or self.origin.head is None else self.origin.head

    @property
    def scope(self) -> str:
        """The id of the loop whose body the task runs; empty where it runs a whole definition."""
        return "" if self.origin is None or self.origin.call is not None else self.origin.node

    def revised(self) -> "Task":
        """The same under the next revision."""
        return Task(
            self.id,
            self.seal,
            self.route,
            self.definition,
            self.created,
            self.revision + 1,
            self.status,
            self.ended,
            self.message,
            self.nodes,
            self.history,
            self.weight,
            self.fields,
            self.origin,
            self.item,
            self.holders,
            self.owner,
            self.trace,
        )

    def node(self, node_id: str) -> NodeRun:
        """The node's instance; a pending one where it has not started."""
        return self.nodes[node_id] if node_id in self.nodes else PENDING

    @property
    def due(self) -> int | None:
        """The earliest timer of its nodes."""
        return min((run.due for run in self.nodes.values() if run.due is not None), default=None)

    @property
    def waiting(self) -> bool:
        """Whether a node waits for a service that is away."""
        return any(run.phase == "away" for run in self.nodes.values())

    @property
    def open(self) -> bool:
        """Whether an engine has something under way for it: code, bodies of a loop, a call that nobody took yet."""
        for run in self.nodes.values():
            if run.extra is not None and run.extra.step is not None:
                return True
            if run.phase == "items":
                return True
            if run.phase in ("calling", "held") and run.attempts[-1].accepted is None:
                return True
        return False

    @property
    def rounds(self) -> int:
        """How often it was begun or retried."""
        return sum(line.node is None and line.state == "running" for line in self.history)

    def find_call(self, call_id: str) -> str | None:
        """The id of the running node that the call is open for; None where it is settled or unknown."""
        for node_id, run in self.nodes.items():
            if run.state == "running" and any(a.id == call_id and a.turn == run.turn for a in run.attempts):
                return node_id
        return None

    def knows_call(self, call_id: str) -> bool:
        """Whether the call was ever made for this task."""
        return any(attempt.id == call_id for run in self.nodes.values() for attempt in run.attempts)


def new_task(
    task_id: str, seal: str, route: str, definition: str, now: int, owner: str = "", trace: str | None = None
) -> Task:
    """A task in which nothing has started."""
    return Task(task_id, seal, route, definition, now, nodes={}, owner=owner, trace=trace)


def child_of(parent: Task, definition: str, route: str, origin: Origin, item: Any, now: int) -> Task:
    """A child in which nothing has started. Its id is derived, so that whoever makes it again makes the same one."""
    name = origin.call or f"{parent.id}/{origin.family}/{origin.index}"
    secret = blake2b(name.encode(), key=bytes.fromhex(parent.seal), digest_size=SECRET_LENGTH // 2).hexdigest()
    child = parent.id[:-SECRET_LENGTH] + secret
    owner, trace = parent.owner, parent.trace
    return Task(
        child, parent.seal, route, definition, now, nodes={}, origin=origin, item=item, owner=owner, trace=trace
    )
