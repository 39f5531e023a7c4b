"""What every store must do with the audit log."""

from uuid import uuid4

import pytest

from engine.errors import Conflict
from engine.store.base import AuditRow, Store

from .rows import STRANGE_IDS


def row(number: int) -> AuditRow:
    """One change; three at a time."""
    action, owner = ("pipeline.stored", "task.cancelled")[number % 2], ("ann", "bob", "")[number % 3]
    return AuditRow(uuid4().hex, number // 3, f"k{number}", owner, action, f"route{number}", "versiön 1", "127.0.0.1")


@pytest.mark.parametrize("action", [None, "task.cancelled", "none"])
@pytest.mark.parametrize("owner", [None, "bob", ""])
async def test_pages_show_every_row_once_newest_first(store: Store, action: str | None, owner: str | None) -> None:
    rows = [row(number) for number in range(40)]
    for each in rows:
        await store.trail.add(each)
    wanted = [each for each in rows if action in (None, each.action) and owner in (None, each.owner)]
    wanted.sort(key=lambda each: (each.at, each.id), reverse=True)
    seen: list[AuditRow] = []
    before: tuple[int, str] | None = None
    while found := await store.trail.page(action, owner, before, 3):
        assert len(found) <= 3
        seen += found
        before = (found[-1].at, found[-1].id)
    assert seen == wanted


async def test_rows_go_with_their_time(store: Store) -> None:
    rows = [row(number) for number in range(9)]
    for each in rows:
        await store.trail.add(each)
    assert await store.trail.prune(0) == 0
    assert await store.trail.prune(2) == 6
    assert {each.id for each in await store.trail.page(None, None, None, 100)} == {each.id for each in rows[6:]}
    assert await store.trail.prune(100) == 3
    assert await store.trail.page(None, None, None, 100) == []


async def test_an_id_is_taken_once(store: Store) -> None:
    one = row(1)
    await store.trail.add(one)
    with pytest.raises(Conflict):
        await store.trail.add(one)
    assert await store.trail.page(None, None, None, 10) == [one]


@pytest.mark.parametrize("strange", STRANGE_IDS)
async def test_filters_and_cursors_that_are_none(store: Store, strange: str) -> None:
    one = row(1)
    await store.trail.add(one)
    assert await store.trail.page(strange, None, None, 10) == await store.trail.page(None, strange, None, 10) == []
    assert len(await store.trail.page(None, None, (5, strange), 10)) <= 1
