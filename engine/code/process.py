"""A worker process, seen from the engine."""

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.code.wrap import AGAIN, CHECK, TRUTH

_LENGTHS = struct.Struct(">II")
_CONTROL = struct.Struct(">cI")
_CHUNK = 65_536
_MAX_START = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may cost: seconds, bytes, calls within calls.

    `seconds` are those of a processor, so that code does not fail because others are busy; on the clock it may take
    `patience`. A run that does not stop by itself then, such as one within a huge integer, is killed `grace` seconds
    later.
    """

    seconds: float = 1.0
    patience: float = 10.0
    memory: int = 64 << 20
    recursion: int = 400
    grace: float = 0.25


class WorkerDied(Exception):
    """The process ended, or did not answer."""


class Worker:
    """One process that does one run at a time. It inherits nothing: no environment, no files; and it is no member of
    the engine's process group, so that Ctrl-C does not reach it. When the engine ends, however, it ends."""

    def __init__(self, process: "subprocess.Popen[bytes]", data: socket.socket, control: socket.socket) -> None:
        self._process = process
        self._data = data
        self._control = control
        self._number = 0
        self._silent = asyncio.Event()
        self._silent.set()

    @property
    def pid(self) -> int:
        """The process, which is also its group."""
        return self._process.pid

    @staticmethod
    async def start(limits: Limits) -> "Worker":
        """A process that is ready to run code. Raises WorkerDied."""
        worker = await asyncio.to_thread(_started)
        try:
            texts = {"check": CHECK, "truth": TRUTH, "again": AGAIN}
            async with asyncio.timeout(_MAX_START):
                await worker.exchange({**asdict(limits), **texts}, ())
        except BaseException as error:
            await worker.end()
            if isinstance(error, TimeoutError):
                raise WorkerDied from None
            raise
        return worker

    def next_number(self) -> int:
        """The number for the next run."""
        self._number = self._number % 0xFFFF_FFFF + 1
        return self._number

    async def exchange(self, head: dict[str, Any], parts: Sequence[bytes]) -> tuple[dict[str, Any], list[bytes | None]]:
        """Send a request and wait for its answer. After anything but an answer the process is of no use any more.

        Raises WorkerDied.
        """
        loop = asyncio.get_running_loop()
        self._silent.clear()
        raw = orjson.dumps(head)
        size = 4 + len(raw) + sum(map(len, parts))
        try:
            await loop.sock_sendall(self._data, b"".join((_LENGTHS.pack(size, len(raw)), raw, *parts)))
            return _parsed(await self._receive(loop))
        except OSError:
            raise WorkerDied from None
        finally:
            self._silent.set()

    async def _receive(self, loop: asyncio.AbstractEventLoop) -> bytes:
        chunk = await loop.sock_recv(self._data, _CHUNK)
        chunks, have = [chunk], len(chunk)
        while chunk and (have < 4 or have < int.from_bytes(chunks[0][:4]) + 4):
            chunk = await loop.sock_recv(self._data, _CHUNK)
            if have < 4:
                chunks[0] += chunk
            else:
                chunks.append(chunk)
            have += len(chunk)
        if not chunk:
            raise WorkerDied
        return b"".join(chunks)

    def calm(self) -> None:
        """Let the processes of others go before the run under way."""
        self._order(b"n")

    def stop(self) -> None:
        """Stop the run under way; its answer says so."""
        self._order(b"k")

    def _order(self, order: bytes) -> None:
        try:
            self._control.send(_CONTROL.pack(order, self._number))
        except OSError:
            pass  # It is ending; the exchange finds out.

    def kill(self) -> None:
        """End the process and all that it started, at once. `end` is still to be called."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    async def end(self) -> None:
        """Kill it, and wait until it is gone. An exchange that is under way gets WorkerDied."""
        if self._process.returncode is None:
            self.kill()
        # Who waits for a socket that is closed waits for ever: so it is ended first, and closed when nobody waits.
        self._data.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(self._process.wait)
        await self._silent.wait()
        self._data.close()
        self._control.close()


def _started() -> Worker:
    data, its_data = socket.socketpair()
    control, its_control = socket.socketpair()
    data.setblocking(False)
    control.setblocking(False)
    with its_data, its_control:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(Path(__file__).with_name("worker.py"))],
            stdin=its_data.fileno(),
            stdout=its_control.fileno(),
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            process_group=0,
        )
    return Worker(process, data, control)


def _parsed(raw: bytes) -> tuple[dict[str, Any], list[bytes | None]]:
    head_size = int.from_bytes(raw[4:8])
    position = 8 + head_size
    head = orjson.loads(raw[8:position])
    parts: list[bytes | None] = []
    for length in head.get("texts", ()):
        parts.append(None if length is None else raw[position : position + length])
        position += length or 0
    return head, parts
