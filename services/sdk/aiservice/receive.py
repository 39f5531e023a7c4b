"""Reads the body of a request: binaries into files, JSON into memory, both within limits, and never more than that."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.requests import Request

from aiservice import values
from aiservice.errors import Fault, Problem
from aiservice.files import File, Held, clean_name, clean_type, suffix_of
from aiservice.parameters import Field, Parameter, Received
from aiservice.protocol import DATA_PART, Malformed, PartBegin, PartData, PartReader, boundary_of

PIECE = 1 << 20
"""Bytes that are gathered before they are written, away from the event loop."""

HELD = 256 * 1024
"""Bytes of a picture that stays in memory where its function takes pixels: a folder and a file cost more than small
pictures themselves. There are at most as many as the queue takes calls."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request, in bytes and seconds: the whole body, all its JSON, the pause between two chunks."""

    body: int
    json: int
    pause: float


async def receive(
    request: Request, parameters: list[Parameter], folder: Path, limits: Limits, from_engine: bool
) -> Received:
    """Read a request into `folder` (made where a binary comes).

    Raises Problem: 400 for a body that is cut off or cannot be read, 408 when nothing comes, 413, 415, 422 for a
    field that comes twice, 507 where the disk is full; ClientDisconnect where the client has gone.
    """
    kind = request.headers.get("content-type", "")
    coding = request.headers.get("content-encoding", "identity")
    if coding.lower() != "identity":
        raise Problem(415, f"the content encoding {coding[:100]!r} is not taken; send the body as it is")
    received = Received({}, {}, {}, [], from_engine)
    chunks = _chunks(request, limits)
    try:
        boundary = boundary_of(kind)
        if boundary is not None:
            await _Form(received, parameters, folder, limits).read(chunks, boundary)
            return received
    except Malformed as error:
        raise Problem(400, str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Problem(507, "the service has no room left for this file", retry_after=30) from error
        raise
    media = kind.partition(";")[0].strip().lower()
    if media == "application/json" or media.startswith("application/") and media.endswith("+json"):
        received.data = values.parse_object(await _whole(chunks, limits.json), "body")
        return received
    wanted = "multipart/form-data or application/json"
    raise Problem(415, f"the content type {kind[:100]!r} is not taken; send {wanted}")


async def _chunks(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    if int(request.headers.get("content-length") or 0) > limits.body:
        raise Problem(413, f"the body is larger than {limits.body} bytes")
    stream = request.stream()
    total = 0
    while True:
        try:
            async with asyncio.timeout(limits.pause):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise Problem(408, f"no more of the body came for {limits.pause:g} seconds") from error
        if chunk is None:
            return
        total += len(chunk)
        if total > limits.body:
            raise Problem(413, f"the body is larger than {limits.body} bytes")
        yield chunk


async def _whole(chunks: AsyncIterator[bytes], limit: int) -> bytearray:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise Problem(413, f"the JSON is larger than {limit} bytes")
    return body


class _Spool:
    """A file that is written in pieces: large ones in a thread, a small rest at once."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = open(path, "xb")
        self._buffer = bytearray()

    async def write(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= PIECE:
            piece, self._buffer = self._buffer, bytearray()
            await asyncio.get_running_loop().run_in_executor(None, self._file.write, piece)

    def close(self) -> None:
        try:
            self._file.write(self._buffer)
        finally:
            self._buffer = bytearray()
            self._file.close()


class _Holder:
    """A picture on its way in: in memory as long as it is small, else in the file that `spool` makes."""

    def __init__(self, spool: Callable[[], _Spool]) -> None:
        self._make = spool
        self._spool: _Spool | None = None
        self._data = bytearray()

    async def write(self, data: bytes) -> None:
        if self._spool is None:
            self._data += data
            if len(self._data) <= HELD:
                return
            self._spool, data, self._data = self._make(), bytes(self._data), bytearray()
        await self._spool.write(data)

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()

    @property
    def held(self) -> Held | None:
        """The picture, where it is in memory."""
        return None if self._spool is not None else Held(bytes(self._data))


class _Form:
    """One multipart body on its way in."""

    def __init__(self, received: Received, parameters: list[Parameter], folder: Path, limits: Limits) -> None:
        self._received = received
        self._binary = {p.name: p for p in parameters if p.is_binary}
        self._json = {p.name for p in parameters if not p.is_binary}
        self._folder = folder
        self._limits = limits
        self._json_bytes = 0
        self._seen: set[str] = set()
        self._part: PartBegin | None = None
        self._spool: _Spool | _Holder | None = None
        self._memory: bytearray | None = None

    async def read(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        reader = PartReader(boundary)
        try:
            async for chunk in chunks:
                for event in reader.feed(chunk):
                    if isinstance(event, PartData):
                        await self._data(event.data)
                    elif isinstance(event, PartBegin):
                        self._begin(event)
                    else:
                        self._end()
            reader.close()
        finally:
            if self._spool is not None:
                self._spool.close()

    def _begin(self, part: PartBegin) -> None:
        name = part.name
        if name in self._seen:
            raise Problem(422, f"{name}: the field comes twice", [Fault(f"/{name}", "send this field once")])
        self._seen.add(name)
        self._part, self._memory = part, None
        if name in self._binary:
            label = clean_name(part.filename, name)
            path = self._folder / f"in-{len(self._seen)}{suffix_of(label)}"
            pixels = self._binary[name].kind == "image_array"
            self._spool = _Holder(lambda: self._file(path)) if pixels else self._file(path)
            self._received.files[name] = File(path, label, content_type=clean_type(part.content_type, label))
        elif name in self._json or name == DATA_PART:
            self._memory = bytearray()
        else:
            self._received.unknown.append(name)

    def _file(self, path: Path) -> _Spool:
        self._folder.mkdir(exist_ok=True)
        return _Spool(path)

    async def _data(self, data: bytes) -> None:
        if self._spool is not None:
            await self._spool.write(data)
        elif self._memory is not None:
            self._json_bytes += len(data)
            if self._json_bytes > self._limits.json:
                raise Problem(413, f"the JSON of the form is larger than {self._limits.json} bytes")
            self._memory += data

    def _end(self) -> None:
        if self._spool is not None:
            spool, self._spool = self._spool, None
            spool.close()
            if self._part is not None and isinstance(spool, _Holder) and spool.held is not None:
                self._received.files[self._part.name] = spool.held
        elif self._memory is not None and self._part is not None:
            self._keep(self._part, bytes(self._memory))

    def _keep(self, part: PartBegin, raw: bytes) -> None:
        is_json = part.content_type == "application/json"
        if part.name in self._json and (part.name != DATA_PART or not self._received.from_engine):
            self._received.fields[part.name] = Field(raw, is_json)
        else:
            self._received.data = values.parse_object(raw, part.name)
