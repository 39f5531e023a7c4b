"""`python -m benchmarks`: the engine beside a bare script that makes the same calls, as a table and a chart.

Ends with 1 where a result is wrong or a service got another number of calls than it must; a missed goal is shown,
and is no error.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks import report
from benchmarks.floor import Floor, http_client, temporary_files
from benchmarks.kit import Bench, Size, leaves
from benchmarks.processes import ROOT, Failed, Process
from benchmarks.profiling import PROFILED, profile
from benchmarks.rows import Row
from benchmarks.stores import KINDS, SQLITE, Backend, backend
from benchmarks.works import SERVICE, SYNCS, WORKS, w4_large

OUT = ROOT / "benchmarks" / "out"
USUAL = ["W1", "W2", "W3", "W4", "W5", "HOGS"]
"""What is run where nothing is asked for: a few minutes. The others are about scale, and take longer."""

QUICK = Size(repeats=2, one=50, many=200, binaries=4, ended=20_000, waiting=1_000, lasting=3_000)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer tasks and repeats: to see that it works")
    parser.add_argument("--only", type=_works, default=USUAL, metavar="W1,W4", help="these works alone")
    parser.add_argument("--repeats", type=_number, metavar="N", help="how often each figure is measured")
    parser.add_argument("--large", action="store_true", help="with W4, a binary of 1 GB too")
    parser.add_argument("--profile", choices=PROFILED, help="run this work once under cProfile, and nothing else")
    parser.add_argument("--callbacks", action="store_true", help="with --profile: services make callbacks")
    parser.add_argument("--sync", choices=SYNCS, default="full", help="with --profile: REG_SQLITE_SYNC")
    parser.add_argument("--tasks", type=_number, metavar="N", help="with W6, W7 and MEMORY: so many tasks")
    parser.add_argument("--store", choices=KINDS, default="sqlite", help="with W6, W7 and MEMORY: where tasks are kept")
    parser.add_argument("--out", type=Path, default=OUT, help="where the results are written")
    return parser.parse_args()


def _works(text: str) -> list[str]:
    names = [name.strip().upper() for name in text.split(",")]
    unknown = [name for name in names if name not in WORKS]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(WORKS)}")
    return [name for name in WORKS if name in names]


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number of 1 or more is wanted")
    return int(text)


@contextlib.asynccontextmanager
async def bench(size: Size, store: Backend = SQLITE) -> AsyncIterator[Bench]:
    """Everything that is measured with, ended and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        folder, spool = Path(name), Path(name) / "floor"
        spool.mkdir()
        with Process("noop-service", SERVICE, folder, {}, speaks=True) as service:
            url = service.first_line()
            async with http_client() as session, Floor(session, url, str(spool)) as floor:
                yield Bench(session, url, floor, folder, size, service, store)
        if temporary_files(str(spool)):
            raise Failed("the floor left files behind")


async def run(options: argparse.Namespace) -> None:
    """Measure what is asked for, and report it; where something fails, what was measured until then."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    size = QUICK if options.quick else Size()
    if options.repeats:
        size = replace(size, repeats=options.repeats)
    if options.tasks:
        size = replace(size, ended=options.tasks, waiting=options.tasks, lasting=options.tasks)
    with backend(options.store) as store:
        await measure(options, size, store)


async def measure(options: argparse.Namespace, size: Size, store: Backend) -> None:
    """The same, on stores that run."""
    async with bench(size, store) as kit:
        if options.profile:
            print(await profile(kit, options.profile, not options.callbacks, options.sync, options.out))
            return
        rows: list[Row] = []
        try:
            for name in options.only:
                print(f"{name}: {(WORKS[name].__doc__ or '').splitlines()[0]}", file=sys.stderr, flush=True)
                rows += await WORKS[name](kit)
                if name == "W4" and options.large:
                    rows += await w4_large(kit)
        finally:
            if rows:
                publish(rows, size.repeats, options.out)


def publish(rows: list[Row], repeats: int, out: Path) -> None:
    """Print the table; write it, the chart and the raw figures into `out`."""
    text = report.document(rows, repeats)
    print(text)
    report.write(rows, text, out)
    print(f"Written to {out}: report.md, chart.png, results.json", file=sys.stderr)


def main() -> int:
    """Returns the exit status."""
    status = 0
    try:
        uvloop.run(run(arguments()))
    except* Failed as group:
        status = 1
        for text in dict.fromkeys(str(error) for error in leaves(group)):
            print(f"benchmarks: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
