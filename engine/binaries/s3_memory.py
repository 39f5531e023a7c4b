"""The memory that all binaries on their way into the object store share."""

import asyncio
from dataclasses import dataclass

from engine.errors import StoreAway

WAIT_SECONDS = 30.0


@dataclass(slots=True)
class _Waiting:
    holder: object
    amount: int
    granted: asyncio.Future[None]


class Memory:
    """`total` bytes, of which the last `part` are for one holder at a time.

    A holder gives back when a part is full and away, so many that have each a little could wait for each other. So the
    one that waits longest becomes the first: it may use the last `part` bytes too, and surely fills its part with them.
    """

    def __init__(self, total: int, part: int) -> None:
        self._total = total
        self._part = part
        self._used = 0
        self._waiting: list[_Waiting] = []
        self._first: object | None = None

    @property
    def used(self) -> int:
        """The bytes that are taken."""
        return self._used

    async def take(self, holder: object, amount: int) -> None:
        """Take bytes, at most a part. Raises StoreAway where there are none for a long time."""
        if not self._waiting and self._used + amount <= self._total - self._part:
            self._used += amount
            return
        waiting = _Waiting(holder, amount, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._wake()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await waiting.granted
        except BaseException as error:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                amount = 0
            self.give(holder, amount)
            if isinstance(error, TimeoutError):
                raise StoreAway("Too many binaries are being uploaded at the same time.") from error
            raise

    def give(self, holder: object, amount: int) -> None:
        """Give back what was taken."""
        self._used -= amount
        if holder is self._first:
            self._first = None
        self._wake()

    def _wake(self) -> None:
        while (index := self._next()) is not None:
            waiting = self._waiting.pop(index)
            self._used += waiting.amount
            if not waiting.granted.done():
                waiting.granted.set_result(None)

    def _next(self) -> int | None:
        """The place in the queue of the one that can have what it waits for."""
        if not self._waiting:
            return None
        if self._used + self._waiting[0].amount <= self._total - self._part:
            return 0
        if self._first is None:
            self._first = self._waiting[0].holder
        for index, waiting in enumerate(self._waiting):
            if waiting.holder is self._first:
                return index if self._used + waiting.amount <= self._total else None
        return None
