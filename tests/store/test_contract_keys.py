"""What every store must do with keys."""

import asyncio
from dataclasses import replace

import pytest

from engine.errors import Conflict
from engine.store.base import KeyLimits, KeyRow, Store

from .rows import STRANGE_IDS


def key(key_id: str, created: int = 1_000) -> KeyRow:
    """A key that does not expire and may use what it likes."""
    limits = KeyLimits(running=None, per_second=None)
    return KeyRow(key_id, "of a test", "anna", ("read", "service"), "d" * 64, created, None, None, limits)


async def test_keys_come_back_as_they_were_added(store: Store) -> None:
    assert await store.keys() == []
    plain = key("b" * 16)
    full = KeyRow(
        "a" * 16,
        "name with ä, ', \" and \x07",
        "",
        (),
        "e" * 64,
        1_000,
        2**53,
        7,
        KeyLimits(running=5, per_second=0.25),
    )
    older = key("c" * 16, 999)
    for row in (plain, full, older):
        await store.add_key(row)
    assert await store.keys() == [older, full, plain]


async def test_the_id_of_a_key_is_taken_once(store: Store) -> None:
    row = key("a" * 16)
    await store.add_key(row)
    with pytest.raises(Conflict):
        await store.add_key(replace(row, digest="e" * 64))
    assert await store.keys() == [row]


async def test_a_key_is_revoked_once(store: Store) -> None:
    row, other = key("a" * 16), key("b" * 16)
    await store.add_key(row)
    await store.add_key(other)
    assert await store.revoke_key(row.id, 2_000)
    assert await store.revoke_key(row.id, 3_000), "it is there, and stays revoked since the first time"
    assert await store.keys() == [replace(row, revoked=2_000), other]
    for strange in ("unknown", *STRANGE_IDS):
        assert not await store.revoke_key(strange, 2_000)


async def test_many_keys_are_added_and_revoked_at_once(store: Store) -> None:
    rows = [key(f"{number:016x}", number) for number in range(30)]
    await asyncio.gather(*(store.add_key(row) for row in rows))
    await asyncio.gather(*(store.revoke_key(row.id, 5) for row in rows[::3] * 2))
    assert [row.revoked for row in await store.keys()] == [5, None, None] * 10
