"""Starts programs together, watches them, and stops them together."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import httpx

from tools.procfile import ProcfileError, Program

LAST_LINES = 40
MAX_LINE = 65_536
STOP_SECONDS = 15.0
POLL_SECONDS = 0.05


class ProgramEnded(Exception):
    """A program ended that should have gone on; the text names it, how it ended, and its last lines."""


class NotReady(Exception):
    """The programs run, and are not ready in time; the text says what is missing."""


class _Running:
    """One started program."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process) -> None:
        self.program = program
        self.process = process
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        self.reader: asyncio.Task[None] | None = None

    async def read(self, show: Callable[[str, str], None]) -> None:
        """Take the program's words as they come, until it has ended."""
        assert self.process.stdout is not None
        while True:
            try:
                line = await self.process.stdout.readline()
            except ValueError:  # one line longer than the buffer: the rest of it comes as the next line
                continue
            if not line:
                break
            text = line.decode(errors="replace").rstrip()
            self.lines.append(text)
            show(self.program.name, text)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Supervisor:
    """`async with Supervisor(...) as supervisor`: the programs run inside of the block, and none after it.

    `show` is called with a program's name and one line of its output. Each program has a process group of its own, so
    that Ctrl-C in a terminal reaches this process alone, which then stops them in order.
    """

    def __init__(self, programs: Sequence[Program], folder: Path, show: Callable[[str, str], None]) -> None:
        self._programs = programs
        self._folder = folder
        self._show = show
        self._running: list[_Running] = []

    async def __aenter__(self) -> "Supervisor":
        try:
            for program in self._programs:
                await self._start(program)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self, program: Program) -> None:
        environment: Mapping[str, str] = {**os.environ, "PYTHONUNBUFFERED": "1", **program.environment}
        try:
            process = await asyncio.create_subprocess_exec(
                *program.arguments,
                cwd=self._folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                limit=MAX_LINE,
            )
        except OSError as error:
            message = f"{program.name} cannot be started: {program.arguments[0]}: {error.strerror}; try `make setup`"
            raise ProcfileError(message) from error
        running = _Running(program, process)
        running.reader = asyncio.create_task(running.read(self._show))
        self._running.append(running)

    async def stop(self) -> None:
        """End all programs, the last one first, and wait for each; one that does not end in time is killed."""
        for running in reversed(self._running):
            running.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                for running in self._running:
                    await running.process.wait()
        except TimeoutError:
            pass
        finally:
            for running in self._running:
                running.signal(signal.SIGKILL)
                await running.process.wait()
                if running.reader is not None:
                    await running.reader
            self._running.clear()

    async def watch(self) -> None:
        """Wait until a program ends, and raise `ProgramEnded`."""
        waits = {asyncio.create_task(running.process.wait()): running for running in self._running}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        ended = waits[done.pop()]
        if ended.reader is not None:
            await ended.reader
        raise ProgramEnded(
            f"{ended.program.name} {_how(ended.process.returncode)}.\n{self.last_lines(ended.program.name)}"
        )

    def last_lines(self, name: str) -> str:
        """Return the last words of a program."""
        lines = next((list(running.lines) for running in self._running if running.program.name == name), [])
        return "\n".join([f"--- last lines of {name} ---", *(lines or ["(it said nothing)"])])

    def all_last_lines(self) -> str:
        """Return the last words of all programs."""
        return "\n".join(self.last_lines(running.program.name) for running in self._running)

    async def ready(self, client: httpx.AsyncClient, seconds: float) -> None:
        """Wait until every program answers `GET /health/ready` with 200. Raises `NotReady` after that time."""
        for program in self._programs:
            await until(client, f"{program.url}/health/ready", seconds, f"{program.name} is not ready")


async def until(client: httpx.AsyncClient, url: str, seconds: float, otherwise: str) -> None:
    """Wait until a URL answers 200; `NotReady`, with the last answer, where it does not in that time."""
    last = "no answer"
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    answer = await client.get(url)
                except httpx.TransportError as error:
                    last = f"{type(error).__name__}: {error}"
                else:
                    if answer.status_code == 200:
                        return
                    last = f"{answer.status_code} {answer.text[:300]}"
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise NotReady(f"{otherwise} after {seconds:.0f} s: GET {url}: {last}") from None


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
