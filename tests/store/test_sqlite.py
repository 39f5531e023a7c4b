"""What only the SQLite store promises: durability, group commit, several processes, full disks, its file."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, Literal

import pytest
import pytest_asyncio

from engine.errors import Conflict, StoreAway
from engine.store import sqlite_children as children
from engine.store import sqlite_reads as reads
from engine.store.base import Submission, TaskRow
from engine.store.sqlite import SqliteStore
from engine.store.sqlite_tables import SCHEMA_NUMBER

from .rows import finished, following, pipeline, service, task

ROOT = Path(__file__).parents[2]
CHILDREN = [sys.executable, str(Path(__file__).with_name("children.py"))]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file will be; its folder is not there yet."""
    return tmp_path / "new" / "engine.db"


@pytest_asyncio.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """An open store that gives up early where another holds the file."""
    made = SqliteStore(path, "full", busy_seconds=0.3)
    await made.open()
    yield made
    await made.close()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another connection holds the write lock."""
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


def counted(path: Path) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """The tasks by route and status: as they are, and as the counters say."""
    connection = sqlite3.connect(path)
    try:
        tasks = Counter(connection.execute("SELECT route, status FROM tasks").fetchall())
        rows = connection.execute("SELECT route, status, number FROM counters WHERE number <> 0").fetchall()
        return tasks, Counter({(route, status): number for route, status, number in rows})
    finally:
        connection.close()


async def test_everything_is_there_after_reopening(path: Path) -> None:
    first, second = task(document=b"1"), task(document=b"2")
    store = SqliteStore(path, "full")
    await store.open()
    await store.create(first)
    await store.create(second)
    await store.save(finished(second))
    await store.add_pipeline(pipeline("d1"))
    await store.announce(service("a", "http://1"))
    await store.close()
    assert sorted(each.name for each in path.parent.iterdir()) == ["engine.db", "engine.db.reserve"]
    await store.open()
    assert await store.load(first.id) == first
    assert await store.load(second.id) == finished(second)
    assert await store.open_pipelines() == [pipeline("d1")]
    assert await store.services() == [service("a", "http://1")]
    assert await store.last_change() == 3
    await store.close()


@pytest.mark.parametrize("sync", ["full", "normal"])
@pytest.mark.parametrize("lines", [1, 200, 1_000])
async def test_what_was_acknowledged_survives_a_kill(path: Path, sync: Literal["full", "normal"], lines: int) -> None:
    child = await asyncio.create_subprocess_exec(
        *CHILDREN, "write", str(path), sync, stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT
    )
    assert child.stdout is not None
    acknowledged: dict[str, int] = {}
    for _ in range(lines):
        task_id, revision = (await asyncio.wait_for(child.stdout.readline(), 30)).split()
        acknowledged[task_id.decode()] = int(revision)
    child.send_signal(signal.SIGKILL)
    for line in (await asyncio.wait_for(child.stdout.read(), 30)).decode().splitlines(keepends=True):
        if line.endswith("\n"):
            task_id, revision = line.split()  # type: ignore[assignment]
            acknowledged[str(task_id)] = int(revision)
    assert await child.wait() == -signal.SIGKILL

    store = SqliteStore(path, sync)
    await store.open()
    for number, least in acknowledged.items():
        row = await store.load(number)
        assert row is not None and row.revision >= least
        assert row.document == b"%d" % row.revision * 3_000
    changes = await store.changes(0, 1_000_000)
    assert [change.number for change in changes] == list(range(1, len(changes) + 1))
    assert await store.last_change() == len(changes)
    await store.close()
    tasks, counters = counted(path)
    assert tasks == counters and tasks.total() >= 1


async def test_writes_at_once_share_a_commit(store: SqliteStore) -> None:
    before = store.commits
    rows = [task() for _ in range(64)]
    await asyncio.gather(*(store.create(row) for row in rows))
    await asyncio.gather(*(store.save(following(row)) for row in rows))
    assert store.commits - before <= 8


async def test_failing_write_does_not_harm_its_batch(store: SqliteStore, path: Path) -> None:
    rows = [task() for _ in range(20)]
    await store.create(rows[7])
    bad: list[TaskRow] = [replace(task(), created=2**80), replace(task(), document=object()), rows[7]]  # type: ignore
    before = store.commits
    with held(path):
        first = asyncio.create_task(store.create(rows[0]))
        others = [asyncio.create_task(store.create(row)) for row in [*rows[1:7], *bad, *rows[8:]]]
        await asyncio.sleep(0)
    numbers = [await first, *[number for number in await asyncio.gather(*others[:6])]]
    for wrong, error in zip(others[6:9], (OverflowError, sqlite3.Error, Conflict), strict=True):
        with pytest.raises(error):
            await wrong
    numbers += await asyncio.gather(*others[9:])
    assert sorted(numbers) == list(range(2, 21)), "no number is lost or used twice"  # type: ignore[type-var]
    assert await store.existing([row.id for row in rows]) == {row.id for row in rows}
    assert store.commits - before <= 3
    tasks, counters = counted(path)
    assert tasks == counters == Counter({("blur", "running"): 20})


async def test_half_of_a_failed_write_is_taken_back(store: SqliteStore) -> None:
    row, other = task(), task()
    broken = Submission("blur", "key", object(), row.id)  # type: ignore[arg-type]
    results = await asyncio.gather(store.create(row, broken), store.create(other), return_exceptions=True)
    assert isinstance(results[0], sqlite3.Error) and results[1] == 1
    assert await store.existing([row.id, other.id]) == {other.id}


async def test_file_held_by_another_is_away_and_comes_back(store: SqliteStore, path: Path) -> None:
    row = task()
    await store.create(row)
    with held(path):
        with pytest.raises(StoreAway, match="held by another process"):
            await store.save(following(row))
        with pytest.raises(StoreAway):
            await store.ping()
        assert await store.load(row.id) == row, "reading goes on"
    await store.ping()
    assert await store.save(following(row)) == 2


async def test_two_processes_compare_and_swap_one_task(store: SqliteStore, path: Path) -> None:
    patient = SqliteStore(path, "full")
    await patient.open()
    row = task()
    await patient.create(row)
    children = [
        await asyncio.create_subprocess_exec(*CHILDREN, "save", str(path), row.id, "60", env=ENVIRONMENT)
        for _ in range(2)
    ]
    assert [await asyncio.wait_for(child.wait(), 60) for child in children] == [0, 0]
    found = await patient.load(row.id)
    assert found is not None and found.revision == 121
    assert [change.number for change in await store.changes(0, 1_000)] == list(range(1, 122))
    await patient.close()


@pytest.mark.parametrize("what", ["garbage", "folder", "newer"])
async def test_unusable_file_is_away_until_it_is_well(path: Path, what: str) -> None:
    store = SqliteStore(path, "full")
    path.parent.mkdir()
    if what == "garbage":
        path.write_bytes(b"no database" * 1_000)
    elif what == "folder":
        path.mkdir()
    else:
        await store.open()
        await store.close()
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA user_version = {SCHEMA_NUMBER + 1}")
        connection.close()
    with pytest.raises(StoreAway) as failure:
        await store.open()
    assert {"garbage": "no SQLite database", "folder": "cannot be opened", "newer": "newer engine"}[
        what
    ] in failure.value.detail
    path.rmdir() if what == "folder" else path.unlink()
    await store.open()
    await store.create(task())
    await store.close()


async def test_vanished_file_is_noticed_and_not_made_anew(store: SqliteStore, path: Path) -> None:
    path.unlink()
    with pytest.raises(StoreAway, match="gone"):
        await store.ping()
    with pytest.raises(StoreAway, match="cannot be opened"):
        await store.load("1")
    assert not path.exists()


async def test_file_and_folder_are_private(store: SqliteStore, path: Path) -> None:
    await store.create(task())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert set(modes) >= {"engine.db", "engine.db-wal", "engine.db.reserve"}
    assert set(modes.values()) == {0o600}


def test_full_disk(tmp_path: Path) -> None:
    # A mount namespace of its own: the small disk vanishes with the process. Who is not root needs a user namespace.
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [*alone, *CHILDREN, "full_disk", str(tmp_path)], env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["recovered"]), done.stdout + done.stderr


class Explaining(sqlite3.Connection):
    """A connection that notes how each statement is performed."""

    plans: list[str] = []

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Note the plan, then perform."""
        if statement.lstrip().startswith("SELECT"):
            rows = super().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            self.plans += [f"{row[3]} <- {statement}" for row in rows]
        return super().execute(statement, parameters)


