"""Every row of the table of faults in its short form, each in a process of its own, two at a time: most of them wait.

`FAULTS_SEED` in the environment repeats the chance of a run.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.e2e.processes import ROOT
from tests.faults.proofs import PROOFS

AT_ONCE = 2
STOP_SECONDS = 30
Outcome = tuple[int, str]
"""The exit code of a row, and what it printed."""


class Rows:
    """Runs rows, so many at a time, in the order in which they are named."""

    def __init__(self, names: list[str]) -> None:
        self._seed = os.environ.get("FAULTS_SEED") or str(secrets.randbelow(10**9))
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._found: dict[str, Future[Outcome]] = {name: self._threads.submit(self._run, name) for name in names}

    def outcome(self, name: str) -> Outcome:
        """What came of a row, once it has ended."""
        return self._found[name].result()

    def close(self) -> None:
        """Ask those that run to end, and wait for that; those that have not begun never do."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in list(self._running):
            process.send_signal(signal.SIGINT)
        for process in list(self._running):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._threads.shutdown()

    def _run(self, name: str) -> Outcome:
        command = [sys.executable, "-m", "tests.faults", "--short", "--only", name, "--seed", self._seed]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            self._running.add(process)
            if self._closed:
                process.send_signal(signal.SIGINT)
            told = process.communicate()[0]
            self._running.discard(process)
            return process.returncode, told


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[Rows]:
    """The rows of the tests that were chosen."""
    here = [item for item in request.session.items if item.name.startswith("test_row[")]
    rows = Rows([item.name.removeprefix("test_row[").removesuffix("]") for item in here])
    yield rows
    rows.close()


@pytest.mark.parametrize("name", PROOFS)
def test_row(name: str, rows: Rows) -> None:
    code, told = rows.outcome(name)
    print(told)
    assert code == 0, told
