"""A flood of announcements: what is new in them is bounded, what lives goes on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aiservice.protocol import Announcement
from engine import instances, newcomers
from engine.api.deps import Engine as InProcess
from engine.errors import Overloaded
from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, fresh_route, problem
from tests.inside import actor
from tests.inside import inside as started


def announcement(route: str, url: str = "http://127.0.0.1:9/x", **api: str) -> Json:
    """An operation."""
    return {"type": "service", "url": url, "api": {"route": route, "body": {}, **api}}


@pytest.fixture
def flooded(tmp_path: Path) -> Iterator[Engine]:
    """An engine of its own."""
    engine = Engine(tmp_path, {})
    engine.start()
    yield engine
    engine.kill()


def test_a_flood_of_operations(flooded: Engine) -> None:
    """Who floods is told when to come again; who was there before goes on."""
    lives = announcement(fresh_route())
    assert flooded.client.post("/services", json=lives).status_code == 200
    made_up = [announcement(f"made-up-{n}", f"http://127.0.0.1:9/{n}") for n in range(newcomers.AT_ONCE + 600)]
    answers = [flooded.client.post("/services", json=each) for each in made_up]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) > 100, len(refused)
    told = problem(refused[0], 429)
    assert "too many new operations" in told["detail"] and refused[0].headers["retry-after"] == "1"
    assert flooded.client.post("/services", json=lives).status_code == 200
    assert flooded.client.post("/services", json=made_up[0]).status_code == 200, "what is known already is not new"
    assert flooded.client.post("/services", json={"type": "pipeline", **chain()}).status_code == 200


def chain() -> Json:
    """A pipeline of nothing."""
    entry = {"id": "entry", "type": "entry", "api": {"route": fresh_route(), "body": {}}, "next": ["end"]}
    return {"nodes": [entry, {"id": "end", "type": "end"}]}


def test_an_operation_that_changes_all_the_time(flooded: Engine) -> None:
    route = fresh_route()
    changing = [announcement(route, summary=f"it is now {n}") for n in range(newcomers.CHANGES_AT_ONCE + 5)]
    answers = [flooded.client.post("/services", json=each) for each in changing]
    assert [answer.status_code for answer in answers[: newcomers.CHANGES_AT_ONCE]] == [200] * newcomers.CHANGES_AT_ONCE
    assert "anew too often" in problem(answers[-1], 429)["detail"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= newcomers.A_CHANGE_SECONDS
    assert flooded.client.post("/services", json=announcement(fresh_route())).status_code == 200


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[InProcess]:
    """An engine in this process, without its HTTP side."""
    async with started(tmp_path) as made:
        yield made


async def announce(engine: InProcess, route: str, url: str) -> None:
    """Announce an operation."""
    message = Announcement.model_validate(announcement(route, url))
    await engine.registry.announce(message, actor(engine))


async def test_no_more_operations_than_are_kept(inside: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_OPERATIONS", 3)
    for number in range(3):
        await announce(inside, f"op{number}", f"http://127.0.0.1:9/{number}")
    with pytest.raises(Overloaded, match="3 announced operations are known; DELETE"):
        await announce(inside, "op3", "http://127.0.0.1:9/3")
    await announce(inside, "op2", "http://127.0.0.1:9/another")
    await inside.registry.close("op0", actor(inside))
    await announce(inside, "op3", "http://127.0.0.1:9/3")


async def test_addresses_that_are_gone_make_room(inside: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each instance that starts has an address of its own, those of long ago are forgotten, in the store too."""
    monkeypatch.setattr(newcomers, "MOST_ADDRESSES", 3)
    monkeypatch.setattr(instances, "KEPT_GONE", 2)
    for life in range(3):
        for number in range(3):
            await announce(inside, "op", f"http://127.0.0.1:9/{life}/{number}")
        with pytest.raises(Overloaded, match="3 living instances"):
            await announce(inside, "op", "http://127.0.0.1:9/one-too-many")
        inside.clock.not_before(inside.clock.now() + 200_000_000)
        await inside.registry.expire()
    await announce(inside, "op", "http://127.0.0.1:9/last")
    known = {instance.url: instance.alive for instance in inside.instances.of("op")}
    assert known["http://127.0.0.1:9/last"] and sum(known.values()) == 1 and len(known) == 3, known
    assert {row.url for row in await inside.store.services()} == set(known)
