"""The queue beside the HTTP server: bounded, first come first served, worked off by a fixed number of workers."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue

from aiservice.metrics import Metrics
from aiservice.results import Outcome
from aiservice.worker import Job, Worker

STOP_SECONDS = 5.0

OnEnd = Callable[[float, str], None]
"""Told how many seconds the work took, and the kind of its outcome."""

Item = tuple[Job, "asyncio.Future[Outcome]", OnEnd | None]


class WorkQueue:
    """Lives on the event loop; each worker blocks in a thread of its own and reports back to the loop."""

    def __init__(self, workers: Sequence[Worker], waiting: int, metrics: Metrics) -> None:
        self._workers = workers
        self._limit = len(workers) + waiting
        self._metrics = metrics
        self._jobs: SimpleQueue[Item | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._threads = [
            threading.Thread(target=self._work, args=(worker,), name=f"worker {number}", daemon=True)
            for number, worker in enumerate(workers)
        ]
        self._loaded = 0
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._taken = 0
        self._seconds = 0.0

    @property
    def ready(self) -> bool:
        """Whether every worker has loaded."""
        return self._ready.done() and self._ready.exception() is None

    @property
    def taken(self) -> int:
        """Number of calls taken whose work has not ended, those that are still being received included."""
        return self._taken

    @property
    def retry_after(self) -> int:
        """Seconds after which there may be room: what the waiting ones take, from 1 to 60."""
        return min(60, max(1, math.ceil(self._seconds * self._taken / len(self._workers))))

    async def start(self) -> None:
        """Start the workers; returns when all have loaded. Raises what a worker raised while it loaded."""
        for thread in self._threads:
            thread.start()
        await asyncio.shield(self._ready)

    def reserve(self) -> bool:
        """Take a place for a call that arrives, or tell that there is none; `release` or `submit` ends it."""
        if self._taken >= self._limit:
            return False
        self._taken += 1
        self._metrics.queue.set(self._taken)
        return True

    def release(self) -> None:
        """Give back a place that was reserved."""
        self._taken -= 1
        self._metrics.queue.set(self._taken)

    def submit(self, job: Job, on_end: OnEnd | None = None) -> "asyncio.Future[Outcome]":
        """Put a job into the place that was reserved for it; the future never fails and is not to be cancelled."""
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._jobs.put((job, future, on_end))
        return future

    def stop(self) -> bool:
        """Let each worker end, and wait for it (this blocks, a few seconds at most); False where one is still busy."""
        for _ in self._workers:
            self._jobs.put(None)
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, worker: Worker) -> None:
        try:
            worker.load()
        except BaseException as error:
            self._tell(self._not_loaded, error)
            return
        self._tell(self._one_loaded)
        while (item := self._jobs.get()) is not None:
            begin = time.perf_counter()
            outcome = worker.perform(item[0])
            self._tell(self._ended, item, outcome, time.perf_counter() - begin)
        worker.close()

    def _tell(self, function: object, *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: a forced end, nobody is left to be told
            self._loop.call_soon_threadsafe(function, *arguments)  # type: ignore[arg-type]

    def _one_loaded(self) -> None:
        self._loaded += 1
        if self._loaded == len(self._workers) and not self._ready.done():
            self._ready.set_result(None)

    def _not_loaded(self, error: BaseException) -> None:
        if not self._ready.done():
            self._ready.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

    def _ended(self, item: Item, outcome: Outcome, seconds: float) -> None:
        job, future, on_end = item
        self.release()
        if on_end is not None:
            on_end(seconds, outcome.kind)
        self._seconds = seconds if self._seconds == 0 else 0.8 * self._seconds + 0.2 * seconds
        self._metrics.call(job.route, outcome.kind, seconds)
        future.set_result(outcome)
