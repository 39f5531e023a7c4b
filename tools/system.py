"""The whole system on one machine, as the Procfile says: started, ready, with the shipped pipelines loaded."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tools import shipped
from tools.layout import PROCFILE, ROOT
from tools.procfile import Program, parse, parse_env, require_free
from tools.supervisor import Supervisor

READY_SECONDS = 120.0

Result = TypeVar("Result")


def variables() -> dict[str, str]:
    """Return the variables that the Procfile may use: those of the `.env` file, and over them the environment's."""
    env_file = ROOT / ".env"
    return {**(parse_env(env_file.read_text()) if env_file.is_file() else {}), **os.environ}


def programs(more: Mapping[str, str] | None = None, procfile: Path = PROCFILE) -> list[Program]:
    """Read the Procfile, with `more` variables over those of the environment."""
    return parse(procfile.read_text(), {**variables(), **(more or {})})


async def while_running(supervisor: Supervisor, work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work while the programs run: the first that ends ends the work too, as `ProgramEnded`."""
    watch = asyncio.create_task(supervisor.watch())
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({watch, task}, return_when=asyncio.FIRST_COMPLETED)
        if task not in done:
            watch.result()
        return await task
    finally:
        for pending in (watch, task):
            pending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await pending


class System:
    """The running system. `client` speaks to the engine; `loaded` tells what became of each pipeline, by route."""

    def __init__(self, supervisor: Supervisor, client: httpx.AsyncClient, loaded: Mapping[str, str]) -> None:
        self.supervisor = supervisor
        self.client = client
        self.loaded = loaded

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do the work; raises `ProgramEnded` as soon as a program ends."""
        return await while_running(self.supervisor, work)


@contextlib.asynccontextmanager
async def running(chosen: list[Program], show: Callable[[str, str], None]) -> AsyncIterator[System]:
    """Start the programs, wait until all are ready and announced, load the pipelines; stop all at the end.

    Raises `ProcfileError`, `ProgramEnded`, `NotReady` or `Refused` where that does not succeed; then nothing runs.
    """
    require_free(chosen)
    engine = next(program for program in chosen if program.name == "engine")
    # Without the environment's proxies: all of it is on this machine.
    timeout = httpx.Timeout(30.0)
    async with httpx.AsyncClient(base_url=engine.url, trust_env=False, timeout=timeout) as client:
        async with Supervisor(chosen, ROOT, show) as supervisor:

            async def begin() -> dict[str, str]:
                await supervisor.ready(client, READY_SECONDS)
                return await shipped.load_all(client, READY_SECONDS, [program.name for program in chosen])

            loaded = await while_running(supervisor, begin())
            yield System(supervisor, client, loaded)
