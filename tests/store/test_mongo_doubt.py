"""What the store on MongoDB makes of commands that are lost, and of those whose acknowledgement is."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from engine.errors import Conflict, StoreAway, StoreFull
from engine.store.base import Change, Stats, Submission
from engine.store.mongo import MongoStore
from tests.servers.mongo import Mongo

from .conftest import OF_THE_DRIVER
from .lossy import Lossy
from .rows import child, finished, following, pipeline, service, task

pytestmark = OF_THE_DRIVER


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver looks for a server that it lost without waiting for half a second."""
    monkeypatch.setattr("pymongo.common.MIN_HEARTBEAT_INTERVAL", 0.05)


@pytest_asyncio.fixture
async def lossy(mongo: Mongo) -> AsyncIterator[Lossy]:
    """A proxy before the server."""
    async with Lossy(mongo.uri) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def through(lossy: Lossy, mongo: Mongo) -> AsyncIterator[MongoStore]:
    """An open store that reaches the server by the proxy."""
    store = MongoStore(lossy.uri, mongo.fresh_name())
    await store.open()
    yield store
    await store.close()


both = pytest.mark.parametrize("executed", [True, False], ids=["answer lost", "command lost"])


@both
@pytest.mark.parametrize("times", [1, 2])
async def test_creation_in_doubt(through: MongoStore, lossy: Lossy, executed: bool, times: int) -> None:
    row, submission = task(), Submission("blur", "key", "digest", "task")
    lossy.lose("insert", "tasks", times, executed)
    number = await through.create(row, submission)
    assert isinstance(number, int) and lossy.struck == times
    assert await through.load(row.id) == row
    assert await through.changes(0, 10) == [Change(number, row.id, 1, 2)]
    assert await through.stats() == Stats({"running": 1}, {"blur": 1})
    assert await through.create(task(), submission) == submission
    lossy.lose("insert", "tasks", 1, executed)
    with pytest.raises(Conflict):
        await through.create(replace(row, document=b"other"))
    assert await through.load(row.id) == row


@both
@pytest.mark.parametrize("times", [1, 2])
async def test_save_in_doubt(through: MongoStore, lossy: Lossy, executed: bool, times: int) -> None:
    row = task()
    await through.create(row)
    ended = finished(following(row))
    for each in (following(row), ended, replace(following(ended), status="running", ended=None)):
        lossy.lose("update", "tasks", times, executed)
        number = await through.save(each)
        assert number is not None
        assert await through.load(row.id) == each
        assert (await through.changes(0, 10))[-1] == Change(number, row.id, each.first_event, each.last_event)
        assert await through.stats() == Stats({each.status: 1}, {"blur": 1})
    assert lossy.struck == 3 * times
    assert [change.first_event for change in await through.changes(0, 10)] == [1, 3, 3, 5]


@both
async def test_end_of_a_task_that_was_resaved_in_doubt(through: MongoStore, lossy: Lossy, executed: bool) -> None:
    row = task(status="error", ended=3)
    await through.create(row)
    lossy.lose("update", "tasks", 1, executed, after=1)  # the first asks for a running one
    assert await through.save(finished(row)) is not None
    assert lossy.struck == 1
    assert await through.stats() == Stats({"finished": 1}, {"blur": 1})


@both
async def test_save_in_doubt_that_lost(through: MongoStore, lossy: Lossy, executed: bool) -> None:
    row = task()
    await through.create(row)
    winner = following(row, b"winner")
    await through.save(winner)
    lossy.lose("update", "tasks", 1, executed)
    assert await through.save(following(row, b"loser")) is None
    assert await through.load(row.id) == winner
    assert len(await through.changes(0, 10)) == 2


async def test_save_in_doubt_that_another_engine_has_gone_on_from(
    through: MongoStore, lossy: Lossy, mongo: Mongo
) -> None:
    other = MongoStore(mongo.uri, through.database)
    await other.open()
    row = task()
    await through.create(row)
    lossy.lose("update", "tasks")
    lossy.lose("update", "tasks", 30, executed=False)  # so that it takes a while until it can ask again
    saving = asyncio.create_task(through.save(following(row, b"mine")))
    async with asyncio.timeout(10):
        while await other.load(row.id) == row:
            await asyncio.sleep(0)
    theirs = following(following(row, b"mine"), b"theirs")
    second = await other.save(theirs)
    lossy.faults.clear()
    first = await saving
    assert first is not None and second is not None and first < second
    assert await through.load(row.id) == theirs
    assert [change.number for change in await through.changes(0, 10, row.id)] == [1, first, second]
    await other.close()


@both
@pytest.mark.parametrize("place", [("findAndModify", "numbers"), ("insert", "changes"), ("update", "tallies")])
async def test_numbers_and_counts_in_doubt(
    through: MongoStore, lossy: Lossy, executed: bool, place: tuple[str, str]
) -> None:
    lossy.lose(*place, 1, executed)
    rows = [task() for _ in range(20)]
    numbers = [int(str(each)) for each in await asyncio.gather(*(through.create(row) for row in rows))]
    for row in rows[:2]:
        lossy.lose(*place, 1, executed)
        assert await through.save(finished(row)) is not None
    assert lossy.struck == 3
    assert len(set(numbers)) == 20
    assert await through.stats() == Stats({"running": 18, "finished": 2}, {"blur": 20})
    async with asyncio.timeout(10):  # a hole that nobody knows of is passed over after a second
        while len(await through.changes(0, 100)) < 22:
            await asyncio.sleep(0.05)
    assert len(await through.changes(0, 100)) == 22


