"""The works: what is measured, and how. Every one checks each result and the number of calls that were made.

In each repeat the floor is measured right before and right after the engine. The floor of W1 and W2 takes fast answers,
also beside an engine that waits for callbacks: it is the least that the same work can cost. There a floor that waits
for callbacks as well is measured too, and told in a note.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import aiohttp

from benchmarks.away import w7
from benchmarks.cost import cost
from benchmarks.engine import Engine
from benchmarks.engines import engines
from benchmarks.full_store import w6
from benchmarks.hogs import hogs
from benchmarks.instructions import instructions
from benchmarks.kit import MB, MODES, Bench, Work, at_once, binary_work, one_by_one
from benchmarks.lasting import memory
from benchmarks.loops import w3
from benchmarks.processes import Process
from benchmarks.rows import Goal, Row, percentile
from benchmarks.seen import seen

SERVICE = ["-m", "benchmarks.noop_service"]
SYNCS = ("full", "normal")
W2_LEVELS = (16, 64)
W4_AT_ONCE = 4
_W1_GOALS = {("full", True): 6.0, ("full", False): 9.0, ("normal", True): 4.0, ("normal", False): 6.0}
_W2_GOALS = {("full", True): 0.20, ("full", False): 0.12}


class _Numbers:
    """Tasks on numbers, on an engine of one kind, in one mode: a row for each figure that `measure` is given."""

    def __init__(self, sync: str, fast: bool, rows: list[Row]) -> None:
        self.sync, self.rows = sync, rows
        self._fast = fast
        self._cpu = 0.0
        self._tasks = 0

    async def measure(self, bench: Bench, engine: Engine, tasks: int, run: Callable[[Work], _Figures]) -> None:
        """One repeat."""
        modes = [True] if self._fast else [False, True]
        before = {mode: await run(partial(bench.floor.value, mode)) for mode in modes}
        cpu = engine.process.cpu_seconds()
        found = await run(partial(engine.value, self._fast))
        self._cpu += engine.process.cpu_seconds() - cpu
        self._tasks += tasks
        after = {mode: await run(partial(bench.floor.value, mode)) for mode in reversed(modes)}
        for number, row in enumerate(self.rows):
            row.add(found[number], before[True][number], after[True][number])
            if not self._fast:
                row.alike.append(statistics.fmean((before[False][number], after[False][number])))

    def finish(self) -> list[Row]:
        """The rows, with notes."""
        for row in self.rows:
            if row.alike:
                ratio = statistics.median(row.values) / statistics.median(row.alike)
                row.note = f"{ratio:.2f} of a floor with callbacks"
        notes = [f"engine CPU {self._cpu / self._tasks * 1e3:.2f} ms a task", self.rows[0].note]
        self.rows[0].note = "; ".join(note for note in notes if note)
        return self.rows


_Figures = Awaitable[tuple[float, ...]]


async def w1(bench: Bench) -> list[Row]:
    """One task through three service nodes, one after the other."""
    tasks = bench.size.one

    async def run(work: Work) -> tuple[float, ...]:
        times = await bench.counted(tasks, one_by_one(work, tasks))
        return percentile(times, 0.5) * 1e3, percentile(times, 0.95) * 1e3

    async with bench.engine("full") as full, bench.engine("normal") as normal:
        engines = {"full": full, "normal": normal}
        lines = []
        for (sync, fast), goal in _W1_GOALS.items():
            median = Row("W1", f"p50, {sync}, {MODES[fast]}", "ms", Goal(goal, at_most=True))
            lines.append(_Numbers(sync, fast, [median, Row("W1", f"p95, {sync}, {MODES[fast]}", "ms")]))
        for _ in range(bench.size.repeats):
            for line in lines:
                await line.measure(bench, engines[line.sync], tasks, run)
    return [row for line in lines for row in line.finish()]


async def w2(bench: Bench) -> list[Row]:
    """The same, many at once."""
    tasks = bench.size.many

    async def run(work: Work, level: int) -> tuple[float, ...]:
        return (tasks / (await bench.counted(tasks, at_once(work, tasks, level)))[0],)

    rows: list[Row] = []
    async with bench.engine("full") as full, bench.engine("normal") as normal:
        engines = {"full": full, "normal": normal}
        starts = {sync: engines[sync].process.resident() for sync in SYNCS}
        lines = [_level(sync, fast, level) for sync in SYNCS for fast in MODES for level in W2_LEVELS]
        for _ in range(bench.size.repeats):
            for number, line in enumerate(lines):
                level = W2_LEVELS[number % len(W2_LEVELS)]
                await line.measure(bench, engines[line.sync], tasks, partial(run, level=level))
        for low, high in zip(lines[::2], lines[1::2], strict=True):
            rows += [*low.finish(), *high.finish(), _growth(*low.rows, *high.rows)]
        for sync in SYNCS:
            row = Row("W2", f"engine's memory at the end, {sync}", "MB", note=f"{starts[sync]:.0f} MB at the start")
            row.add(engines[sync].process.resident())
            rows.append(row)
    return rows


def _level(sync: str, fast: bool, level: int) -> _Numbers:
    bound = _W2_GOALS.get((sync, fast))
    goal = None if bound is None else Goal(bound, at_most=False)
    return _Numbers(sync, fast, [Row("W2", f"{level} at once, {sync}, {MODES[fast]}", "tasks/s", goal)])


def _growth(low: Row, high: Row) -> Row:
    values = [more / less for less, more in zip(low.values, high.values, strict=True)]
    name = high.name.replace("at once", f"at once over {W2_LEVELS[0]}")
    return Row("W2", name, "", Goal(1.0, at_most=False, of="value"), values)


async def w4(bench: Bench) -> list[Row]:
    """Binaries through three service nodes, four at once. Every repeat has an engine of its own."""
    rows = []
    tasks, megabytes = bench.size.binaries, bench.size.binary / MB
    for fast, name in MODES.items():
        speed = Row("W4", f"{megabytes:.0f} MB, 4 at once, full, {name}", "MB/s", Goal(0.5, at_most=False))
        peak = Row("W4", f"engine's peak memory, {name}", "MB", Goal(100, True, "value"))
        starts = []

        async def rate(work: Work) -> float:
            return tasks * megabytes / (await bench.counted(tasks, at_once(work, tasks, W4_AT_ONCE)))[0]

        for _ in range(bench.size.repeats):
            async with bench.engine("full") as engine:
                starts.append(engine.process.resident())
                before = await rate(binary_work(bench.floor, fast, bench.size.binary))
                found = await rate(binary_work(engine, fast, bench.size.binary))
                after = await rate(binary_work(bench.floor, fast, bench.size.binary))
                speed.add(found, before, after)
                peak.add(engine.process.peak())
        peak.note = f"{statistics.median(starts):.0f} MB at the start"
        rows += [speed, peak]
    return rows


async def w4_large(bench: Bench) -> list[Row]:
    """One large binary through three service nodes: the memory that it adds. Once in each mode."""
    rows = []
    for fast, name in MODES.items():
        row = Row("W4", f"memory added by {bench.size.large / MB:.0f} MB, {name}", "MB", Goal(50, True, "value"))
        async with bench.engine("full") as engine:
            start = engine.process.resident()
            begin = time.perf_counter()
            await bench.counted(1, one_by_one(binary_work(engine, fast, bench.size.large), 1))
            row.add(engine.process.peak() - start)
            row.note = f"{start:.0f} MB at the start; {bench.size.large / MB / (time.perf_counter() - begin):.0f} MB/s"
        rows.append(row)
    return rows


async def w5(bench: Bench) -> list[Row]:
    """From the start of the process to the first result; the floor starts the no-op service and makes three calls."""
    row = Row("W5", "start to first result", "s", Goal(1.5, True, "value"))
    folder = bench.folder / "engine-start"
    engine = Engine.start(bench.session, folder, "full")
    try:
        await engine.ready()
        await engine.define(bench.service)
        await bench.counted(1, one_by_one(partial(engine.value, True), 1))
    finally:
        engine.process.stop()
    for _ in range(bench.size.repeats):
        before = await _service_start(bench)
        found = (await bench.counted(1, _engine_start(bench, folder)))[0]
        row.add(found, before, await _service_start(bench))
    return [row]


async def _engine_start(bench: Bench, folder: Path) -> list[float]:
    begin = time.perf_counter()
    engine = Engine.start(bench.session, folder, "full")
    try:
        while True:
            try:
                await engine.value(True, 0)
                return [time.perf_counter() - begin]
            except aiohttp.ClientConnectorError:
                if not engine.process.running:
                    raise engine.process.failure("ended") from None
                await asyncio.sleep(0.002)
    finally:
        engine.process.stop()


async def _service_start(bench: Bench) -> float:
    begin = time.perf_counter()
    with Process("noop-service-start", SERVICE, bench.folder, {}, speaks=True) as process:
        url = process.first_line()
        async with bench.session.post(f"{url}/fast", data=b'{"value": 0}', headers={"prefer": "wait=9"}) as response:
            await response.read()
        return time.perf_counter() - begin


WORKS: dict[str, Callable[[Bench], Awaitable[list[Row]]]] = {
    "W1": w1,
    "W2": w2,
    "W3": w3,
    "W4": w4,
    "W5": w5,
    "W6": w6,
    "W7": w7,
    "MEMORY": memory,
    "COST": cost,
    "ENGINES": engines,
    "HOGS": hogs,
    "SEEN": seen,
    "INSTRUCTIONS": instructions,
}
