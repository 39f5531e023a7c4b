"""What a task is: the run of one pipeline on one set of inputs, as immutable values.

A task is one small document. Nothing here does I/O, reads a clock or draws a random number. Times are integers,
microseconds since 1970 UTC.

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

NodeState = Literal["pending", "running", "finished", "error", "cancelled"]
TaskStatus = Literal["running", "finished", "error"]
Phase = Literal["calling", "held", "pausing", "away"]

CALL_ID_LENGTH = 64
TASK_ID_LENGTH = 32


class BinaryRef:
    """A binary as a value in a task: which one it is, and what is known of it. Its bytes lie in the binary store.

    A class of its own, and no dictionary, so that nothing that a client sends can be taken for one.
    """

    __slots__ = ("id", "name", "size", "type")

    def __init__(self, id: str, name: str, type: str, size: int) -> None:
        self.id = id
        self.name = name
        self.type = type
        self.size = size

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
class Attempt:
    """One call of a service for a node.

    `id` is the capability that its callback shows. `accepted` is when the service took the call, `url` who took it;
    `ended` and `error` say when and why it failed, `ended` alone that it brought the result. `turn` is the node's
    turn that it belongs to.
    """

    id: str
    turn: int
    at: int
    url: str | None = None
    accepted: int | None = None
    ended: int | None = None
    error: str | None = None


@dataclass(slots=True)
class NodeRun:
    """A node's instance in a task. Nobody changes one that belongs to a task: a draft changes its own copies.

    `turn` counts its activations. `tried` counts the attempts of this round, which a retry of the task begins anew.
    `phase` says what a running service node is doing: `calling` (the last attempt is under way, `due` is its deadline),
    `held` (the attempt waits for room in the service; `due` is when it is looked after again), `pausing` (`due` is when
    the next attempt is made) or `away` (no instance is alive; `due` is when the node gives up). `waiting` is that in
    words. `patience` is when a node that found its service away gives up, however often it comes back and goes.
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
    """One run of one pipeline.

    `seal` is a secret of 128 random bits in hex that never leaves the engine: it marks binaries in the stored document
    and is the key from which call ids are derived. `nodes` holds the nodes that have started; `history`
    grows by a line with every state, `weight` is about the size of all outs in bytes.
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
        )

    def node(self, node_id: str) -> NodeRun:
        """The node's instance; a pending one where it has not started."""
        return self.nodes[node_id] if node_id in self.nodes else PENDING

    @property
    def due(self) -> int | None:
        """The earliest timer of its nodes."""
        times = [run.due for run in self.nodes.values() if run.due is not None]
        return min(times) if times else None

    @property
    def waiting(self) -> bool:
        """Whether a node waits for a service that is away."""
        return any(run.phase == "away" for run in self.nodes.values())

    def find_call(self, call_id: str) -> str | None:
        """The id of the running node that the call is open for; None where it is settled or unknown."""
        for node_id, run in self.nodes.items():
            if run.state == "running" and any(a.id == call_id and a.turn == run.turn for a in run.attempts):
                return node_id
        return None

    def knows_call(self, call_id: str) -> bool:
        """Whether the call was ever made for this task."""
        return any(attempt.id == call_id for run in self.nodes.values() for attempt in run.attempts)


def new_task(task_id: str, seal: str, route: str, definition: str, now: int) -> Task:
    """A task in which nothing has started."""
    return Task(id=task_id, seal=seal, route=route, definition=definition, created=now, nodes={})


def call_id(task: Task, node_id: str, turn: int, number: int) -> str:
    """The id of a call: the task's id, then 128 bits derived from its seal (BLAKE2b, keyed).

    Nobody without the seal can guess it, and whoever decides the same decides the same id: so a call that is sent
    again after a crash bears the id that the service may know already.
    """
    name = f"{node_id}/{turn}/{number}".encode()
    return task.id + blake2b(name, key=bytes.fromhex(task.seal), digest_size=16).hexdigest()