async def test_no_read_grows_with_the_number_of_tasks(store: SqliteStore, path: Path) -> None:
    await asyncio.gather(*(store.create(task(due=5)) for _ in range(20)))
    connection = sqlite3.connect(path, factory=Explaining)
    for route in (None, "blur"):
        for status in (None, "running"):
            for owner in (None, "ann"):
                reads.page(connection, route, status, None, 5, owner)
                reads.page(connection, route, status, (1_000, "f"), 5, owner)
    children.load(connection, "1")
    reads.stats(connection, None)
    reads.stats(connection, "ann")
    reads.owners(connection, ["1"])
    reads.due(connection, 5, 5)
    reads.next_due(connection)
    reads.running(connection, "", 5, False)
    reads.running(connection, "", 5, True)
    reads.expired(connection, 5, 5)
    reads.existing(connection, ["1"])
    reads.changes(connection, 1, 5, None)
    children.children(connection, "1", None, 5)
    children.children(connection, "1", ("1", "", 5), 5)
    children.family(connection, "1", "1", "", 5, 5)
    children.family_running(connection, "1", "1", "", 5)
    children.family_counts(connection, "1", "1", "")
    connection.close()
    assert len(Explaining.plans) > 20
    slow = [
        plan for plan in Explaining.plans if plan.startswith(("SCAN tasks", "SCAN changes", "USE TEMP B-TREE FOR O"))
    ]
    assert [plan for plan in slow if " USING " not in plan.split("<-")[0]] == []
