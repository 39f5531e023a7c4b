"""What a function returned, as what is sent: a JSON object, binaries, or both; or a failure."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, get_args, get_origin, get_type_hints

import orjson
from pydantic import BaseModel

from aiservice.files import OCTETS, File
from aiservice.images import Image, encode_image
from aiservice.protocol import DATA_PART, Failure, FilePart, content_type, encode, new_boundary

RESULT = "result"
LONGEST_MESSAGE = 4_000
PIECE = 1 << 18
"""Bytes that are read from a file at once."""


@dataclass(frozen=True, slots=True)
class Binary:
    """One binary of a result: `size` bytes in the file at `path`, sent under `name`."""

    name: str
    path: Path
    filename: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended. `values` is a JSON object as bytes.

    `kind` says who is at fault where there is a `failure`: the input, nobody (later it may work), or the service;
    `too_large` that the input is so by its size.
    """

    kind: Literal["done", "input", "again", "failed"]
    values: bytes = b"{}"
    binaries: tuple[Binary, ...] = ()
    failure: Failure | None = None
    too_large: bool = False

    @classmethod
    def failed(
        cls,
        kind: Literal["input", "again", "failed"],
        message: str,
        retry_after: float | None = None,
        too_large: bool = False,
    ) -> "Outcome":
        """The outcome of a call that did not work; the message is cut off after 4,000 characters."""
        text = message[:LONGEST_MESSAGE].encode("utf-8", "replace").decode()
        failure = Failure(message=text or "the service gave no reason", retry_after=retry_after)
        return cls(kind, failure=failure, too_large=too_large)


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is ready to be sent, as often as need be."""

    content_type: str
    size: int
    data: bytes | None
    chunks: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Writer:
    """Turns a returned value into an Outcome; `image` is how arrays are written."""

    image: Image

    def outcome(self, value: Any) -> Outcome:
        """Return what is to be sent. Raises TypeError where the value is no result."""
        if self._is_binary(value):
            return Outcome("done", binaries=(self._binary(RESULT, value),))
        if isinstance(value, (list, tuple)):
            return Outcome("done", binaries=self._several(value))
        if value is None:
            return Outcome("done")
        if isinstance(value, BaseModel):
            return Outcome("done", values=_object(value))
        if is_dataclass(value) and not isinstance(value, type):
            value = {field.name: getattr(value, field.name) for field in fields(value) if field.name[:1] != "_"}
        if not isinstance(value, dict):
            raise TypeError(f"an operation returns a dict, a model, binaries or None, not {type(value).__name__}")
        binaries = tuple(self._binary(str(name), item) for name, item in value.items() if self._is_binary(item))
        values = {name: item for name, item in value.items() if not self._is_binary(item)}
        return Outcome("done", dump(values), binaries)

    def _several(self, items: list[Any] | tuple[Any, ...]) -> tuple[Binary, ...]:
        for item in items:
            if not self._is_binary(item):
                raise TypeError(f"a list as a result holds binaries only, not {type(item).__name__}; return a dict")
        if len(items) == 1:
            return (self._binary(RESULT, items[0]),)
        return tuple(self._binary(f"{RESULT}{index}", item) for index, item in enumerate(items))

    @staticmethod
    def _is_binary(value: Any) -> bool:
        return isinstance(value, (File, bytes, bytearray)) or _is_array(value)

    def _binary(self, name: str, value: Any) -> Binary:
        if _is_array(value):
            value = encode_image(value, self.image.format, self.image.quality)
        elif isinstance(value, (bytes, bytearray)):
            value = File.from_bytes(bytes(value), OCTETS, name)
        file: File = value
        return Binary(name, file.path.absolute(), file.name, file.content_type, file.size)


def _object(model: BaseModel) -> bytes:
    values = model.model_dump_json(by_alias=True).encode()
    if not values.startswith(b"{"):
        raise TypeError(f"an operation returns a JSON object, and {type(model).__name__} is none")
    return values


def _is_array(value: Any) -> bool:
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def writer_of(function: Callable[..., Any]) -> Writer:
    """Return the writer for a function's results: its return type may say `Annotated[np.ndarray, Image("png")]`."""
    return Writer(_image_of(get_type_hints(function, include_extras=True).get("return")) or Image())


def _image_of(hint: Any) -> Image | None:
    for inner in get_args(hint):
        if isinstance(inner, Image) and get_origin(hint) is Annotated:
            return inner
        found = _image_of(inner)
        if found is not None:
            return found
    return None


def dump(value: Any) -> bytes:
    """Return JSON; numpy's and pydantic's values become plain ones, NaN becomes null. Raises TypeError for others."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (File, bytes, bytearray)):
        raise TypeError("a binary stands at the top level of a result, not inside of a value")
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def body_of(outcome: Outcome) -> Body:
    """Return the body that carries an outcome, as the answer to a call or as its callback."""
    if outcome.failure is not None:
        return _json_body(orjson.dumps(outcome.failure.model_dump(exclude_none=True)))
    if not outcome.binaries:
        return _json_body(outcome.values)
    parts = [_file_part(binary) for binary in outcome.binaries]
    if outcome.values != b"{}":
        name = "values" if any(binary.name == DATA_PART for binary in outcome.binaries) else DATA_PART
        parts.append(FilePart.of_bytes(name, f"{name}.json", "application/json", outcome.values))
    boundary = new_boundary()
    size, chunks = encode(parts, boundary)
    return Body(content_type(boundary), size, None, chunks)


def file_body(binary: Binary) -> Body:
    """Return the body that is one binary and nothing else."""
    return Body(binary.content_type, binary.size, None, _file_part(binary).chunks)


def _json_body(data: bytes) -> Body:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return Body("application/json", len(data), data, chunks)


def _file_part(binary: Binary) -> FilePart:
    async def chunks() -> AsyncIterator[bytes]:
        with open(binary.path, "rb") as file:
            left = binary.size
            while left > 0:
                piece = await _read(file, min(left, PIECE))
                if not piece:
                    raise OSError(f"{binary.name}: the file became shorter while it was sent")
                left -= len(piece)
                yield piece

    return FilePart(binary.name, binary.filename, binary.content_type, binary.size, chunks)


async def _read(file: BinaryIO, size: int) -> bytes:
    """Read a piece: a small one at once, as it is in memory already, a large one in a thread."""
    if size < PIECE:
        return file.read(size)
    return await asyncio.get_running_loop().run_in_executor(None, file.read, size)
