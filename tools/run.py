"""`make run`: starts what the Procfile names, loads the pipelines, stays until Ctrl-C or until a program ends.

`python -m tools.run [PROCFILE]`: another Procfile may be named; one of its programs must be `engine`.
"""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from tools.layout import PROCFILE, ROOT
from tools.procfile import ProcfileError, Program
from tools.shipped import Refused
from tools.supervisor import NotReady, ProgramEnded
from tools.system import System, programs, running

WIDTH = 18


def show(name: str, line: str) -> None:
    """Print one line of a program."""
    print(f"{name:<{WIDTH}} | {line}", flush=True)


def is_set_up(program: Program) -> bool:
    """Whether the environment of a program is there, if it runs in one of this project's."""
    interpreter = ROOT / program.arguments[0]
    return ".venv" not in interpreter.parts or interpreter.exists()


def welcome(chosen: list[Program], system: System) -> str:
    """Say what runs, and where to look."""
    engine = next(program for program in chosen if program.name == "engine")
    lines = ["", "All is ready."]
    lines += [f"  {program.name:<{WIDTH}} {program.url}" for program in chosen]
    lines += [f"  pipeline {route}: {outcome}" for route, outcome in system.loaded.items()]
    lines += [
        f"Open      {engine.url}   for the web page.",
        f"Look at   {engine.url}/docs   for every open route.",
        f"Try       curl -F image=@samples/astronaut.jpg {engine.url}/services/face-blur",
        "Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


async def stay(procfile: Path) -> int:
    """Run until a signal (exit code 0) or until something fails (exit code 1)."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        known = programs(procfile=procfile)
        chosen = [program for program in known if is_set_up(program)]
        for program in known:
            if program not in chosen:
                print(
                    f"{program.name} is left out: it has no environment (`make setup` makes all of them).", flush=True
                )
        async with running(chosen, show) as system:
            print(welcome(chosen, system), flush=True)
            await system.supervisor.watch()
    except asyncio.CancelledError:
        print("\nStopped.", flush=True)
        return 0
    except (ProcfileError, ProgramEnded, NotReady, Refused) as error:
        print(f"\n{error}\nEverything was stopped.", file=sys.stderr, flush=True)
    return 1


def main() -> int:
    """Run the system."""
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(stay(Path(sys.argv[1]) if sys.argv[1:] else PROCFILE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
