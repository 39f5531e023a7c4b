"""A relay on loopback between a store and the object store, which cuts connections."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Relay:
    """`cuts`: after so many bytes of answers the connection is cut, once for each number. `open`: connections now."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self.cuts: list[int] = []
        self.open = 0
        self.accepted = 0
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.open += 1
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):  # `asyncio.start_server` complains of it
            await self._serve(reader, writer)
        self._tasks.discard(task)

    async def end(self) -> None:
        """Cut all connections."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_writer = None
        tasks: list[asyncio.Task[None]] = []
        try:
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            tasks.append(asyncio.create_task(self._copy(reader, there_writer, False)))
            tasks.append(asyncio.create_task(self._copy(there_reader, writer, True)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            for task in tasks:
                task.cancel()
            for each in (writer, there_writer):
                if each is not None:
                    each.transport.abort()
            if tasks:
                await asyncio.wait(tasks)

    async def _copy(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, cutting: bool) -> None:
        with contextlib.suppress(OSError):
            passed = 0
            while data := await source.read(65_536):
                passed += len(data)
                if cutting and self.cuts and passed > self.cuts[0]:
                    to.write(data[: len(data) - (passed - self.cuts.pop(0))])
                    await to.drain()
                    return
                to.write(data)
                await to.drain()


@contextlib.asynccontextmanager
async def relay(target: str) -> AsyncIterator[Relay]:
    """A relay that runs as long as this lasts."""
    made = Relay(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        try:
            yield made
        finally:
            await made.end()
