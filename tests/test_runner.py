"""What happens to a task when its store answers too late or not at all, or who works on it is stopped."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aiservice.testing import free_port
from engine import families
from engine.api.deps import Engine
from engine.app import make_app
from engine.clock import Clock
from engine.errors import StoreAway
from engine.health import BINARIES, Health
from engine.ids import new_task_id
from engine.settings import Settings
from engine.store.base import TaskRow
from engine.task.events import Cancelled
from engine.task.task import Task
from tests.e2e.scripts import Scripted
from tests.inside import actor, inside


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A started engine without its HTTP side."""
    async with inside(tmp_path) as made:
        yield made


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


class LostAnswer:
    """The store does what it is told; once its answer is lost, the `number`th time that it is told to write."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        self.left = number
        for name in ("create", "create_many", "save"):
            monkeypatch.setattr(engine.store, name, self._losing(getattr(engine.store, name)))

    def _losing(self, write: Callable[[Any], Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def losing(*arguments: Any) -> Any:
            done = await write(*arguments)
            self.left -= 1
            if self.left == 0:
                raise StoreAway("the answer was lost")
            return done

        return losing


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    """A service."""
    scripted = Scripted(tmp_path_factory.mktemp("service"))
    scripted.start()
    yield scripted
    scripted.client.close()
    scripted.kill()


@pytest.mark.parametrize("number", range(1, 10))
async def test_what_was_saved_without_the_engines_knowing_goes_on(
    engine: Engine, service: Scripted, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A call, a loop with a call for each item, a sub-pipeline, and the end, wherever the answer is lost."""
    url = service.plan({"result": {"json": {"list": [1, 2]}}}).url
    body = [{"id": "x", "type": "service", "url": url, "next": ["loopEnd"]}]
    inner = [
        {"id": "entry", "type": "entry", "api": {"route": "inner", "body": {}}, "next": ["b"]},
        {"id": "b", "type": "service", "url": url, "next": ["end"]},
        {"id": "end", "type": "end"},
    ]
    outer = [
        {"id": "entry", "type": "entry", "api": {"route": "outer", "body": {}}, "next": ["a"]},
        {"id": "a", "type": "service", "url": url, "next": ["each"]},
        {"id": "each", "type": "loop", "items": "a.out.list", "nodes": body, "next": ["sub"]},
        {"id": "sub", "type": "service", "service": "inner", "next": ["end"]},
        {"id": "end", "type": "end"},
    ]
    await engine.registry.add_pipeline({"type": "pipeline", "nodes": inner}, actor(engine))
    opened = await engine.registry.add_pipeline({"type": "pipeline", "nodes": outer}, actor(engine))
    lost = LostAnswer(engine, monkeypatch, number)
    task_id = new_task_id(engine.clock.now())
    with contextlib.suppress(StoreAway):  # the client is told so, and the task is there all the same
        await engine.runner.submit(opened, task_id, {}, None, "", None)
    task = await asyncio.wait_for(engine.runner.wait(task_id, 20), 25)
    assert task.status == "finished" and lost.left <= 0, (task.status, lost.left, task.history)


async def test_a_run_is_watched_that_is_stored_after_it_was_looked_for(
    engine: Engine, service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store takes its time over the run of a sub-pipeline; and who hears of its end dies before it tells."""
    monkeypatch.setattr(families, "WATCH_ALONE_SECONDS", 0.01)
    url = service.plan({"result": {"json": {"done": True}}}).url
    for route, node in (("inner", {"url": url}), ("outer", {"service": "inner"})):
        nodes = [
            {"id": "entry", "type": "entry", "api": {"route": route, "body": {}}, "next": ["a"]},
            {"id": "a", "type": "service", **node, "next": ["end"]},
            {"id": "end", "type": "end"},
        ]
        opened = await engine.registry.add_pipeline({"type": "pipeline", "nodes": nodes}, actor(engine))
    create, tell, unheard = engine.store.create_many, engine.runner.families.ended, list[Task]()

    async def slow(rows: list[TaskRow]) -> list[int | None]:
        await asyncio.sleep(0.3)  # many looks
        return await create(rows)

    monkeypatch.setattr(engine.store, "create_many", slow)
    monkeypatch.setattr(engine.runner.families, "ended", lambda task: tell(task) if unheard else unheard.append(task))
    watch = asyncio.create_task(engine.runner.families.watch())  # that of the engine itself looks too seldom for a test
    task_id = await engine.runner.submit(opened, new_task_id(engine.clock.now()), {}, None, "", None)
    assert isinstance(task_id, str)
    task = await asyncio.wait_for(engine.runner.wait(task_id, 20), 25)
    watch.cancel()
    assert task.status == "finished" and len(unheard) == 1, task.history


async def pausing_task(engine: Engine) -> str:
    """A task whose only call fails and is to be made again in an hour."""
    retry = {"attempts": 3, "delay": 3_600, "max_delay": 3_600}
    url = f"http://127.0.0.1:{free_port()}/x"
    nodes = [
        {"id": "entry", "type": "entry", "api": {"route": "test", "body": {}}, "next": ["s"]},
        {"id": "s", "type": "service", "url": url, "retry": retry, "next": ["end"]},
        {"id": "end", "type": "end"},
    ]
    opened = await engine.registry.add_pipeline({"type": "pipeline", "nodes": nodes}, actor(engine))
    task_id = await engine.runner.submit(opened, new_task_id(engine.clock.now()), {}, None, "", None)
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


async def test_a_store_that_was_seen_away_is_not_waited_for() -> None:
    answers = iter([None, StoreAway("it is gone"), None])

    async def ping() -> None:
        answer = next(answers)
        if answer is not None:
            raise answer

    health = Health({BINARIES: ping}, Clock())
    await health.ask()
    health.require(BINARIES)
    await health.ask()
    with pytest.raises(StoreAway, match="it is gone"):
        health.require(BINARIES)
    assert not health.is_there(BINARIES)
    await health.ask()
    health.require(BINARIES)


async def test_a_form_is_refused_where_its_store_was_seen_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store would take it here, as one that stands still would in the end."""
    app = make_app(Settings(reg_local_data=tmp_path))
    inner = app._app
    async with inner.router.lifespan_context(inner):
        made: Engine = inner.state.engine
        entry = {"id": "entry", "type": "entry", "api": {"route": "form", "body": ["file"]}, "next": ["end"]}
        await made.registry.add_pipeline(
            {"type": "pipeline", "nodes": [entry, {"id": "end", "type": "end"}]}, actor(made)
        )

        async def asleep() -> None:
            raise StoreAway("it is asleep")

        monkeypatch.setattr((await made.health.ask())[BINARIES], "ping", asleep)
        await made.health.ask()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine") as client:
            answer = await client.post("/services/form", files={"file": b"x"})
        assert answer.status_code == 503 and "asleep" in answer.text and "retry-after" in answer.headers
