"""Writing one binary to a file: see `files.py`."""

import asyncio
import contextlib
import errno
import io
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.errors import Conflict, EngineError, StoreAway, StoreFull

_BUFFER = 1024 * 1024  # a sink holds two of these at most: one that fills, one that is written
_PIECES = 512  # what one system call may take is limited to 1,024


class Start(Protocol):
    """Begins work on a thread of the store."""

    def __call__(self, work: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        """Raises StoreAway where the store is closed; the future raises the errors of `work`."""


def file_error(error: OSError) -> EngineError:
    """What an error of the file system means to the engine."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull("The disk of the binaries is full.")
    return StoreAway(f"The folder of the binaries cannot be used: {error.strerror or error}.")


@dataclass(frozen=True)
class Place:
    """Where the files go: `low_water` bytes must stay free; `unsynced` are folders whose making may not be on disk."""

    root: Path
    low_water: int
    unsynced: set[Path] = field(default_factory=set)

    def ensure_room(self) -> None:
        """Raises StoreFull where less than `low_water` bytes are free, and OSError."""
        found = os.statvfs(self.root)
        if found.f_bavail * found.f_frsize < self.low_water:
            raise StoreFull("The disk of the binaries is full.")


class FileSink:
    """A `Sink` on a file. `ended` is called once, with the owner, when the sink is committed, aborted or has failed."""

    def __init__(self, start: Start, place: Place, owner: str, ended: Callable[[str], None]) -> None:
        self._start = start
        self._owner = owner
        self._name = secrets.token_hex(16)
        self._part = _Part(place, owner, self._name)
        self._ended: Callable[[str], None] | None = ended
        self._size = 0
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._pending: asyncio.Future[None] | None = None
        self._error: EngineError | None = None
        self._committed = False

    @property
    def size(self) -> int:
        """See `Sink.size`."""
        return self._size

    async def write(self, data: bytes) -> None:
        """See `Sink.write`. Returns at once as long as the disk keeps up."""
        self._must_be_open()
        self._buffer.append(data)
        self._buffered += len(data)
        self._size += len(data)
        if self._buffered >= _BUFFER:
            await self._settle()
            self._pending = self._start(self._part.write, self._take())

    async def commit(self) -> str:
        """See `Sink.commit`."""
        self._must_be_open()
        await self._settle()
        self._pending = self._start(self._part.commit, self._take())
        await self._settle()
        self._committed = True
        self._end()
        return f"{self._owner}/{self._name}"

    async def abort(self) -> None:
        """See `Sink.abort`. Also for one whose write or commit was cancelled."""
        if self._ended is None:
            return
        if self._pending is not None:
            await asyncio.wait([self._pending])
            self._pending.exception()  # it is thrown away with all the rest
        self._buffer.clear()
        try:
            await self._start(self._part.discard)
        finally:
            self._end()

    def _must_be_open(self) -> None:
        if self._error is not None:
            raise type(self._error)(self._error.detail)
        if self._ended is None:
            raise RuntimeError("This sink was committed or aborted.")

    def _take(self) -> list[bytes]:
        taken, self._buffer, self._buffered = self._buffer, [], 0
        return taken

    async def _settle(self) -> None:
        """Wait for the thread. If it failed, what it wrote is gone already."""
        if self._pending is None:
            return
        try:
            await asyncio.shield(self._pending)
        except EngineError as error:
            self._error = error
            self._buffer.clear()
            self._end()
            raise
        self._pending = None

    def _end(self) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(self._owner)


def shard_of(owner: str) -> str:
    """The folder that the owner's lies in: the first two digits of the random part of its id."""
    return owner[-32:-30]


class _Part:
    """The file of a sink. All runs on threads, one call at a time. What fails leaves nothing behind."""

    def __init__(self, place: Place, owner: str, name: str) -> None:
        self._place = place
        self._shard = place.root / shard_of(owner)
        self._folder = self._shard / owner
        self._final = self._folder / name
        self._path = self._folder / f"{name}.part"
        self._file: io.FileIO | None = None

    def write(self, pieces: list[bytes]) -> None:
        """Append bytes, making the file with the first. Raises OSError, StoreFull."""
        try:
            self._place.ensure_room()
            if self._file is None:
                self._file = self._create()
            _write_all(self._file.fileno(), pieces)
        except BaseException:
            self.discard()
            raise

    def commit(self, pieces: list[bytes]) -> None:
        """Append the last bytes, and make all durable under the final name. Raises OSError, StoreFull, Conflict."""
        self.write(pieces)
        try:
            if self._file is not None:
                os.fsync(self._file.fileno())
                self._file.close()
                self._file = None
            os.rename(self._path, self._final)
            _sync_folder(self._folder)
            for folder in (self._folder, self._shard):
                if folder in self._place.unsynced:  # whoever made it: this binary must not be lost with it
                    _sync_folder(folder.parent)
                    self._place.unsynced.discard(folder)
        except FileNotFoundError as error:
            self.discard()
            if not self._place.root.exists():
                raise
            raise Conflict("The owner of this binary was removed while it was written.") from error
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave nothing behind, whatever was done."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # a delayed write error; the file goes anyway
                self._file.close()
            self._file = None
        self._path.unlink(missing_ok=True)
        self._final.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others of this owner are in it
            self._folder.rmdir()
            self._place.unsynced.discard(self._folder)

    def _create(self) -> io.FileIO:
        for _ in range(10):  # the last binary of this owner may go at this moment, and the folder with it
            self._place.unsynced.update(folder for folder in (self._shard, self._folder) if _made(folder))
            with contextlib.suppress(FileNotFoundError):
                return io.FileIO(self._path, "xb", opener=_open_private)
        raise StoreAway("The folder of the binaries cannot be used: it vanishes as it is made.")


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _made(folder: Path) -> bool:
    # Never its parents: where the root has vanished (a disk is gone), nothing else takes its place.
    try:
        os.mkdir(folder, 0o700)
        return True
    except FileExistsError:
        return False


def _write_all(descriptor: int, pieces: list[bytes]) -> None:
    views = [memoryview(piece) for piece in pieces if piece]
    while views:
        written = os.writev(descriptor, views[:_PIECES])
        while views and written >= len(views[0]):
            written -= len(views.pop(0))
        if written:
            views[0] = views[0][written:]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
