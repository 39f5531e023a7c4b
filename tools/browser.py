"""The web page in a real browser, on the real engine and services: `python -m tools.browser test [VITEST ARGUMENT...]`.

`python -m tools.browser screenshots [VITEST ARGUMENT...]` takes pictures of every page in the same way. Both build the
page where that is not done, and start all programs for themselves, on ports and with data of their own. The browser is
what the variable CHROMIUM names, or else a Chromium or Chrome on PATH. Exit code 2 where something cannot be started.
"""

import asyncio
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiservice.testing import free_port
from tools import web
from tools.layout import ROOT, parts
from tools.procfile import ProcfileError, Program, free_ports
from tools.shipped import Refused
from tools.supervisor import NotReady, ProgramEnded
from tools.system import System, programs, running

NAME = "webapp in a browser"
SETTING = "CHROMIUM"
KNOWN = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAMS = ("engine", "image_processing", "face_detection")
CONFIGS = {"test": "browser/vitest.config.ts", "screenshots": "browser/screenshots.config.ts"}
SPARE_PORTS = 6
"""Ports for engines that a test starts for itself."""


class NoBrowser(Exception):
    """There is no browser here; the text says what to do."""


def find(variables: Mapping[str, str] = os.environ) -> Path:
    """Return the browser. Raises `NoBrowser`."""
    named = variables.get(SETTING)
    for name in [named] if named else KNOWN:
        found = shutil.which(name, path=variables.get("PATH", os.defpath))
        if found:
            return Path(found)
    if named:
        raise NoBrowser(f"{SETTING}={named} is no program")
    raise NoBrowser(f"there is no Chromium here; install the package chromium, or name a browser with {SETTING}=...")


def missing() -> str:
    """Return why the page cannot be tried in a browser on this machine; nothing where it can."""
    try:
        find()
    except NoBrowser as error:
        return str(error)
    if not web.is_current():
        return "the packages of the web page are not installed, or there is no Node"
    without = [part.name for part in parts() if part.name in PROGRAMS and not part.python.exists()]
    return f"{', '.join(without)}: no environment" if without else ""


def settings(engine: Program, browser: Path, folder: Path) -> dict[str, str]:
    """Return what the tests are told: where all is, and on which ports they may start engines of their own."""
    return {
        **web.environment(),
        "BROWSER_PROGRAM": str(browser),
        "BROWSER_ENGINE": engine.url,
        "BROWSER_FOLDER": str(folder),
        "BROWSER_PORTS": ",".join(str(free_port()) for _ in range(SPARE_PORTS)),
        "BROWSER_PYTHON": str(ROOT / engine.arguments[0]),
    }


def chosen_programs(data: str) -> list[Program]:
    """Return what is started: on free ports, with an empty data folder, serving the page that was built."""
    known = [program for program in programs() if program.name in PROGRAMS]
    moved = programs({**free_ports(known), "DATA_FOLDER": data})
    return [
        dataclasses.replace(program, environment={**program.environment, "APP_WEB": str(web.DIST)})
        for program in moved
        if program.name in PROGRAMS
    ]


async def work(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program of the page's packages; return its exit code. It ends with this."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=web.WEBAPP, env=environment, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def go(config: str, arguments: Sequence[str]) -> int:
    """Start all, let the tests run, end all; return their exit code."""
    browser = find()
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="browser-") as name:
        folder = Path(name)
        chosen = chosen_programs(str(folder / "data"))
        engine = next(program for program in chosen if program.name == "engine")
        command = web.program("vitest", "run", "--config", config, *arguments)
        system: System
        async with running(chosen, lambda name, line: lines.append(f"{name}: {line}")) as system:
            return await system.run(work(command, settings(engine, browser, folder)))


async def stoppable(config: str, arguments: Sequence[str]) -> int:
    """The same, ended in order by SIGINT and SIGTERM."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await go(config, arguments)


def main(arguments: Sequence[str]) -> int:
    """Try the page, or take its pictures."""
    if not arguments or arguments[0] not in CONFIGS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        web.build()
        return asyncio.run(stoppable(CONFIGS[arguments[0]], arguments[1:]))
    except asyncio.CancelledError:
        return 2
    except (NoBrowser, web.NoNode, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
    except (ProcfileError, ProgramEnded, NotReady, Refused) as error:
        print(error, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
