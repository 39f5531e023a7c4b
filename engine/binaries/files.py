"""Binaries as files: `<root>/<two random digits of the owner>/<owner>/<128 random bits in hex>`.

A binary that is being written bears `.part` behind its name; it loses that when all its bytes are on disk. Whatever
a killed process leaves behind lies in the folder of its owner and goes with it (`owners` finds it). Everything that
touches the disk runs on threads of the store's own.
"""

import asyncio
import contextlib
import errno
import os
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from engine.binaries.files_sink import FileSink, Place, file_error, shard_of
from engine.errors import NotFound, StoreAway

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LOW_WATER = 32 * 1024 * 1024
"""Bytes that must stay free on the disk: below it nothing is taken, so that the other stores can go on."""

_OWNER = re.compile(r"(?:[0-9a-f]{8})?[0-9a-f]{32}")
_BINARY_ID = re.compile(r"(?:[0-9a-f]{8})?[0-9a-f]{32}/[0-9a-f]{32}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_CHUNK = 512 * 1024
_THREADS = 8
_AT_ONCE = 100  # removals in one go of a thread


Opened = tuple[int, bytes, int, int]
"""The descriptor of an open file, its first chunk, where that begins, and where to stop."""


class FileBinaries:
    """The `BinaryStore` on a folder, which is made (0700) where it is missing. `low_water`: see `LOW_WATER`."""

    def __init__(self, root: Path, low_water: int = LOW_WATER) -> None:
        self._root = root
        self._place = Place(root, low_water)
        self._threads: ThreadPoolExecutor | None = None
        self._writing: Counter[str] = Counter()

    async def open(self) -> None:
        """See `BinaryStore.open`."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, "binaries")
        await self._run(self._make_root)

    async def close(self) -> None:
        """See `BinaryStore.close`."""
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown)

    async def ping(self) -> None:
        """See `BinaryStore.ping`."""
        await self._run(self._try_root)

    async def sink(self, owner: str) -> FileSink:
        """See `BinaryStore.sink`. Raises ValueError where `owner` is not the id of a task."""
        if not _OWNER.fullmatch(owner):
            raise ValueError("The owner of a binary is the id of a task: 32 or 40 lower-case hexadecimal digits.")
        self._writing[owner] += 1
        return FileSink(self._start, self._place, owner, self._ended)

    async def size(self, binary_id: str) -> int | None:
        """See `BinaryStore.size`."""
        path = self._path(binary_id)
        return None if path is None else await self._run(_size, path)

    async def read(self, binary_id: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `BinaryStore.read`. While a chunk is with the caller, the next is read."""
        path = self._path(binary_id)
        opened = None if path is None else await self._opened(path, start, end)
        if opened is None:
            raise NotFound(f"There is no binary {binary_id!r}.")
        descriptor, chunk, position, stop = opened
        ahead: asyncio.Future[bytes] | None = None
        try:
            while chunk:
                position += len(chunk)
                ahead = self._start(_read, descriptor, position, stop) if position < stop else None
                yield chunk
                chunk = b"" if ahead is None else await asyncio.shield(ahead)
        finally:
            if ahead is None or ahead.done():
                os.close(descriptor)
            else:
                ahead.add_done_callback(lambda future: _drop(future, descriptor))

    async def link(self, binary_id: str, seconds: int, media_type: str, disposition: str) -> str | None:
        """See `BinaryStore.link`. Files have no URL of their own."""
        return None

    async def remove(self, binary_ids: Collection[str]) -> None:
        """See `BinaryStore.remove`."""
        paths = [path for path in map(self._path, binary_ids) if path is not None]
        for start in range(0, len(paths), _AT_ONCE):
            await self._run(_remove, paths[start : start + _AT_ONCE])

    async def remove_owners(self, owners: Collection[str]) -> None:
        """See `BinaryStore.remove_owners`."""
        folders = [self._root / shard_of(owner) / owner for owner in owners if _OWNER.fullmatch(owner)]
        for start in range(0, len(folders), _AT_ONCE):
            await self._run(_remove_folders, folders[start : start + _AT_ONCE])
        self._place.unsynced.difference_update(folders)

    async def owners(self, older_than: float) -> AsyncIterator[str]:
        """See `BinaryStore.owners`. One who is being written to by this process is never among them."""
        for shard in await self._run(_shards, self._root):
            for owner in await self._run(_old_owners, shard, time.time() - older_than):
                if owner not in self._writing:
                    yield owner

    def _path(self, binary_id: str) -> Path | None:
        """Where a binary lies; None for what is no id, so that nothing from outside ever becomes a path."""
        if not _BINARY_ID.fullmatch(binary_id):
            return None
        return self._root / shard_of(binary_id.partition("/")[0]) / binary_id

    async def _opened(self, path: Path, start: int, end: int | None) -> Opened | None:
        opening = self._start(_open, path, start, end)
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unseen)
            raise

    def _ended(self, owner: str) -> None:
        self._writing[owner] -= 1
        if self._writing[owner] <= 0:
            del self._writing[owner]

    def _start(self, work: Callable[[*Ts], T], *arguments: *Ts) -> asyncio.Future[T]:
        """Begin work on a thread. Its OSErrors become StoreAway and StoreFull."""
        if self._threads is None:
            raise StoreAway("The store of binaries is not open.")
        return asyncio.get_running_loop().run_in_executor(self._threads, _translated, work, *arguments)

    async def _run(self, work: Callable[[*Ts], T], *arguments: *Ts) -> T:
        return await self._start(work, *arguments)

    def _make_root(self) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.listdir(self._root)

    def _try_root(self) -> None:
        self._place.ensure_room()
        probe = self._root / f".probe-{os.getpid()}"
        try:
            probe.write_bytes(b"probe")
        finally:
            probe.unlink(missing_ok=True)


