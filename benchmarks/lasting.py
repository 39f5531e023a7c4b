"""MEMORY: the engine's memory over very many tasks, while those that have ended are removed."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Iterator

from benchmarks.engine import Engine
from benchmarks.kit import MODES, Bench, at_once
from benchmarks.rows import Goal, Row

AT_ONCE = 64
LIFESPAN_SECONDS, CRON_SECONDS = 10, 5
_LOOK_SECONDS = 0.5


class _Watch:
    """The memory of an engine as tasks end: pairs of how many have ended, and MB."""

    def __init__(self, engine: Engine) -> None:
        self.seen: list[tuple[int, float]] = []
        self.done = 0
        self._engine = engine

    @contextlib.asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look at it while this lasts."""
        task = asyncio.create_task(self._look())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            self.seen.append((self.done, self._engine.process.resident()))
            await asyncio.sleep(_LOOK_SECONDS)

    def thirds(self, tasks: int) -> Iterator[list[float]]:
        """What was seen in each third of the tasks."""
        for third in range(3):
            yield [memory for done, memory in self.seen if third <= done * 3 // tasks < third + 1]


async def memory(bench: Bench) -> list[Row]:
    """The engine's memory over very many tasks, by thirds; tasks are removed soon after their end."""
    tasks, words = bench.size.lasting, bench.backend.words
    quick = {"APP_LIFESPAN": str(LIFESPAN_SECONDS), "APP_CRON": str(CRON_SECONDS)}
    names = ("first", "second", "last")
    rows = [Row("MEMORY", f"{name} third of {tasks:,} tasks, median, {words}", "MB") for name in names]
    growth = Row("MEMORY", f"last third over the second, {words}", "", Goal(1.05, True, "value"))
    async with bench.engine("full", settings={**bench.backend.settings(), **quick}) as engine:
        watch, begin = _Watch(engine), time.perf_counter()

        async def work(number: int) -> None:
            await engine.value(number % 2 == 0, number)
            watch.done += 1

        async with watch.looking():
            await bench.counted(tasks, at_once(work, tasks, AT_ONCE))
        seconds = time.perf_counter() - begin
        left = (await engine.json("GET", "/stats"))["jobs"]["finished"]
    for row, seen in zip(rows, watch.thirds(tasks), strict=True):
        row.add(statistics.median(seen))
        row.note = f"{min(seen):.1f} to {max(seen):.1f} MB, seen {len(seen)} times"
    growth.add(rows[2].values[0] / rows[1].values[0])
    growth.note = (
        f"{tasks / seconds:.0f} tasks/s, {AT_ONCE} at once, {' and '.join(MODES.values())} in turn; kept for "
        f"{LIFESPAN_SECONDS} s after their end, so that {left:,} were there in the end"
    )
    return [*rows, growth]
