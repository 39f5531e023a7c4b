"""COST: what one task costs each part of the system, counted at the borders between the parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from benchmarks.engine import pipeline
from benchmarks.floor import STEPS
from benchmarks.kit import MODES, Bench, Work, at_once, binary_work
from benchmarks.measured import Measured, Spent, measured
from benchmarks.processes import Failed
from benchmarks.rows import Row

PICTURE = 100_000
LEVELS = (1, 16)
LENGTHS = (1, 3, 10, 30)
_HELD_ROUTE = "bench-held"
_FIGURES = {
    "requests taken": ("HTTP requests taken", "", 1.0),
    "requests made": ("HTTP requests made", "", 1.0),
    "bytes in": ("HTTP bytes in", "kB", 1e-3),
    "bytes out": ("HTTP bytes out", "kB", 1e-3),
    "store calls": ("calls of the store's methods", "", 1.0),
    "commits": ("commits", "", 1.0),
    "store requests": ("store commands", "", 1.0),
    "store bytes out": ("bytes to the store", "kB", 1e-3),
    "store bytes in": ("bytes from the store", "kB", 1e-3),
    "stored bytes": ("bytes stored at rest", "kB", 1e-3),
    "objects requests": ("S3 requests", "", 1.0),
    "objects bytes out": ("bytes to S3", "kB", 1e-3),
    "objects bytes in": ("bytes from S3", "kB", 1e-3),
    "cpu loop": ("engine CPU, event loop", "ms", 1e3),
    "cpu threads": ("engine CPU, other threads", "ms", 1e3),
}


async def cost(bench: Bench) -> list[Row]:
    """What one task costs each part: requests, bytes, commits, CPU time, memory."""
    found: dict[tuple[str, str], Row] = {}
    async with measured(bench) as subject:
        for _ in range(bench.size.repeats):
            for (what, level), (work, tasks) in zip(_kinds(), _works(subject, bench), strict=True):
                spent, kinds = await _used(subject, work, tasks, level, STEPS)
                for name, value in spent.items():
                    words = f"{what}, {level} at once"
                    row = found.setdefault((words, name), _row(bench, words, name))
                    row.add(value * _FIGURES[name][2])
                    row.note = _parts(kinds, name, tasks)
        rest = _rest(bench, subject)
        lengths = await _lengths(bench, subject)
        held = await _held(bench, subject)
    found = {key: row for key, row in found.items() if any(row.values)}
    ordered = sorted(found.items(), key=lambda item: list(_FIGURES).index(item[0][1]))
    return [*(row for _, row in ordered), *lengths, *rest, held]


def _kinds() -> list[tuple[str, int]]:
    """What is done, and how many tasks at once; pictures one by one."""
    pictures = [(f"picture of {PICTURE // 1000} kB, {name}", LEVELS[0]) for name in MODES.values()]
    return [(name, level) for name in MODES.values() for level in LEVELS] + pictures


def _works(subject: Measured, bench: Bench) -> list[tuple[Work, int]]:
    """Work and number of tasks in the order of `_kinds`."""
    numbers: list[Work] = [partial(subject.engine.value, fast) for fast in MODES for _ in LEVELS]
    pictures = [binary_work(subject.engine, fast, PICTURE) for fast in MODES]
    return [(work, bench.size.one) for work in numbers] + [(work, bench.size.one // 2) for work in pictures]


def _row(bench: Bench, what: str, name: str) -> Row:
    words, unit, _ = _FIGURES[name]
    return Row(f"COST, {bench.backend.words}", words, unit, column=what)


async def _used(subject: Measured, work: Work, tasks: int, level: int, calls: int) -> tuple[dict[str, float], Spent]:
    before = await subject.spent()
    await subject.bench.counted(tasks, at_once(work, tasks, level), calls=calls)
    await asyncio.sleep(0.5)  # what is saved a moment after the answer belongs to the task too
    after = await subject.spent()
    return subject.of_work(before, after, tasks), after.less(before)


def _parts(kinds: Spent, name: str, tasks: int) -> str:
    """What was asked for, by kind, where that is known; an idle engine's part is in it."""
    parts = kinds.kinds.get(name)
    if parts is None:
        return ""
    return ", ".join(f"{kind} {number / tasks:.2f}" for kind, number in parts.most_common() if number >= tasks / 20)


