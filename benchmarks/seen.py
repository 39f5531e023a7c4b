"""SEEN: what it costs to be seen. W2 on an engine that counts nothing, and on one with metrics and traces."""

from __future__ import annotations

import asyncio
import contextlib
import time
from functools import partial

from benchmarks.engine import PROGRAM, Engine
from benchmarks.kit import MODES, Bench, at_once
from benchmarks.processes import Process
from benchmarks.rows import Goal, Row

AT_ONCE = 16
SINK = ["-m", "benchmarks.span_sink"]
UNSEEN = ("-m", "benchmarks.unseen_engine")
SEEN = {"metrics": None, "metrics, 10 % traced": "0.1", "metrics, all traced": "1"}
"""What is shown, and the share of the tasks that is traced."""

SETTLED = 2.0
"""Seconds after which all spans of the work were sent: that belongs to its cost."""


async def seen(bench: Bench) -> list[Row]:
    """W2, 16 at once: the engine's CPU time a task with metrics and traces; the floor is the engine without them."""
    times: dict[tuple[str, bool], Row] = {}
    rates: dict[tuple[str, bool], Row] = {}
    async with contextlib.AsyncExitStack() as stack:
        sink = stack.enter_context(Process("span-sink", SINK, bench.folder, {}, speaks=True)).first_line()
        bare = await stack.enter_async_context(bench.engine("full", UNSEEN))
        engines = {}
        for name, ratio in SEEN.items():
            told = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink, "OTEL_TRACES_SAMPLER_ARG": ratio} if ratio else {}
            engines[name] = await stack.enter_async_context(bench.engine("full", PROGRAM, told))
            for fast in MODES:
                goal = None if ratio == "1" else Goal(1.05, at_most=True)
                times[name, fast] = Row("SEEN", f"engine CPU a task, {name}, {MODES[fast]}", "ms", goal)
                rates[name, fast] = Row("SEEN", f"{AT_ONCE} at once, {name}, {MODES[fast]}", "tasks/s")
        for repeat in range(bench.size.repeats):
            for fast in MODES:
                names = list(engines)[repeat % len(engines) :] + list(engines)[: repeat % len(engines)]
                for name in names:  # each with the floor right before and right after
                    before = await _measured(bench, bare, fast)
                    found = await _measured(bench, engines[name], fast)
                    after = await _measured(bench, bare, fast)
                    times[name, fast].add(found[0], before[0], after[0])
                    rates[name, fast].add(found[1], before[1], after[1])
    return [*times.values(), *rates.values()]


async def _measured(bench: Bench, engine: Engine, fast: bool) -> tuple[float, float]:
    """Milliseconds of CPU time a task, all threads of the engine, and tasks a second."""
    tasks = bench.size.many
    cpu, begin = engine.process.cpu_seconds(), time.perf_counter()
    (seconds,) = await bench.counted(tasks, at_once(partial(engine.value, fast), tasks, AT_ONCE))
    await asyncio.sleep(max(0.0, SETTLED - (time.perf_counter() - begin - seconds)))
    return (engine.process.cpu_seconds() - cpu) / tasks * 1e3, tasks / seconds
