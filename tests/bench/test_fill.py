"""Copies of an ended task, put into a store: they are there like any other task."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.fill import copy_id, fill_sqlite, fill_store
from engine.store.base import TaskRow
from engine.store.sqlite import SqliteStore

TASKS = 150
ORIGINAL = "0" * 31 + "1"
NOW = 1_800_000_000_000_000


def row() -> TaskRow:
    document = b'{"id": "%s"}' % ORIGINAL.encode()
    return TaskRow(ORIGINAL, 1, "story", "definition", "running", NOW, None, None, False, 1, 2, document)


async def original(store: SqliteStore) -> None:
    """A task that has ended with its third save."""
    await store.open()
    await store.create(row())
    for revision in (2, 3):
        ended = NOW + 500 if revision == 3 else None
        status = "finished" if ended else "running"
        await store.save(replace(row(), revision=revision, status=status, ended=ended, first_event=3, last_event=2))


@pytest.mark.parametrize("fill", [fill_sqlite, fill_store])
async def test_copies_are_served_listed_counted_and_removed(fill: Callable[..., None], tmp_path: Path) -> None:
    path = tmp_path / "engine.sqlite"
    store = SqliteStore(path, "normal")
    await original(store)
    for first in (0, TASKS):
        if fill is fill_sqlite:
            fill_sqlite(path, ORIGINAL, first, TASKS)
        else:
            await fill_store(store, ORIGINAL, first, TASKS)
    assert (await store.stats()).by_status == {"finished": 2 * TASKS + 1}
    copied = await store.load(copy_id(7))
    assert copied is not None and copied.document == b'{"id": "%s"}' % copy_id(7).encode()
    assert copied.status == "finished" and copied.ended is not None and copied.ended < NOW
    assert len(await store.page("story", "finished", None, 500)) == 2 * TASKS + 1
    oldest = await store.expired(NOW, TASKS)
    assert set(await store.delete(oldest)) == set(oldest) and len(oldest) == TASKS
    assert (await store.stats()).by_status == {"finished": TASKS + 1}
    await store.close()


async def test_copies_have_as_many_changes_as_the_original(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "engine.sqlite", "normal")
    await original(store)
    before = await store.last_change()
    fill_sqlite(tmp_path / "engine.sqlite", ORIGINAL, 0, TASKS)
    changes = await store.changes(before, 10_000)
    assert len(changes) == 3 * TASKS
    mine = await store.changes(before, 10_000, copy_id(70))
    assert [change.number for change in mine] == [c.number for c in changes if c.task == copy_id(70)]
    assert len(mine) == 3
    await store.delete([copy_id(number) for number in range(TASKS)])
    assert await store.changes(before, 10_000) == []
    await store.close()


def test_ids_differ() -> None:
    ids = {copy_id(number) for number in range(20_000)}
    assert len(ids) == 20_000 and all(len(each) == 32 for each in ids)
