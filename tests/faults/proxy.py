"""A bad network before one server: a TCP proxy that cuts, refuses, holds, delays and loses, as it is told."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from typing import Literal, TypeVar

from tests.faults.background import Background
from tests.faults.streams import Change, relay, reset

Direction = Literal["up", "down"]
"""`up`: from who connects to the server; `down`: back."""

T = TypeVar("T")


class _Link:
    """One connection and its two ends."""

    def __init__(self, client: StreamWriter, server: StreamWriter, limits: dict[Direction, int]) -> None:
        self.ends = (client, server)
        self.left = dict(limits)
        self.has_lost = False

    def cut(self) -> None:
        """End both sides at once."""
        for writer in self.ends:
            reset(writer)


class Proxy:
    """Listens on a port of its own, in a thread of its own, from its making until `close`."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._target = (host, port)
        self._background = Background("proxy")
        self._links: set[_Link] = set()
        self._limits: dict[Direction, int] = {}
        self._losing: set[Direction] = set()
        self._seconds = 0.0
        self._server: asyncio.Server | None = None
        self.port = 0
        self.connections = 0
        self._background.run(self._listen())
        self._flows = self._background.run(_event())
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Cut everything and take no more."""
        self._do(self._refuse)
        self._background.close()

    def cut(self) -> None:
        """Cut all connections that there are; new ones are taken."""
        self._do(self._cut)

    def refuse(self) -> None:
        """Cut all connections and refuse new ones."""
        self._do(self._refuse)

    def accept(self) -> None:
        """Take connections again, on the same port."""
        self._background.run(self._listen())

    def hold(self) -> None:
        """Pass on nothing until `heal`; nothing is lost, as in a network that is away for a short while."""
        self._do(self._flows.clear)

    def lose(self, *directions: Direction) -> None:
        """Lose all bytes in these directions until `heal`, which cuts the connections that have lost some."""
        self._do(lambda: self._losing.update(directions))

    def delay(self, seconds: float) -> None:
        """Let each piece wait so long."""
        self._seconds = seconds

    def cut_after(self, size: int | None, direction: Direction = "up") -> None:
        """Cut each new connection when so many bytes have passed; None: none any more."""
        self._do(lambda: self._limits.pop(direction, None) if size is None else self._limits.update({direction: size}))

    def heal(self) -> None:
        """Be a good network again, apart from `refuse` and `cut_after`."""
        self._do(self._heal)

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._links)

    def _do(self, work: Callable[[], T]) -> T:
        return self._background.run(_now(work))

    async def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=1_000)
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=listener)

    def _cut(self) -> None:
        for link in list(self._links):
            link.cut()

    def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
        self._cut()

    def _heal(self) -> None:
        self._losing.clear()
        self._seconds = 0.0
        self._flows.set()
        for link in [link for link in self._links if link.has_lost]:
            link.cut()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        try:
            upstream, server = await asyncio.open_connection(*self._target)
        except OSError:
            reset(writer)
            return
        link = _Link(writer, server, self._limits)
        self._links.add(link)
        try:
            up, down = self._through(link, "up"), self._through(link, "down")
            await relay((reader, writer), (upstream, server), up, down)
        finally:
            self._links.discard(link)

    def _through(self, link: _Link, direction: Direction) -> Change:
        async def change(data: bytes) -> bytes:
            if self._seconds:
                await asyncio.sleep(self._seconds)
            await self._flows.wait()
            if direction in self._losing:
                link.has_lost = True
                return b""
            left = link.left.get(direction)
            if left is not None and len(data) >= left:
                link.ends[direction == "up"].write(data[:left])
                await link.ends[direction == "up"].drain()
                link.cut()
                raise ConnectionResetError
            if left is not None:
                link.left[direction] = left - len(data)
            return data

        return change


async def _event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def _now(work: Callable[[], T]) -> T:
    return work()
