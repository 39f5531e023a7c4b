"""W3: one loop over many items, a service call each, beside a floor that makes the same calls many at once."""

from __future__ import annotations

import statistics
from functools import partial

from benchmarks.engine import Engine
from benchmarks.kit import MODES, Bench, at_once, one_by_one
from benchmarks.rows import Goal, Row

SIZES = (500, 2_000, 10_000)
FLOOR_AT_ONCE = 64
_GOALS = {500: Goal(6.0, at_most=True)}
_GROWTH = {2_000: Goal(4.4, True, "value"), 10_000: Goal(5.5, True, "value")}


async def w3(bench: Bench) -> list[Row]:
    """One loop over 500, 2,000 and 10,000 items, a service call each."""
    rows: list[Row] = []
    for fast, name in MODES.items():
        async with bench.engine("full") as engine:
            await bench.counted(100, one_by_one(partial(one_loop, engine, fast, 100), 1), calls=1)
            sizes = {size: Row("W3", f"{size:,} items, full, {name}", "s", _GOALS.get(size)) for size in SIZES}
            cpu = dict.fromkeys(SIZES, 0.0)
            for _ in range(bench.size.repeats):
                for size, row in sizes.items():
                    before = await _floor(bench, fast, size)
                    start = engine.process.cpu_seconds()
                    found = await bench.counted(size, one_by_one(partial(one_loop, engine, fast, size), 1), calls=1)
                    cpu[size] += engine.process.cpu_seconds() - start
                    row.add(found[0], before, await _floor(bench, fast, size))
            for size, row in sizes.items():
                row.note = f"engine CPU {cpu[size] / bench.size.repeats / size * 1e3:.2f} ms an item"
            memory = Row("W3", f"engine's peak memory, {name}", "MB")
            memory.add(engine.process.peak())
            rows += [*sizes.values(), *_growths(sizes, name), memory]
    return rows


async def one_loop(engine: Engine, fast: bool, size: int, _: int) -> None:
    """One task that loops over so many items."""
    await engine.items(fast, list(range(size)))


async def _floor(bench: Bench, fast: bool, size: int) -> float:
    return (await bench.counted(size, at_once(partial(bench.floor.item, fast), size, FLOOR_AT_ONCE), calls=1))[0]


def _growths(sizes: dict[int, Row], name: str) -> list[Row]:
    """How much longer more items take; the goal is for the medians."""
    rows = []
    for less, more in zip(SIZES, SIZES[1:], strict=False):
        row = Row("W3", f"{more:,} items over {less:,}, full, {name}", "", _GROWTH[more])
        row.values.append(statistics.median(sizes[more].values) / statistics.median(sizes[less].values))
        rows.append(row)
    return rows
