"""What SQLite's errors mean to the engine."""

import os
import sqlite3
from pathlib import Path

from engine.errors import EngineError, StoreAway, StoreFull

_LITTLE_ROOM = 1024 * 1024

_SENTENCES = {
    sqlite3.SQLITE_BUSY: "is held by another process for too long",
    sqlite3.SQLITE_LOCKED: "is locked by another connection",
    sqlite3.SQLITE_PROTOCOL: "is held by another process for too long",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_PERM: "cannot be opened: permission denied",
    sqlite3.SQLITE_AUTH: "cannot be opened: permission denied",
    sqlite3.SQLITE_READONLY: "cannot be written: it is read-only",
    sqlite3.SQLITE_IOERR: "cannot be read or written: input/output error",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is no SQLite database",
    sqlite3.SQLITE_NOMEM: "cannot be used: out of memory",
}
_SHARED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


def primary_code(error: BaseException) -> int:
    """SQLite's primary result code of an error, 0 where it has none."""
    code = getattr(error, "sqlite_errorcode", 0)
    return int(code) & 0xFF if isinstance(code, int) else 0


def is_shared(error: BaseException) -> bool:
    """True where the connection is well and only another process was in the way."""
    return primary_code(error) in _SHARED


def store_error(error: BaseException, path: Path | None) -> EngineError | None:
    """StoreFull or StoreAway, where it was the store that failed; None where it was what the store was asked."""
    if isinstance(error, OSError):
        return StoreAway(f"The database {_name(path)} cannot be opened: {error.strerror or error}.")
    if not isinstance(error, sqlite3.Error):
        return None
    code = primary_code(error)
    # A file that cannot grow is often reported as an input/output error (the shared-memory file, for one).
    if code == sqlite3.SQLITE_FULL or (code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _no_room(path)):
        return StoreFull(f"The disk of the database {_name(path)} is full.")
    sentence = _SENTENCES.get(code)
    return None if sentence is None else StoreAway(f"The database {_name(path)} {sentence} ({error}).")


def _name(path: Path | None) -> str:
    return "in memory" if path is None else path.name


def _no_room(path: Path | None) -> bool:
    if path is None:
        return False
    try:
        return free_bytes(path.parent) < _LITTLE_ROOM
    except OSError:
        return False


def free_bytes(folder: Path) -> int:
    """Room that this process has in the file system of a folder. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
