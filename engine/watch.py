"""Deadlines for work that must not stand still, without a timer for each.

Setting a timer for every request and every call costs more than most of their work. Here the work only notes that it
goes on, and one look every second ends what has stood still for too long.
"""

import asyncio
from types import TracebackType

LOOK_SECONDS = 1.0


class Watched:
    """A block of work, as an asynchronous context: raises TimeoutError in it where it stands still for `seconds`.

    `touch` says that it goes on. The end comes up to a second late.
    """

    __slots__ = ("_since", "_timeout", "_watch", "seconds")

    def __init__(self, watch: "Watch", seconds: float) -> None:
        self._watch = watch
        self._timeout = asyncio.timeout(None)
        self._since = watch.looks
        self.seconds = seconds

    async def __aenter__(self) -> "Watched":
        await self._timeout.__aenter__()
        self._watch.works.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.works.discard(self)
        await self._timeout.__aexit__(kind, error, trace)

    def touch(self) -> None:
        """It goes on."""
        self._since = self._watch.looks

    def look(self, looks: int, now: float) -> None:
        """End it where it has stood still for too long."""
        if (looks - self._since) * LOOK_SECONDS > self.seconds:
            self._timeout.reschedule(now)


class Watch:
    """Looks at all watched work every second. `looks` counts these."""

    def __init__(self) -> None:
        self.looks = 0
        self.works: set[Watched] = set()

    def limit(self, seconds: float) -> Watched:
        """Watch the work in an `async with` block."""
        return Watched(self, seconds)

    async def look_for_ever(self) -> None:
        """Look, until cancelled. Time in which the process itself stood still counts as one look."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.looks += 1
            for work in list(self.works):
                work.look(self.looks, loop.time())
