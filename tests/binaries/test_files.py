"""What only the store on files promises: its layout, full disks, what a killed process leaves."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.binaries.files import FileBinaries
from engine.errors import Conflict, NotFound, StoreAway, StoreFull

from .content import content, get, owner, owners, put

ROOT = Path(__file__).parents[2]
CHILDREN = [sys.executable, str(Path(__file__).with_name("children.py"))]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def files(root: Path) -> list[Path]:
    """Every file and folder below."""
    return sorted(root.rglob("*"))


async def test_layout_and_modes(tmp_path: Path) -> None:
    root = tmp_path / "a" / "b"
    store = FileBinaries(root)
    await store.open()
    of = owner()
    binary_id = await put(store, of, b"x")
    assert files(root) == [root / of[:2], root / of[:2] / of, root / of[:2] / binary_id]
    assert {stat.S_IMODE(each.stat().st_mode) for each in [root, *files(root)]} == {0o700, 0o600}
    await store.close()


async def test_unfinished_binary_bears_another_name(tmp_path: Path) -> None:
    store = FileBinaries(tmp_path)
    await store.open()
    sink = await store.sink(owner())
    await sink.write(content(2_000_000))
    await sink.write(b"more")
    await store.ping()
    (part,) = [each for each in files(tmp_path) if each.is_file()]
    assert part.suffix == ".part"
    assert await store.size(f"{part.parent.name}/{part.name}") is None
    with pytest.raises(NotFound):
        await get(store, f"{part.parent.name}/{part.name}")
    await sink.commit()
    assert [each.name for each in files(tmp_path) if each.is_file()] == [part.stem]
    await store.close()


async def test_writes_that_the_system_takes_in_part_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "writev", lambda descriptor, views: os.write(descriptor, bytes(views[0])[:70]))
    store = FileBinaries(tmp_path)
    await store.open()
    data = content(10_000)
    assert await get(store, await put(store, owner(), data, 333)) == data
    await store.close()


async def test_what_a_killed_process_leaves_is_found_and_removed(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        *CHILDREN, "write", str(tmp_path), stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT
    )
    assert child.stdout is not None
    committed = (await asyncio.wait_for(child.stdout.readline(), 30)).decode().strip()
    unfinished = (await asyncio.wait_for(child.stdout.readline(), 30)).decode().strip()
    child.send_signal(signal.SIGKILL)
    await child.wait()

    store = FileBinaries(tmp_path)
    await store.open()
    assert await get(store, committed) == content(3_000_000)
    assert [each.suffix for each in (tmp_path / unfinished[:2] / unfinished).iterdir()] == [".part"]
    assert await owners(store, 3_600) == set()
    assert await owners(store, -3_600) == {unfinished, committed.split("/")[0]}
    await store.remove_owners([unfinished])
    assert await owners(store, -3_600) == {committed.split("/")[0]}
    await store.close()


async def test_age_is_that_of_the_youngest_file(tmp_path: Path) -> None:
    store = FileBinaries(tmp_path)
    await store.open()
    old, young = owner(), owner()
    for of in (old, young):
        binary_id = await put(store, of, b"x")
        folder = tmp_path / of[:2] / of
        os.utime(tmp_path / of[:2] / binary_id, (1, 1)) if of == old else None
        os.utime(folder, (1, 1))
    assert await owners(store, 3_600) == {old}
    await store.close()


async def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    store = FileBinaries(tmp_path)
    await store.open()
    (tmp_path / "README").write_text("mine")
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "note").write_text("mine")
    (tmp_path / "ab" / ("ab" * 16)).write_text("a file in place of a folder")
    assert await owners(store, -3_600) == set()
    await store.close()


async def test_vanished_root_is_away_and_not_made_anew(tmp_path: Path) -> None:
    root = tmp_path / "disk"
    store = FileBinaries(root)
    await store.open()
    binary_id = await put(store, owner(), b"x")
    root.rename(tmp_path / "gone")
    with pytest.raises(StoreAway):
        await store.ping()
    with pytest.raises(StoreAway):
        await store.size(binary_id)
    with pytest.raises(StoreAway):
        await get(store, binary_id)
    with pytest.raises(StoreAway):
        await put(store, owner(), b"x")
    with pytest.raises(StoreAway):
        await owners(store, 0)
    assert not root.exists()
    (tmp_path / "gone").rename(root)
    await store.ping()
    assert await get(store, binary_id) == b"x"
    await store.close()


async def test_root_that_is_a_file_is_away_until_it_is_well(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.write_text("a file")
    store = FileBinaries(root)
    with pytest.raises(StoreAway):
        await store.open()
    root.unlink()
    await store.open()
    await store.ping()
    await store.close()


async def test_owner_removed_while_a_binary_is_written(tmp_path: Path) -> None:
    store = FileBinaries(tmp_path)
    await store.open()
    of = owner()
    sink = await store.sink(of)
    await sink.write(content(2_000_000))
    await sink.write(b"")
    await store.ping()
    while not [each for each in files(tmp_path) if each.is_file()]:
        await asyncio.sleep(0.001)
    await store.remove_owners([of])
    with pytest.raises(Conflict, match="removed"):
        await sink.commit()
    await sink.abort()
    assert [each for each in files(tmp_path) if each.name == of or each.is_file()] == []
    await store.close()


async def test_cut_file_is_noticed(tmp_path: Path) -> None:
    store = FileBinaries(tmp_path)
    await store.open()
    binary_id = await put(store, owner(), content(3_000_000))
    chunks = store.read(binary_id)
    await anext(chunks)
    os.truncate(tmp_path / binary_id[:2] / binary_id, 600_000)
    with pytest.raises(StoreAway, match="shorter"):
        async for _ in chunks:
            pass
    await store.close()


async def test_little_room_refuses_writes_only(tmp_path: Path) -> None:
    store = FileBinaries(tmp_path)
    await store.open()
    binary_id = await put(store, owner(), b"x")
    await store.close()
    narrow = FileBinaries(tmp_path, low_water=2**60)
    await narrow.open()
    with pytest.raises(StoreFull):
        await narrow.ping()
    of = owner()
    with pytest.raises(StoreFull):
        await put(narrow, of, b"x")
    with pytest.raises(StoreFull):
        await put(narrow, of, content(5_000_000))
    assert await get(narrow, binary_id) == b"x"
    await narrow.remove([binary_id])
    assert [each for each in files(tmp_path) if each.is_file()] == []
    await narrow.close()


def test_full_disk(tmp_path: Path) -> None:
    # A mount namespace of its own: the small disk vanishes with the process. Who is not root needs a user namespace.
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [*alone, *CHILDREN, "full_disk", str(tmp_path)], env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["recovered"]), done.stdout + done.stderr


def test_memory_is_bounded(tmp_path: Path) -> None:
    done = subprocess.run(
        [*CHILDREN, "measure", str(tmp_path)], env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    grown = int(done.stdout)
    assert grown < 16 * 1024, f"{grown} kB more for 200 MB through one sink and one reader"
