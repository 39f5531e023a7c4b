"""The binaries of a result: which there are, and how they are called on a disk."""

import mimetypes
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from engine.client.inputs import UNKNOWN_TYPE

_LONGEST = 120
# Names that are devices on Windows, whatever their ending.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
# The usual ending, where the standard library knows several or none.
_ENDINGS = {
    "application/gzip": ".gz",
    "application/json": ".json",
    "application/octet-stream": ".bin",
    "application/x-tar": ".tar",
    "application/zip": ".zip",
    "audio/flac": ".flac",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/tiff": ".tiff",
    "image/vnd.microsoft.icon": ".ico",
    "image/webp": ".webp",
    "text/html": ".html",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
}
_SAME_TYPE = {"audio/x-wav": "audio/wav", "image/jpg": "image/jpeg", "image/x-icon": "image/vnd.microsoft.icon"}
# Known without the machine's own tables, so that a name is the same everywhere.
_types = mimetypes.MimeTypes()


def names_of(result: Any, task: str) -> tuple[str, ...]:
    """The names of the binaries in a result, in its order: `blurred.jpg`, `faces.0`.

    A binary is there as its URL, which ends with the task and the place where it stands.
    """
    return tuple(_names(result, f"/tasks/{task}/files/", ""))


def _names(value: Any, base: str, name: str) -> Iterator[str]:
    if isinstance(value, str):
        if name and value.endswith(base + quote(name, safe="")):
            yield name
        return
    items: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield from _names(item, base, f"{name}.{key}" if name else str(key))


def with_paths(result: Any, task: str, paths: Mapping[str, str]) -> Any:
    """The result with `paths` in place of the URLs of its binaries, by name."""
    return _replaced(result, f"/tasks/{task}/files/", "", paths)


def _replaced(value: Any, base: str, name: str, paths: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return paths[name] if name in paths and value.endswith(base + quote(name, safe="")) else value
    if isinstance(value, Mapping):
        return {k: _replaced(item, base, f"{name}.{k}" if name else str(k), paths) for k, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, base, f"{name}.{i}" if name else str(i), paths) for i, item in enumerate(value)]
    return value


def file_name(name: str, media_type: str) -> str:
    """The name of a binary as a file name that is safe on every system, with the ending of its media type.

    Whatever the name holds, the file lies in the folder that it is meant for: there are no folders in it, no control
    characters, no leading dots. An ending of another type is replaced; what is no known ending stays, and the right one
    comes behind it. A name keeps its ending where nothing is known of the content.
    """
    kind = media_type.partition(";")[0].strip().lower()
    kind = _SAME_TYPE.get(kind, kind)
    safe = safe_name(name)
    suffix = PurePosixPath(safe).suffix
    claimed = _type_of(suffix)
    if claimed == kind or (suffix and kind in ("", UNKNOWN_TYPE)):
        return safe
    ending = _ENDINGS.get(kind) or _types.guess_extension(kind) or ""
    stem = safe.removesuffix(suffix) if claimed is not None and ending else safe
    return stem + ending


def _type_of(suffix: str) -> str | None:
    found = _types.guess_type(f"x{suffix.lower()}")[0] if suffix else None
    return None if found is None else _SAME_TYPE.get(found, found)


def safe_name(name: str) -> str:
    """The name without all that leads out of a folder, or that some system forbids in a name; never empty."""
    text = unicodedata.normalize("NFC", name)
    text = "".join("_" if each in '/\\<>:"|?*' or unicodedata.category(each).startswith("C") else each for each in text)
    text = text.strip().lstrip(". ").rstrip(". ")
    while len(text.encode()) > _LONGEST:
        stem, dot, suffix = text.rpartition(".")
        text = stem[:-1] + dot + suffix if stem and len(suffix) < 12 else text[:-1]
    return f"_{text}" if _DEVICES.match(text) else text or "file"


def unique(name: str, taken: set[str]) -> str:
    """The name, numbered where another has taken it (in any case of letters), which it now is as well."""
    path, number = PurePosixPath(name), 2
    while name.casefold() in taken:
        name = f"{path.stem}-{number}{path.suffix}"
        number += 1
    taken.add(name.casefold())
    return name
