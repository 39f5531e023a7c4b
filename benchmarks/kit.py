"""What all works are measured with: the kit of processes and clients, and ways to run many tasks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import orjson

from benchmarks.engine import NOTHING, PROGRAM, Engine
from benchmarks.floor import STEPS, Floor
from benchmarks.payload import Payload
from benchmarks.processes import Failed, Process
from benchmarks.stores import SQLITE, Backend

Work = Callable[[int], Awaitable[None]]
"""One task, given a number that makes it different from the others."""

MODES = {True: "fast answers", False: "callbacks"}
MB = 10**6


@dataclass(frozen=True)
class Size:
    """How much is done in one repeat. `binary` in bytes."""

    repeats: int = 5
    one: int = 200
    many: int = 1_000
    binaries: int = 12
    binary: int = 20 * MB
    large: int = 1_000 * MB
    ended: int = 1_000_000
    waiting: int = 10_000
    lasting: int = 200_000


@dataclass(frozen=True)
class Bench:
    """What all works need: a client, the no-op service, the floor, a folder for the engine's data."""

    session: aiohttp.ClientSession
    service: str
    floor: Floor
    folder: Path
    size: Size
    serving: Process
    backend: Backend = SQLITE

    @contextlib.asynccontextmanager
    async def engine(
        self, sync: str, program: tuple[str, ...] = PROGRAM, settings: Mapping[str, str] = NOTHING
    ) -> AsyncIterator[Engine]:
        """An engine with no data but the pipelines, that has run a few tasks."""
        folder = self.folder / f"engine-{sync}-{time.monotonic_ns()}"
        engine = Engine.start(self.session, folder, sync, program, settings)
        try:
            await engine.ready()
            await engine.define(self.service)
            for fast in MODES:
                await self.counted(20, one_by_one(partial(engine.value, fast), 20))
            yield engine
        except* aiohttp.ClientError as group:
            raise engine.process.failure(f"did not answer: {leaves(group)[0]!r}") from group
        finally:
            engine.process.stop()

    async def counted(self, tasks: int, work: Awaitable[list[float]], calls: int = STEPS) -> list[float]:
        """Do the work. Raises Failed where the service did not get exactly so many calls for each of the tasks."""
        wanted = tasks * calls
        before = await self._counts()
        times = await work
        after = await self._counts()
        made, refused = after["calls"] - before["calls"], after["refused"] - before["refused"]
        if made != wanted or refused:
            raise Failed(f"{tasks} tasks made {made} calls in place of {wanted}; {refused} callbacks were refused")
        return times

    async def _counts(self) -> dict[str, int]:
        async with self.session.get(f"{self.service}/count") as response:
            return dict(orjson.loads(await response.read()))


def leaves(error: BaseException) -> list[BaseException]:
    """The errors in a group, at any depth."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in leaves(part)]
    return [error]


async def one_by_one(work: Work, tasks: int) -> list[float]:
    """The seconds of each task."""
    times = []
    for number in range(tasks):
        begin = time.perf_counter()
        await work(number)
        times.append(time.perf_counter() - begin)
    return times


async def at_once(work: Work, tasks: int, workers: int) -> list[float]:
    """The seconds of all tasks together, as a list of one."""
    numbers: Iterator[int] = iter(range(tasks))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    begin = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())
    return [time.perf_counter() - begin]


def binary_work(subject: Floor | Engine, fast: bool, size: int) -> Work:
    """Tasks on binaries of `size` bytes, no two alike."""

    async def work(number: int) -> None:
        await subject.binary(fast, Payload(size, number))

    return work
