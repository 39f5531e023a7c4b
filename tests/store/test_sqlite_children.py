"""What only the SQLite store promises of children: durability, several processes, time that others do not add to."""

import asyncio
import signal
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from engine.store import sqlite_children as children
from engine.store import sqlite_reads as reads
from engine.store.sqlite import SqliteStore

from .rows import child, finished, following, task
from .test_contract_children import made
from .test_sqlite import CHILDREN, ENVIRONMENT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file will be."""
    return tmp_path / "engine.db"


@pytest_asyncio.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """An open store."""
    opened = SqliteStore(path, "full")
    await opened.open()
    yield opened
    await opened.close()


def check_whole(path: Path) -> None:
    """Nobody is without a root, every task has all of its changes and no other is left, the counters are exact."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT id, root, definition, route, status, revision FROM tasks").fetchall()
    roots = {row[0] for row in rows if row[1] is None}
    assert {row[1] for row in rows if row[1] is not None} <= roots
    counted = Counter((d, route, status) if root is None else (d, "", "") for _, root, d, route, status, _ in rows)
    kept = connection.execute("SELECT definition, route, status, number FROM counters WHERE number <> 0").fetchall()
    assert counted == {tuple(row[:3]): row[3] for row in kept}
    changes = Counter(connection.execute("SELECT task, root FROM changes").fetchall())
    known = {(row[0], row[1]): row[5] for row in rows}
    assert changes.keys() == known.keys()
    assert all(known[each] in (number, 0) for each, number in changes.items())  # 0: its removal has begun
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


async def killed(path: Path, lines: int) -> list[bytes]:
    """What a process says that works on families and is killed after so many lines."""
    process = await asyncio.create_subprocess_exec(
        *CHILDREN, "families", str(path), stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdout is not None
    read = [await asyncio.wait_for(process.stdout.readline(), 90) for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    read += (await asyncio.wait_for(process.stdout.read(), 90)).splitlines(keepends=True)
    assert await process.wait() == -signal.SIGKILL
    return read


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("lines", [3, 60, 150])
async def test_families_are_whole_after_a_kill(path: Path, processes: int, lines: int) -> None:
    read = await asyncio.gather(*(killed(path, lines + 60 * number) for number in range(processes)))
    said: defaultdict[str, list[list[str]]] = defaultdict(list)
    for line in [line for each in read for line in each]:
        if line.endswith(b"\n"):
            what, root, *more = line.decode().split()
            said[root].append([what, *more])

    check_whole(path)
    store = SqliteStore(path, "full")
    await store.open()
    for root, lines_of in said.items():
        words = [line[0] for line in lines_of]
        found = {row.position: row for row in await store.children(root, None, 1_000)}
        if "removed" in words:
            assert await store.existing([root]) == set() and found == {}
        elif "removing" not in words:
            assert len(found) >= 200 * words.count("children") and len(found) % 200 == 0
            ended = [int(line[1]) for line in lines_of if line[0] == "ended"]
            assert {found[position].result for position in ended} <= {b"result"}
    expired = await store.expired(10_000, 10)
    assert sorted(await store.delete(expired)) == sorted(expired)
    for root in expired:
        assert await store.children(root, None, 10) == []
    await store.close()
    check_whole(path)


async def test_two_engines_add_the_same_children_and_remove_them(store: SqliteStore, path: Path) -> None:
    other = SqliteStore(path, "full")
    await other.open()
    root, _ = await made(store)
    rows = [child(root.id, position) for position in range(500)]
    asked = [each.create_many(rows[start : start + 100]) for start in range(0, 500, 100) for each in (store, other)]
    numbers = [number for part in await asyncio.gather(*asked) for number in part]
    assert sorted(number for number in numbers if number is not None) == list(range(2, 502))
    saved = await asyncio.gather(*(each.save(finished(row)) for row in rows for each in (store, other)))
    assert sum(number is not None for number in saved) == 500
    await store.save(finished(root))
    gone = await asyncio.gather(*(each.delete([root.id]) for each in (store, other)))
    assert sorted(gone) == [[], [root.id]]
    assert await other.existing([root.id, *(row.id for row in rows)]) == set()
    await other.close()
    check_whole(path)


def steps(path: Path, operation: Callable[..., object], *arguments: object) -> int:
    """How many instructions of SQLite's machine an operation takes."""
    connection = sqlite3.connect(path)
    count = 0

    def one() -> int:
        nonlocal count
        count += 1
        return 0

    connection.set_progress_handler(one, 1)
    operation(connection, *arguments)
    connection.close()
    return count


async def large_family(store: SqliteStore, count: int, running: int) -> str:
    """A root with so many children, of whom only the last are running."""
    root, rows = await made(store, count)
    await asyncio.gather(*(store.save(finished(row)) for row in rows[: count - running]))
    return root.id


async def test_time_of_a_family_does_not_grow_with_those_that_ended(store: SqliteStore, path: Path) -> None:
    small, large = await large_family(store, 20, 10), await large_family(store, 10_000, 10)
    assert len(await store.family_running(large, large, "each/1", 5)) == 5
    assert await store.family_counts(large, large, "each/1") == {"finished": 9_990, "running": 10}
    for operation, arguments in (
        (children.family_running, (5,)),
        (children.family, (9, 5)),
    ):
        spent = [steps(path, operation, root, root, "each/1", *arguments) for root in (small, large)]
        assert spent[1] <= 1.1 * spent[0] < 500
    spent = [steps(path, children.children, root, (root, "each/1", 9), 5) for root in (small, large)]
    assert spent[1] <= 1.1 * spent[0] < 500
    last = await store.last_change()
    spent = [steps(path, reads.changes, last - 5, 5, root) for root in (small, large)]
    assert max(spent) < 500


async def test_time_of_a_root_s_changes_does_not_grow_with_those_of_others(store: SqliteStore, path: Path) -> None:
    root, rows = await made(store, 5)
    before = steps(path, reads.changes, 0, 100, root.id)
    strangers = [task() for _ in range(200)]
    await asyncio.gather(*(store.create(row) for row in strangers))
    await asyncio.gather(*(store.save(following(row)) for row in strangers))
    await made(store, 400)
    assert steps(path, reads.changes, 0, 100, root.id) <= before + 10
    assert len(await store.changes(0, 100, root.id)) == 6


async def test_time_of_a_root_s_last_changes_does_not_grow_with_its_earlier_ones(
    store: SqliteStore, path: Path
) -> None:
    row, _ = await made(store)
    spent = []
    for _ in range(2):
        for _ in range(60):
            row = following(row)
            last = await store.save(row)
        assert last is not None
        spent.append(steps(path, reads.changes, last - 2, 5, row.id))
    assert spent[0] == spent[1] < 500


async def test_each_step_of_a_removal_is_small(store: SqliteStore, path: Path) -> None:
    root, _ = await made(store, 1_100, status="finished", ended=5)
    other, _ = await made(store, 10, status="finished", ended=5)
    await store.close()
    connection = sqlite3.connect(path)
    left, gone, rest = [1_110], list[str](), [root.id, other.id]
    while rest:
        gone, rest = children.delete(connection, rest, 200)
        left += connection.execute("SELECT count(*) FROM tasks WHERE root IS NOT NULL").fetchone()
    connection.close()
    assert sorted(gone) == sorted([root.id, other.id])
    assert left == [1_110, 910, 710, 510, 310, 110, 0]
