"""W6: a store in which very many ended tasks lie, beside one that is empty."""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.engine import Engine, route
from benchmarks.fill import copy_id, fill_sqlite, fill_store
from benchmarks.kit import Bench
from benchmarks.processes import Failed
from benchmarks.rows import Goal, Row
from benchmarks.stores import opened
from engine.app import DATABASE
from engine.store.base import Store

PAGE = 200
"""So many tasks the engine's clean-up removes at a time."""

SUBMITTED, READ, LISTED, PAGES = 60, 200, 50, 4
_FOR_EVER = {"APP_LIFESPAN": "100000000", "APP_CRON": "100000000"}
_POLL_SECONDS = 0.002


@dataclass
class Side:
    """An engine, its store opened here too, a task that it has run, and the copies of it that are there.

    Copies are numbered; those from `first` to `last` - 1 are there, the oldest first.
    """

    engine: Engine
    store: Store
    original: str
    first: int = 0
    last: int = 0

    async def add(self, tasks: int) -> None:
        """Put more copies there."""
        if self.engine.settings.get("REG_DB_TYPE", "sqlite") == "sqlite":
            path = Path(self.engine.settings["REG_LOCAL_DATA"]) / DATABASE
            await asyncio.to_thread(fill_sqlite, path, self.original, self.last, tasks)
        else:
            await fill_store(self.store, self.original, self.last, tasks)
        self.last += tasks

    async def submit(self, number: int) -> float:
        """The seconds until the answer to a submission; the task has ended when this returns."""
        begin = time.perf_counter()
        answer = await self.engine.json("POST", f"/services/{route(True, False)}", {"value": number})
        seconds = time.perf_counter() - begin
        while (await self.engine.json("GET", f"/tasks/{answer['jobId']}/status"))["status"] == "running":
            await asyncio.sleep(_POLL_SECONDS)
        if await self.engine.json("GET", f"/tasks/{answer['jobId']}") != {"value": number + 3}:
            raise Failed("a task beside ended ones has a wrong result")
        return seconds

    async def status(self, _: int) -> float:
        """The seconds that the status of one of the copies takes."""
        task = copy_id(random.randrange(self.first, self.last))
        return await self._timed(f"/tasks/{task}/status", lambda answer: answer["status"] == "finished")

    async def stats(self, _: int) -> float:
        """The seconds that the numbers of all tasks take."""
        return await self._timed("/stats", lambda answer: answer["jobs"]["finished"] >= self.last - self.first)

    async def page(self, _: int) -> float:
        """The seconds that a list of the newest tasks takes."""
        return await self._timed(f"/tasks?limit={LISTED}", lambda answer: len(answer["tasks"]) == LISTED)

    async def clean_up(self, _: int) -> float:
        """The seconds that it takes to find and remove a page of the oldest tasks."""
        begin = time.perf_counter()
        found = await self.store.expired(2**60, PAGE)
        gone = await self.store.delete(found)
        seconds = time.perf_counter() - begin
        if set(gone) != {copy_id(number) for number in range(self.first, self.first + PAGE)}:
            raise Failed("clean-up has not removed the oldest tasks")
        if await self.store.existing(gone):
            raise Failed("clean-up has left tasks behind")
        self.first += PAGE
        return seconds

    async def _timed(self, path: str, right: Callable[[Any], bool]) -> float:
        begin = time.perf_counter()
        answer = await self.engine.json("GET", path)
        seconds = time.perf_counter() - begin
        if not right(answer):
            raise Failed(f"{path} answered {str(answer)[:200]}")
        return seconds


async def w6(bench: Bench) -> list[Row]:
    """Submit, status, stats, a list and clean-up with very many ended tasks in the store, beside an empty one."""
    tasks = bench.size.ended
    what = ("submit", "status of an ended task", "stats", f"list of {LISTED} tasks", f"clean-up of {PAGE} tasks")
    rows = [Row("W6", f"{name}, {bench.backend.words}", "ms", Goal(1.5, at_most=True)) for name in what]
    async with _side(bench) as few, _side(bench) as full:
        begin = time.perf_counter()
        await full.add(tasks)
        rows[0].note = f"{tasks:,} ended tasks, put there in {time.perf_counter() - begin:.0f} s; floor: an empty store"
        await _measured(bench, few)  # both have been asked everything once
        await _measured(bench, full)
        for _ in range(bench.size.repeats):
            before = await _measured(bench, few)
            found = await _measured(bench, full)
            for row, values in zip(rows, zip(found, before, await _measured(bench, few), strict=True), strict=True):
                row.add(*values)
        rows[-1].note = f"the floor's side has {PAGE * PAGES} ended tasks for it, and those that were submitted before"
    return rows


@contextlib.asynccontextmanager
async def _side(bench: Bench) -> AsyncIterator[Side]:
    settings = {**bench.backend.settings(), **_FOR_EVER}
    async with bench.engine("full", settings=settings) as engine, opened(engine.settings) as store:
        newest = (await engine.json("GET", "/tasks?limit=1&status=finished"))["tasks"]
        yield Side(engine, store, newest[0]["jobId"])


async def _measured(bench: Bench, side: Side) -> list[float]:
    """The median of each figure in ms, in the order of the rows."""
    missing = PAGE * PAGES - (side.last - side.first)
    if missing > 0:
        await side.add(missing)
    works: list[tuple[Callable[[int], Awaitable[float]], int]] = [
        (side.submit, SUBMITTED),
        (side.status, READ),
        (side.stats, LISTED),
        (side.page, LISTED),
        (side.clean_up, PAGES),
    ]
    medians = []
    for work, times in works:
        calls = times * 3 if work == side.submit else 0
        medians.append(statistics.median(await bench.counted(1, _times(work, times), calls=calls)) * 1e3)
    return medians


async def _times(work: Callable[[int], Awaitable[float]], times: int) -> list[float]:
    return [await work(number) for number in range(times)]
