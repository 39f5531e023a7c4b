"""`AsyncClient`: the same shape as `Client`, many tasks at once, and alone."""

import asyncio
import inspect
import subprocess
import sys

from engine.client import AsyncClient, AsyncTask, Client, Task
from tests.client.conftest import QUICK
from tests.e2e.processes import ROOT, Engine
from tests.e2e.scripts import Scripted, open_chain


def methods(kind: type) -> dict[str, list[tuple[str, object]]]:
    """The public methods of a class: their parameters, with defaults."""
    found = {}
    for name, member in inspect.getmembers(kind, inspect.isfunction):
        if not name.startswith("_"):
            parameters = list(inspect.signature(member).parameters.values())
            found[name] = [(each.name, each.default) for each in parameters]
    return found


def test_both_clients_have_the_same_shape() -> None:
    assert methods(AsyncClient) == methods(Client)
    assert methods(AsyncTask) == methods(Task)
    assert len(methods(Client)) > 18


async def test_many_tasks_at_once(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    async with AsyncClient(engine.url, policy=QUICK) as client:
        results = await asyncio.gather(*(client.run(route, {"n": n}) for n in range(30)))
        assert results == [{"n": n} for n in range(30)]
        rows = [row async for row in client.tasks(route)]
        assert len({row["jobId"] for row in rows}) == 30


async def test_a_wait_that_is_cancelled_leaves_the_task_running(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"callbacks": [{"sleep": 1, "result": {"json": {"n": 9}}}]})
    route = open_chain(engine, {"n": 1}, plan)
    async with AsyncClient(engine.url, policy=QUICK) as client:
        task = await client.submit(route, {"n": 1})
        waiting = asyncio.create_task(task.wait())
        await asyncio.to_thread(plan.wait_calls, 1)
        waiting.cancel()
        assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
        assert await task.result() == {"n": 9}


def test_the_client_needs_nothing_else_of_the_engine() -> None:
    code = (
        "import sys, engine.client, engine.client.cli.app\n"
        "print([name for name in sys.modules if name.startswith('engine.') and not name.startswith('engine.client')])\n"
        "print([name for name in ('fastapi', 'aiohttp', 'uvicorn', 'aiservice') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]
