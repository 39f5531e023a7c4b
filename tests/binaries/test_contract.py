"""What every store of binaries must do (see `engine/binaries/base.py`)."""

import asyncio
import re

import pytest

from engine.binaries.base import BinaryStore
from engine.errors import NotFound, StoreAway

from .content import UNKNOWN_IDS, content, get, owner, owners, put

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize("piece", [1_000, 65_536, 3 * MEGABYTE])
@pytest.mark.parametrize("size", [0, 1, 65_536, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 5 * MEGABYTE + 17])
async def test_what_goes_in_comes_out(store: BinaryStore, size: int, piece: int) -> None:
    data = content(size)
    binary_id = await put(store, owner(), data, piece)
    assert await store.size(binary_id) == size
    assert await get(store, binary_id) == data
    assert await get(store, binary_id) == data, "reading changes nothing"


async def test_id_is_the_owner_and_128_random_bits(store: BinaryStore) -> None:
    of = owner()
    ids = {await put(store, of, b"same") for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch(rf"{of}/[0-9a-f]{{32}}", each) for each in ids)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 10), (5, None), (0, 0), (7, 7), (2_500_000, 2_500_001), (3_000_000, None), (9_999_999, None), (0, 9_999_999)]
    + [(524_287, 524_289), (1_048_576, 2_097_152), (100, 50)],
)
async def test_part_of_a_binary(store: BinaryStore, start: int, end: int | None) -> None:
    data = content(3_000_000)
    binary_id = await put(store, owner(), data)
    assert await get(store, binary_id, start, end) == data[start:end]


async def test_chunks_are_small(store: BinaryStore) -> None:
    binary_id = await put(store, owner(), content(5 * MEGABYTE))
    sizes = [len(chunk) async for chunk in store.read(binary_id)]
    assert sum(sizes) == 5 * MEGABYTE
    assert max(sizes) <= MEGABYTE


async def test_reader_who_leaves_early_harms_nobody(store: BinaryStore) -> None:
    data = content(4 * MEGABYTE)
    binary_id = await put(store, owner(), data)
    for _ in range(20):
        chunks = store.read(binary_id)
        assert data.startswith(await anext(chunks))
        await chunks.aclose()  # type: ignore[attr-defined]
    assert await get(store, binary_id) == data


@pytest.mark.parametrize("binary_id", UNKNOWN_IDS)
async def test_unknown_binaries(store: BinaryStore, binary_id: str) -> None:
    assert await store.size(binary_id) is None
    with pytest.raises(NotFound):
        await anext(store.read(binary_id))
    await store.remove([binary_id])
    await store.remove_owners([binary_id])


async def test_uncommitted_binary_cannot_be_seen_and_abort_leaves_nothing(store: BinaryStore) -> None:
    of = owner()
    for size in (0, 10, 3 * MEGABYTE):
        sink = await store.sink(of)
        await sink.write(content(size))
        assert sink.size == size
        await sink.abort()
        await sink.abort()
    assert of not in await owners(store, -3_600)


async def test_abort_after_commit_does_nothing(store: BinaryStore) -> None:
    sink = await store.sink(owner())
    await sink.write(b"kept")
    binary_id = await sink.commit()
    await sink.abort()
    assert await get(store, binary_id) == b"kept"


async def test_abort_after_a_cancelled_commit_leaves_nothing(store: BinaryStore) -> None:
    of = owner()
    for _ in range(10):
        sink = await store.sink(of)
        await sink.write(content(1_500_000))
        committing = asyncio.create_task(sink.commit())
        await asyncio.sleep(0)
        committing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await committing
        await sink.abort()
    assert of not in await owners(store, -3_600)


async def test_hundred_sinks_at_once(store: BinaryStore) -> None:
    of = [owner() for _ in range(10)]
    data = [content(300_000, seed) for seed in range(100)]
    ids = await asyncio.gather(*(put(store, of[seed % 10], each) for seed, each in enumerate(data)))
    assert await asyncio.gather(*(get(store, each) for each in ids)) == data


async def test_removed_binary_is_gone_and_the_others_stay(store: BinaryStore) -> None:
    of = owner()
    first, second = await put(store, of, b"1"), await put(store, of, b"2")
    await store.remove([first, first, f"{of}/{'0' * 32}"])
    assert await store.size(first) is None
    with pytest.raises(NotFound):
        await get(store, first)
    assert await get(store, second) == b"2"
    await store.remove([second])
    assert await put(store, of, b"3"), "the owner may have new ones"


async def test_removed_owner_takes_all_along(store: BinaryStore) -> None:
    gone, kept = owner(), owner()
    ids = [await put(store, gone, b"x") for _ in range(3)]
    other = await put(store, kept, b"y")
    unfinished = await store.sink(gone)
    await unfinished.write(content(2 * MEGABYTE))
    await store.remove_owners([gone, owner()])
    assert [await store.size(each) for each in ids] == [None] * 3
    assert await get(store, other) == b"y"
    await unfinished.abort()
    assert gone not in await owners(store, -3_600)


async def test_many_removals(store: BinaryStore) -> None:
    ids = [await put(store, owner(), b"x") for _ in range(120)]
    await store.remove(ids[:110])
    assert [await store.size(each) for each in ids] == [None] * 110 + [1] * 10
    await store.remove_owners({each.split("/")[0] for each in ids})
    assert await owners(store, -3_600) == set()


async def test_owners_are_found_by_the_age_of_their_last_write(store: BinaryStore) -> None:
    of = owner()
    await put(store, of, b"x")
    assert await owners(store, -3_600) == {of}
    assert await owners(store, 3_600) == set()


async def test_owner_who_is_being_written_to_is_no_orphan(store: BinaryStore) -> None:
    of = owner()
    sink = await store.sink(of)
    await sink.write(content(3 * MEGABYTE))
    assert await owners(store, -3_600) == set()
    await sink.commit()
    assert await owners(store, -3_600) == {of}


async def test_owner_must_be_the_id_of_a_task(store: BinaryStore) -> None:
    for bad in ("", "..", "a/b", "A" * 32, "0" * 31, "0" * 32 + "\n"):
        with pytest.raises(ValueError, match="owner"):
            await store.sink(bad)


async def test_unopened_and_closed_stores_are_away(unopened: BinaryStore) -> None:
    for _ in range(2):
        with pytest.raises(StoreAway):
            await unopened.ping()
        await unopened.open()
        await unopened.open()
        await unopened.ping()
        await unopened.close()
        await unopened.close()
