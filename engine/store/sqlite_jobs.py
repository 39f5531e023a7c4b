"""What the event loop hands to the threads of the SQLite store, and how they answer."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.errors import EngineError, StoreAway

Operation = Callable[..., Any]
"""Takes the thread's connection and the arguments of the job."""


@dataclass(slots=True)
class Job:
    """An operation that waits for a thread. `frees`: it makes room, and must work on a full disk."""

    future: asyncio.Future[Any]
    operation: Operation
    arguments: tuple[Any, ...]
    frees: bool = False

    def run(self, connection: sqlite3.Connection) -> Any:
        """Perform it. Raises what the operation raises."""
        return self.operation(connection, *self.arguments)


Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]
"""The future of a job, and either its result or its error."""


def answer(loop: asyncio.AbstractEventLoop, outcomes: list[Outcome]) -> None:
    """Resolve all the futures by waking the loop once. To be called from a thread."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(_resolve, outcomes)


def failed(jobs: list[Job], error: EngineError) -> list[Outcome]:
    """All of them failed for one reason; each gets an error object of its own."""
    return [(job.future, None, type(error)(error.detail)) for job in jobs]


def not_open() -> StoreAway:
    """The error of a store that was not opened, or was closed."""
    return StoreAway("The store is not open.")


def _resolve(outcomes: list[Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():  # its caller was cancelled; what was written stays written
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
