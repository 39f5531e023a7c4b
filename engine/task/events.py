"""What can happen to a task (events), and what is then to be done (commands). Frozen values."""

from dataclasses import dataclass
from typing import Any


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
class TimerDue:
    """Time has passed; some timer of the task may be due."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The engine has started anew: calls made before that time, of which nothing is known, are sent again."""

    before: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A client wants the task stopped."""


@dataclass(frozen=True, slots=True)
class Retried:
    """A client wants the failed task to go on."""


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
    | TimerDue
    | Resumed
    | Cancelled
    | Retried
)


@dataclass(frozen=True, slots=True)
class MakeCall:
    """Call the service of this node, under this id."""

    node: str
    call: str


Command = MakeCall
