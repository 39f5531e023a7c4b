"""The store on MongoDB while its server dies, hangs, is not there yet, or wants other credentials."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import StoreAway
from engine.store.base import AuditRow, EngineRow, Store, TaskRow, Trail
from engine.store.mongo import MongoStore
from tests.servers.mongo import Mongo, mongo_server

from .conftest import OF_THE_DRIVER
from .load import Load
from .lossy import Lossy
from .rows import child, following, pipeline, service, task
from .test_contract_keys import key

pytestmark = OF_THE_DRIVER

BOUND = 8.0
"""Seconds within which every call ends where the server is away; "a few", on a busy machine."""


@pytest.fixture
def own_mongo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mongo]:
    """A server that the test may end."""
    monkeypatch.delenv("MONGO_TEST_URI", raising=False)
    with mongo_server(tmp_path / "mongo") as server:
        yield server


def calls_of_doors(store: Store) -> dict[str, Callable[[], Awaitable[object]]]:
    """Those for keys and for who changed what."""
    return {
        "add_key": lambda: store.add_key(key("a" * 16)),
        "keys": store.keys,
        "revoke_key": lambda: store.revoke_key("a" * 16, 9),
        "trail.add": lambda: store.trail.add(AuditRow("1", 9, "k", "ann", "route.closed", "blur", "", "127.0.0.1")),
        "trail.page": lambda: store.trail.page(None, None, None, 9),
        "trail.prune": lambda: store.trail.prune(9),
    }


def calls(store: Store, row: TaskRow) -> dict[str, Callable[[], Awaitable[object]]]:
    """Every call of the Protocol that asks the server."""
    root = row.id
    return {
        "ping": store.ping,
        "add_pipeline": lambda: store.add_pipeline(pipeline("d1")),
        "close_pipeline": lambda: store.close_pipeline("blur"),
        "open_pipelines": store.open_pipelines,
        "open_pipeline": lambda: store.open_pipeline("blur"),
        "latest_version": lambda: store.latest_version("blur"),
        "open_ids": store.open_ids,
        "definition": lambda: store.definition("d1"),
        "versions": lambda: store.versions("blur"),
        "add_definition": lambda: store.add_definition(pipeline("d1")),
        "prune_pipelines": lambda: store.prune_pipelines(9),
        "announce": lambda: store.announce(service("blur", "http://1")),
        "withdraw": lambda: store.withdraw("blur", "http://1"),
        "silence": lambda: store.silence(service("blur", "http://1")),
        "services": store.services,
        **calls_of_doors(store),
        "beat": lambda: store.beat(EngineRow("a", "b", 1)),
        "leave": lambda: store.leave("a"),
        "engines": store.engines,
        "holders": store.holders,
        "held": lambda: store.held("a", "", 9),
        "create": lambda: store.create(task()),
        "create_many": lambda: store.create_many([child(root)]),
        "save": lambda: store.save(following(row)),
        "load": lambda: store.load(root),
        "page": lambda: store.page(None, None, None, 9),
        "stats": store.stats,
        "due": lambda: store.due(9, 9),
        "next_due": store.next_due,
        "running": lambda: store.running("", 9),
        "expired": lambda: store.expired(9, 9),
        "delete": lambda: store.delete([root]),
        "existing": lambda: store.existing([root]),
        "owners": lambda: store.owners([root]),
        "statuses": lambda: store.statuses([root]),
        "recount": store.recount,
        "children": lambda: store.children(root, None, 9),
        "family": lambda: store.family(root, root, "each/1", -1, 9),
        "family_running": lambda: store.family_running(root, root, "each/1", 9),
        "family_counts": lambda: store.family_counts(root, root, "each/1"),
        "last_change": store.last_change,
        "changes": lambda: store.changes(0, 9),
    }


def test_every_call_of_the_protocol_is_tried() -> None:
    names = {name for name in vars(Store) if not name.startswith("_")} - {"trail"}
    names |= {f"trail.{name}" for name in vars(Trail) if not name.startswith("_")}
    store = MongoStore("mongodb://127.0.0.1:1", "name")
    assert set(calls(store, task())) == names - {"open", "close"}


async def all_away(store: Store, row: TaskRow) -> None:
    """Every call raises StoreAway, within the bound, all of them asked at once."""
    started = time.monotonic()
    asked = calls(store, row)
    results = await asyncio.gather(*(call() for call in asked.values()), return_exceptions=True)
    assert {name: type(result) for name, result in zip(asked, results, strict=True)} == dict.fromkeys(asked, StoreAway)
    assert time.monotonic() - started < BOUND


async def recovered(store: Store) -> None:
    """The store works again by itself."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await store.ping()
            except StoreAway:
                continue


async def test_server_that_is_killed_and_started_again(own_mongo: Mongo) -> None:
    store = MongoStore(own_mongo.uri, "engine")
    await store.open()
    row = task()
    await store.create(row)
    for _ in range(2):
        own_mongo.kill()
        await all_away(store, row)
        own_mongo.start()
        await recovered(store)
        assert await store.load(row.id) == row
        row = following(row)
        assert await store.save(row) is not None
    await store.close()


