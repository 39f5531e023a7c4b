"""Binaries as files on disk, and the folder of the call that they live in."""

import mimetypes
import os
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Self

OCTETS = "application/octet-stream"
_CONTENT_TYPE = re.compile(r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}$")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
_SUFFIX = re.compile(r"^\.[A-Za-z0-9]{1,8}$")

_folder: ContextVar[Path | None] = ContextVar("aiservice_folder", default=None)


def clean_name(name: str | None, default: str) -> str:
    """Return a file name that is only a label: no folders, no control characters, at most 200 characters."""
    text = _UNSAFE.sub("", (name or "").replace("\\", "/")).rpartition("/")[2].strip()
    text = text.encode("utf-8", "replace").decode()
    return default if text in ("", ".", "..") else text[-200:]


def clean_type(content_type: str | None, name: str = "") -> str:
    """Return a media type that is safe in a header: the one given, else the one of the name, else octet-stream."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if _CONTENT_TYPE.match(kind):
        return kind
    return mimetypes.guess_type(name)[0] or OCTETS


def enter_folder(folder: Path) -> None:
    """Make `folder` the one in which this call of a function makes its files."""
    _folder.set(folder)


@dataclass(slots=True)
class File:
    """A binary: a file at `path`, with a `name` that is a label, and a media type (guessed from the name if empty).

    Raises FileNotFoundError from `size` and `read_bytes` where there is no such file.
    """

    path: Path
    name: str = ""
    content_type: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        self.path = Path(self.path)
        self.name = clean_name(self.name, self.path.name)
        self.content_type = clean_type(self.content_type, self.name)

    @property
    def size(self) -> int:
        """Size in bytes, now."""
        return os.stat(self.path).st_size

    def read_bytes(self) -> bytes:
        """Return the whole content; for large files read from `path` in pieces instead."""
        return self.path.read_bytes()

    @classmethod
    def scratch(cls, name: str, content_type: str = "") -> Self:
        """Return a new, empty file in the folder of the call, which is removed when the result has been delivered.

        Raises RuntimeError outside of an operation.
        """
        folder = _folder.get()
        if folder is None:
            raise RuntimeError("File.scratch is for use inside an operation: there is no call here")
        folder.mkdir(exist_ok=True)
        handle, path = mkstemp(prefix="out-", suffix=suffix_of(name), dir=folder)
        os.close(handle)
        return cls(Path(path), name, content_type=content_type)

    @classmethod
    def from_bytes(cls, data: bytes, content_type: str = "", name: str = "result") -> Self:
        """Write `data` to a new file in the folder of the call. Raises RuntimeError outside of an operation."""
        file = cls.scratch(name, content_type)
        file.path.write_bytes(data)
        return file


@dataclass(frozen=True, slots=True)
class Held:
    """A small binary that no function sees as a file: a picture that is decoded before the function gets it."""

    data: bytes

    @property
    def size(self) -> int:
        """Size in bytes."""
        return len(self.data)


def suffix_of(name: str) -> str:
    """Return the ending of a name where it is a plain one (`.jpg`), else nothing."""
    suffix = os.path.splitext(name)[1]
    return suffix if _SUFFIX.match(suffix) else ""
