"""Announced services: several instances, silence, and coming back."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import (
    Plan,
    Scripted,
    ended,
    entry,
    fresh_route,
    open_route,
    problem,
    raw,
    result,
    status_of,
    submit,
)

INTERVAL = 0.4
DONE: dict[str, Any] = {"callbacks": [{"result": {"echo": True}}]}


def announce(engine: Engine, route: str, url: str, interval: float = 60, body: Any = None) -> None:
    """Announce an operation once."""
    api = {"route": route, "body": {} if body is None else body, "summary": "Of a test"}
    message = {"type": "service", "url": url, "api": api, "interval": interval}
    assert engine.client.post("/services", json=message).status_code == 200


def is_open(engine: Engine, route: str) -> bool:
    """Whether the route is there."""
    return engine.client.get(f"/services/{route}").status_code == 200


def chain_by_route(engine: Engine, service: str, **fields: Any) -> str:
    """A pipeline that calls an announced operation by its route; its own route."""
    node = {"id": "s", "type": "service", "service": service, "next": ["end"], **fields}
    return open_route(engine, entry(fresh_route(), {}, "s"), node, {"id": "end", "type": "end"})


@pytest.fixture
def heartbeats(engine: Engine) -> Iterator[Any]:
    """Announces again and again until it is told to stop, or the test ends."""
    running: list[threading.Event] = []

    def beat(route: str, url: str) -> threading.Event:
        stop = threading.Event()
        running.append(stop)
        announce(engine, route, url, INTERVAL)

        def go_on() -> None:
            while not stop.wait(INTERVAL / 2):
                announce(engine, route, url, INTERVAL)

        threading.Thread(target=go_on, daemon=True).start()
        return stop

    yield beat
    for stop in running:
        stop.set()


def test_the_first_announcement_opens_the_route(engine: Engine, service: Scripted) -> None:
    plan, route = service.plan(), fresh_route("op")
    announce(engine, route, plan.url, body={"n": 1})
    assert result(engine, submit(engine, route, {"n": 3})) == {"n": 3}
    described = engine.client.get(f"/services/{route}").json()
    assert described["type"] == "service" and described["url"] == plan.url
    assert [node["type"] for node in described["nodes"]] == ["entry", "service", "end"]


def test_a_changed_api_replaces_the_old_one(engine: Engine, service: Scripted) -> None:
    plan, route = service.plan(), fresh_route("op")
    announce(engine, route, plan.url, body={"n": 1})
    announce(engine, route, plan.url, body={"m": ""})
    problem(engine.client.post(f"/services/{route}", json={"n": 1}), 422)
    assert result(engine, submit(engine, route, {"m": "x"})) == {"m": "x"}
    body = engine.client.get("/openapi.json").json()["paths"][f"/services/{route}"]["post"]["requestBody"]
    assert list(body["content"]["application/json"]["schema"]["properties"]) == ["m"]


def test_the_same_announcement_again_changes_nothing(engine: Engine, service: Scripted) -> None:
    plan, route = service.plan(), fresh_route("op")
    for _ in range(5):
        announce(engine, route, plan.url)
    assert engine.client.get(f"/services/{route}").json()["state"]["version"] == 1


def test_a_pipeline_cannot_take_the_route_of_a_living_service(engine: Engine, service: Scripted) -> None:
    route = fresh_route("op")
    announce(engine, route, service.plan().url)
    nodes = [entry(route, {}, "end"), {"id": "end", "type": "end"}]
    problem(engine.client.post("/services", json={"type": "pipeline", "nodes": nodes}), 409)


def test_a_service_cannot_take_the_route_of_a_pipeline(engine: Engine, service: Scripted) -> None:
    route = open_route(engine, entry(fresh_route(), {}, "end"), {"id": "end", "type": "end"})
    api = {"route": route, "body": {"other": 1}}
    plan = service.plan(DONE)
    told = problem(engine.client.post("/services", json={"type": "service", "url": plan.url, "api": api}), 409)
    assert "belongs to a pipeline" in told["detail"]
    assert result(engine, submit(engine, route, {})) == {} and not plan.calls


def test_silence_closes_the_route_and_a_heartbeat_opens_it(engine: Engine, service: Scripted, heartbeats: Any) -> None:
    plan, route = service.plan(), fresh_route("op")
    stop = heartbeats(route, plan.url)
    job = submit(engine, chain_by_route(engine, route), {})
    assert result(engine, job) == {}
    stop.set()
    wait_for(lambda: not is_open(engine, route), "the route is closed", 5)
    problem(engine.client.post(f"/services/{route}", json={}), 404)
    assert f"/services/{route}" not in engine.client.get("/openapi.json").json()["paths"]
    announce(engine, route, plan.url)
    assert result(engine, submit(engine, route, {})) == {}


def test_a_waiting_task_says_so_and_goes_on(engine: Engine, service: Scripted) -> None:
    plan, route = service.plan(), fresh_route("op")
    own = chain_by_route(engine, route)
    assert route in str(engine.client.get(f"/services/{own}").json()["state"]["away"])
    job = submit(engine, own, {})
    node = wait_for(lambda: n if "waiting" in (n := status_of(engine, job)["nodes"]["s"]) else None, "it waits")
    assert node["state"] == "running" and route in node["waiting"] and "away" in node["waiting"]
    assert f'engine_calls_total{{outcome="away",service="{route}"}}' in engine.client.get("/metrics").text
    announce(engine, route, plan.url)
    assert result(engine, job) == {}
    assert engine.client.get(f"/services/{own}").json()["state"]["away"] == []


def test_one_that_stays_away_fails_after_the_timeout(engine: Engine) -> None:
    route = fresh_route("op")
    told = ended(engine, submit(engine, chain_by_route(engine, route, timeout=0.5), {}))
    assert told["status"] == "error" and route in told["message"] and "away" in told["message"]


def test_a_url_that_was_announced_and_is_silent(engine: Engine, service: Scripted, heartbeats: Any) -> None:
    plan, route = service.plan(), fresh_route("op")
    heartbeats(route, plan.url).set()
    wait_for(lambda: not is_open(engine, route), "the route is closed", 5)
    node = {"id": "s", "type": "service", "url": plan.url, "next": ["end"]}
    own = open_route(engine, entry(fresh_route(), {}, "s"), node, {"id": "end", "type": "end"})
    job = submit(engine, own, {})
    wait_for(lambda: "away" in status_of(engine, job)["nodes"]["s"].get("waiting", ""), "it waits")
    assert plan.calls == []
    announce(engine, route, plan.url)
    assert result(engine, job) == {}


def test_an_instance_that_dies_after_accepting(engine: Engine, service: Scripted, heartbeats: Any) -> None:
    dying, living, route = service.plan({}), service.plan(DONE), fresh_route("op")
    stop = heartbeats(route, dying.url)
    job = submit(engine, chain_by_route(engine, route), {})
    dying.wait_calls(1)
    heartbeats(route, living.url)
    stop.set()
    assert result(engine, job) == {}
    first, second = raw(engine, job)["nodes"]["s"]["attempts"]
    assert first["url"] == dying.url and "stopped announcing" in first["error"] and second["url"] == living.url


def test_the_only_instance_dies_after_accepting_and_returns(engine: Engine, service: Scripted, heartbeats: Any) -> None:
    plan, route = service.plan({}, DONE), fresh_route("op")
    stop = heartbeats(route, plan.url)
    job = submit(engine, chain_by_route(engine, route), {})
    plan.wait_calls(1)
    stop.set()
    wait_for(lambda: "away" in status_of(engine, job)["nodes"]["s"].get("waiting", ""), "it waits", 5)
    heartbeats(route, plan.url)
    assert result(engine, job) == {}
    assert len(plan.calls) == 2


def test_instances_share_the_load(engine: Engine, service: Scripted) -> None:
    plans: list[Plan] = [service.plan(DONE) for _ in range(3)]
    route = fresh_route("op")
    for plan in plans:
        announce(engine, route, plan.url)
    for _ in range(30):  # one after the other: none is ever busy, and still each has its turn
        result(engine, submit(engine, route, {}))
    assert [len(plan.calls) for plan in plans] == [10, 10, 10]
    assert len(engine.client.get(f"/services/{route}").json()["state"]["instances"]) == 3


def test_a_broken_instance_is_avoided(engine: Engine, service: Scripted) -> None:
    broken, good, route = service.plan({"close": True}), service.plan(DONE), fresh_route("op")
    for plan in (broken, good):
        announce(engine, route, plan.url)
    own = chain_by_route(engine, route, retry={"attempts": 5, "delay": 0.05})
    for job in [submit(engine, own, {}) for _ in range(10)]:
        assert result(engine, job) == {}
    assert len(good.calls) == 10


def test_what_is_alive_survives_a_restart(make_engine: MakeEngine, service: Scripted, tmp_path: Path) -> None:
    engine, plan, route = make_engine(), service.plan(), fresh_route("op")
    announce(engine, route, plan.url)
    waiting = submit(engine, chain_by_route(engine, fresh_route("other")), {})
    engine.kill()
    engine.start()
    assert is_open(engine, route)
    assert result(engine, submit(engine, route, {})) == {}
    assert "away" in wait_for(lambda: status_of(engine, waiting)["nodes"]["s"].get("waiting"), "it still waits")


def test_a_deleted_operation_opens_again_with_its_next_heartbeat(engine: Engine, service: Scripted) -> None:
    plan, route = service.plan(), fresh_route("op")
    announce(engine, route, plan.url)
    assert engine.client.delete(f"/services/{route}").status_code == 200
    assert not is_open(engine, route)
    announce(engine, route, plan.url)
    assert result(engine, submit(engine, route, {})) == {}


def test_an_instance_that_dies_while_the_engine_is_down(make_engine: MakeEngine, service: Scripted) -> None:
    engine, dying, living, route = make_engine(), service.plan({}), service.plan(DONE), fresh_route("op")
    announce(engine, route, dying.url, INTERVAL)
    job = submit(engine, chain_by_route(engine, route), {})
    dying.wait_calls(1)
    wait_for(lambda: raw(engine, job)["nodes"]["s"]["attempts"][0]["accepted"], "it is stored that it was accepted")
    engine.kill()
    engine.start()
    announce(engine, route, living.url)
    assert result(engine, job) == {}
    assert [len(dying.calls), len(living.calls)] == [1, 1]


def test_a_new_version_of_a_service_is_refused(engine: Engine, service: Scripted) -> None:
    route = fresh_route("op")
    announce(engine, route, service.plan().url)
    nodes = [entry(route, {}, "end"), {"id": "end", "type": "end"}]
    problem(engine.client.put(f"/services/{route}", json={"type": "pipeline", "nodes": nodes}), 409)
    assert engine.client.get(f"/services/{route}").json()["type"] == "service"
