"""One call of a service, as a task remembers it, and its id."""

from dataclasses import dataclass
from hashlib import blake2b

TIME_LENGTH = 8
"""Digits at the head of a task's id that tell when it was made; none in ids of older engines."""

SECRET_LENGTH = 32
"""Digits of the part of an id that nobody can guess, and of what a call's id adds to its task's."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a service for a node.

    `id` is the capability that its callback shows. `accepted` is when the service took the call, `url` who took it;
    `ended` and `error` say when and why it failed, `ended` alone that it brought the result. `turn` is the node's
    turn that it belongs to. `task` is the child that runs, where the call is that of a pipeline. `engine` is the one
    that makes it.
    """

    id: str
    turn: int
    at: int
    url: str | None = None
    accepted: int | None = None
    ended: int | None = None
    error: str | None = None
    task: str | None = None
    engine: str = ""


def call_id(task_id: str, seal: str, node_id: str, turn: int, number: int) -> str:
    """The id of a call: the task's id, then 128 bits derived from its seal (BLAKE2b, keyed).

    Nobody without the seal can guess it, and whoever decides the same decides the same id: so a call that is sent
    again after a crash bears the id that the service may know already.
    """
    name = f"{task_id}/{node_id}/{turn}/{number}".encode()
    return task_id + blake2b(name, key=bytes.fromhex(seal), digest_size=16).hexdigest()


def task_of(call: str) -> str:
    """The id of the task that a call's id begins with."""
    return call[:-SECRET_LENGTH]
