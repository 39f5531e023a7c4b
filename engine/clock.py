"""The engine's clock: microseconds since 1970 UTC that never jump.

It starts from the wall clock and goes on by the monotonic one, so that a wall clock which is set an hour forward or
back while the engine runs neither expires anything nor stops a timer. Time during which the process was stopped does
not count either: what came meanwhile is heard before anything expires.
"""

import asyncio
import logging
import time

PULSE_SECONDS = 1.0
MAX_GAP = 5_000_000
"""Microseconds between two looks at the clock above which the process is taken to have been stopped."""

_log = logging.getLogger(__name__)


class Clock:
    """A clock that has read the wall once, and again never."""

    def __init__(self) -> None:
        self._last = time.monotonic_ns() // 1_000
        self._offset = time.time_ns() // 1_000 - self._last
        self._pulsing = False

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        monotonic = time.monotonic_ns() // 1_000
        gap = monotonic - self._last
        self._last = monotonic
        if gap > MAX_GAP and self._pulsing:
            self._offset -= gap
            _log.warning("the process stood still for %.1f s, which do not count for any deadline", gap / 1_000_000)
        return self._offset + monotonic

    def not_before(self, moment: int) -> None:
        """Move on to this moment if it lies ahead: the newest time that a store has seen."""
        behind = moment - self.now()
        if behind > 0:
            self._offset += behind
        if behind > MAX_GAP:
            _log.warning("the wall clock is %.1f s behind what is stored; going on from there", behind / 1_000_000)

    def set(self, moment: int) -> None:
        """Go on from this moment: the time of the engines that this one joins."""
        ahead = self.now() - moment
        self._offset -= ahead
        if abs(ahead) > MAX_GAP:
            _log.warning("the wall clock is %.1f s off the time of the other engines, which holds", ahead / 1_000_000)

    async def pulse(self) -> None:
        """Look at the clock every second for ever, so that a gap means that the process was stopped."""
        self._last = time.monotonic_ns() // 1_000
        self._pulsing = True
        try:
            while True:
                await asyncio.sleep(PULSE_SECONDS)
                self.now()
        finally:
            self._pulsing = False
