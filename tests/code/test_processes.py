"""The processes of the sandbox: when they start, what they inherit, and when they end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from engine.code.base import CodeError, SandboxClosed
from engine.code.monty import MontySandbox
from engine.code.process import Limits
from engine.pipeline.code import compile_code
from tests.code.sandboxes import IDS, scope, unchecked

ROOT = Path(__file__).resolve().parents[2]
QUICK = compile_code("A.out.n", "expression", IDS)
ENDLESS = unchecked("while True: pass")
DEAF = unchecked("x = 3 ** 100000\nwhile True: x = x * x")


@pytest.fixture
async def sandbox() -> AsyncIterator[MontySandbox]:
    made = MontySandbox()
    yield made
    await made.close()


def family(sandbox: MontySandbox) -> list[psutil.Process]:
    """The workers, and the interpreters that they started."""
    workers = [psutil.Process(pid) for pid in sandbox.pids]
    return [process for worker in workers for process in (worker, *worker.children(recursive=True))]


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_nothing_is_started_before_the_first_run(sandbox: MontySandbox) -> None:
    assert sandbox.pids == []
    await sandbox.run(QUICK, scope())
    assert len(sandbox.pids) == 1
    await asyncio.gather(*(sandbox.run(QUICK, scope()) for _ in range(200)))
    assert len(sandbox.pids) <= max(2, min(4, os.cpu_count() or 1))


def test_the_engine_does_not_import_the_interpreter() -> None:
    text = "import sys, engine.app, engine.code.monty; print('pydantic_monty' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def test_workers_inherit_nothing(sandbox: MontySandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "do not tell")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        await sandbox.run(QUICK, scope())
    processes = family(sandbox)
    assert len(processes) == 2
    for process in processes:
        assert process.environ() == {}
        assert process.cwd() == "/"
        assert os.getpgid(process.pid) == sandbox.pids[0] != os.getpgid(0)
        links = [os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
        assert str(tmp_path / "open") not in links
        assert not [link for link in links if not link.startswith(("socket:", "pipe:", "anon_inode:", "/dev/null"))]
        assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0) and process.rlimit(psutil.RLIMIT_CORE) == (0, 0)


async def test_the_loop_goes_on_meanwhile(sandbox: MontySandbox) -> None:
    running = asyncio.ensure_future(sandbox.run(ENDLESS, scope()))
    longest, last = 0.0, time.monotonic()
    while not running.done():
        await asyncio.sleep(0.001)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    with pytest.raises(CodeError):
        running.result()
    assert longest < 0.3


@pytest.mark.parametrize("program", [ENDLESS, DEAF], ids=["a loop", "within a huge integer"])
async def test_who_no_longer_waits_costs_no_more(sandbox: MontySandbox, program: object) -> None:
    await sandbox.run(QUICK, scope())
    running = asyncio.ensure_future(sandbox.run(program, scope()))  # type: ignore[arg-type]
    await asyncio.sleep(0.15)
    before = family(sandbox)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: any(not process.is_running() for process in before))
    assert (await sandbox.run(QUICK, scope())).value == 3
    await until(lambda: all(process.cpu_percent(0.05) < 50 for process in family(sandbox)))


async def test_who_is_cancelled_while_waiting_takes_no_place(sandbox: MontySandbox) -> None:
    runs = [asyncio.ensure_future(sandbox.run(QUICK, scope())) for _ in range(50)]
    await asyncio.sleep(0)
    for run in runs[::2]:
        run.cancel()
    results = await asyncio.gather(*runs, return_exceptions=True)
    assert [getattr(result, "value", None) for result in results[1::2]] == [3] * 25
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert (await sandbox.run(QUICK, scope())).value == 3


async def test_a_dead_worker_is_replaced(sandbox: MontySandbox) -> None:
    await sandbox.run(QUICK, scope())
    for process in family(sandbox):
        process.kill()
    assert (await sandbox.run(QUICK, scope())).value == 3


async def test_a_dead_interpreter_is_replaced(sandbox: MontySandbox) -> None:
    await sandbox.run(QUICK, scope())
    worker, interpreter = family(sandbox)
    interpreter.kill()
    assert (await sandbox.run(QUICK, scope())).value == 3
    assert worker.is_running()


async def test_a_worker_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = MontySandbox(Limits(patience=0.2, grace=0.1))
    try:
        await sandbox.run(QUICK, scope())
        worker = family(sandbox)[0]
        worker.suspend()
        with pytest.raises(CodeError, match="TimeoutError: the code ran longer than 0.2 s"):
            await sandbox.run(QUICK, scope())
        assert (await sandbox.run(QUICK, scope())).value == 3
        assert worker.pid not in sandbox.pids
    finally:
        await sandbox.close()


async def test_hogs_get_low_priority_and_leave_none_behind() -> None:
    sandbox = MontySandbox(Limits(seconds=2))
    running = asyncio.ensure_future(sandbox.run(ENDLESS, scope()))
    await until(lambda: os.SCHED_IDLE in [os.sched_getscheduler(process.pid) for process in family(sandbox)])
    assert os.sched_getscheduler(sandbox.pids[0]) == os.SCHED_OTHER
    with pytest.raises(CodeError):
        await running
    await sandbox.run(QUICK, scope())
    assert {os.sched_getscheduler(process.pid) for process in family(sandbox)} == {os.SCHED_OTHER}
    await sandbox.close()


async def test_there_are_never_more_than_eight(sandbox: MontySandbox) -> None:
    programs = [unchecked(f"n = {number}\nwhile True: pass") for number in range(20)]
    runs = [asyncio.ensure_future(sandbox.run(program, scope())) for program in programs]
    await until(lambda: len(sandbox.pids) >= 3)
    for _ in range(20):
        assert len(sandbox.pids) <= 8
        await asyncio.sleep(0.02)
    for run in runs:
        run.cancel()
    await asyncio.gather(*runs, return_exceptions=True)


async def test_close_ends_everything() -> None:
    sandbox = MontySandbox()
    await sandbox.run(QUICK, scope())
    runs = [asyncio.ensure_future(sandbox.run(unchecked(f"{n}\nwhile True: pass"), scope())) for n in range(12)]
    await until(lambda: len(sandbox.pids) >= 2)
    processes = family(sandbox)
    await sandbox.close()
    results = await asyncio.gather(*runs, return_exceptions=True)
    assert SandboxClosed in {type(result) for result in results} <= {SandboxClosed, CodeError}
    assert sandbox.pids == []
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    with pytest.raises(SandboxClosed):
        await sandbox.run(QUICK, scope())


ENGINE = """
import asyncio, sys
sys.path.insert(0, {root!r})
from tests.code.sandboxes import scope, unchecked
from tests.code.test_processes import DEAF, ENDLESS, QUICK
from engine.code.monty import MontySandbox
from engine.code.process import Limits
async def main():
    sandbox = MontySandbox(Limits(seconds=60, patience=60))
    await sandbox.run(QUICK, scope())
    runs = [asyncio.ensure_future(sandbox.run(program, scope())) for program in (ENDLESS, DEAF)]
    while len(sandbox.pids) < 2:
        await asyncio.sleep(0.01)
    print(*sandbox.pids, flush=True)
    await asyncio.gather(*runs)
asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_engine_is_killed_the_workers_end(how: signal.Signals) -> None:
    text = ENGINE.format(root=str(ROOT))
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in engine.stdout.readline().split()]
        processes = [process for worker in workers for process in (worker, *worker.children(recursive=True))]
        assert len(processes) >= 3
        engine.send_signal(how)
    gone, alive = psutil.wait_procs(processes, timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


async def test_ctrl_c_does_not_reach_the_workers(sandbox: MontySandbox) -> None:
    await sandbox.run(QUICK, scope())
    assert {os.getpgid(process.pid) for process in family(sandbox)} == set(sandbox.pids)
