"""The messages between engine and services, and the names of their headers, parameters and parts."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

CALLBACK_URL = "callback_url"
"""Query parameter of a call: where the result is to be posted."""

TASK_ID = "task_id"
"""Query parameter of a call and of its callback: the id of the call."""

DATA_PART = "data"
"""Name of the file part that holds the JSON values of a multipart call as one object."""

PREFER = "Prefer"
PREFERENCE_APPLIED = "Preference-Applied"

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?(?=$|[,;\s])", re.IGNORECASE)


class Api(BaseModel):
    """How an operation is used: its route in the engine and the fields that it takes.

    `body` has one of the three forms of an entry's body: an object (JSON of that shape), a string (multipart
    with that one field) or a list of strings (multipart with those fields).
    """

    model_config = ConfigDict(extra="forbid")

    route: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._-]+$")
    body: Any
    summary: str = Field(default="", max_length=500)
    description: str = Field(default="", max_length=20_000)


class Announcement(BaseModel):
    """One operation of one running service: sent at start and every `interval` seconds.

    `url` is where the operation is called. `interval` (seconds) is optional: a receiver takes 30 where it is
    missing, and counts a service as away after three intervals of silence.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["service"] = "service"
    url: str = Field(min_length=1, max_length=2_000, pattern=r"^https?://[^\s@]+$")
    api: Api
    interval: float = Field(default=30.0, gt=0, le=86_400)


class Failure(BaseModel):
    """The body of a callback (or of a fast answer) that says that a call has failed.

    Without `retry_after` the failure is final: the input is wrong, and the same call would fail again. With it
    (seconds) the service asks for the same work again, not before that time.
    """

    model_config = ConfigDict(extra="ignore")

    type: Literal["error"] = "error"
    message: str = "the service gave no reason"
    retry_after: float | None = Field(default=None, ge=0, le=86_400)


def prefer_wait(header: str | None) -> int | None:
    """Return the N of `Prefer: wait=N` in seconds (RFC 7240), or None where the header does not ask for it."""
    match = _WAIT.search(header) if header else None
    return int(match.group(1)) if match else None


def wait_applied(header: str | None) -> bool:
    """Tell whether a `Preference-Applied` header names `wait`: then the answer is the result itself."""
    if not header:
        return False
    names = (part.partition("=")[0].strip().lower() for part in re.split(r"[,;]", header))
    return "wait" in names
