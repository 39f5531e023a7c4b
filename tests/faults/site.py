"""What a proof is made on: engines, a balancer before them, services. All of it ends with the block."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from aiservice.testing import free_port
from tests.e2e.processes import Engine, Process, wait_for
from tests.faults.balancer import Balancer
from tests.faults.checker import Checker, Log
from tests.faults.clients import Clients
from tests.faults.labour import HABITS, LOG, SOUND
from tests.faults.proof import Findings, Run
from tests.faults.routes import Json, Piece, definitions

PROCESSES = 2
START_SECONDS = 120.0


class Labourers(Process):
    """The processes of `labour.py`."""

    def __init__(self, folder: Path, seed: int, processes: int = PROCESSES, **habits: Any) -> None:
        port = free_port()
        arguments = ["-m", "tests.faults.labour", str(port), str(seed), str(folder), str(processes)]
        super().__init__(arguments, folder, port, {})
        self.behave(**habits)

    def behave(self, **habits: Any) -> None:
        """Behave so from now on, and soundly in all that is not named."""
        new = self.folder / f"{HABITS}.new"
        new.write_text(json.dumps({**SOUND, **habits}))
        new.rename(self.folder / HABITS)

    def heard(self, job: str) -> dict[str, str]:
        """The ids of the calls of a task, by operation."""
        return Log(self.folder / LOG).ids[job]

    def calls(self, job: str, operation: str) -> list[str]:
        """The ids of the calls of an operation for a task."""
        return Log(self.folder / LOG).all_ids[job, operation]

    def fates(self) -> Counter[str]:
        """How often they did what no good service does."""
        return Log(self.folder / LOG).fates


class Site:
    """So many engines on the same stores; with more than one, a balancer stands before them.

    `settings` are those of all engines. Nothing is started before the block is entered.
    """

    def __init__(
        self,
        run: Run,
        engines: int = 1,
        settings: Mapping[str, str] | None = None,
        processes: int = PROCESSES,
        **habits: Any,
    ) -> None:
        self.run = run
        self.labourers = Labourers(run.folder / "services", run.seed, processes, **habits)
        shared = {} if engines == 1 else {"REG_LOCAL_DATA": str(run.folder / "stores")}
        given = {**shared, **(settings or {})}
        self.engines = [Engine(run.folder / f"engine{number}", given) for number in range(engines)]
        self.balancer: Balancer | None = None
        self.url = self.engines[0].url
        self._stack = ExitStack()

    def __enter__(self) -> "Site":
        with self._stack as stack:
            if len(self.engines) > 1:
                self.balancer = Balancer([engine.port for engine in self.engines])
                stack.callback(self.balancer.close)
                self.url = self.balancer.url
            stack.callback(self.labourers.kill)
            self.labourers.start()
            for engine in self.engines:
                engine.settings |= {"APP_ENGINE": self.url, "APP_EXTERNAL_URL": self.url}
                stack.callback(engine.kill)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self) -> None:
        """Start the engines and open the routes."""
        self.start_engines()
        self.open(*definitions(self.labourers.url))

    def start_engines(self) -> None:
        """Start the engines, all at once."""
        for engine in self.engines:
            engine.spawn()
        for engine in self.engines:
            wait_for(engine.is_ready, f"an engine is ready; its log:\n{engine.log}", START_SECONDS)

    def replace(self, engine: Engine) -> None:
        """Have this engine in the place of the only one."""
        self.engines, self.url = [engine], engine.url
        engine.settings |= {"APP_ENGINE": self.url, "APP_EXTERNAL_URL": self.url}
        self._stack.callback(engine.kill)

    def open(self, *definitions: Json) -> None:
        """Post definitions."""
        for definition in definitions:
            answer = httpx.post(f"{self.url}/services", json=definition, timeout=30)
            assert answer.status_code == 200, answer.text

    def clients(self, pieces: list[Piece], keep_alive: bool = True, probe: str = "probe") -> Clients:
        """Clients with this workload; they end with the site."""
        clients = Clients(self.url, pieces, self.run.seed, keep_alive, probe)
        self._stack.callback(clients.close)
        return clients

    def check(self, clients: Clients, findings: Findings, may_fail: Collection[str] = (), counted: bool = True) -> None:
        """Wait for the ends of all tasks that these clients have submitted, and look at everything.

        Tasks of the routes `may_fail` may also end in an error. `counted`: the store has these tasks and no others.
        """
        checker = Checker(self.url, clients.accepted, findings, self.labourers.folder)
        checker.seen, checker.may_fail = clients.seen, may_fail
        checker.counted = counted
        checker.check()
        findings.wrong += clients.wrong
        if self.engines[0].settings.get("REG_DB_TYPE") == "mongo":
            findings.notes += [f"event streams gave {checker.repeated} lines twice"] * bool(checker.repeated)
        else:
            findings.expect(not checker.repeated, f"event streams gave {checker.repeated} lines twice")
        for engine in self.engines:
            told = engine.log
            place = told.find("Traceback")
            findings.expect(place < 0, f"an engine has written: {told[place : place + 2_000]}")
