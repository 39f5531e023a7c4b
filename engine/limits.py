"""How much one key may take: requests a second, and running tasks of its owner. What others take does not count.

The requests are counted by each engine for itself. The running tasks are those that the store told last, and what this
engine has seen begin and end since: so several engines on one store may exceed the bound by what the others take within
a second. Before an owner's first submission the store is asked.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from engine.buckets import Buckets
from engine.errors import EngineError, Overloaded
from engine.identity import Identity
from engine.store.base import KeyLimits, Store
from engine.task.task import Task

LOOK_SECONDS = 1.0
"""How long the number of running tasks that the store told is gone on from."""

_UNBOUND = nullcontext()
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Count:
    """The running tasks of an owner: what the store told, less what was known then; what has begun and ended since;
    and what is being taken right now. `known`: the store has told at least once."""

    told: int = 0
    balance: int = 0
    taking: int = 0
    looked: float = 0.0
    looking: asyncio.Task[None] | None = None
    known: bool = False


class Limits:
    """See the module. `limits_of` gives those of a key by its id, None where it has none; `seconds` never jump."""

    def __init__(
        self, store: Store, limits_of: Callable[[str], KeyLimits | None], seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._limits_of = limits_of
        self._seconds = seconds
        self._buckets = Buckets(seconds)
        self._counts: dict[str, _Count] = {}

    def request(self, identity: Identity) -> None:
        """Take a request. Raises Overloaded. What a key may send in a second may come at once, and one at least."""
        limits = self._limits_of(identity.key)
        rate = None if limits is None else limits["per_second"]
        if rate is None:
            return
        wait = self._buckets.take(identity.key, max(rate, 1.0), rate)
        if wait:
            error = Overloaded(f"the key {identity.key} may send {rate:g} requests a second; send fewer")
            error.retry_after = math.ceil(wait)
            raise error

    async def task(self, identity: Identity) -> AbstractContextManager[None]:
        """Take one more task that is to run, as long as the block lasts. Raises Overloaded."""
        limits = self._limits_of(identity.key)
        bound = None if limits is None else limits["running"]
        if bound is None:
            return _UNBOUND
        count = self._counts.get(identity.owner)
        if count is None:
            count = self._counts[identity.owner] = _Count()
        await self._look(identity.owner, count)
        if count.told + count.balance + count.taking >= bound:
            raise Overloaded(f"{bound} tasks of `{identity.owner}` are running already, which is what the key allows")
        return self._taking(count)

    @contextmanager
    def _taking(self, count: _Count) -> Iterator[None]:
        count.taking += 1
        try:
            yield
        finally:
            count.taking -= 1

    def began(self, owner: str) -> None:
        """A task of an owner runs."""
        if owner in self._counts:
            self._counts[owner].balance += 1

    def ended(self, task: Task) -> None:
        """A task that no other one asked for runs no more."""
        if task.owner in self._counts:
            self._counts[task.owner].balance -= 1

    async def _look(self, owner: str, count: _Count) -> None:
        """Ask the store beside, where that was long ago; the first time wait for what it says."""
        first = count.looking is None
        if count.looking is None or (self._seconds() - count.looked >= LOOK_SECONDS and count.looking.done()):
            count.looked = self._seconds()
            count.looking = asyncio.get_running_loop().create_task(self._ask(owner, count))
        if first or not count.known:
            await asyncio.wait([count.looking])

    async def _ask(self, owner: str, count: _Count) -> None:
        before = count.balance
        try:
            stats = await self._store.stats(owner)
        except EngineError as error:
            _log.info("the running tasks of %s were not counted: %s", owner, error)
        else:
            count.known = True
            count.told = stats.by_status.get("running", 0) - before

    async def close(self) -> None:
        """Ask nothing any more."""
        looking = [count.looking for count in self._counts.values() if count.looking is not None]
        for each in looking:
            each.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
