"""The keyring: keeps up with the store, is not flooded, and goes on with what it knows where the store is away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from engine.clock import Clock
from engine.doors.keyring import APART, FRESH, STALE, Keyring
from engine.doors.keys import Shown, digest_of, new_key, read_key
from engine.errors import StoreAway, Unauthorized
from engine.identity import Scope
from engine.store.base import KeyLimits, KeyRow
from engine.store.sqlite import SqliteStore


class Seconds:
    """Time that goes on when it is told to, beside that which really passes."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.ahead


class Counted(SqliteStore):
    """Counts how often the keys were read."""

    read = 0

    async def keys(self) -> list[KeyRow]:
        """See `Store.keys`."""
        self.read += 1
        return await super().keys()


@pytest_asyncio.fixture
async def store() -> AsyncIterator[Counted]:
    """An open store."""
    store = Counted(None, "full")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def seconds() -> Seconds:
    """The time of the keyring."""
    return Seconds()


@pytest_asyncio.fixture
async def keyring(store: Counted, seconds: Seconds) -> AsyncIterator[Keyring]:
    """A keyring on the store."""
    keyring = Keyring(store, Clock(), seconds)
    yield keyring
    await keyring.close()


def made(expires: int | None = None, scopes: tuple[Scope, ...] = ("submit",)) -> tuple[KeyRow, Shown]:
    """A key, and what its bearer shows."""
    key_id, key = new_key()
    shown = read_key(key)
    assert shown is not None
    limits = KeyLimits(running=3, per_second=None)
    return KeyRow(key_id, "of a test", "anna", scopes, digest_of(shown.passed), 1, expires, None, limits), shown


async def until_read(store: Counted, times: int) -> None:
    """Wait until the keys were read so often, and what was read is taken."""
    async with asyncio.timeout(5):
        while store.read < times:
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)


async def test_a_key_is_known_with_its_owner_scopes_and_limits(store: Counted, keyring: Keyring) -> None:
    row, shown = made()
    await store.add_key(row)
    identity = await keyring.identify(shown)
    assert identity is not None and (identity.key, identity.owner) == (row.id, "anna")
    assert identity.scopes == {"submit", "read"}
    assert keyring.row(row.id) == row and keyring.row("unknown") is None


async def test_a_wrong_secret_is_nobodys(store: Counted, keyring: Keyring) -> None:
    row, shown = made()
    await store.add_key(row)
    assert await keyring.identify(Shown(row.id, made()[1].passed)) is None
    assert await keyring.identify(shown) is not None


async def test_keys_end_by_expiry_and_by_being_revoked(store: Counted, keyring: Keyring) -> None:
    now = Clock().now()
    gone, shown_gone = made(expires=now - 1)
    good, shown_good = made(expires=now + 3_600_000_000)
    revoked, shown_revoked = made()
    for row in (gone, good, replace(revoked, revoked=now)):
        await store.add_key(row)
    assert await keyring.identify(shown_good) is not None
    with pytest.raises(Unauthorized, match="has expired"):
        await keyring.identify(shown_gone)
    with pytest.raises(Unauthorized, match="was revoked"):
        await keyring.identify(shown_revoked)
    assert await keyring.identify(replace(shown_revoked, passed=shown_good.passed)) is None, "tells nothing to others"


async def test_what_another_engine_revokes_is_known_two_seconds_later(
    store: Counted, keyring: Keyring, seconds: Seconds
) -> None:
    row, shown = made()
    await store.add_key(row)
    for _ in range(50):
        assert await keyring.identify(shown) is not None
    assert store.read == 1, "while they are fresh they are not read"
    await store.revoke_key(row.id, 5)
    assert await keyring.identify(shown) is not None
    seconds.ahead += STALE
    with pytest.raises(Unauthorized):
        await keyring.identify(shown)
    assert store.read == 2


async def test_keys_in_use_are_read_again_beside_the_requests(
    store: Counted, keyring: Keyring, seconds: Seconds
) -> None:
    row, shown = made()
    await store.add_key(row)
    await keyring.identify(shown)
    await store.revoke_key(row.id, 5)
    seconds.ahead += FRESH
    assert await keyring.identify(shown) is not None, "it does not wait"
    await until_read(store, 2)
    with pytest.raises(Unauthorized):
        await keyring.identify(shown)


async def test_what_is_changed_here_holds_at_once(store: Counted, keyring: Keyring) -> None:
    row, shown = made()
    await store.add_key(row)
    assert await keyring.identify(shown) is not None
    await store.revoke_key(row.id, 5)
    await keyring.changed(row.id)
    with pytest.raises(Unauthorized):
        await keyring.identify(shown)


async def test_a_key_that_was_made_elsewhere_just_now_is_found(store: Counted, keyring: Keyring) -> None:
    row, shown = made()
    await store.add_key(row)
    assert await keyring.identify(shown) is not None
    later, shown_later = made()
    await store.add_key(later)
    identity = await keyring.identify(shown_later)
    assert identity is not None and identity.key == later.id


async def test_unknown_ids_do_not_flood_the_store(store: Counted, keyring: Keyring) -> None:
    row, shown = made()
    await store.add_key(row)
    await keyring.identify(shown)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        found = await asyncio.gather(*(keyring.identify(made()[1]) for _ in range(300)))
        assert found == [None] * 300
    took = asyncio.get_running_loop().time() - began
    assert store.read <= 2 + took / APART, "900 ids that are not known"


async def test_where_the_store_is_away_known_keys_go_on(store: Counted, keyring: Keyring, seconds: Seconds) -> None:
    row, shown = made()
    await store.add_key(row)
    assert await keyring.identify(shown) is not None
    await store.close()
    for _ in range(3):
        seconds.ahead += 100
        assert await keyring.identify(shown) is not None
    with pytest.raises(StoreAway):
        await keyring.identify(made()[1])
    await store.open()  # in memory: what it held is gone
    seconds.ahead += 100
    await keyring.identify(shown)
    await until_read(store, store.read)
    assert await keyring.identify(shown) is None


async def test_a_store_that_was_never_there_lets_nobody_in(keyring: Keyring, store: Counted) -> None:
    await store.close()
    with pytest.raises(StoreAway):
        await keyring.identify(made()[1])
