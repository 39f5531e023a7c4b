"""INSTRUCTIONS: what it costs to be seen, in instructions that the engine's process executes for a task.

CPU time differs by several per cent between two processes of one program, so it cannot tell 2 from 5 per cent in a few
minutes; the number of instructions can. They are counted by cachegrind (valgrind), under which the engine is tens of
times slower: what it does by the clock counts more than it would. Two runs of different length tell what a task costs.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from functools import partial
from pathlib import Path

from benchmarks.engine import PROGRAM
from benchmarks.kit import MODES, Bench, at_once
from benchmarks.processes import Failed, Process
from benchmarks.rows import Goal, Row
from benchmarks.seen import AT_ONCE, BARE, SEEN, SETTLED, SINK, UNSEEN, traced

FEW, MANY = 200, 600
"""Tasks of the two runs."""

_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")
_WRITTEN_SECONDS = 20.0


async def instructions(bench: Bench) -> list[Row]:
    """W2, 16 at once, on engines that count nothing (the floor), with metrics, and with traces. One run tells enough:
    the repeats that are asked for do not matter."""
    if shutil.which("valgrind") is None:
        raise Failed("valgrind counts the instructions: install it (apt-get install valgrind)")
    rows = []
    with Process("span-sink", SINK, bench.folder, {}, speaks=True) as sink:
        url = sink.first_line()
        for fast in MODES:
            floor = await _of_a_task(bench, UNSEEN, {}, fast)
            for name, ratio in SEEN.items():
                goal = None if ratio == "1" else Goal(1.05, at_most=True)
                row = Row("INSTRUCTIONS", f"a task, {name}, {MODES[fast]}, over {BARE}", "million", goal)
                row.add(await _of_a_task(bench, PROGRAM, traced(url, ratio), fast), floor)
                rows.append(row)
    return rows


async def _of_a_task(bench: Bench, program: tuple[str, ...], told: dict[str, str], fast: bool) -> float:
    """Millions of instructions."""
    few, many = [await _counted(bench, program, told, fast, tasks) for tasks in (FEW, MANY)]
    return (many - few) / (MANY - FEW) / 1e6


async def _counted(bench: Bench, program: tuple[str, ...], told: dict[str, str], fast: bool, tasks: int) -> int:
    """All instructions of an engine that runs so many tasks, from its start to its end."""
    log = bench.folder / f"instructions-{time.monotonic_ns()}.log"
    async with bench.engine("full", _under_valgrind(program, log), told) as engine:
        await bench.counted(tasks, at_once(partial(engine.value, fast), tasks, AT_ONCE))
        await asyncio.sleep(SETTLED)
    deadline = time.monotonic() + _WRITTEN_SECONDS
    while (found := _COUNTED.search(log.read_text())) is None:
        if time.monotonic() > deadline:
            raise Failed(f"valgrind has not told what it counted:\n{log.read_text()[-1_000:]}")
        await asyncio.sleep(0.1)
    return int(found[1].replace(",", ""))


def _under_valgrind(program: tuple[str, ...], log: Path) -> tuple[str, ...]:
    options = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", f"--log-file={log}"]
    return "-c", f"import os, sys; os.execvp('valgrind', ['valgrind', *{options!r}, sys.executable, *{program!r}])"
