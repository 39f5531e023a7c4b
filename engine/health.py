"""Whether each store is there, and since when it is not: looked at all the time, so that the answer is right even where
the first to ask comes late.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from engine.clock import Clock
from engine.errors import EngineError, StoreAway

LOOK_SECONDS = 2.0
"""Between two looks, give or take a quarter."""

PING_SECONDS = 2.0
"""After so long without an answer a store is away."""

DATABASE, BINARIES = "database", "binaries"
"""The names of the stores."""

_log = logging.getLogger(__name__)
Ping = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Seen:
    """What was seen of a store. `why` is a sentence where it is away, and `since` (the engine's clock) when that was
    first seen; None where it is ready. `scopes` are what ends when it is seen away."""

    ping: Ping
    why: str | None = "it was not asked yet"
    since: int | None = None
    asking: asyncio.Task[None] | None = None
    scopes: set[asyncio.Timeout] = field(default_factory=set)


class Health:
    """See the module. `stores` are the ways to ask each, by name; they raise EngineError where it is away."""

    def __init__(self, stores: Mapping[str, Ping], clock: Clock) -> None:
        self._seen = {name: Seen(ping) for name, ping in stores.items()}
        self._clock = clock
        self._job: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._job = asyncio.get_running_loop().create_task(self._look_for_ever())

    async def stop(self) -> None:
        """End."""
        jobs = [job for job in (self._job, *(seen.asking for seen in self._seen.values())) if job is not None]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    async def ask(self) -> Mapping[str, Seen]:
        """Ask every store now; those who ask meanwhile get the same answer. Takes at most `PING_SECONDS`."""
        asked = []
        for name, seen in self._seen.items():
            if seen.asking is None or seen.asking.done():
                seen.asking = asyncio.get_running_loop().create_task(self._ask(name, seen))
            asked.append(seen.asking)
        await asyncio.wait(asked)
        return self._seen

    @property
    def seen(self) -> Mapping[str, Seen]:
        """What was seen last."""
        return self._seen

    def require(self, name: str) -> None:
        """Return where the store was there when it was looked at last. Raises StoreAway: to wait for one that stands
        still would take as long as its timeouts."""
        seen = self._seen[name]
        if seen.since is not None:
            raise StoreAway(seen.why or "it is away")

    @contextlib.asynccontextmanager
    async def while_there(self, name: str) -> AsyncIterator[None]:
        """A block that is cancelled when the store is seen away. Raises StoreAway then, and at once where it was
        away already."""
        self.require(name)
        seen, scope = self._seen[name], asyncio.timeout(None)
        try:
            async with scope:
                seen.scopes.add(scope)
                try:
                    yield
                finally:
                    seen.scopes.discard(scope)
        except TimeoutError:
            if scope.expired():
                raise StoreAway(seen.why or "it was away for a moment") from None
            raise

    def is_there(self, name: str) -> bool:
        """Whether the store was there when it was looked at last."""
        return self._seen[name].since is None

    def seconds(self, seen: Seen) -> float:
        """For how long a store is away; 0 where it is not."""
        return 0.0 if seen.since is None else (self._clock.now() - seen.since) / 1_000_000

    async def _ask(self, name: str, seen: Seen) -> None:
        why = await _why(seen.ping)
        if why is None:
            if seen.since is not None:
                _log.warning("the %s is back after %.1f s", name, self.seconds(seen))
            seen.why = seen.since = None
            return
        if seen.since is None:
            seen.since = self._clock.now()
            _log.warning("the %s is away: %s", name, why)
        seen.why = why
        for scope in seen.scopes:
            scope.reschedule(asyncio.get_running_loop().time())
        seen.scopes.clear()

    async def _look_for_ever(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(LOOK_SECONDS * random.uniform(0.75, 1.25))


async def _why(ping: Ping) -> str | None:
    """Why a store is away, None where it is not."""
    try:
        async with asyncio.timeout(PING_SECONDS):
            await ping()
    except TimeoutError:
        return f"it did not answer within {PING_SECONDS:g} s"
    except EngineError as error:
        return error.detail
    except Exception as error:
        _log.exception("a store could not be asked")
        return f"it could not be asked: {error!r}"
    return None
