"""Token buckets: how much may come at once, and how fast there is room for more.

Each engine counts for itself, by a clock that never jumps.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

FORGET = 1_000
"""Above so many buckets those that are full again are forgotten: they tell nothing."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    size: float
    rate: float

    def fill(self, now: float) -> None:
        """See what has come in by now."""
        self.left = min(self.size, self.left + (now - self.at) * self.rate)
        self.at = now


class Buckets:
    """A bucket for each key. `seconds` never jump."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._buckets: dict[Hashable, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, size: float, rate: float) -> float:
        """Take one from the bucket of this key, which holds so many and gets so many a second. 0 where there was one;
        else nothing is taken, and it is the seconds until there is."""
        now = self._seconds()
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget(now)
            bucket = self._buckets[key] = _Bucket(size, now, size, rate)
        bucket.fill(now)
        bucket.size, bucket.rate = size, rate
        if bucket.left < 1.0:
            return (1.0 - bucket.left) / rate
        bucket.left -= 1.0
        return 0.0

    def _forget(self, now: float) -> None:
        if len(self._buckets) >= FORGET:
            for key, bucket in list(self._buckets.items()):
                bucket.fill(now)
                if bucket.left >= bucket.size:
                    del self._buckets[key]
