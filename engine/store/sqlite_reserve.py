"""Room that is kept for removals: on a full disk SQLite cannot even delete, for that is a write too."""

import os
from pathlib import Path

from engine.store.sqlite_faults import free_bytes

_STEP = 1024 * 1024


class Reserve:
    """A file beside the database, given up where a removal needs the room, and made again afterwards.

    `size` (bytes) is twice the log's usual size: a full log must be copied into a database that grows by as much.
    """

    def __init__(self, database: Path, size: int = 8 * _STEP) -> None:
        self._path = database.with_name(f"{database.name}.reserve")
        self._size = size

    @property
    def whole(self) -> bool:
        """Whether all of the room is held."""
        return self._held() >= self._size

    def release(self) -> None:
        """Give the room up."""
        self._path.unlink(missing_ok=True)

    def make(self) -> None:
        """Take the room, or as much as there is. Never raises."""
        try:
            held = self._held()
            wanted = min(self._size, held + free_bytes(self._path.parent)) // _STEP * _STEP
            if wanted <= held:
                return
            descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, wanted)
            finally:
                os.close(descriptor)
        except OSError:  # somebody took the room first: another attempt follows
            return

    def _held(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0