def _rest(bench: Bench, subject: Measured) -> list[Row]:
    """What an engine does in a second in which nobody asks anything of it."""
    rows = []
    for name in ("store calls", "commits", "store requests", "store bytes out", "store bytes in"):
        if subject.idle.get(name):
            row = _row(bench, "a second at rest", name)
            row.add(subject.idle[name] * _FIGURES[name][2])
            rows.append(row)
    return rows


async def _lengths(bench: Bench, subject: Measured) -> list[Row]:
    """What grows with the number of nodes: with fast answers, 16 at once."""
    rows = []
    tasks = bench.size.one
    for length in LENGTHS:
        await subject.engine.open(pipeline(subject.bench.service, True, False, length))
        work: Callable[[int], Awaitable[None]] = partial(subject.engine.value, True, steps=length)
        spent, _ = await _used(subject, work, tasks, LEVELS[-1], length)
        for name in ("stored bytes", "store calls", "commits", "store requests", "store bytes out", "cpu loop"):
            if spent.get(name):
                row = _row(bench, f"{length} node{'s' if length > 1 else ''}, fast answers, {LEVELS[-1]} at once", name)
                row.add(spent[name] * _FIGURES[name][2])
                rows.append(row)
    return rows


async def _held(bench: Bench, subject: Measured) -> Row:
    """The memory of tasks that run: their calls are held by the service until all are there."""
    engine, tasks = subject.engine, bench.size.many
    await engine.open(_held_pipeline(subject.bench.service))
    before = engine.process.resident()
    ids: list[str] = [""] * tasks

    async def submit(number: int) -> None:
        ids[number] = (await engine.json("POST", f"/services/{_HELD_ROUTE}", {"value": number}))["jobId"]

    async def all_of_them() -> list[float]:
        await at_once(submit, tasks, LEVELS[-1])
        while not await _accepted(subject, ids[-1]):
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)  # until it is stored that the calls are accepted
        row.add((engine.process.resident() - before) / tasks * 1e3)
        while await _running(subject):
            await release()
            await asyncio.sleep(0.2)
        return []

    async def release() -> None:
        async with bench.session.post(f"{bench.service}/release") as response:
            await response.read()

    row = Row(f"COST, {bench.backend.words}", "memory of a task that runs", "kB", column="one node")
    row.note = f"{tasks:,} tasks whose calls a service has accepted, {before:.0f} MB before"
    await subject.bench.counted(tasks, all_of_them(), calls=1)
    for number, task in enumerate(ids):
        if await engine.json("GET", f"/tasks/{task}") != {"value": number + 1}:
            raise Failed("a task that was held has a wrong result")
    return row


async def _running(subject: Measured) -> int:
    return int((await subject.engine.json("GET", "/stats"))["jobs"]["running"])


async def _accepted(subject: Measured, task: str) -> bool:
    """Whether the service has accepted the task's call."""
    attempts = (await subject.engine.json("GET", f"/tasks/{task}/raw"))["nodes"]["step"]["attempts"]
    return bool(attempts and attempts[-1]["accepted"])


def _held_pipeline(service: str) -> dict[str, Any]:
    step = {"id": "step", "type": "service", "url": f"{service}/hold", "timeout": 3_600, "next": ["finish"]}
    entry = {"id": "start", "type": "entry", "api": {"route": _HELD_ROUTE, "body": {"value": 0}}, "next": ["step"]}
    return {"type": "pipeline", "nodes": [entry, step, {"id": "finish", "type": "end"}]}
