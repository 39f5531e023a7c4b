"""SEEN: what it costs to be seen. W2 on an engine that counts nothing, and on ones with metrics and traces.

The engines have their turns in short blocks, one after the other, so that what else the machine does meets all alike.
An engine's time is its own process's, of all its threads, until it has sent all spans.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import partial

from benchmarks.engine import PROGRAM, Engine
from benchmarks.kit import MODES, Bench, at_once
from benchmarks.processes import Process
from benchmarks.rows import Goal, Row

AT_ONCE = 16
BLOCKS = 20
"""Into how many the tasks of one repeat are divided."""

SINK = ["-m", "benchmarks.span_sink"]
UNSEEN = ("-m", "benchmarks.unseen_engine")
BARE = "nothing"
SEEN = {"metrics": None, "metrics, 10 % traced": "0.1", "metrics, all traced": "1"}
"""What is shown, and the share of the tasks that is traced."""

SETTLED = 2.5
"""Seconds after which all spans were sent."""


async def seen(bench: Bench) -> list[Row]:
    """W2, 16 at once: the engine's CPU time a task with metrics and traces; the floor is the engine without them."""
    rows: dict[tuple[str, bool], tuple[Row, Row]] = {}
    for name, ratio in SEEN.items():
        for fast in MODES:
            goal = None if ratio == "1" else Goal(1.05, at_most=True)
            time = Row("SEEN", f"engine CPU a task, {name}, {MODES[fast]}", "ms", goal)
            rows[name, fast] = time, Row("SEEN", f"{AT_ONCE} at once, {name}, {MODES[fast]}", "tasks/s")
    with Process("span-sink", SINK, bench.folder, {}, speaks=True) as sink:
        url = sink.first_line()
        for number in range(bench.size.repeats):
            async with _engines(bench, url, number) as engines:
                for fast in MODES:
                    times, rates = await _measured(bench, engines, fast)
                    for name in SEEN:
                        rows[name, fast][0].add(times[name], times[BARE])
                        rows[name, fast][1].add(rates[name], rates[BARE])
    return [row for number in (0, 1) for row in (pair[number] for pair in rows.values())]


@contextlib.asynccontextmanager
async def _engines(bench: Bench, sink: str, turn: int) -> AsyncIterator[dict[str, Engine]]:
    """All that are compared. Each repeat has new ones, started in another order: two processes of the same program
    differ by a few per cent, by where things happen to lie in memory."""
    names = [BARE, *SEEN]
    engines = {}
    async with contextlib.AsyncExitStack() as stack:
        for name in (names[turn % len(names) :] + names)[: len(names)]:
            ratio, program = SEEN.get(name), UNSEEN if name == BARE else PROGRAM
            engines[name] = await stack.enter_async_context(bench.engine("full", program, traced(sink, ratio)))
        yield engines


def traced(sink: str, ratio: str | None) -> dict[str, str]:
    """The settings of an engine that sends the spans of so many of its tasks there; None of no tasks."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": sink, "OTEL_TRACES_SAMPLER_ARG": ratio} if ratio else {}


async def _measured(bench: Bench, engines: dict[str, Engine], fast: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Of each engine the milliseconds of CPU time a task, and tasks a second."""
    block = bench.size.many // BLOCKS
    tasks = block * BLOCKS
    before = {name: engine.process.cpu_seconds() for name, engine in engines.items()}
    seconds: defaultdict[str, float] = defaultdict(float)
    for number in range(BLOCKS):
        turn = number % len(engines)
        for name in [*engines][turn:] + [*engines][:turn]:
            work = at_once(partial(engines[name].value, fast), block, AT_ONCE)
            seconds[name] += (await bench.counted(block, work))[0]
    await asyncio.sleep(SETTLED)
    times = {name: (engine.process.cpu_seconds() - before[name]) / tasks * 1e3 for name, engine in engines.items()}
    return times, {name: tasks / seconds[name] for name in engines}
