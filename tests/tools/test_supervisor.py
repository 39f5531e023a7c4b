"""Programs are started together, watched, and stopped together: with real processes."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from tools.procfile import ProcfileError, Program, free_ports, parse
from tools.supervisor import NotReady, ProgramEnded, Supervisor
from tools.system import while_running

SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.end_headers()
    def log_message(self, *words): pass
print("pid", os.getpid(), flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["APP_PORT"])), Handler).serve_forever()
"""
DYING = "import sys; print('first'); print('the reason', file=sys.stderr); sys.exit(7)"
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("pid", os.getpid(), flush=True)
while True: time.sleep(60)
"""


class Lines:
    """What the programs said, and waiting for it."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        self.all.append((name, line))
        self._news.set()

    async def pid(self, name: str) -> int:
        """Wait for the line in which a program says its process id."""
        async with asyncio.timeout(20):
            while True:
                for whose, line in self.all:
                    if whose == name and line.startswith("pid "):
                        return int(line.split()[1])
                self._news.clear()
                await self._news.wait()


def programs(tmp_path: Path, **codes: str) -> list[Program]:
    """Programs that run these pieces of Python, each with a free port."""
    lines = []
    for name, code in codes.items():
        (tmp_path / f"{name}.py").write_text(code)
        lines.append(f"{name}: APP_PORT=${{{name}_PORT:-1}} '{sys.executable}' {name}.py")
    text = "\n".join(lines)
    return parse(text, free_ports(parse(text, {})))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_ready_means_that_all_answer_and_afterwards_nothing_runs(tmp_path: Path) -> None:
    lines = Lines()
    chosen = programs(tmp_path, one=SERVER, two=SERVER)
    async with httpx.AsyncClient(trust_env=False) as client:
        async with Supervisor(chosen, tmp_path, lines) as supervisor:
            await supervisor.ready(client, 20)
            pids = [await lines.pid("one"), await lines.pid("two")]
            assert [(await client.get(program.url)).status_code for program in chosen] == [200, 200]
            assert all(map(alive, pids))
    assert not any(map(alive, pids))


async def test_a_program_that_dies_is_reported_with_its_last_lines_and_the_others_stop(tmp_path: Path) -> None:
    lines = Lines()
    with pytest.raises(ProgramEnded) as caught:
        async with Supervisor(programs(tmp_path, good=SERVER, bad=DYING), tmp_path, lines) as supervisor:
            pid = await lines.pid("good")
            await supervisor.watch()
    assert str(caught.value).splitlines() == [
        "bad ended with exit code 7.",
        "--- last lines of bad ---",
        *sorted(["first", "the reason"], key=str(caught.value).index),
    ]
    assert not alive(pid)


async def test_a_program_that_is_killed_is_reported_by_its_signal_and_ends_the_work(tmp_path: Path) -> None:
    lines = Lines()
    async with Supervisor(programs(tmp_path, one=SERVER), tmp_path, lines) as supervisor:
        os.kill(await lines.pid("one"), signal.SIGKILL)
        with pytest.raises(ProgramEnded, match="one was ended by SIGKILL"):
            async with asyncio.timeout(20):
                await while_running(supervisor, asyncio.Event().wait())


async def test_work_that_succeeds_or_fails_is_passed_on(tmp_path: Path) -> None:
    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise ValueError("as it is")

    async with Supervisor(programs(tmp_path, one=SERVER), tmp_path, Lines()) as supervisor:
        assert await while_running(supervisor, answer()) == 42
        with pytest.raises(ValueError, match="as it is"):
            await while_running(supervisor, fail())


async def test_a_program_that_ignores_the_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.supervisor.STOP_SECONDS", 0.2)
    lines = Lines()
    pid = 0
    try:
        async with asyncio.timeout(20):
            async with Supervisor(programs(tmp_path, one=STUBBORN), tmp_path, lines):
                pid = await lines.pid("one")
        assert not alive(pid)
    finally:
        if pid and alive(pid):
            os.kill(pid, signal.SIGKILL)


async def test_a_program_that_is_not_ready_is_named_with_its_answer(tmp_path: Path) -> None:
    chosen = programs(tmp_path, one=SERVER.replace('"200"', '"503"'))
    async with httpx.AsyncClient(trust_env=False) as client:
        lines = Lines()
        async with Supervisor(chosen, tmp_path, lines) as supervisor:
            await lines.pid("one")
            with pytest.raises(NotReady, match=r"one is not ready after 1 s: GET .*/health/ready: "):
                await supervisor.ready(client, 1)


async def test_a_program_that_is_not_there_is_said_and_nothing_stays(tmp_path: Path) -> None:
    lines = Lines()
    good = programs(tmp_path, good=SERVER)
    missing = parse("missing: APP_PORT=1 .venv/bin/nothing", {})
    with pytest.raises(ProcfileError, match="missing cannot be started: .venv/bin/nothing: .*make setup"):
        async with Supervisor([*good, *missing], tmp_path, lines):
            pytest.fail("it started")


async def test_a_very_long_line_does_not_stop_the_reading(tmp_path: Path) -> None:
    lines = Lines()
    code = "print('x' * 1_000_000, flush=True)\n" + SERVER
    async with Supervisor(programs(tmp_path, one=code), tmp_path, lines):
        assert alive(await lines.pid("one"))
