"""Bytes to put into a store, and how they get in and out."""

import hashlib
from secrets import token_hex

from engine.binaries.base import BinaryStore

UNKNOWN_IDS = [
    "",
    "x",
    "../../etc/passwd",
    f"{'0' * 32}/../../{'0' * 32}",
    f"{'0' * 32}/{'0' * 32}",
    f"{'0' * 32}/{'0' * 32}\n",
    f"{'0' * 32}/{'0' * 31}",
    f"{'A' * 32}/{'0' * 32}",
    f"{'0' * 32}/{'0' * 32}.part",
    f"{'0' * 32}",
    f"{'0' * 32}/",
    "\x00" * 65,
    "\ud800" * 65,
    "０" * 32 + "/" + "０" * 32,
]
"""Ids of no binary, as they may come from outside."""


def owner() -> str:
    """The id of a new task."""
    return token_hex(16)


def content(size: int, seed: int = 0) -> bytes:
    """Bytes in which no place looks like another."""
    return hashlib.shake_128(f"{seed}".encode()).digest(size)


async def put(store: BinaryStore, of: str, data: bytes, piece: int = 65_536) -> str:
    """Store a binary, piece by piece. Returns its id."""
    sink = await store.sink(of)
    for start in range(0, len(data), piece):
        await sink.write(data[start : start + piece])
    assert sink.size == len(data)
    return await sink.commit()


async def get(store: BinaryStore, binary_id: str, start: int = 0, end: int | None = None) -> bytes:
    """Read a binary, or a part of it."""
    return b"".join([chunk async for chunk in store.read(binary_id, start, end)])


async def owners(store: BinaryStore, older_than: float) -> set[str]:
    """All that the store finds."""
    return {each async for each in store.owners(older_than)}
