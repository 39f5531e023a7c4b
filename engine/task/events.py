"""What can happen to a task (events), and what is then to be done (commands). Frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.task.task import NodeRun, Step


@dataclass(frozen=True, slots=True)
class Submitted:
    """The task was created; `out` is what the entry received."""

    out: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallAccepted:
    """The service at `url` took the call, at the time `at`, and will call back."""

    call: str
    url: str
    at: int


@dataclass(frozen=True, slots=True)
class ChildStarted:
    """The call is that of a pipeline, and runs as the task `task`."""

    call: str
    task: str


@dataclass(frozen=True, slots=True)
class CallReturned:
    """The call brought a result. `url` is who gave it, where that is known."""

    call: str
    out: dict[str, Any]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The call brought none. `again`: another attempt may succeed, not before `after` seconds where that is given.
    `url` is who was asked, where somebody was. `full`: the service has no room for it now."""

    call: str
    message: str
    again: bool
    after: float | None = None
    url: str | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class CallHeld:
    """The call is not sent yet: the service at `url` has as many as it takes."""

    call: str
    url: str


@dataclass(frozen=True, slots=True)
class CallSent:
    """The call that was held is being sent."""

    call: str


@dataclass(frozen=True, slots=True)
class ServiceAway:
    """The call could not be made: no instance of the operation is alive."""

    call: str
    service: str


@dataclass(frozen=True, slots=True)
class ServiceBack:
    """An operation has a living instance again. `names` are its route and its URLs."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class InstanceLost:
    """The instance at `url` stopped announcing itself: what it had accepted will not come back."""

    url: str


@dataclass(frozen=True, slots=True)
class CodeRan:
    """A code field of a node has run. `value` is what an expression gave.

    `changes` holds by node the fields (`out`, `input`, `params`) that have changed, `fields` what the task's own fields
    on `pipeline` are now, None where they stayed as they were.
    """

    node: str
    step: Step
    turn: int
    value: Any = None
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CodeFailed:
    """A code field of a node has failed; the message says how, and in which line."""

    node: str
    step: Step
    turn: int
    message: str


@dataclass(frozen=True, slots=True)
class ItemsEnded:
    """All bodies of a loop have ended; `out` is what they gave."""

    node: str
    turn: int
    out: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemFailed:
    """A body of a loop has failed: that for the item at `index`; None where it is none of them alone."""

    node: str
    turn: int
    index: int | None
    message: str


@dataclass(frozen=True, slots=True)
class TimerDue:
    """Time has passed; some timer of the task may be due."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What these engines had under way is lost with them: their calls, of which nothing is known, are sent again, and
    what else is open goes on. The `unbegun` calls were made by nobody."""

    lost: frozenset[str]
    unbegun: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A client wants the task stopped."""


@dataclass(frozen=True, slots=True)
class Retried:
    """A client wants the failed task to go on."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """The task was created to run another one again from a node.

    `kept` are the nodes before it, finished, `fields` what code had set on `pipeline`. `changed` takes the place of
    fields in the node's input; of the entry, in what it `received`.
    """

    node: str
    kept: Mapping[str, NodeRun]
    fields: Mapping[str, Any]
    changed: Mapping[str, Any] = field(default_factory=dict)
    received: dict[str, Any] | None = None


Event = (
    Submitted
    | CallAccepted
    | CallReturned
    | CallFailed
    | CallHeld
    | CallSent
    | ServiceAway
    | ServiceBack
    | InstanceLost
    | ChildStarted
    | CodeRan
    | CodeFailed
    | ItemsEnded
    | ItemFailed
    | TimerDue
    | Resumed
    | Cancelled
    | Retried
    | Rerun
)


@dataclass(frozen=True, slots=True)
class MakeCall:
    """Call the service of this node, under this id."""

    node: str
    call: str


@dataclass(frozen=True, slots=True)
class RunCode:
    """Run this code field of the node and let what came of it happen at once: it has no effect outside of the task."""

    node: str
    step: Step
    turn: int


@dataclass(frozen=True, slots=True)
class RunItems:
    """Run the loop's body for every item, or go on with it. `fresh`: none of its children has been made before;
    `again`: those that have failed are tried again."""

    node: str
    turn: int
    fresh: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class EndItems:
    """The bodies of this turn of a loop are not needed any more: stop what runs of them."""

    node: str
    turn: int


@dataclass(frozen=True, slots=True)
class EndChild:
    """This child, the run of a sub-pipeline, is not needed any more: stop it."""

    task: str


Command = MakeCall | RunCode | RunItems | EndItems | EndChild
