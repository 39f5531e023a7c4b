"""The one thread that writes to the SQLite file: group commit.

Whatever waits when the thread is free is run in one transaction and answered at once when that is on disk. So a write
on an idle store costs one commit, and many at once share one. No job waits for others to come.

An operation that raises must not harm the others of its batch. That is rare, so nothing is paid for it beforehand:
the batch is rolled back and run again, each operation in a savepoint. Operations therefore have no effect outside of
the database.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar, TypeVarTuple

from engine.errors import EngineError, StoreAway, StoreFull
from engine.store.sqlite_faults import is_shared, store_error
from engine.store.sqlite_jobs import Job, Outcome, answer, failed, not_open
from engine.store.sqlite_reserve import Reserve
from engine.store.sqlite_schema import Sync, connect_writer, make_file, prepare

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_MOST = 512  # jobs in one transaction, give or take what came together
_RESERVE_SECONDS = 1.0  # between attempts to take the reserve again


class Writer:
    """See the module. `commits` counts the transactions that were committed."""

    def __init__(self, path: Path | None, sync: Sync, busy_seconds: float) -> None:
        self.commits = 0
        self._path = path
        self._sync = sync
        self._busy_seconds = busy_seconds
        self._reserve = None if path is None else Reserve(path)
        self._reserve_again: float | None = None
        self._connection: sqlite3.Connection | None = None
        self._queue: SimpleQueue[list[Job] | None] = SimpleQueue()
        self._gathered: list[Job] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Open the file and start the thread. Raises StoreAway, StoreFull."""
        self._loop = asyncio.get_running_loop()
        self._queue, self._gathered = SimpleQueue(), []
        ready: asyncio.Future[None] = self._loop.create_future()
        thread = threading.Thread(target=self._main, args=(self._loop, ready), name="sqlite-writer", daemon=True)
        thread.start()
        try:
            await ready
        except asyncio.CancelledError:
            self._queue.put(None)
            raise
        self._thread = thread

    async def stop(self) -> None:
        """Finish what was asked, copy the log into the file, end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._hand_over()
            self._queue.put(None)
            await asyncio.to_thread(thread.join)

    def submit(
        self, operation: Callable[[sqlite3.Connection, *Ts], T], *arguments: *Ts, frees: bool = False
    ) -> asyncio.Future[T]:
        """Queue an operation. The future has its result when that is durable. Raises StoreAway where not started."""
        if self._thread is None or self._loop is None:
            raise not_open()
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(Job(future, operation, arguments, frees))
        return future

    def _hand_over(self) -> None:
        """Wake the thread once for all that one turn of the loop has asked for: waking costs more than a small job."""
        jobs, self._gathered = self._gathered, []
        if jobs:
            self._queue.put(jobs)

    # What follows runs on the thread.

    def _main(self, loop: asyncio.AbstractEventLoop, ready: asyncio.Future[None]) -> None:
        error = self._begin()
        answer(loop, [(ready, None, error)])
        more = error is None
        self._take_reserve_again()
        while more:
            batch: list[Job] = []
            more = self._gather(batch)
            if batch:
                answer(loop, self._perform(batch))
                del batch  # the documents are large: none is held while the thread waits
            self._take_reserve_again()
        if self._connection is not None:
            self._checkpoint("TRUNCATE")
            self._disconnect()

    def _begin(self) -> EngineError | None:
        try:
            if self._path is not None:
                make_file(self._path)
            self._connection = self._connect()
            prepare(self._connection, str(self._path))
            self._reserve_again = time.monotonic()
            return None
        except Exception as error:  # whatever it is, who opens the store must hear of it
            self._disconnect()
            if isinstance(error, EngineError):
                return error
            return store_error(error, self._path) or StoreAway(f"The database cannot be opened ({error}).")

    def _connect(self) -> sqlite3.Connection:
        return connect_writer(self._path, self._sync, self._busy_seconds)

    def _gather(self, batch: list[Job]) -> bool:
        """Wait for jobs and take all that are there with them. False: those were the last."""
        queue = self._queue
        jobs = queue.get()
        waiting = queue.qsize()  # this thread alone takes from the queue, so that many can be taken without waiting
        while jobs is not None:
            batch.extend(jobs)
            if waiting == 0 or len(batch) >= _MOST:
                return True
            waiting -= 1
            jobs = queue.get()
        return False

    def _perform(self, jobs: list[Job]) -> list[Outcome]:
        try:
            return self._transaction(jobs, guarded=False)
        except Exception as error:  # sorted out below
            reason = error
        failure = store_error(reason, self._path)
        if failure is None:
            try:
                return self._transaction(jobs, guarded=True)
            except Exception as error:  # in a savepoint only the store itself can fail
                reason = error
                failure = store_error(error, self._path) or StoreAway(f"The database failed ({error}).")
        if isinstance(failure, StoreFull):
            return self._make_room(jobs, failure)
        if not is_shared(reason):
            self._disconnect()  # the next batch tries a new connection
        return failed(jobs, failure)

    def _transaction(self, jobs: list[Job], guarded: bool) -> list[Outcome]:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
        connection.execute("BEGIN IMMEDIATE")
        try:
            if guarded:
                outcomes = [self._guarded(connection, job) for job in jobs]
            else:
                outcomes = [(job.future, job.run(connection), None) for job in jobs]
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            raise
        self.commits += 1
        return outcomes

    def _guarded(self, connection: sqlite3.Connection, job: Job) -> Outcome:
        connection.execute("SAVEPOINT job")
        try:
            outcome: Outcome = (job.future, job.run(connection), None)
        except Exception as error:  # it belongs to the caller, unless the store failed
            if store_error(error, self._path) is not None:
                raise
            connection.execute("ROLLBACK TO job")
            outcome = (job.future, None, error)
        connection.execute("RELEASE job")
        return outcome

    def _make_room(self, jobs: list[Job], failure: StoreFull) -> list[Outcome]:
        """The disk is full. A checkpoint lets the log be written from its start again; then there is the reserve."""
        self._checkpoint("PASSIVE")
        with contextlib.suppress(sqlite3.Error):
            return self._transaction(jobs, guarded=True)
        freeing = [job for job in jobs if job.frees]
        outcomes = failed([job for job in jobs if not job.frees], failure)
        if not freeing or self._reserve is None:
            return outcomes + failed(freeing, failure)
        self._reserve.release()
        self._checkpoint("PASSIVE")
        try:
            outcomes += self._transaction(freeing, guarded=True)
        except sqlite3.Error as error:
            outcomes += failed(freeing, store_error(error, self._path) or failure)
        self._checkpoint("PASSIVE")  # the log keeps its size: with it the freed pages can be used on a full disk
        self._reserve_again = time.monotonic()
        self._take_reserve_again()  # before others hear of the room
        return outcomes

    def _take_reserve_again(self) -> None:
        if self._reserve is None or self._reserve_again is None or time.monotonic() < self._reserve_again:
            return
        self._reserve.make()
        self._reserve_again = None if self._reserve.whole else time.monotonic() + _RESERVE_SECONDS

    def _checkpoint(self, mode: str) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):  # what is not copied now stays in the log, and is as safe there
                self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
