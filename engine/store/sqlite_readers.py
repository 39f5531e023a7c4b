"""The threads that read the SQLite file, each with a connection of its own: in WAL mode none waits for the writer."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar, TypeVarTuple

from engine.errors import EngineError
from engine.store.sqlite_faults import is_shared, store_error
from engine.store.sqlite_jobs import Job, Outcome, answer, not_open
from engine.store.sqlite_schema import connect_reader

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_THREADS = 2  # so that a long list does not hold up a lookup; the work itself is short


class Readers:
    """See the module."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the threads; each opens the file with its first job."""
        self._loop = asyncio.get_running_loop()
        self._queue = SimpleQueue()
        for number in range(_THREADS):
            name = f"sqlite-reader-{number}"
            thread = threading.Thread(target=self._main, args=(self._loop,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    async def stop(self) -> None:
        """Finish what was asked and end the threads."""
        threads, self._threads = self._threads, []
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            await asyncio.to_thread(thread.join)

    def submit(self, operation: Callable[[sqlite3.Connection, *Ts], T], *arguments: *Ts) -> asyncio.Future[T]:
        """Queue an operation. Raises StoreAway where not started."""
        if not self._threads or self._loop is None:
            raise not_open()
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Job(future, operation, arguments))
        return future

    # What follows runs on the threads.

    def _main(self, loop: asyncio.AbstractEventLoop) -> None:
        connection: sqlite3.Connection | None = None
        while (job := self._queue.get()) is not None:
            try:
                if connection is None:
                    connection = connect_reader(self._path, self._busy_seconds)
                outcome: Outcome = (job.future, job.run(connection), None)
            except Exception as error:  # it belongs to the caller
                outcome = (job.future, None, self._reason(error))
                if connection is not None and isinstance(outcome[2], EngineError) and not is_shared(error):
                    _close(connection)
                    connection = None
            answer(loop, [outcome])
            del job, outcome  # no document is held while the thread waits
        if connection is not None:
            _close(connection)

    def _reason(self, error: Exception) -> Exception:
        failure = store_error(error, self._path)
        if failure is not None:
            failure.__cause__ = error
        return failure or error


def _close(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        connection.close()
