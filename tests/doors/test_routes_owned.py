"""Whose routes are whose: pipelines, announced operations, what is older than the keys, two engines at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aiservice.protocol import Announcement
from engine.api.deps import Engine
from engine.app import make_engine, stop, try_to_start
from engine.audit import Actor
from engine.errors import Conflict, EngineError, Forbidden
from engine.identity import EVERYBODY, Identity, with_implied
from engine.settings import Settings
from tests.e2e.scripts import Json, entry, fresh_route, pipeline

from .conftest import Guarded
from .people import END, Person, admin, person


def definition(route: str, version: int = 1) -> Json:
    """A pipeline."""
    return pipeline(entry(route, {"n": 1}, "end"), {**END, "params": {"version": version}})


def test_all_run_a_pipeline_and_only_its_owner_changes_it(guarded: Guarded) -> None:
    anna, ben, root = person(guarded, "author"), person(guarded, "author"), admin(guarded)
    route = anna.open()
    assert ben.ended(ben.submit(route)) == "finished"
    assert ben.ask("GET", f"/services/{route}").json()["state"]["owner"] == anna.owner
    assert route in [each["state"]["route"] for each in ben.ask("GET", "/services").json()]
    for method, more in (("PUT", {"json": definition(route, 2)}), ("DELETE", {})):
        refused = ben.ask(method, f"/services/{route}", **more)
        assert refused.status_code == 403 and f"belongs to `{anna.owner}`" in refused.json()["detail"]
        assert "insufficient_scope" not in refused.headers.get("www-authenticate", "")
    assert ben.ask("POST", "/services", json=definition(route, 2)).status_code == 409
    assert root.ask("PUT", f"/services/{route}", json=definition(route, 2)).json()["state"]["owner"] == anna.owner
    assert anna.ask("PUT", f"/services/{route}", json=definition(route, 3)).json()["state"]["version"] == 3
    assert anna.ask("DELETE", f"/services/{route}").status_code == 200
    again = ben.ask("POST", "/services", json=definition(route))
    assert again.status_code == 200 and again.json()["state"]["owner"] == ben.owner, "what was closed is free"


def announce(who: Person, route: str, url: str, body: Any = None) -> tuple[int, str]:
    """Announce an operation; status and text of the answer."""
    message = {"type": "service", "url": url, "api": {"route": route, "body": body or {"n": 1}}}
    answer = who.ask("POST", "/services", json=message)
    return answer.status_code, answer.text


def test_a_service_cannot_steal_a_route(guarded: Guarded) -> None:
    anna, ben, root = person(guarded, "service"), person(guarded, "service"), admin(guarded)
    route, url = fresh_route("op"), f"http://127.0.0.1:9/{fresh_route()}"
    assert announce(anna, route, url)[0] == announce(anna, route, url)[0] == announce(anna, route, url + "2")[0] == 200
    for his_url in ("http://127.0.0.1:9/ben", url):
        status, text = announce(ben, route, his_url)
        assert status == 409 and "belongs to another owner" in text
    status, text = announce(ben, fresh_route("other"), url)
    assert status == 409 and f"known as `{route}`" in text, "nodes may call the address itself"
    shown = root.ask("GET", f"/services/{route}").json()["state"]
    assert shown["owner"] == anna.owner and {each["url"] for each in shown["instances"]} == {url, url + "2"}
    assert announce(root, route, url + "3", {"n": 1, "m": 2})[0] == 200
    shown = root.ask("GET", f"/services/{route}").json()["state"]
    assert (shown["owner"], shown["version"]) == (anna.owner, 2), "also where an admin announces it anew"
    author = person(guarded, "author")
    assert announce(ben, author.open(), "http://127.0.0.1:9/x")[0] == 409


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A started engine without its HTTP side."""
    made, outside = make_engine(Settings(reg_local_data=tmp_path))
    assert await try_to_start(made, outside)
    yield made
    await stop(made, outside)


