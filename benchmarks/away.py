"""W7: very many tasks that wait for a service that is away, and what happens when it comes."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

from benchmarks.engine import Engine
from benchmarks.kit import Bench, at_once
from benchmarks.processes import Failed
from benchmarks.rows import Goal, Row

OPERATION, ROUTE = "bench-away", "bench-waiting"
SUBMITTERS, READERS = 16, 16
WATCHED_SECONDS = 20.0
_STATED_SECONDS = 600.0
_LONG = {"APP_LIFESPAN": "100000", "APP_MAX_TASKS": "1000000"}


async def w7(bench: Bench) -> list[Row]:
    """Many tasks that wait for a service that is away: memory and CPU time of the engine; then the service comes."""
    tasks, words = bench.size.waiting, bench.backend.words
    memory = Row("W7", f"{tasks:,} tasks wait: engine's memory, {words}", "MB", Goal(300, True, "value"))
    cpu = Row("W7", f"{tasks:,} tasks wait: CPU over {WATCHED_SECONDS:.0f} s, {words}", "%", Goal(5, True, "value"))
    ended = Row("W7", f"{tasks:,} tasks end after the service has come, {words}", "s")
    async with bench.engine("full", settings={**bench.backend.settings(), **_LONG}) as engine:
        start = engine.process.resident()
        await engine.open(_definition())
        ids = await _submitted(bench, engine, tasks)
        await _until(engine, tasks, "running")
        memory.add(engine.process.resident())
        before, begin = engine.process.family_seconds(), time.perf_counter()
        await asyncio.sleep(WATCHED_SECONDS)
        spent = engine.process.family_seconds() - before
        cpu.add(spent / (time.perf_counter() - begin) * 100)
        begin = time.perf_counter()
        await bench.counted(tasks, _come(bench, engine, tasks), calls=1)
        ended.add(time.perf_counter() - begin)
        await at_once(partial(_check, engine, ids), tasks, READERS)
        memory.note = f"{start:.0f} MB before; {engine.process.peak():.0f} MB at most until all had ended"
        ended.note = f"{tasks / ended.values[0]:.0f} tasks/s; every result was read and is right"
    return [memory, cpu, ended]


def _definition() -> dict[str, Any]:
    """One service node that names an operation which nobody offers yet."""
    return {
        "type": "pipeline",
        "nodes": [
            {"id": "start", "type": "entry", "api": {"route": ROUTE, "body": {"value": 0}}, "next": ["step"]},
            {"id": "step", "type": "service", "service": OPERATION, "timeout": 86_400, "next": ["finish"]},
            {"id": "finish", "type": "end"},
        ],
    }


async def _submitted(bench: Bench, engine: Engine, tasks: int) -> list[str]:
    """Submit them all; the ids in the order of their numbers."""
    ids = [""] * tasks

    async def work(number: int) -> None:
        ids[number] = (await engine.json("POST", f"/services/{ROUTE}", {"value": number}))["jobId"]

    await bench.counted(tasks, at_once(work, tasks, SUBMITTERS), calls=0)
    if len(set(ids)) != tasks:
        raise Failed("two submissions got the same task")
    return ids


async def _come(bench: Bench, engine: Engine, tasks: int) -> list[float]:
    """Announce the service, and wait until no task runs any more."""
    api = {"route": OPERATION, "body": {"value": 0}, "summary": "adds one", "description": "adds one"}
    await engine.json("POST", "/services", {"type": "service", "url": f"{bench.service}/fast", "api": api})
    await _until(engine, 0, "running")
    return []


async def _until(engine: Engine, tasks: int, status: str) -> None:
    """Wait until so many tasks have a status. Raises Failed where that takes too long."""
    deadline = time.monotonic() + _STATED_SECONDS
    while (found := (await engine.json("GET", "/stats"))["jobs"][status]) != tasks:
        if time.monotonic() > deadline:
            raise Failed(f"{found} tasks are {status} in place of {tasks}")
        await asyncio.sleep(0.1)


async def _check(engine: Engine, ids: list[str], number: int) -> None:
    result = await engine.json("GET", f"/tasks/{ids[number]}")
    if result != {"value": number + 1}:
        raise Failed(f"a task that waited has the result {result} for {number}")
