"""The key of the object store: given, in files that may change, or left to botocore."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import StoreAway


@dataclass(frozen=True, slots=True)
class Key:
    """An access key; without an id botocore looks for one (environment, files, the machine's role)."""

    id: str | None
    secret: str | None = field(repr=False)


class Credentials:
    """Where the key comes from. A file wins over what was given."""

    def __init__(
        self, key_id: str | None, secret_key: str | None, key_id_file: Path | None, secret_key_file: Path | None
    ) -> None:
        self._given = Key(key_id, secret_key)
        self._id_file = key_id_file
        self._secret_file = secret_key_file

    def read(self) -> Key:
        """The key as it is now. Raises StoreAway where a file cannot be read, or is empty."""
        key_id = self._given.id if self._id_file is None else _text(self._id_file)
        return Key(key_id, self._given.secret if self._secret_file is None else _text(self._secret_file))

    def state(self) -> object:
        """Something that differs when a file has changed."""
        return tuple(_stamp(path) for path in (self._id_file, self._secret_file) if path is not None)


def _text(path: Path) -> str:
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreAway(f"The file {path.name} with a part of the object store's key cannot be read.") from error
    if not text:
        raise StoreAway(f"The file {path.name} with a part of the object store's key is empty.")
    return text


def _stamp(path: Path) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
