"""Several engines on one store behind a TCP balancer, and what each process uses while tasks run on them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from aiservice.testing import free_port
from benchmarks.engine import Engine
from benchmarks.kit import Bench, at_once, one_by_one
from benchmarks.processes import Failed, Process, cpu_seconds, machine_seconds
from benchmarks.rows import percentile

_BALANCER = ("-m", "tests.faults.balancer")
_TOLD_SECONDS = 10.0
_WARM = 60


@dataclass(frozen=True)
class Load:
    """What was seen while tasks ran: tasks a second, seconds a task, and seconds of a core for a task, by process.

    `others` are the cores that the rest of the machine used meanwhile. `threads` are the engines' threads but their
    loops (`engines`); `commits` and `calls` of the store's methods are those of a task, and 0 where not counted.
    """

    tasks: int
    clients: int
    rate: float
    p50: float
    p95: float
    client: float
    balancer: float
    service: float
    engines: float
    threads: float
    server: float
    others: float
    commits: float
    calls: dict[str, float]


@dataclass
class Cluster:
    """Engines, the first of which counts what its store is asked, and how clients reach them: `entry`."""

    bench: Bench
    engines: list[Engine]
    balancer: Process | None
    entry: Engine
    told: Path

    async def load(self, tasks: int, clients: int) -> Load:
        """Let tasks run, so many at once. Raises Failed where a result or the number of calls is wrong."""
        times: list[float] = []

        async def work(number: int) -> None:
            begin = time.perf_counter()
            await self.entry.value(True, number)
            times.append(time.perf_counter() - begin)

        before, counted = self._seconds(), await told(self.engines[0], self.told)
        seconds = (await self.bench.counted(tasks, at_once(work, tasks, clients)))[0]
        await asyncio.sleep(0.1)
        after, found = self._seconds(), await told(self.engines[0], self.told)
        used = {name: after[name] - before[name] for name in before}
        others = (used.pop("machine") - sum(used.values())) / used.pop("time")
        each = {name: value / tasks for name, value in used.items()}
        calls = {name: (number - counted["calls"].get(name, 0)) / tasks for name, number in found["calls"].items()}
        commits = (found["commits"] - counted["commits"]) / tasks
        p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
        return Load(tasks, clients, tasks / seconds, p50, p95, **each, others=others, commits=commits, calls=calls)

    def _seconds(self) -> dict[str, float]:
        """Seconds of a core since the start, by process; `machine`: of all that runs, with `time` on top of that."""
        loops, threads = zip(*(engine.process.thread_seconds() for engine in self.engines), strict=True)
        now = time.perf_counter()
        server = self.bench.backend.server
        return {
            "client": time.process_time(),
            "balancer": self.balancer.cpu_seconds() if self.balancer is not None else 0.0,
            "service": self.bench.serving.cpu_seconds(),
            "engines": sum(loops),
            "threads": sum(threads),
            "server": cpu_seconds(server) if server is not None else 0.0,
            "time": now,
            "machine": machine_seconds() + now,
        }


async def told(engine: Engine, path: Path) -> dict[str, Any]:
    """What `benchmarks/counted_engine.py` has counted in this engine."""
    path.unlink(missing_ok=True)
    os.kill(engine.process.pid, signal.SIGUSR1)
    deadline = time.monotonic() + _TOLD_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise Failed("the engine does not tell what it has counted")
        await asyncio.sleep(0.005)
    return dict(orjson.loads(path.read_bytes()))


@contextlib.asynccontextmanager
async def cluster(bench: Bench, engines: int, balanced: bool = True) -> AsyncIterator[Cluster]:
    """So many engines on a new store, that have run a few tasks. Not `balanced`: all tasks go to the first."""
    name = f"cluster-{time.monotonic_ns()}"
    paths = [bench.folder / name / str(number) for number in range(engines)]
    settings = {**bench.backend.settings(), "APP_LIFESPAN": "100000000", "REG_LOCAL_DATA": str(paths[0] / "data")}
    report = bench.folder / f"{name}.json"
    started: list[Engine] = []
    async with contextlib.AsyncExitStack() as stack:
        for path in paths:
            program = ("-m", "benchmarks.counted_engine", str(report)) if not started else ("-m", "engine")
            engine = Engine.start(bench.session, path, "full", program, settings)
            stack.callback(engine.process.stop)
            started.append(engine)
            await engine.ready()
        await started[0].define(bench.service)
        await _know(started)
        entry, balancer = started[0], None
        if balanced:
            port = free_port()
            arguments = [*_BALANCER, str(port), *(engine.url.rpartition(":")[2] for engine in started)]
            balancer = stack.enter_context(Process("balancer", arguments, bench.folder, {}, speaks=True))
            entry = Engine(started[0].process, balancer.first_line(), bench.session, settings)
        await bench.counted(_WARM, at_once(partial(entry.value, True), _WARM, 2 * engines))
        yield Cluster(bench, started, balancer, entry, report)


async def _know(engines: list[Engine]) -> None:
    """Wait until every engine knows the pipelines that the first was given."""
    deadline = time.monotonic() + _TOLD_SECONDS
    wanted = await engines[0].json("GET", "/services")
    for engine in engines:
        while len(await engine.json("GET", "/services")) < len(wanted):
            if time.monotonic() > deadline:
                raise Failed("an engine does not hear of the pipelines of another")
            await asyncio.sleep(0.05)


async def commands_of_a_task(bench: Bench, tasks: int) -> float:
    """How many commands a task costs the store's server, counted at a proxy; 0 where there is no server."""
    from benchmarks.measured import measured

    if bench.backend.server is None:
        return 0.0
    async with measured(bench) as subject:
        before = await subject.spent()
        await subject.bench.counted(tasks, one_by_one(partial(subject.engine.value, True), tasks))
        return subject.of_work(before, await subject.spent(), tasks)["store requests"]
