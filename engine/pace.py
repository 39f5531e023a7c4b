"""Measures how late the event loop comes to what is due: by as much every request waits."""

import asyncio
from collections.abc import Callable

TICK_SECONDS = 0.25


class Pace:
    """See the module. `late` is told the seconds, four times a second."""

    def __init__(self, late: Callable[[float], None]) -> None:
        self._late = late
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(loop.time() + TICK_SECONDS, self._tick, loop.time() + TICK_SECONDS)

    def _tick(self, due: float) -> None:
        now = asyncio.get_running_loop().time()
        self._late(max(now - due, 0.0))
        self.start()

    def stop(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