@pytest.fixture
async def second(engine: Engine, tmp_path: Path) -> AsyncIterator[Engine]:
    """Another one on the same database."""
    made, outside = make_engine(Settings(reg_local_data=tmp_path))
    assert await try_to_start(made, outside)
    await engine.members.look()
    yield made
    await stop(made, outside)


def actor(engine: Engine, owner: str, *scopes: Any) -> Actor:
    """Somebody with a key."""
    identity = Identity(f"key-of-{owner}", owner, with_implied(scopes or ("author", "service")))
    return Actor(identity, "127.0.0.1", engine.audit)


def message(route: str, url: str) -> Announcement:
    """An announcement."""
    return Announcement.model_validate({"url": url, "api": {"route": route, "body": {"n": 1}}})


async def test_a_pipeline_older_than_the_keys_is_an_admins(engine: Engine) -> None:
    nobody, anna, root = Actor(EVERYBODY, "", engine.audit), actor(engine, "anna"), actor(engine, "root", "admin")
    await engine.registry.add_pipeline(definition("old"), nobody)
    with pytest.raises(Forbidden, match="older than the keys"):
        await engine.registry.add_pipeline(definition("old", 2), anna, "old")
    nameless = actor(engine, "")
    with pytest.raises(Forbidden, match="older than the keys"):
        await engine.registry.close("old", nameless)
    assert (await engine.registry.add_pipeline(definition("old", 2), root, "old")).row.owner == ""
    await engine.registry.close("old", root)
    assert (await engine.registry.add_pipeline(definition("old"), anna)).row.owner == "anna"


async def test_an_operation_older_than_the_keys_is_whose_announces_it(engine: Engine) -> None:
    nobody, anna, ben = Actor(EVERYBODY, "", engine.audit), actor(engine, "anna"), actor(engine, "ben")
    await engine.registry.announce(message("op", "http://a/1"), nobody)
    assert engine.registry.get("op").row.owner == ""
    for _ in range(2):
        await engine.registry.announce(message("op", "http://a/1"), anna)
    assert (engine.registry.get("op").row.owner, engine.registry.get("op").row.version) == ("anna", 2)
    with pytest.raises(Conflict, match="belongs to another owner"):
        await engine.registry.announce(message("op", "http://b/1"), ben)
    taken = [row for row in await engine.store.trail.page("route.announced", None, None, 10)]
    assert [row.owner for row in taken] == ["anna", ""]
    assert [(row.url, row.owner) for row in await engine.store.services()] == [("http://a/1", "anna")]


async def test_the_route_of_a_service_that_is_away_stays_its_owners(engine: Engine) -> None:
    anna, ben, root = actor(engine, "anna"), actor(engine, "ben"), actor(engine, "root", "admin")
    await engine.registry.announce(message("op", "http://a/1"), anna)
    for instance in engine.instances.all():
        instance.deadline = 0
    assert len(await engine.registry.expire()) == 1 and not engine.registry.is_open("op")
    with pytest.raises(Conflict, match="belongs to another owner"):
        await engine.registry.announce(message("op", "http://b/1"), ben)
    with pytest.raises(Conflict, match="services of another owner"):
        await engine.registry.add_pipeline(definition("op"), ben)
    assert (await engine.registry.add_pipeline(definition("op"), root)).row.owner == "root"


@pytest.mark.parametrize("announced", [True, False])
async def test_two_owners_who_take_a_route_on_two_engines_at_once(
    engine: Engine, second: Engine, announced: bool
) -> None:
    async def take(at: Engine, owner: str) -> str:
        try:
            if announced:
                await at.registry.announce(message("op", f"http://{owner}/1"), actor(at, owner))
            else:
                await at.registry.add_pipeline(definition("op", len(owner)), actor(at, owner))
        except EngineError as error:
            return error.title
        return owner

    told = set(await asyncio.gather(take(engine, "anna"), take(second, "ben")))
    row = await engine.store.open_pipeline("op")
    assert row is not None and row.version == 1 and row.owner in told
    assert told - {row.owner} <= {"Conflict", "Forbidden"} and len(told) == 2
