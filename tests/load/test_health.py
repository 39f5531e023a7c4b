"""Which store is away, why, and since when."""

import asyncio
import time
from datetime import datetime

import pytest

from engine.clock import Clock
from engine.errors import StoreAway
from engine.health import Health
from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, metric


def not_ready(engine: Engine) -> Json | None:
    """What a probe is told while the engine is not ready."""
    answer = engine.client.get("/health/ready")
    return answer.json() if answer.status_code == 503 else None


def test_a_store_goes_away_and_comes_back(make_engine: MakeEngine) -> None:
    engine = make_engine()
    folder = engine.data / "binaries"
    folder.rename(engine.data / "gone")
    begun = time.time()
    wait_for(lambda: metric(engine, 'engine_store_up{store="binaries"}') == 0, "it is noticed, although nobody asks")
    noticed = time.time()
    time.sleep(1.0)
    told = not_ready(engine)
    assert told is not None and told["status"] == "not ready"
    (away,) = told["away"]
    assert away["store"] == "binaries" and away["reason"] == told["stores"]["binaries"] != "ready"
    assert told["stores"]["database"] == "ready"
    since = datetime.fromisoformat(away["since"]).timestamp()
    assert begun - 0.1 <= since <= noticed + 0.1 and 1.0 <= away["seconds"] < 10
    assert metric(engine, 'engine_store_away_seconds{store="binaries"}') >= 1.0
    assert metric(engine, 'engine_store_up{store="database"}') == 1
    assert engine.client.get("/health/live").status_code == 200
    (engine.data / "gone").rename(folder)
    assert not_ready(engine) is None
    assert metric(engine, 'engine_store_up{store="binaries"}') == 1


class Slowly:
    """A store that answers when it is let."""

    def __init__(self) -> None:
        self.pings = 0
        self.door = asyncio.Event()

    async def ping(self) -> None:
        """Answer."""
        self.pings += 1
        await self.door.wait()


async def test_a_store_that_hangs_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.health.PING_SECONDS", 0.05)
    store, clock = Slowly(), Clock()
    health = Health({"database": store.ping}, clock)
    seen = (await asyncio.wait_for(health.ask(), 5))["database"]
    assert seen.why is not None and "did not answer within 0.05 s" in seen.why and seen.since is not None
    first = seen.since
    await health.ask()
    assert health.seen["database"].since == first and health.seconds(health.seen["database"]) >= 0.05
    store.door.set()
    await health.ask()
    assert health.seen["database"].why is None and health.seconds(health.seen["database"]) == 0
    await health.stop()


async def test_many_probes_at_once_cause_one_ping() -> None:
    store = Slowly()
    health = Health({"database": store.ping}, Clock())
    probes = [asyncio.create_task(health.ask()) for _ in range(100)]
    for _ in range(5):
        await asyncio.sleep(0)
    probes[0].cancel()
    store.door.set()
    await asyncio.gather(*probes[1:])
    assert store.pings == 1
    await health.stop()


async def test_it_looks_by_itself_and_survives_what_it_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.health.LOOK_SECONDS", 0.01)
    troubles: list[Exception] = [ZeroDivisionError("no"), StoreAway("it is away")]

    async def ping() -> None:
        if troubles:
            raise troubles.pop()

    health = Health({"database": ping}, Clock())
    health.start()
    async with asyncio.timeout(5):
        while troubles or health.seen["database"].why is not None:
            await asyncio.sleep(0.01)
    await health.stop()
