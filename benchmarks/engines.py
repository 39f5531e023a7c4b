"""ENGINES: throughput with one, two and three engines on one store, beside what the simulation says of it."""

from __future__ import annotations

import os
import sqlite3
import statistics
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from benchmarks.clusters import Load, cluster, commands_of_a_task
from benchmarks.kit import Bench
from benchmarks.rows import Row
from benchmarks.simulation import NODES, SAVES, Costs, Outcome, Place, simulate, wake_and_event

ENGINES = (1, 2, 3)
CLIENTS = (16, 64)
_SIMULATED = 3_000
_SYNCS = 200


async def engines(bench: Bench) -> list[Row]:
    """One, two and three engines on one store behind a balancer, and what the simulation says beside it."""
    costs = {}
    for shared in (False, True):
        costs[shared] = await calibrate(bench, shared)
    loads: dict[tuple[int, int], list[Load]] = {(e, c): [] for e in ENGINES for c in CLIENTS}
    for _ in range(bench.size.repeats):
        for number in ENGINES:
            async with cluster(bench, number) as running:
                for clients in CLIENTS:
                    loads[number, clients].append(await running.load(bench.size.many, clients))
    rows: list[Row] = []
    for (number, clients), found in loads.items():
        cores = (os.cpu_count() or 1) - statistics.median(load.others for load in found)
        balancer = statistics.median(load.balancer for load in found)
        measured_costs = Costs(**{**asdict(costs[number > 1]), "balancer": balancer})
        outcome = simulate(measured_costs, Place(number, clients, cores), _SIMULATED)
        rows += _compared(
            f"{number} engine{'s' if number > 1 else ''}, {clients} at once, {bench.backend.words}",
            found,
            outcome,
            cores,
        )
    return [*_parameters(bench, costs), *rows]


async def calibrate(bench: Bench, shared: bool) -> Costs:
    """The simulation's costs, measured on one engine, alone or beside another one that has nothing to do."""
    tasks, clients = bench.size.many, CLIENTS[0]
    async with cluster(bench, 2 if shared else 1, balanced=False) as subject:
        alone = await subject.load(tasks // 2, 1)
        together = await subject.load(tasks, clients)
    commands = await commands_of_a_task(bench, 100) / SAVES
    return _fitted(alone, together, commands, sync_seconds(bench.folder), clients)


def _fitted(alone: Load, together: Load, commands: float, sync: float, clients: int) -> Costs:
    commit = save = command = 0.0
    loops = (alone.engines, together.engines)
    if commands:
        # A server's command costs less where many are asked together; so do an engine's threads, that only resolve.
        command = together.server / (SAVES * commands)
        loops = (alone.engines + alone.threads, together.engines + together.threads)
    else:
        # Two measurements, two unknowns: a transaction, and a save in it.
        fewer = max(alone.commits - together.commits, 0.01)
        commit = max((alone.threads - together.threads) / fewer, 0.0)
        save = max(together.threads - together.commits * commit, 0.0) / SAVES
    bare = Costs(
        client=together.client,
        balancer=0.0,
        service=together.service / NODES,
        wake=0.0,
        event=0.0,
        commit=commit,
        save=save,
        sync=sync,
        commands=commands,
        command=command,
    )
    cores = (os.cpu_count() or 1) - together.others
    return wake_and_event(bare, Place(1, clients, cores), *loops)


def sync_seconds(folder: Path) -> float:
    """How long a transaction waits for this disk: its time less what it computes; the lower quartile of many.

    What takes longer on a busy machine has waited for a core, which the simulation does by itself.
    """
    waits = []
    with closing(sqlite3.connect(folder / "sync.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS documents (id INTEGER PRIMARY KEY, document BLOB)")
        for _ in range(_SYNCS):
            begin, computed = time.perf_counter(), time.thread_time()
            connection.execute("INSERT INTO documents (document) VALUES (zeroblob(3000))")
            waits.append(time.perf_counter() - begin - (time.thread_time() - computed))
    return statistics.quantiles(waits, n=4)[0]


def _compared(what: str, loads: list[Load], outcome: Outcome, cores: float) -> list[Row]:
    """Measured and predicted, side by side."""
    busiest = max(outcome.busy, key=lambda name: outcome.busy[name])
    used = sum(outcome.busy.values())
    rate = Row("ENGINES", f"{what}: throughput", "tasks/s", predicted=outcome.rate)
    rate.note = (
        f"{cores:.2f} cores were left by others; predicted: {used:.2f} used, {busiest} {outcome.busy[busiest]:.2f}"
    )
    p50 = Row("ENGINES", f"{what}: p50", "ms", predicted=outcome.p50 * 1e3)
    p95 = Row("ENGINES", f"{what}: p95", "ms", predicted=outcome.p95 * 1e3)
    for load in loads:
        rate.add(load.rate)
        p50.add(load.p50 * 1e3)
        p95.add(load.p95 * 1e3)
    return [rate, p50, p95]


def _parameters(bench: Bench, costs: dict[bool, Costs]) -> list[Row]:
    """What the simulation was given."""
    rows = []
    for shared, found in costs.items():
        column = f"{'beside another engine' if shared else 'alone'}, {bench.backend.words}"
        for name, value in asdict(found).items():
            factor, unit = (1.0, "") if name == "commands" else (1e3, "ms")
            row = Row("PARAMETERS", name, unit, column=column)
            row.add(value * factor)
            rows.append(row)
    return rows
