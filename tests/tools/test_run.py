"""`make run` as a process: with programs that stand in for engine and services, so that they can be made to fail."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiservice.testing import free_port
from tools.layout import ROOT

# Says yes to everything that the runner asks of an engine.
STANDIN = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"nodes": []}')
    do_PUT = do_POST = do_GET
    def log_message(self, *words): pass
print("pid", os.getpid(), flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["APP_PORT"])), Handler).serve_forever()
"""


class Runner:
    """The runner as a process, and what it said so far."""

    def __init__(self, procfile: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.run", str(procfile)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.text = ""

    def read(self, pattern: str, seconds: float = 30) -> "re.Match[str]":
        """Wait until its words match."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.text)):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65_536) if ready else b""
            if not chunk:
                raise AssertionError(f"{pattern!r} was not said:\n{self.text}")
            self.text += chunk.decode()
        return match

    def ended(self, seconds: float = 30) -> int:
        """Wait for its end; return the exit code."""
        assert self.process.stdout is not None
        code = self.process.wait(seconds)
        self.text += self.process.stdout.read().decode()
        self.process.stdout.close()
        return code

    def close(self) -> None:
        """End it, if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            self.ended()


@pytest.fixture
def procfile(tmp_path: Path) -> Path:
    """Two programs."""
    (tmp_path / "program.py").write_text(STANDIN)
    program = f"'{sys.executable}' '{tmp_path / 'program.py'}'"
    lines = [f"{name}: APP_PORT=${{{name.upper()}_PORT:-{free_port()}}} {program}" for name in ("engine", "second")]
    (tmp_path / "Procfile").write_text("\n".join(lines))
    return tmp_path / "Procfile"


@pytest.fixture
def runner(procfile: Path) -> Iterator[Runner]:
    """The runner with both programs."""
    started = Runner(procfile)
    yield started
    started.close()


def pid(runner: Runner, name: str) -> int:
    return int(runner.read(rf"{name} +\| pid (\d+)\n").group(1))


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_to_look_and_one_signal_stops_all(runner: Runner, number: signal.Signals) -> None:
    pids = [pid(runner, "engine"), pid(runner, "second")]
    runner.read(r"Look at +http://127\.0\.0\.1:\d+/docs")
    runner.read("pipeline face-blur: new version\n")
    runner.read("Ctrl-C stops everything")
    assert all(map(alive, pids))
    runner.process.send_signal(number)
    assert runner.ended() == 0
    assert not any(map(alive, pids))


def test_a_program_that_dies_ends_all_with_its_last_lines(runner: Runner) -> None:
    pids = [pid(runner, "engine"), pid(runner, "second")]
    runner.read("All is ready")
    os.kill(pids[1], signal.SIGKILL)
    assert runner.ended() == 1
    assert f"second was ended by SIGKILL.\n--- last lines of second ---\npid {pids[1]}\n" in runner.text
    assert not alive(pids[0])


def test_a_program_that_dies_at_once_is_not_waited_for(procfile: Path) -> None:
    lines = (
        procfile.read_text()
        + f"\nthird: APP_PORT={free_port()} '{sys.executable}' -c 'raise SystemExit(\"no model\")'\n"
    )
    procfile.write_text(lines)
    runner = Runner(procfile)
    assert runner.ended() == 1
    assert "third ended with exit code 1.\n--- last lines of third ---\nno model\n" in runner.text


def test_a_taken_port_is_a_sentence_and_nothing_is_started(procfile: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        runner = Runner(procfile, SECOND_PORT=str(port))
        assert runner.ended() == 1
    assert f"port {port}, which second needs, cannot be used" in runner.text
    assert "SECOND_PORT=... make run" in runner.text
    assert "Traceback" not in runner.text
    assert "pid" not in runner.text


def test_a_program_whose_environment_is_not_made_is_left_out(procfile: Path) -> None:
    missing = f"\nthird: APP_PORT={free_port()} services/third/.venv/bin/python -m third\n"
    procfile.write_text(procfile.read_text() + missing)
    runner = Runner(procfile)
    try:
        runner.read("third is left out")
        runner.read("All is ready")
    finally:
        runner.close()
