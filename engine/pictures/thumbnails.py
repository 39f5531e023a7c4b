"""Small pictures of large ones. One process makes them, one after the other: it is started with the first, is replaced
when it dies or takes too long, and ends when nothing was asked of it for a while.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from engine.errors import Busy, StoreAway, TooLarge, UnsupportedType
from engine.pictures.process import Decoder, DecoderDied, Limits, Refused

MAX_WAITING = 200
"""How many may wait for their turn; who comes then is sent away, to try again."""

PATIENCE = 20.0
"""Seconds for which one waits for its turn."""

IDLE = 120.0
"""Seconds after which a process that nothing is asked of ends."""

_TRIES = 2
_BUSY_SHARE = 0.3  # of its time: who got less of the processor was not slow, but waited
_NONE = "there is no small picture of this binary"


class Thumbnails:
    """See the module. To be used in one event loop. `patience`, `idle`: see `PATIENCE` and `IDLE`."""

    def __init__(self, limits: Limits | None = None, patience: float = PATIENCE, idle: float = IDLE) -> None:
        self.limits = limits or Limits()
        self._patience = patience
        self._idle = idle
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._decoder: Decoder | None = None
        self._retiring: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process that there is, which is also its group."""
        return None if self._decoder is None else self._decoder.pid

    async def make(self, side: int, size: int, read: Callable[[], AsyncIterator[bytes]]) -> bytes:
        """The picture as a WebP whose longer side has at most so many pixels, turned as its EXIF says.

        `read` begins to read the picture, which has so many bytes. Raises TooLarge, UnsupportedType where it is no
        picture, Busy, and what reading raises.
        """
        if size > self.limits.size:
            raise TooLarge(f"{_NONE}: it has {size:,} bytes; the limit is {self.limits.size:,}")
        if self._waiting >= MAX_WAITING:
            raise Busy(f"{MAX_WAITING} pictures are waiting to be made small; try again")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._turn.acquire()
        except TimeoutError:
            text = f"many pictures are being made small, and after {self._patience:g} s it is not this one's turn"
            raise Busy(text) from None
        finally:
            self._waiting -= 1
        try:
            return await self._made(side, size, read)
        finally:
            self._turn.release()

    async def _made(self, side: int, size: int, read: Callable[[], AsyncIterator[bytes]]) -> bytes:
        for _ in range(_TRIES):
            try:
                made = await self._attempt(side, size, read)
            except DecoderDied:
                continue
            if isinstance(made, bytes):
                return made
            raise (TooLarge if made.too_large else UnsupportedType)(f"{_NONE}: {made.why}")
        raise UnsupportedType(f"{_NONE}: the process that was to read it has died of it")

    async def _attempt(self, side: int, size: int, read: Callable[[], AsyncIterator[bytes]]) -> bytes | Refused:
        decoder = await self._ready()
        try:
            # Generators are closed by who has begun them, not when they are collected.
            async with aclosing(read()) as chunks:  # type: ignore[type-var]
                made = await decoder.make(side, size, chunks, self.limits.seconds)
        except TimeoutError:
            used, seconds = decoder.used, self.limits.seconds
            self._drop(decoder)
            if used < _BUSY_SHARE * seconds:
                raise Busy(f"the machine is so busy that a picture was not made small in {seconds:g} s") from None
            raise UnsupportedType(f"{_NONE}: it took longer than {seconds:g} s to read it") from None
        except BaseException:
            self._drop(decoder)
            raise
        self._retiring = asyncio.get_running_loop().call_later(self._idle, self._drop, decoder)
        return made

    async def _ready(self) -> Decoder:
        """The process that there is, or a new one. Raises Busy, StoreAway where the engine ends."""
        if self._retiring is not None:
            self._retiring.cancel()
        if self._decoder is not None and not self._decoder.lives:
            self._drop(self._decoder)
        if self._closed:
            raise StoreAway("the engine is stopping")
        if self._decoder is None:
            starting = asyncio.get_running_loop().create_task(Decoder.start(self.limits))
            try:
                self._decoder = await asyncio.shield(starting)
            except asyncio.CancelledError:
                starting.add_done_callback(self._unwanted)
                raise
            except (OSError, DecoderDied) as error:
                raise Busy("no process could be started to make a picture small") from error
        return self._decoder

    def _unwanted(self, starting: asyncio.Task[Decoder]) -> None:
        """Who waited for this process is gone."""
        if not starting.cancelled() and starting.exception() is None:
            self._drop(starting.result())

    def _drop(self, decoder: Decoder) -> None:
        """End a process that nobody waits for any more."""
        if self._decoder is decoder:
            self._decoder = None
        decoder.kill()
        ending = asyncio.get_running_loop().create_task(decoder.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End the process; who waits for a picture is told that the engine stops."""
        self._closed = True
        if self._decoder is not None:
            self._decoder.kill()
        async with self._turn:  # who had it has seen that, and goes
            if self._retiring is not None:
                self._retiring.cancel()
            if self._decoder is not None:
                self._drop(self._decoder)
        while self._ending:
            await asyncio.gather(*self._ending)
