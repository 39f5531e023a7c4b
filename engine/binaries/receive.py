"""A multipart body on its way in: values are parsed, binaries go to the store as their bytes come.

The same road for a client's submission, a service's callback and a fast answer.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiservice.protocol import Malformed, PartBegin, PartData, PartEnd, PartReader
from engine.binaries.base import BinaryStore, Sink
from engine.binaries.sniff import media_type, safe_name
from engine.errors import Fault, Invalid, TooLarge, Unprocessable
from engine.pipeline.jsontext import parse, pointer
from engine.task.task import BinaryRef

_HEAD = 512
_UNDOING: set[asyncio.Task[None]] = set()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one body in bytes: of each JSON part, and of all parts together."""

    json: int = 1_000_000
    total: int = 16 * 1024**3


@dataclass(slots=True)
class Form:
    """What came in: the values by name, binaries among them, and the ids that were stored on the way."""

    values: dict[str, Any] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    size: int = 0
    digest: Any = None


class FormReceiver:
    """Takes one multipart body for an owner.

    `fields` are the names that must come, each once; None: any names. `digest` asks for a SHA-256 over names and bytes.
    """

    def __init__(
        self,
        store: BinaryStore,
        owner: str,
        limits: Limits,
        fields: tuple[str, ...] | None = None,
        digest: bool = False,
    ) -> None:
        self._store = store
        self._owner = owner
        self._limits = limits
        self._fields = fields
        self._form = Form(digest=hashlib.sha256() if digest else None)
        self._seen: set[str] = set()
        self._part: PartBegin | None = None
        self._json: bytearray | None = None
        self._sink: Sink | None = None
        self._head = b""

    async def receive(self, chunks: AsyncIterator[bytes], boundary: bytes) -> Form:
        """Read the body to its end.

        Raises Invalid for a body that is cut off or cannot be read, TooLarge, and Unprocessable with every field that
        is missing, unknown, doubled or empty; then nothing is left in the store.
        """
        reader = PartReader(boundary)
        try:
            async for chunk in chunks:
                self._form.size += len(chunk)
                if self._form.size > self._limits.total:
                    raise TooLarge(f"the body is larger than {self._limits.total} bytes")
                for event in reader.feed(chunk):
                    await self._take(event)
            reader.close()
            self._check_missing()
        except Malformed as error:
            await self.undo()
            raise Invalid(str(error)) from error
        except asyncio.CancelledError:
            self._undo_beside()
            raise
        except BaseException:
            await self.undo()
            raise
        return self._form

    async def undo(self) -> None:
        """Remove what was stored."""
        if self._sink is not None:
            await self._sink.abort()
        if self._form.stored:
            await self._store.remove(self._form.stored)

    def _undo_beside(self) -> None:
        """Who cancels is not held: the store may be what stands still. What is left then goes with its owner."""
        undoing = asyncio.create_task(self.undo())
        _UNDOING.add(undoing)
        undoing.add_done_callback(_undone)

    async def _take(self, event: PartBegin | PartData | PartEnd) -> None:
        if isinstance(event, PartData):
            await self._data(event.data)
        elif isinstance(event, PartBegin):
            await self._begin(event)
        else:
            await self._end()

    async def _begin(self, part: PartBegin) -> None:
        self._part, self._json, self._sink, self._head = part, None, None, b""
        if self._form.digest is not None:
            self._form.digest.update(f"\n{part.name}\n{part.content_type}\n".encode())
        if not self._wanted(part.name):
            return
        if part.content_type == "application/json":
            self._json = bytearray()
        else:
            self._sink = await self._store.sink(self._owner)

    def _wanted(self, name: str) -> bool:
        if self._fields is not None and name not in self._fields:
            known = ", ".join(f"`{known}`" for known in self._fields)
            self._fault(name, f"there is no such field; this route takes {known}")
            return False
        if name in self._seen:
            self._fault(name, "the field was sent twice; send it once")
            return False
        self._seen.add(name)
        return True

    def _fault(self, name: str, message: str) -> None:
        self._form.faults.append(Fault(pointer(name), message))

    async def _data(self, data: bytes) -> None:
        if self._form.digest is not None:
            self._form.digest.update(data)
        if self._json is not None:
            self._json += data
            if len(self._json) > self._limits.json:
                name = self._part.name if self._part else ""
                raise TooLarge(f"the JSON part `{name}` is larger than {self._limits.json} bytes")
        elif self._sink is not None:
            if len(self._head) < _HEAD:
                self._head += data[:_HEAD]
            await self._sink.write(data)

    async def _end(self) -> None:
        assert self._part is not None
        name = self._part.name
        if self._json is not None:
            self._merge(name, parse(bytes(self._json), f"the JSON part `{name}`", self._limits.json))
        elif self._sink is not None:
            sink = self._sink
            if not sink.size:
                self._fault(name, "the file is empty")
                await sink.abort()
            else:
                await self._keep(sink, self._part)
            self._sink = None

    async def _keep(self, sink: Sink, part: PartBegin) -> None:
        binary_id = await sink.commit()
        self._form.stored.append(binary_id)
        filename = safe_name(part.filename or part.name)
        kind = media_type(self._head[:_HEAD], part.content_type, part.filename)
        self._set(part.name, part.name, BinaryRef(binary_id, filename, kind, sink.size))

    def _merge(self, name: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._fault(name, "a field of type application/json must hold an object, whose keys are taken over")
            return
        for key, item in value.items():
            self._set(name, key, item)

    def _set(self, field_name: str, key: str, value: Any) -> None:
        if key in self._form.values:
            self._fault(field_name, f"`{key}` was sent twice, under two fields; send it once")
        else:
            self._form.values[key] = value

    def _check_missing(self) -> None:
        for name in self._fields or ():
            if name not in self._seen:
                self._fault(name, "the field is missing")
        if self._form.faults:
            raise Unprocessable("the form does not fit", self._form.faults)


def _undone(task: asyncio.Task[None]) -> None:
    _UNDOING.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.info("a form that was given up is not removed yet: %s", error)
