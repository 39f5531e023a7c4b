"""The process that makes pictures small, seen from the engine."""

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

# As `worker.py` describes them, which is not imported: it would bring Pillow into the engine.
_CONFIGURATION = struct.Struct(">QQI")
_REQUEST = struct.Struct(">IQ")
_ANSWER = struct.Struct(">cI")
_MADE, _NO_PICTURE, _TOO_LARGE = b"+", b"?", b">"

_CHUNK = 65_536
_MAX_ANSWER = 4 << 20
_MAX_START = 30.0
_WEBP = (b"RIFF", b"WEBP")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may cost: seconds, of a processor and on the clock, bytes of memory, pixels, bytes of its file."""

    seconds: float = 10.0
    memory: int = 768 << 20
    pixels: int = 40_000_000
    size: int = 64 << 20


class DecoderDied(Exception):
    """The process ended, or did not keep to what was agreed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no small picture, as a clause. `too_large`: it may be one, but more than is allowed."""

    why: str
    too_large: bool


class Decoder:
    """One process that makes one picture at a time. It inherits nothing, and ends when the engine does."""

    def __init__(self, process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
        self._process = process
        self._connection = connection
        self._used_before = 0.0

    @property
    def pid(self) -> int:
        """The process, which is also its group."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def used(self) -> float:
        """Seconds of processor time that the last picture has taken so far."""
        return _used(self.pid) - self._used_before

    @staticmethod
    async def start(limits: Limits) -> "Decoder":
        """A process that is ready. Raises DecoderDied and OSError."""
        decoder = await asyncio.to_thread(_started)
        try:
            async with asyncio.timeout(_MAX_START):
                await decoder._send(_CONFIGURATION.pack(limits.memory, limits.pixels, int(limits.seconds)))
                await decoder._receive(len(_MADE))
        except BaseException as error:
            await decoder.end()
            if isinstance(error, TimeoutError):
                raise DecoderDied from None
            raise
        return decoder

    async def make(self, side: int, size: int, chunks: AsyncIterator[bytes], seconds: float) -> bytes | Refused:
        """The small picture as a WebP, of a picture of so many bytes that comes in chunks.

        Each chunk must be taken, and the answer come, within so many seconds. Whatever is raised (DecoderDied,
        TimeoutError, what the chunks raise), the process is of no use afterwards.
        """
        self._used_before = _used(self.pid)
        await self._send(_REQUEST.pack(side, size))
        sent = 0
        async for chunk in chunks:
            sent += len(chunk)
            async with asyncio.timeout(seconds):
                await self._send(chunk)
        if sent != size:
            raise DecoderDied
        async with asyncio.timeout(seconds):
            return await self._answer()

    async def _answer(self) -> bytes | Refused:
        kind, length = _ANSWER.unpack(await self._receive(_ANSWER.size))
        if length > _MAX_ANSWER:
            raise DecoderDied
        content = await self._receive(length)
        if kind in (_NO_PICTURE, _TOO_LARGE):
            return Refused(content.decode(errors="replace"), kind == _TOO_LARGE)
        if kind != _MADE or (content[:4], content[8:12]) != _WEBP:
            raise DecoderDied
        return content

    async def _send(self, data: bytes) -> None:
        try:
            await asyncio.get_running_loop().sock_sendall(self._connection, data)
        except OSError:
            raise DecoderDied from None

    async def _receive(self, size: int) -> bytes:
        loop, received = asyncio.get_running_loop(), bytearray()
        while len(received) < size:
            try:
                chunk = await loop.sock_recv(self._connection, min(size - len(received), _CHUNK))
            except OSError:
                raise DecoderDied from None
            if not chunk:
                raise DecoderDied
            received += chunk
        return bytes(received)

    def kill(self) -> None:
        """End the process at once; who waits for it gets DecoderDied. `end` is still to be called."""
        if self._process.returncode is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    async def end(self) -> None:
        """Kill it, and wait until it is gone. Nobody must be waiting for it any more."""
        self.kill()
        await asyncio.to_thread(self._process.wait)
        self._connection.close()


def _used(pid: int) -> float:
    """Seconds of processor time that a process has used; 0 where it is gone."""
    try:
        # clock_getcpuclockid(3), which Python does not have.
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def _started() -> Decoder:
    connection, its_own = socket.socketpair()
    connection.setblocking(False)
    with its_own:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(Path(__file__).with_name("worker.py"))],
            stdin=its_own.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            process_group=0,
        )
    return Decoder(process, connection)