# What follows runs on the threads.


def _translated(work: Callable[[*Ts], T], *arguments: *Ts) -> T:
    try:
        return work(*arguments)
    except OSError as error:
        raise file_error(error) from error


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        _must_exist(path.parents[2])
        return None


def _must_exist(root: Path) -> None:
    """A file that is not there and a disk that is not there are two things. Raises FileNotFoundError."""
    root.stat()


def _open(path: Path, start: int, end: int | None) -> Opened | None:
    """None where there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        _must_exist(path.parents[2])
        return None
    try:
        size = os.fstat(descriptor).st_size
        first = max(start, 0)
        stop = size if end is None else min(end, size)
        chunk = _read(descriptor, first, stop) if first < stop else b""
        return descriptor, chunk, first, stop
    except BaseException:
        os.close(descriptor)
        raise


def _close_unseen(opening: asyncio.Future[Opened | None]) -> None:
    """The caller has left while the file was being opened."""
    if not opening.cancelled() and opening.exception() is None:
        opened = opening.result()
        if opened is not None:
            os.close(opened[0])


def _read(descriptor: int, position: int, stop: int) -> bytes:
    chunk = os.pread(descriptor, min(_CHUNK, stop - position), position)
    if not chunk:
        raise StoreAway("A binary is shorter than it was.")
    return chunk


def _drop(ahead: asyncio.Future[bytes], descriptor: int) -> None:
    """The caller has left while a chunk was on its way."""
    os.close(descriptor)
    if not ahead.cancelled():
        ahead.exception()  # nobody asks for it any more


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it is not empty, mostly
            path.parent.rmdir()


def _remove_folders(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            _remove_folder(folder)


def _remove_folder(folder: Path) -> None:
    for attempt in range(10):
        for entry in os.scandir(folder):
            Path(entry.path).unlink(missing_ok=True)
        try:
            return folder.rmdir()
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or attempt == 9:  # not empty: somebody writes into it just now
                raise


def _shards(root: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in os.scandir(root) if _SHARD.fullmatch(entry.name))


def _old_owners(shard: Path, before: float) -> list[str]:
    """Owners in one shard with no file, and no change of their folder, since `before` (seconds since 1970)."""
    try:
        entries = list(os.scandir(shard))
    except FileNotFoundError:
        return []
    return [entry.name for entry in entries if _OWNER.fullmatch(entry.name) and _newest(entry) < before]


def _newest(folder: os.DirEntry[str]) -> float:
    def times() -> Iterator[float]:
        yield folder.stat(follow_symlinks=False).st_mtime
        for entry in os.scandir(folder.path):
            yield entry.stat(follow_symlinks=False).st_mtime

    try:
        return max(times())
    except (FileNotFoundError, NotADirectoryError):  # removed in between, or no folder at all
        return float("inf")