@both
async def test_children_and_removal_in_doubt(through: MongoStore, lossy: Lossy, executed: bool) -> None:
    root = task(status="finished", ended=5)
    await through.create(root)
    rows = [child(root.id, position) for position in range(30)]
    lossy.lose("insert", "tasks", 1, executed)
    numbers = await through.create_many(rows)
    assert None not in numbers and len(set(numbers)) == 30
    assert await through.children(root.id, None, 100) == rows
    assert await through.create_many(rows) == [None] * 30
    for collection in ("tasks", "changes"):
        lossy.lose("delete", collection, 1, executed)
    lossy.lose("update", "tasks", 1, executed)
    assert await through.delete([root.id]) == [root.id]
    assert lossy.struck == 4
    assert await through.existing([root.id, *(row.id for row in rows)]) == set()
    assert await through.stats() == Stats({}, {})


@both
async def test_pipelines_and_services_in_doubt(through: MongoStore, lossy: Lossy, executed: bool) -> None:
    first, second = pipeline("d1"), pipeline("d2", version=2)
    lossy.lose("insert", "routes", 1, executed)
    assert await through.add_pipeline(first)
    lossy.lose("update", "routes", 1, executed)
    lossy.lose("insert", "pipelines", 1, executed)
    assert await through.add_pipeline(second)
    assert await through.open_pipeline("blur") == second
    assert await through.versions("blur") == [second, first]
    lossy.lose("insert", "pipelines", 1, executed)
    trial = replace(pipeline("d3", version=0), kind="trial")
    await through.add_definition(trial)
    assert await through.definition("d3") == trial
    lossy.lose("update", "routes", 1, executed)
    assert await through.close_pipeline("blur")
    assert await through.open_ids() == {}
    row = service("blur", "http://1")
    lossy.lose("update", "services", 2, executed)
    await through.announce(row)
    lossy.lose("update", "services", 1, executed)
    assert await through.silence(row)
    assert await through.services() == [replace(row, seen=0)]
    assert lossy.struck == 8


@both
async def test_pipeline_whose_engine_died_before_it_was_copied(
    through: MongoStore, lossy: Lossy, mongo: Mongo, executed: bool
) -> None:
    lossy.lose("insert", "pipelines", 1_000, executed=False)
    first, second = pipeline("d1"), pipeline("d2", version=2)
    with pytest.raises(StoreAway):
        await through.add_pipeline(first)
    lossy.faults.clear()
    assert await through.open_pipeline("blur") == first == await through.definition("d1")
    assert await through.versions("blur") == [first]
    if executed:
        assert await through.prune_pipelines(10_000) == 0
    assert await through.add_pipeline(second)
    assert await through.definition("d1") == first
    assert await through.versions("blur") == [second, first]


FULL = [
    {"ok": 0.0, "code": 14031, "errmsg": "Cannot perform operation: out of disk space"},
    {"ok": 0.0, "code": 8000, "errmsg": "you are over your space quota, using 512 MB of 512 MB"},
    {"ok": 1.0, "n": 0, "writeErrors": [{"index": 0, "code": 8, "errmsg": "database or disk is full"}]},
]


@pytest.mark.parametrize("reply", FULL, ids=["disk", "quota", "in the answer"])
async def test_full_server(through: MongoStore, lossy: Lossy, reply: dict[str, object]) -> None:
    row = task()
    await through.create(row)
    lossy.answer("update", "tasks", reply)
    with pytest.raises(StoreFull):
        await through.save(following(row))
    lossy.answer("insert", "tasks", reply)
    with pytest.raises(StoreFull):
        await through.create(task())
    lossy.answer("insert", "changes", reply)
    with pytest.raises(StoreFull):
        await through.create(task())
    assert await through.load(row.id) == row
    assert await through.save(following(row)) is not None
    assert len(await through.changes(0, 10, row.id)) == 2


async def test_majority_that_did_not_answer_is_asked_again(through: MongoStore, lossy: Lossy) -> None:
    row = task()
    await through.create(row)
    error = {"code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting for replication timed out"}
    lossy.answer("update", "tasks", {"ok": 1.0, "n": 1, "nModified": 1, "writeConcernError": error})
    lossy.answer("update", "tasks", {"ok": 0.0, "code": 10107, "errmsg": "not primary"})
    assert await through.save(following(row)) is not None
    assert lossy.struck == 2
    assert await through.load(row.id) == following(row)


async def test_document_of_more_than_16_mb_is_refused(through: MongoStore) -> None:
    row = task()
    await through.create(row)
    large = b"x" * 17_000_000
    with pytest.raises(StoreFull, match="16 MB"):
        await through.create(task(document=large))
    with pytest.raises(StoreFull, match="16 MB"):
        await through.save(following(row, large))
    assert await through.load(row.id) == row


async def test_what_a_task_costs(through: MongoStore, lossy: Lossy) -> None:
    """One command for the task, and three that all who wait together share."""
    await through.create(task())
    lossy.seen.clear()
    row = task()
    await through.create(row)
    shared = {("findAndModify", "numbers"): 1, ("insert", "changes"): 1}
    assert dict(lossy.seen) == shared | {("insert", "tasks"): 1, ("update", "tallies"): 1}
    lossy.seen.clear()
    await through.save(following(row))
    assert dict(lossy.seen) == shared | {("update", "tasks"): 1}
    lossy.seen.clear()
    await asyncio.gather(*(through.create(task()) for _ in range(100)))
    assert lossy.seen["insert", "tasks"] == 100
    assert sum(lossy.seen.values()) <= 100 + 3 * 4
