"""Where the engine's time goes in one work."""

import io
import marshal
import pstats
import sysconfig
import time
from collections import defaultdict
from functools import partial
from pathlib import Path

from benchmarks.kit import MODES, Bench, at_once, binary_work, one_by_one
from benchmarks.loops import SIZES, one_loop
from benchmarks.processes import ROOT, Failed
from benchmarks.works import W2_LEVELS, W4_AT_ONCE

PROFILED = ("W1", "W2", "W3", "W4")
_LINES = 40


async def profile(bench: Bench, work: str, fast: bool, sync: str, out: Path) -> str:
    """Run one work on an engine under cProfile. Writes the profile into `out` and returns it as text.

    The profile is of the event loop's thread, in CPU time; that of the other threads is told in its first line. What
    stands at `runners.py` (run) itself is the event loop's own: polling, reading from sockets. The profiler makes
    Python code a few times slower, so shares count, not times; work in C looks smaller than it is.
    """
    out.mkdir(parents=True, exist_ok=True)
    name = f"profile-{work}-{sync}-{MODES[fast].replace(' ', '-')}"
    target = out / f"{name}.prof"
    program = ("-m", "benchmarks.profiled_engine", str(target.resolve()))
    async with bench.engine(sync, program) as engine:
        before, begin = engine.process.thread_seconds(), time.perf_counter()
        if work == "W1":
            tasks = bench.size.many
            await bench.counted(tasks, one_by_one(partial(engine.value, fast), tasks))
        elif work == "W2":
            tasks = bench.size.many
            await bench.counted(tasks, at_once(partial(engine.value, fast), tasks, W2_LEVELS[0]))
        elif work == "W3":
            tasks = SIZES[-1]
            await bench.counted(tasks, one_by_one(partial(one_loop, engine, fast, tasks), 1), calls=1)
        else:
            tasks = bench.size.binaries
            await bench.counted(tasks, at_once(binary_work(engine, fast, bench.size.binary), tasks, W4_AT_ONCE))
        seconds, after = time.perf_counter() - begin, engine.process.thread_seconds()
    if not target.exists():
        raise Failed("the engine left no profile")
    spent = [later - earlier for later, earlier in zip(after, before, strict=True)]
    head = (
        f"{work}, {sync}, {MODES[fast]}, under the profiler: {tasks} tasks in {seconds:.2f} s; CPU: event loop "
        f"{spent[0] / tasks * 1e3:.2f} ms a task, other threads {spent[1] / tasks * 1e3:.2f} ms a task\n"
    )
    text = head + _packages(target) + "".join(_listing(target, order) for order in ("cumulative", "tottime"))
    (out / f"{name}.txt").write_text(text)
    return text


def _packages(path: Path) -> str:
    """The share of each package in all time, built-in functions counted with those that call them."""
    with path.open("rb") as file:
        functions: dict[_Place, tuple[int, int, float, float, dict[_Place, _Part]]] = marshal.load(file)
    spent: defaultdict[str, float] = defaultdict(float)
    for place, (_, _, own, _, callers) in functions.items():
        if place[0] != "~":
            spent[_package(place[0])] += own
        for caller, part in callers.items() if place[0] == "~" else ():
            spent[_package(caller[0])] += part[2]
    total = sum(spent.values())
    shares = sorted(((seconds, name) for name, seconds in spent.items()), reverse=True)
    return "".join(f"{seconds / total:6.1%}  {name}\n" for seconds, name in shares[:20])


_Place = tuple[str, int, str]
_Part = tuple[int, int, float, float]


def _package(file: str) -> str:
    """`engine/task`, `aiohttp`, `asyncio`: where a file belongs."""
    parts = Path(_short(file)).parts
    return "/".join(parts[: 2 if parts[0] == "engine" else 1])


def _listing(path: Path, order: str) -> str:
    stream = io.StringIO()
    pstats.Stats(str(path), stream=stream).sort_stats(order).print_stats(_LINES)
    return _short(stream.getvalue())


def _short(text: str) -> str:
    for prefix in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), str(ROOT)):
        text = text.replace(f"{prefix}/", "")
    return text
