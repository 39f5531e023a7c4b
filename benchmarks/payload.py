"""Binaries that are made and checked in chunks, so that no process of a benchmark has to hold one as a whole."""

import random
from collections.abc import AsyncIterator

CHUNK = 256 * 1024
"""How many bytes are read, written and sent at a time."""

_PERIOD = 1_000_003
"""A prime: no chunk size divides it, so a lost, doubled or moved chunk does not fit any more."""

_BLOCK = random.Random(4_711).randbytes(_PERIOD)
_RING = memoryview(_BLOCK + _BLOCK[:CHUNK])


class Payload:
    """`size` bytes of noise. Two payloads with a different `seed` differ from their first bytes on."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self._start = seed * 7_919 % _PERIOD

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, in order."""
        for position in range(0, self.size, CHUNK):
            yield bytes(self._at(position, min(CHUNK, self.size - position)))

    def _at(self, position: int, length: int) -> memoryview:
        offset = (self._start + position) % _PERIOD
        return _RING[offset : offset + length]


class Comparison:
    """Takes chunks of any size, and tells in the end whether they were the payload, byte for byte."""

    def __init__(self, payload: Payload) -> None:
        self._payload = payload
        self._position = 0
        self._same = True

    def take(self, data: bytes) -> None:
        """Compare the next bytes."""
        view = memoryview(data)
        for start in range(0, len(view), CHUNK):
            piece = view[start : start + CHUNK]
            self._same = self._same and piece == self._payload._at(self._position, len(piece))
            self._position += len(piece)

    @property
    def complete(self) -> bool:
        """Whether all bytes were there and right, and no more."""
        return self._same and self._position == self._payload.size
