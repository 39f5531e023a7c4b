"""A proxy before a server of MongoDB's protocol that loses what it is told to: a command, or the answer to it."""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import bson

_MESSAGE = 2013
_HELLO = {"hello", "ismaster", "isMaster"}


@dataclass(slots=True)
class Fault:
    """What happens to commands of this name on this collection, so many times.

    `executed`: the server performs it, and its answer is lost; else the command is lost. Either way the connection is
    cut. With a `reply` the server does not hear of it, and this is the answer.
    """

    command: str
    collection: str
    times: int = 1
    executed: bool = True
    reply: dict[str, Any] | None = None
    after: int = 0
    """How many such commands pass before."""


class Lossy:
    """Listens on a free port from `async with` on; `uri` is how to reach the server through it."""

    def __init__(self, uri: str) -> None:
        host, _, port = uri.removeprefix("mongodb://").partition("/")[0].partition(":")
        self._target = (host, int(port or 27017))
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self.faults: list[Fault] = []
        self.held: dict[str, asyncio.Event] = {}
        self.struck = 0
        self.seen: Counter[tuple[str, str]] = Counter()
        self.bytes_up = 0
        self.uri = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.uri = f"mongodb://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/?directConnection=true"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._writers)

    def lose(self, command: str, collection: str, times: int = 1, executed: bool = True, after: int = 0) -> None:
        """See `Fault`."""
        self.faults.append(Fault(command, collection, times, executed, None, after))

    def answer(self, command: str, collection: str, reply: dict[str, Any], times: int = 1) -> None:
        """See `Fault`."""
        self.faults.append(Fault(command, collection, times, False, reply))

    def hold(self, command: str) -> asyncio.Event:
        """Let commands of this name wait until the event is set."""
        self.held[command] = asyncio.Event()
        return self.held[command]

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.add(writer)
        up: StreamWriter | None = None
        try:
            down, up = await asyncio.open_connection(*self._target)
            while await self._exchange(reader, writer, down, up):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            for each in (writer, up):
                if each is not None:
                    each.transport.abort()

    async def _exchange(self, reader: StreamReader, writer: StreamWriter, down: StreamReader, up: StreamWriter) -> bool:
        """Pass a command on, and its answer back. False where the connection is to be cut."""
        message = await _message(reader)
        body = _body(message)
        command, collection = next(((name, str(value)) for name, value in body.items()), ("", ""))
        self.noted(body)
        if command not in _HELLO:
            self.seen[command, collection] += 1
            self.bytes_up += len(message)
        if command in self.held:
            await self.held[command].wait()
        fault = self._fault(command, collection)
        if fault is not None and fault.reply is not None:
            writer.write(_reply(message, fault.reply))
            return True
        if fault is None or fault.executed:
            up.write(message)
            answer = await _message(down)
            if fault is None:
                writer.write(answer)
        return fault is None

    def noted(self, body: dict[str, Any]) -> None:
        """Called with every command."""

    def _fault(self, command: str, collection: str) -> Fault | None:
        for fault in self.faults:
            if fault.command == command and fault.collection in (collection, "*") and fault.times > 0:
                if fault.after > 0:
                    fault.after -= 1
                    return None
                fault.times -= 1
                self.struck += 1
                return fault
        return None


async def _message(reader: StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack("<i", size)[0] - 4)


def _body(message: bytes) -> dict[str, Any]:
    """A command: its name, with the collection that it is for, comes first."""
    if struct.unpack_from("<i", message, 12)[0] != _MESSAGE:
        return {}
    at = 20
    while message[at] != 0:  # a sequence of documents may come before the command
        at += 1 + struct.unpack_from("<i", message, at + 1)[0]
    (size,) = struct.unpack_from("<i", message, at + 1)
    return bson.decode(message[at + 1 : at + 1 + size])


def _reply(message: bytes, document: dict[str, Any]) -> bytes:
    body = struct.pack("<iB", 0, 0) + bson.encode(document)
    (request,) = struct.unpack_from("<i", message, 4)
    return struct.pack("<iiii", 16 + len(body), 1, request, _MESSAGE) + body
