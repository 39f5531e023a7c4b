"""Whether one more submission is taken: so many at the same time, and so many running tasks, and no more.

What is refused is refused before its body is read. Nothing else passes here: what services bring is always taken.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import Busy, EngineError, Overloaded
from engine.metrics import Metrics
from engine.store.base import Store

LOOK_SECONDS = 1.0
"""How long the number of running tasks that the store told is gone on from."""

_log = logging.getLogger(__name__)


class Admission:
    """See the module. The running tasks are those that the store told last, and what this engine has seen begin and end
    since: so several engines on one store may exceed the bound by what the others take within a second."""

    def __init__(self, store: Store, metrics: Metrics, max_requests: int, max_tasks: int) -> None:
        self._store = store
        self._metrics = metrics
        self._max_requests = max_requests
        self._max_tasks = max_tasks
        self._taking = 0
        self._told = 0
        self._looked = -LOOK_SECONDS
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a submission, as long as the block lasts. Raises Busy, Overloaded."""
        if self._taking >= self._max_requests:
            self._metrics.refused("requests")
            raise Busy(f"{self._max_requests} submissions are being taken already; try again")
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        if self.running + self._taking >= self._max_tasks:
            self._metrics.refused("tasks")
            raise Overloaded(f"{self._max_tasks} tasks are running already; try again when some have ended")
        self._taking += 1
        try:
            yield
        finally:
            self._taking -= 1

    @property
    def running(self) -> int:
        """How many tasks run, as far as is known."""
        return self._told + self._metrics.balance

    def _look(self) -> None:
        """Ask the store, beside."""
        self._looked = time.monotonic()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        before = self._metrics.balance
        try:
            stats = await self._store.stats()
        except EngineError as error:
            _log.info("the running tasks were not counted: %s", error)
        else:
            self._told = stats.by_status.get("running", 0) - before

    async def close(self) -> None:
        """Ask nothing any more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