async def test_server_that_hangs(own_mongo: Mongo) -> None:
    store = MongoStore(own_mongo.uri, "engine")
    await store.open()
    row = task()
    await store.create(row)
    own_mongo.pause()
    await all_away(store, row)
    own_mongo.resume()
    await recovered(store)
    found = await store.load(row.id)
    assert found in (row, following(row)), "what the server had taken before it stood still may come to pass"
    assert await store.save(following(found)) is not None
    await store.close()


async def test_server_that_is_away_at_open(own_mongo: Mongo) -> None:
    own_mongo.kill()
    store = MongoStore(own_mongo.uri, "engine")
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(StoreAway):
            await store.open()
        assert time.monotonic() - started < BOUND
        with pytest.raises(StoreAway):
            await store.load("a")
    own_mongo.start()
    await asyncio.gather(store.open(), store.open())
    row = task()
    assert await store.create(row) == 1
    await store.close()


@pytest.mark.parametrize("uri", ["http://127.0.0.1", "mongodb://", "mongodb://a:b:c@host", "mongodb://127.0.0.1:99999"])
async def test_uri_that_is_none(uri: str) -> None:
    store = MongoStore(uri, "engine")
    with pytest.raises(StoreAway) as raised:
        await store.open()
    assert "b:c" not in raised.value.detail
    await store.close()


async def test_nothing_acknowledged_is_lost_by_a_killed_server(own_mongo: Mongo) -> None:
    store = MongoStore(own_mongo.uri, "engine")
    await store.open()
    load = Load(store)
    workers = [asyncio.create_task(load.work()) for _ in range(8)]
    for _ in range(3):
        before = len(load.numbers)
        async with asyncio.timeout(20):
            while len(load.numbers) < before + 40:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(own_mongo.kill)
        await asyncio.to_thread(own_mongo.start)
    load.stop = True
    await asyncio.gather(*workers)
    await recovered(store)
    await load.check()
    await store.recount()
    ids = await store.page(None, None, None, 100_000)
    assert sum((await store.stats()).by_status.values()) == len(ids) >= len(load.saved)
    await store.close()


async def test_uri_that_changes(mongo: Mongo, tmp_path: Path) -> None:
    file, name = tmp_path / "uri", mongo.fresh_name()
    async with Lossy(mongo.uri) as first, Lossy(mongo.uri) as second:
        file.write_text(first.uri + "\n", "utf-8")
        store = MongoStore("mongodb://127.0.0.1:1", name, uri_file=file)
        await store.open()
        row = task()
        await store.create(row)
        saves = asyncio.create_task(many(store, row))
        file.write_text(second.uri, "utf-8")
        async with asyncio.timeout(10):
            while first.open or not second.open:
                await asyncio.sleep(0.05)
                await store.load(row.id)
        before = dict(first.seen)
        assert await saves == 200, "what is under way is not harmed"
        file.unlink()
        assert (await store.load(row.id)) is not None, "what was known goes on"
        assert first.seen == before
        await store.close()


async def test_call_under_way_keeps_its_connection_while_the_uri_changes(mongo: Mongo, tmp_path: Path) -> None:
    file = tmp_path / "uri"
    async with Lossy(mongo.uri) as first, Lossy(mongo.uri) as second:
        file.write_text(first.uri, "utf-8")
        store = MongoStore("", mongo.fresh_name(), uri_file=file)
        await store.open()
        go_on = first.hold("find")
        adding = asyncio.create_task(store.add_pipeline(pipeline("d1")))
        async with asyncio.timeout(10):
            while not first.seen["find", "routes"]:
                await asyncio.sleep(0.01)
            file.write_text(second.uri, "utf-8")
            while not second.open:
                await store.ping()
                await asyncio.sleep(0.05)
            go_on.set()
            assert await adding
            assert first.seen["insert", "routes"] == first.seen["insert", "pipelines"] == 1
            while first.open:
                await asyncio.sleep(0.05)
        assert await store.open_ids() == {"blur": "d1"}
        await store.close()


async def many(store: Store, row: TaskRow) -> int:
    """Save a task 200 times. Returns how often it took effect."""
    done = 0
    for _ in range(200):
        row = following(row)
        done += await store.save(row) is not None
    return done


async def test_credentials_that_are_refused_are_read_again(mongo: Mongo, tmp_path: Path) -> None:
    refusal = {"ok": 0.0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed."}
    file = tmp_path / "uri"
    async with Lossy(mongo.uri) as old, Lossy(mongo.uri) as new:
        file.write_text(old.uri, "utf-8")
        store = MongoStore("", mongo.fresh_name(), uri_file=file)
        await store.open()
        row = task()
        await store.create(row)
        old.answer("find", "*", refusal, times=100)
        with pytest.raises(StoreAway, match="credentials"):
            await store.load(row.id)
        file.write_text(new.uri, "utf-8")
        assert await store.load(row.id) == row, "at once, not when the file is looked at next"
        await store.close()
