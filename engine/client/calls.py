"""One request to the engine, what its answer means, and when it is made again. Pure."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.client.errors import AimError, Fault
from engine.client.inputs import Payload

TRY_AGAIN = frozenset({429, 503})
"""With these the engine says that nothing has happened yet."""

LONGEST_RETRY_AFTER = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `repeatable` says that doing it twice is the same as once: then it is also repeated where the
    connection broke in the middle, and it cannot be known whether it was done. `wait` is for how many seconds more than
    usual the answer may take."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: Payload = Payload()
    repeatable: bool = True
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How often and after what pauses a request is made again.

    `retries` is how often; `first_retries` the same until the engine has answered for the first time, so that a wrong
    address can be told soon. The pauses, in seconds, are `delay`, then `factor` times as long each time, at most
    `longest`, each shortened by chance by up to a half; a `Retry-After` of the engine is honoured up to 30 s. An event
    stream is taken up again for `patience` seconds after the last byte that came.
    """

    retries: int = 6
    first_retries: int = 6
    delay: float = 0.25
    factor: float = 2.0
    longest: float = 5.0
    patience: float = 60.0

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait after an attempt, counted from 0."""
        pause = min(self.delay * self.factor**attempt, self.longest) * random.uniform(0.5, 1.0)
        return max(pause, min(retry_after or 0.0, LONGEST_RETRY_AFTER))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a `Retry-After`; None without one, or where it is a date."""
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def problem(status: int, content: bytes) -> AimError:
    """The error that an answer tells of: a problem (RFC 9457), or whatever else something between has put there."""
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if not isinstance(told, dict) or "detail" not in told:
        text = content[:300].decode("utf-8", "replace").strip()
        return AimError(status, "No problem document", f"the engine answered {status}: {text or 'nothing'}")
    errors = told.get("errors")
    faults = [
        Fault(str(fault.get("pointer", "")), str(fault.get("detail", "")))
        for fault in (errors if isinstance(errors, list) else [])
        if isinstance(fault, dict)
    ]
    return AimError(status, str(told.get("title", "")), str(told["detail"]), faults)
