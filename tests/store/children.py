"""Child processes of the store tests: `python children.py write|save|families|full_disk FILE ...`, with the project on
the path."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from engine.errors import StoreFull
from engine.store.base import AuditRow, TaskRow
from engine.store.sqlite import SqliteStore


def task(document: bytes, status: str = "running", ended: int | None = None) -> TaskRow:
    """A new task."""
    return TaskRow(uuid4().hex, 1, "blur", "d1", status, 1_000, ended, None, False, 1, 2, document)


@asynccontextmanager
async def opened(path: str, sync: str = "full") -> AsyncIterator[SqliteStore]:
    """A store, closed at the end."""
    # Patient: another process that writes without a pause may keep this one waiting for long.
    store = SqliteStore(Path(path), "full" if sync == "full" else "normal", busy_seconds=60.0)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def write(path: str, sync: str) -> None:
    """Create and save tasks without end, from 16 callers; each acknowledged revision is a line of output."""

    async def one() -> None:
        while True:
            row = task(b"1" * 3_000)
            await store.create(row)
            print(row.id, 1, flush=True)
            for revision in (2, 3):
                ended = 5_000 if revision == 3 else None
                status = "running" if ended is None else "finished"
                row = replace(row, revision=revision, status=status, ended=ended, document=b"%d" % revision * 3_000)
                assert await store.save(row) is not None
                print(row.id, revision, flush=True)

    async with opened(path, sync) as store:
        await asyncio.gather(*(one() for _ in range(16)))


async def save(path: str, task_id: str, times: str) -> None:
    """Compare-and-swap one task forward so many times, against others who do the same."""
    async with opened(path) as store:
        for _ in range(int(times)):
            while True:
                row = await store.load(task_id)
                assert row is not None
                if await store.save(replace(row, revision=row.revision + 1, document=b"%d" % row.revision)):
                    break


async def families(path: str) -> None:
    """Without end, from 4 callers: a root, 600 children of it, some of them ended, the root ended, all removed.

    A line of output is what was acknowledged, or (`removing`) what is about to be asked.
    """

    async def one() -> None:
        root = task(b"root")
        await store.create(root)
        print("root", root.id, flush=True)
        rows = [
            replace(task(b"child"), root=root.id, parent=root.id, family="each/1", position=position)
            for position in range(600)
        ]
        for start in range(0, 600, 200):
            assert None not in await store.create_many(rows[start : start + 200])
            print("children", root.id, start, flush=True)
        for row in rows[::20]:
            await store.save(replace(row, revision=2, status="finished", ended=5_000, result=b"result"))
            print("ended", root.id, row.position, flush=True)
        await store.save(replace(root, revision=2, status="finished", ended=5_000))
        print("removing", root.id, flush=True)
        assert await store.delete([root.id]) == [root.id]
        print("removed", root.id, flush=True)

    async def for_ever() -> None:
        while True:
            await one()

    async with opened(path) as store:
        await asyncio.gather(*(for_ever() for _ in range(4)))


async def full_disk(folder: str) -> None:
    """On a small disk of its own (a mount namespace): fill it, see what goes on, make room, see it recover."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder], check=True)
    path = Path(folder) / "engine.db"
    async with opened(str(path)) as store:
        rows = [task(os.urandom(3_000), "finished", 5) for _ in range(1_000)]
        await asyncio.gather(*(store.create(row) for row in rows))
        (reserve,) = Path(folder).glob("*.reserve")
        assert reserve.stat().st_size >= 2**23

        filler = Path(folder) / "filler"
        _fill(filler)
        accepted, refused = await _create_until_full(store)
        print("full after", len(accepted))
        assert await store.load(refused.id) is None
        assert await store.existing([row.id for row in accepted]) == {row.id for row in accepted}
        noted = AuditRow("a", 1, "key", "owner", "key.revoked", "k", "x" * 500, "127.0.0.1")
        await store.trail.add(noted, frees=True)
        assert await store.trail.page(None, None, None, 5) == [noted], "what must not wait for room can be noted"

        for start in (0, 100, 200):
            part = [row.id for row in rows[start : start + 100]]
            assert sorted(await store.delete(part)) == sorted(part)
            _fill(filler)
        assert (await store.stats()).by_status["finished"] == 700 + len(accepted)
        assert isinstance(await store.create(task(b"fits")), int), "room that was freed in the file is used again"

        filler.unlink()
        more = [task(os.urandom(3_000)) for _ in range(500)]
        await asyncio.gather(*(store.create(row) for row in more))
        deadline = asyncio.get_running_loop().time() + 10
        while not reserve.exists():
            assert asyncio.get_running_loop().time() < deadline, "the reserve is not made again"
            await store.ping()
            await asyncio.sleep(0.05)
    print("recovered")


async def _create_until_full(store: SqliteStore) -> tuple[list[TaskRow], TaskRow]:
    """What was accepted until the disk was full, and the one that was refused."""
    accepted: list[TaskRow] = []
    for _ in range(10_000):
        row = task(os.urandom(3_000), "finished", 5)
        try:
            await store.create(row)
        except StoreFull:
            return accepted, row
        accepted.append(row)
    raise AssertionError("the disk is never full")


def _fill(path: Path) -> None:
    """Leave no byte free."""
    with path.open("ab", buffering=0) as file:
        size = 2**16
        while size:
            try:
                size = size if file.write(bytes(size)) == size else size // 2
            except OSError:
                size //= 2


if __name__ == "__main__":
    work: dict[str, Callable[..., Coroutine[None, None, None]]] = {
        "write": write,
        "save": save,
        "families": families,
        "full_disk": full_disk,
    }
    asyncio.run(work[sys.argv[1]](*sys.argv[2:]))
