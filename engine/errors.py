"""The errors that the engine tells its clients, as one tree.

EngineError
├── Invalid                400  what was sent cannot be read
├── Unauthorized           401  a key is asked for, and none that is good was sent
├── Forbidden              403  the key does not allow it
├── NotFound               404  no such route, task, call or file
├── TimedOut               408  the client stopped sending in the middle
├── Conflict               409  what is asked does not fit the state of things
├── PreconditionFailed     412  what the client has seen is not what there is now
├── TooLarge               413  more than the limit that the detail names
├── UnsupportedType        415  another content type is wanted
├── RangeWrong             416  the range of a file lies outside of it
├── Unprocessable          422  readable, but wrong; `faults` says what to change, one by one
├── Overloaded             429  try again after `retry_after` seconds
├── Busy                   503  too many requests are being worked on; try again after `retry_after` seconds
├── StoreAway              503  a store cannot be reached; nothing was changed
└── StoreFull              507  a store has no room; nothing was changed

Each is answered as RFC 9457 `application/problem+json` (`engine/api/problems.py`).
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in what was sent.

    `pointer` is a JSON pointer (RFC 6901) into the document, or `/<field>` for a field of a form; `message` is a
    sentence that says what to change. Of code, `line` and `column` tell where in it, from 1.
    """

    pointer: str
    message: str
    line: int | None = None
    column: int | None = None


class EngineError(Exception):
    """An error that a client can be told. `detail` is a sentence; `faults` may say more, place by place."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    retry_after: float | None = None

    def __init__(self, detail: str, faults: list[Fault] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults or []


class Invalid(EngineError):
    """What was sent cannot be read."""

    status = 400
    title = "Bad request"


class Unauthorized(EngineError):
    """A key is asked for, and none that is good was sent. `sent` tells whether there was one."""

    status = 401
    title = "Unauthorized"

    def __init__(self, detail: str, sent: bool = False) -> None:
        super().__init__(detail)
        self.sent = sent


class Forbidden(EngineError):
    """The key is good, and does not allow it. `scope` is what is missing; "" where no scope would help."""

    status = 403
    title = "Forbidden"

    def __init__(self, detail: str, scope: str = "") -> None:
        super().__init__(detail)
        self.scope = scope


class NotFound(EngineError):
    """There is no such thing."""

    status = 404
    title = "Not found"


class TimedOut(EngineError):
    """The client stopped sending in the middle of a body."""

    status = 408
    title = "Request timeout"


class Conflict(EngineError):
    """What is asked does not fit the state of things."""

    status = 409
    title = "Conflict"


class PreconditionFailed(EngineError):
    """What the client has seen of a thing is not what there is now. `version` is that of what there is."""

    status = 412
    title = "Precondition failed"

    def __init__(self, detail: str, version: int) -> None:
        super().__init__(detail)
        self.version = version


class TooLarge(EngineError):
    """A body, a part or a document is larger than its limit."""

    status = 413
    title = "Too large"


class UnsupportedType(EngineError):
    """The content type is not the one that is wanted."""

    status = 415
    title = "Unsupported media type"


class RangeWrong(EngineError):
    """The range that is asked of a file lies outside of it. `size` is the file's, in bytes."""

    status = 416
    title = "Range not satisfiable"

    def __init__(self, detail: str, size: int) -> None:
        super().__init__(detail)
        self.size = size


class Unprocessable(EngineError):
    """What was sent can be read, and is wrong."""

    status = 422
    title = "Unprocessable content"


class Overloaded(EngineError):
    """There is more to do than may wait."""

    status = 429
    title = "Too many requests"
    retry_after = 5.0


class Busy(EngineError):
    """Too many requests are being worked on at this moment."""

    status = 503
    title = "Service unavailable"
    retry_after = 1.0


class StoreAway(EngineError):
    """A store cannot be reached; nothing was changed."""

    status = 503
    title = "Service unavailable"
    retry_after = 5.0


class StoreFull(EngineError):
    """A store has no room; nothing was changed."""

    status = 507
    title = "Insufficient storage"


def check_faultless(faults: list[Fault]) -> None:
    """Raise Unprocessable where a definition has faults."""
    if faults:
        raise Unprocessable(f"the definition has {len(faults)} fault{'s' * (len(faults) > 1)}", faults)
