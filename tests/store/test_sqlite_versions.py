"""A file of an older engine is brought up to date when it is opened."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from engine.errors import StoreAway
from engine.store.base import Change, PipelineRow, ServiceRow, Stats, Submission, TaskRow
from engine.store.sqlite import SqliteStore
from engine.store.sqlite_tables import SCHEMA_NUMBER

from .rows import child, finished, following, task

RUNNING = TaskRow(
    "a" * 32, 1, "blur", "d1", "running", 5_000, None, 7_000, True, 1, 2, b'{"task": "a"}', holders="older-engine"
)
ENDED = TaskRow("b" * 32, 3, "blur", "d2", "finished", 5_001, 6_000, None, False, 5, 5, b'{"task": "b"}')
FAILED = TaskRow("c" * 32, 2, "crop", "d3", "error", 5_002, 6_001, None, False, 3, 3, b'{"task": "c"}')


@pytest.fixture(params=["version_1.sql", "version_2.sql", "version_3.sql"])
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file of an older schema number: three pipelines, a service, three tasks, and a fourth that was removed."""
    path = tmp_path / "engine.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(Path(__file__).with_name(request.param).read_text("utf-8"))
    connection.close()
    return path


def described(path: Path) -> dict[str, object]:
    """The schema of a file: columns of the tables, statements of indexes and triggers, number."""
    connection = sqlite3.connect(path)
    try:
        found: dict[str, object] = {"number": connection.execute("PRAGMA user_version").fetchone()[0]}
        for kind, name, statement in connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall():
            if kind == "table":
                columns = connection.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall()
                statement = sorted(column[1:] for column in columns)
            found[name] = statement
        return found
    finally:
        connection.close()


async def test_old_file_becomes_the_same_as_a_new_one(old: Path, tmp_path: Path) -> None:
    for path in (old, tmp_path / "new.db"):
        store = SqliteStore(path, "full")
        await store.open()
        await store.close()
    assert described(old) == described(tmp_path / "new.db")
    assert described(old)["number"] == SCHEMA_NUMBER == 5


async def test_all_that_an_old_file_holds_is_there(old: Path) -> None:
    store = SqliteStore(old, "full")
    for _ in range(2):  # the second time nothing is to be done
        await store.open()
        assert [await store.load(row.id) for row in (RUNNING, ENDED, FAILED)] == [RUNNING, ENDED, FAILED]
        assert [row.id for row in await store.page(None, None, None, 10)] == [FAILED.id, ENDED.id, RUNNING.id]
        assert [row.id for row in await store.page("blur", "finished", None, 10)] == [ENDED.id]
        assert await store.stats() == Stats({"running": 1, "finished": 1, "error": 1}, {"blur": 2, "crop": 1})
        assert await store.expired(6_001, 10) == [ENDED.id]
        assert await store.holders() == {RUNNING.holders}, "whoever comes first goes on with what an older engine did"
        assert await store.held(RUNNING.holders, "", 10) == await store.running("", 10) == [RUNNING.id]
        assert await store.due(7_000, 10) == await store.running("", 10, waiting=True) == [RUNNING.id]
        changes = [Change(2, ENDED.id, 1, 2), Change(5, ENDED.id, 3, 4), Change(6, ENDED.id, 5, 5)]
        assert await store.changes(0, 10, ENDED.id) == changes
        assert len(await store.changes(0, 10)) == 6 and await store.last_change() == 8
        assert [row.id for row in await store.open_pipelines()] == ["d2", "d3"]
        assert await store.versions("blur") == [
            PipelineRow("d2", "blur", 2, "pipeline", b'{"v": 2}', 2_000),
            PipelineRow("d1", "blur", 1, "pipeline", b'{"v": 1}', 1_000),
        ]
        assert await store.services() == [
            ServiceRow("crop", "http://127.0.0.1:9000", b'{"route": "crop"}', 30.0, 4_000)
        ]
        submission = Submission("blur", "key", "digest", RUNNING.id)
        assert await store.create(task(), submission) == submission
        await store.close()


async def test_work_goes_on_in_an_old_file(old: Path) -> None:
    store = SqliteStore(old, "full")
    await store.open()
    assert await store.save(following(RUNNING)) == 9
    row = child(RUNNING.id, definition="d3")
    assert await store.create_many([row, child(RUNNING.id, 1)]) == [10, 11]
    assert await store.save(finished(row)) == 12
    assert await store.save(finished(following(RUNNING))) == 13
    numbers = [change.number for change in await store.changes(0, 10, RUNNING.id)]
    assert numbers == [1, 9, 10, 11, 12, 13]
    assert await store.stats() == Stats({"finished": 2, "error": 1}, {"blur": 2, "crop": 1})
    removed = await store.delete([RUNNING.id, ENDED.id, FAILED.id])
    assert sorted(removed) == [RUNNING.id, ENDED.id, FAILED.id]
    assert await store.changes(0, 10) == [] and await store.stats() == Stats({}, {})
    await store.close()
    connection = sqlite3.connect(old)
    assert connection.execute("SELECT count(*) FROM counters WHERE number <> 0").fetchone() == (0,)
    connection.close()


async def test_two_who_open_an_old_file_at_once(old: Path) -> None:
    stores = [SqliteStore(old, "full") for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    assert [await store.load(ENDED.id) for store in stores] == [ENDED] * 3
    await asyncio.gather(*(store.close() for store in stores))


@pytest.mark.parametrize("old", ["version_1.sql"], indirect=True)
async def test_failed_attempt_leaves_the_old_file_as_it_was(old: Path) -> None:
    connection = sqlite3.connect(old, isolation_level=None)
    connection.execute("DROP TRIGGER task_deleted")  # the last that it wants to replace
    before = described(old)
    store = SqliteStore(old, "full")
    with pytest.raises(StoreAway):
        await store.open()
    assert described(old) == before
    connection.execute("CREATE TRIGGER task_deleted AFTER DELETE ON tasks BEGIN SELECT 1; END")
    connection.close()
    await store.open()
    assert await store.load(FAILED.id) == FAILED
    await store.close()
