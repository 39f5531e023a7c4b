"""What every store must do with tasks (see `engine/store/base.py`)."""

import asyncio
from dataclasses import replace

import pytest

from engine.errors import Conflict, StoreAway
from engine.store.base import Change, Stats, Store, Submission, TaskRow

from .rows import STRANGE_IDS, finished, following, task


@pytest.mark.parametrize(
    "row",
    [
        task(),
        task(created=2**62, ended=7, due=9, status="error", waiting=True, document=bytes(range(256))),
        task(document=b""),
        task(document=b"x" * 2_000_000),
        replace(task(), first_event=7, last_event=6),
    ],
    ids=["plain", "all fields", "empty", "2 MB", "no event"],
)
async def test_task_is_loaded_as_it_was_created(store: Store, row: TaskRow) -> None:
    assert await store.create(row) == 1
    assert await store.load(row.id) == row


async def test_unknown_tasks(store: Store) -> None:
    for strange in STRANGE_IDS:
        assert await store.load(strange) is None
    assert await store.existing(STRANGE_IDS) == set()
    assert await store.delete(STRANGE_IDS) == []
    assert await store.page("\ud800", None, (2**70, "\ud800"), 10) == []
    assert await store.changes(2**70, 10) == []


async def test_taken_id_is_a_conflict_and_changes_nothing(store: Store) -> None:
    row = task(document=b"first")
    await store.create(row)
    with pytest.raises(Conflict):
        await store.create(replace(row, document=b"second"), Submission("blur", "key", "digest", row.id))
    assert await store.load(row.id) == row
    assert await store.stats() == Stats({"running": 1}, {"blur": 1})
    assert await store.last_change() == 1
    assert isinstance(await store.create(task(), Submission("blur", "key", "digest", "other")), int)


async def test_save_replaces_the_revision_before(store: Store) -> None:
    row = task()
    await store.create(row)
    second = replace(following(row, b"second"), due=77, waiting=True)
    assert await store.save(second) == 2
    assert await store.load(row.id) == second
    third = finished(second, ended=99)
    assert await store.save(third) == 3
    assert await store.load(row.id) == third
    fourth = replace(following(third, b"fourth"), status="finished")
    assert await store.save(fourth) == 4
    assert await store.load(row.id) == fourth
    resumed = replace(following(fourth, b"again"), status="running", ended=None)
    assert await store.save(resumed) == 5
    assert await store.load(row.id) == resumed


@pytest.mark.parametrize("revision", [0, 1, 2, 4, 100])
@pytest.mark.parametrize("status", ["running", "finished"])
async def test_save_of_any_other_revision_loses(store: Store, revision: int, status: str) -> None:
    row = task()
    await store.create(row)
    kept = following(row, b"kept")
    await store.save(kept)
    assert await store.save(replace(kept, revision=revision, status=status, document=b"lost")) is None
    assert await store.load(row.id) == kept
    assert await store.last_change() == 2


async def test_save_of_an_unknown_task_loses(store: Store) -> None:
    assert await store.save(following(task())) is None
    assert await store.last_change() == 0


async def test_of_many_who_save_one_revision_one_wins(store: Store) -> None:
    row = task()
    await store.create(row)
    numbers = await asyncio.gather(*(store.save(following(row, str(each).encode())) for each in range(30)))
    winners = [each for each, number in enumerate(numbers) if number is not None]
    assert len(winners) == 1
    assert await store.load(row.id) == following(row, str(winners[0]).encode())


async def test_same_key_gives_the_first_submission(store: Store) -> None:
    first, second = task(), task()
    submission = Submission("blur", "key", "digest", first.id)
    assert isinstance(await store.create(first, submission), int)
    assert await store.create(second, Submission("blur", "key", "other digest", second.id)) == submission
    assert await store.load(second.id) is None
    assert await store.last_change() == 1
    assert isinstance(await store.create(second, Submission("crop", "key", "digest", second.id)), int)


async def test_of_many_with_one_key_one_makes_a_task(store: Store) -> None:
    rows = [task() for _ in range(30)]
    made = await asyncio.gather(*(store.create(row, Submission("blur", "key", "digest", row.id)) for row in rows))
    numbers = [each for each in made if isinstance(each, int)]
    assert len(numbers) == 1
    winner = rows[made.index(numbers[0])].id
    assert {each.task for each in made if isinstance(each, Submission)} == {winner}
    assert await store.existing([row.id for row in rows]) == {winner}


async def test_submission_goes_with_its_task(store: Store) -> None:
    row = task(status="finished", ended=5)
    await store.create(row, Submission("blur", "key", "digest", row.id))
    await store.delete([row.id])
    assert isinstance(await store.create(task(), Submission("blur", "key", "digest", "another")), int)


async def test_changes_tell_every_revision_in_order(store: Store) -> None:
    assert await store.last_change() == 0
    first, second = task(), task()
    numbers = [await store.create(first), await store.create(second), await store.save(following(first))]
    assert numbers == [1, 2, 3]
    assert await store.last_change() == 3
    wanted = [Change(1, first.id, 1, 2), Change(2, second.id, 1, 2), Change(3, first.id, 3, 4)]
    assert await store.changes(0, 10) == wanted
    assert await store.changes(1, 1) == wanted[1:2]
    assert await store.changes(3, 10) == []


async def test_numbers_of_changes_never_repeat_and_those_of_kept_tasks_stay(store: Store) -> None:
    kept, gone = task(), task()
    await store.create(kept)
    await store.create(gone)
    await store.save(following(kept))
    await store.save(finished(gone))
    await store.delete([gone.id])
    assert await store.last_change() == 4
    found = await store.changes(0, 10)
    assert [change.number for change in found if change.task == kept.id] == [1, 3]
    assert await store.create(task()) == 5


async def test_changes_of_removed_tasks_do_not_pile_up(store: Store) -> None:
    kept = task()
    await store.create(kept)
    for _ in range(20):
        row = task()
        await store.create(row)
        await store.save(finished(row))
        await store.delete([row.id])
    assert len(await store.changes(0, 1_000)) < 30


async def test_unopened_and_closed_stores_are_away(unopened: Store) -> None:
    for _ in range(2):
        with pytest.raises(StoreAway):
            await unopened.ping()
        with pytest.raises(StoreAway):
            await unopened.create(task())
        with pytest.raises(StoreAway):
            await unopened.load("1")
        await unopened.open()
        await unopened.open()
        await unopened.ping()
        await unopened.close()
        await unopened.close()


async def test_close_finishes_what_was_asked(unopened: Store) -> None:
    await unopened.open()
    asked = [asyncio.create_task(unopened.create(task())) for _ in range(50)]
    await asyncio.sleep(0)
    await unopened.close()
    assert sorted([int(str(await each)) for each in asked]) == list(range(1, 51))


async def test_caller_who_leaves_does_not_harm_the_others(store: Store) -> None:
    rows = [task() for _ in range(20)]
    asked = [asyncio.create_task(store.create(row)) for row in rows]
    await asyncio.sleep(0)
    asked[3].cancel()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(results[3], asyncio.CancelledError)
    assert all(isinstance(result, int) for result in results[:3] + results[4:])
    others = {row.id for row in rows[:3] + rows[4:]}
    assert await store.existing([row.id for row in rows]) >= others
