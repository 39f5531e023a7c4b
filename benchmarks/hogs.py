"""HOGS: tasks whose code is small, beside 15 tasks whose code never ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

from benchmarks.engine import Engine
from benchmarks.kit import Bench, one_by_one
from benchmarks.processes import Failed
from benchmarks.rows import Goal, Row, percentile

HOGS = {
    "loop": "while True:\n    pass",
    "integer": "x = 10 ** 6\nwhile True:\n    x = x * x",
    "memory": "x = []\nwhile True:\n    x.append('x' * 100000)",
    "text": "x = 'a'\nwhile True:\n    x = (x + x)[:100000]",
    "sort": "while True:\n    sorted(range(10000), key=lambda n: -n)",
}
AT_ONCE = 15
_ROUTE = "bench-code"


async def hogs(bench: Bench) -> list[Row]:
    """One task after the other, with a branch, code and a service call, alone and beside 15 hogs."""
    tasks = bench.size.many
    middle = Row("HOGS", "p50 of tasks with code, beside 15 hogs", "ms")
    high = Row("HOGS", "p95 of tasks with code, beside 15 hogs", "ms", Goal(2.0, at_most=True))
    async with bench.engine("full") as engine:
        await _define(engine, bench.service)
        await bench.counted(20, one_by_one(partial(engine.code, _ROUTE), 20), calls=1)
        ended = 0
        for _ in range(bench.size.repeats):
            before = await bench.counted(tasks, one_by_one(partial(engine.code, _ROUTE), tasks), calls=1)
            async with _beside(engine) as count:
                found = await bench.counted(tasks, one_by_one(partial(engine.code, _ROUTE), tasks), calls=1)
            ended += len(count)
            after = await bench.counted(tasks, one_by_one(partial(engine.code, _ROUTE), tasks), calls=1)
            for row, share in ((middle, 0.5), (high, 0.95)):
                row.add(*(percentile(times, share) * 1e3 for times in (found, before, after)))
    high.note = f"the floor is the same tasks alone; {ended} hogs were ended meanwhile"
    return [middle, high]


@contextlib.asynccontextmanager
async def _beside(engine: Engine) -> AsyncIterator[list[str]]:
    """Keep hogs running; gives the names of those that were ended."""
    ended: list[str] = []
    names: Iterator[str] = iter(list(HOGS) * 10_000)

    async def keep() -> None:
        for name in names:
            await engine.hog(_hog_route(name))
            ended.append(name)

    keepers = [asyncio.create_task(keep()) for _ in range(AT_ONCE)]
    try:
        await asyncio.sleep(0.5)  # until all of them run
        yield ended
    finally:
        for keeper in keepers:
            keeper.cancel()
        outcomes = await asyncio.gather(*keepers, return_exceptions=True)
        wrong = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        if wrong:
            raise wrong[0]


async def _define(engine: Engine, service: str) -> None:
    step = {"id": "step", "type": "service", "url": f"{service}/fast", "input": {"value": "start.out.value"}}
    code = {"after": "node.out.doubled = node.out.value * 2"}
    side: dict[str, Any] = {"if": "input.value >= 0", "then": {"next": ["step"]}, "else": {"next": ["finish"]}}
    choose = {"id": "choose", "type": "branch", **side}
    await engine.open(_line(_ROUTE, {"value": 0}, choose, {**step, **code, "next": ["finish"]}))
    for name, text in HOGS.items():
        await engine.open(_line(_hog_route(name), {}, {"id": "hog", "before": text, "next": ["finish"]}))


def _hog_route(name: str) -> str:
    return f"bench-hog-{name}"


def _line(route: str, body: Any, *nodes: dict[str, Any]) -> dict[str, Any]:
    entry = {"id": "start", "type": "entry", "api": {"route": route, "body": body}, "next": [nodes[0]["id"]]}
    return {"type": "pipeline", "nodes": [entry, *nodes, {"id": "finish", "type": "end"}]}
