"""The queue of a task whose worker is stopped in the middle: nobody waits for ever, and the task goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aiservice.testing import free_port
from engine.api.deps import Engine
from engine.app import make_engine, stop, try_to_start
from engine.errors import StoreAway
from engine.ids import new_task_id
from engine.settings import Settings
from engine.store.base import TaskRow
from engine.task.events import Cancelled


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A started engine without its HTTP side."""
    made, outside = make_engine(Settings(reg_local_data=tmp_path))
    assert await try_to_start(made, outside)
    yield made
    await stop(made, outside)


class SlowSave:
    """The store's save, which waits before it begins."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered, self.go_on = asyncio.Event(), asyncio.Event()
        self._save = engine.store.save
        monkeypatch.setattr(engine.store, "save", self.save)

    async def save(self, row: TaskRow) -> Any:
        """See `Store.save`."""
        self.entered.set()
        await self.go_on.wait()
        return await self._save(row)


async def pausing_task(engine: Engine) -> str:
    """A task whose only call fails and is to be made again in an hour."""
    retry = {"attempts": 3, "delay": 3_600, "max_delay": 3_600}
    url = f"http://127.0.0.1:{free_port()}/x"
    nodes = [
        {"id": "entry", "type": "entry", "api": {"route": "test", "body": {}}, "next": ["s"]},
        {"id": "s", "type": "service", "url": url, "retry": retry, "next": ["end"]},
        {"id": "end", "type": "end"},
    ]
    opened = await engine.registry.add_pipeline({"type": "pipeline", "nodes": nodes})
    task_id = await engine.runner.submit(opened, new_task_id(engine.clock.now()), {})
    assert isinstance(task_id, str)
    async with asyncio.timeout(10):
        while (await engine.runner.read(task_id)).node("s").phase != "pausing":
            await asyncio.sleep(0.01)
    return task_id


async def test_who_waits_behind_one_that_is_stopped_is_told_to_come_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    task_id = await pausing_task(engine)
    slow = SlowSave(engine, monkeypatch)
    stopped = asyncio.create_task(engine.runner.send(task_id, Cancelled()))
    await slow.entered.wait()
    waiting = asyncio.create_task(engine.runner.send(task_id, Cancelled()))
    await asyncio.sleep(0)
    stopped.cancel()
    with pytest.raises(StoreAway, match="try again"):
        await asyncio.wait_for(waiting, 5)
    with pytest.raises(asyncio.CancelledError):
        await stopped
    slow.go_on.set()
    outcome = await engine.runner.send(task_id, Cancelled())
    assert outcome.changed and outcome.task.status == "error"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
