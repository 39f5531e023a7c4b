"""The messages between engine and services, and the names of their headers, parameters and parts."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticSerializationError, to_json

CALLBACK_URL = "callback_url"
"""Query parameter of a call: where the result is to be posted."""

TASK_ID = "task_id"
"""Query parameter of a call and of its callback: the id of the call."""

DATA_PART = "data"
"""Name of the file part that holds the JSON values of a multipart call as one object."""

PREFER = "Prefer"
PREFERENCE_APPLIED = "Preference-Applied"

MAX_RESULT = 20_000
"""Bytes of JSON that the description of a result may have."""

MAX_RESULT_DEPTH = 20
"""Objects and lists that may be nested in the description of a result."""

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?(?=$|[,;\s])", re.IGNORECASE)


def result_problem(description: Any) -> str | None:
    """Why this cannot be announced as the description of a result; None if it can."""
    if not isinstance(description, dict):
        return "the description of a result is an object, a JSON Schema"
    level: list[Any] = [description]
    seen = 0
    for _ in range(MAX_RESULT_DEPTH):
        inner = [item for place in level for item in (place.values() if isinstance(place, dict) else place)]
        seen += len(inner)
        level = [item for item in inner if isinstance(item, (dict, list))]
        if not level or seen > MAX_RESULT:
            break
    else:
        return f"the description of the result is nested deeper than {MAX_RESULT_DEPTH} levels"
    try:
        # Every value takes a byte at the least, so many of them need not be written to be too many.
        size = len(to_json(description)) if seen <= MAX_RESULT else seen
    except PydanticSerializationError as error:
        return f"the description of the result cannot be written as JSON: {error}"
    return f"the description of the result is longer than {MAX_RESULT:,} bytes" if size > MAX_RESULT else None


def _describable(description: dict[str, Any]) -> dict[str, Any]:
    if problem := result_problem(description):
        raise ValueError(problem)
    return description


class Api(BaseModel):
    """How an operation is used: its route in the engine, the fields that it takes, and what it gives.

    `body` has one of the three forms of an entry's body: an object (JSON of that shape), a string (multipart
    with that one field) or a list of strings (multipart with those fields). `result` is optional: a JSON Schema (draft
    2020-12) of the object that a call results in, where a binary is `{"type": "string", "format": "binary"}` under its
    part's name. A message without it bears no such key.
    """

    model_config = ConfigDict(extra="forbid")

    route: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._-]+$")
    body: Any
    summary: str = Field(default="", max_length=500)
    description: str = Field(default="", max_length=20_000)
    result: Annotated[dict[str, Any], AfterValidator(_describable)] | None = Field(
        default=None, exclude_if=lambda description: description is None
    )


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
