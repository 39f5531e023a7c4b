"""Inputs of a task, as the body that its route takes.

| `body` of the route | sent as |
|---|---|
| object | JSON, the inputs as they are |
| string, list of strings | multipart, a part for each field |

In a form, a `Path`, bytes, a binary file object (the whole of it) or an `Upload` is a binary; any other value is JSON.
The engine merges the keys of a JSON part into the inputs, so an object is sent as it is, and any other value `v` of the
field `f` as `{"f": v}`. A `str` is JSON too, never the name of a file: text that came from others must not open files.
"""

import json
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.client.definitions import Body
from engine.client.errors import Fault, WrongInput

UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Upload:
    """A binary with a name and a media type of one's own choice; both are guessed where they are None."""

    content: Path | bytes | IO[bytes]
    name: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    name: str
    filename: str
    type: str
    content: Path | bytes | IO[bytes]


@dataclass(frozen=True, slots=True)
class Payload:
    """A body that can be sent again: JSON, or parts; without either there is none."""

    json: Any = None
    parts: tuple[Part, ...] | None = None

    @contextmanager
    def opened(self) -> Iterator[dict[str, Any]]:
        """The arguments for httpx. Files are open inside of the block. Raises WrongInput where one cannot be read."""
        if self.parts is None:
            yield {} if self.json is None else {"json": self.json}
            return
        with ExitStack() as stack:
            files = [(part.name, (part.filename, _content(part, stack), part.type)) for part in self.parts]
            yield {"files": files}


def encode(body: Body, inputs: Mapping[str, Any]) -> Payload:
    """The inputs as the body that a route takes.

    Raises WrongInput where fields of a form are missing or unknown, a file is not there or can be read only once, or a
    value is no JSON.
    """
    if body.fields is None:
        _check_json(inputs, "the inputs")
        return Payload(json=dict(inputs))
    faults = [Fault(_pointer(name), "the field is missing") for name in body.fields if name not in inputs]
    known = ", ".join(body.fields)
    faults += [
        Fault(_pointer(name), f"there is no such field; this route takes {known}")
        for name in inputs
        if name not in body.fields
    ]
    if faults:
        raise WrongInput("the inputs do not fit the route", faults)
    return Payload(parts=tuple(_part(name, inputs[name]) for name in body.fields))


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _part(name: str, value: Any) -> Part:
    upload = value if isinstance(value, Upload) else Upload(value)
    content = upload.content
    if isinstance(content, Path):
        if not content.is_file():
            raise WrongInput(f"{name}: there is no file {content}")
        return Part(name, upload.name or content.name, upload.type or _guess(content.name), content)
    if isinstance(content, (bytes, bytearray, memoryview)):
        filename = upload.name or name
        return Part(name, filename, upload.type or _guess(filename), bytes(content))
    if hasattr(content, "read"):
        filename = upload.name or _name_of(content) or name
        return Part(name, filename, upload.type or _guess(filename), _seekable(name, content))
    _check_json(content, name)
    whole = content if isinstance(content, Mapping) else {name: content}
    return Part(name, f"{name}.json", "application/json", json.dumps(dict(whole)).encode())


def _check_json(value: Any, what: str) -> None:
    try:
        json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise WrongInput(f"{what}: neither JSON nor a path, bytes or a file: {error}") from error


def _guess(filename: str) -> str:
    kind = mimetypes.guess_type(filename)[0]
    # A JSON file that is given as a file is a binary; declared as JSON it would be taken apart.
    return UNKNOWN_TYPE if kind is None or kind == "application/json" else kind


def _name_of(file: Any) -> str | None:
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) and not name.startswith("<") else None


def _seekable(name: str, file: IO[bytes]) -> IO[bytes]:
    if isinstance(file.read(0), str):
        raise WrongInput(f"{name}: the file is open as text; open it with mode 'rb'")
    if not file.seekable():
        raise WrongInput(f"{name}: the file can be read only once, and a request may be repeated; give its bytes")
    return file


def _content(part: Part, stack: ExitStack) -> bytes | IO[bytes]:
    if isinstance(part.content, bytes):
        return part.content
    if isinstance(part.content, Path):
        try:
            return stack.enter_context(part.content.open("rb"))
        except OSError as error:
            raise WrongInput(f"{part.name}: {part.content} cannot be read: {error.strerror}") from error
    return part.content
