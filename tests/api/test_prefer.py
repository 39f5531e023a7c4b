"""`Prefer: wait=N` with a submission."""

import time

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Scripted, open_chain, result, status_of


def post(engine: Engine, route: str, prefer: str, key: str | None = None) -> httpx.Response:
    """Submit `{}` with a preference."""
    headers = {"Prefer": prefer} | ({"Idempotency-Key": key} if key else {})
    return engine.client.post(f"/services/{route}", json={}, headers=headers)


def test_in_time(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"callbacks": [{"sleep": 0.3, "result": {"json": {"n": 1}}}]})
    answer = post(engine, open_chain(engine, {}, plan), "wait=10")
    assert answer.status_code == 200 and answer.headers["preference-applied"] == "wait"
    job = answer.json()["jobId"]
    assert answer.json() == {"jobId": job, "status": "finished", "result": {"n": 1}}
    assert answer.headers["location"] == f"{engine.url}/tasks/{job}/status"
    assert result(engine, job) == {"n": 1}


def test_binaries_are_addresses(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, "image", service.plan())
    answer = engine.client.post(f"/services/{route}", files={"image": ("a.png", PNG)}, headers={"Prefer": "wait=10"})
    told = answer.json()
    assert told["result"] == {"image": f"{engine.url}/tasks/{told['jobId']}/files/image"}
    assert httpx.get(told["result"]["image"]).content == PNG


def test_not_in_time(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    started = time.monotonic()
    answer = post(engine, open_chain(engine, {}, plan), "wait=1")
    assert 0.9 < time.monotonic() - started < 4
    assert answer.status_code == 200 and "preference-applied" not in answer.headers
    assert list(answer.json()) == ["jobId"]
    assert status_of(engine, answer.json()["jobId"])["status"] == "running"


def test_an_error(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 422, "body": "no face"})
    answer = post(engine, open_chain(engine, {}, plan), "wait=10")
    told = answer.json()
    assert answer.status_code == 200 and answer.headers["preference-applied"] == "wait"
    assert set(told) == {"jobId", "status", "message"} and told["status"] == "error" and "no face" in told["message"]


@pytest.mark.parametrize(
    "prefer", ["respond-async, wait=5", "WAIT=5", 'wait="5"', "wait=5; strict", "handling=lenient,wait = 5"]
)
def test_ways_to_write_it(engine: Engine, prefer: str) -> None:
    assert post(engine, open_chain(engine, {}), prefer).headers.get("preference-applied") == "wait"


@pytest.mark.parametrize("prefer", ["wait", "wait=", "wait=x", "wait=-1", "await=5", "wait=0", "wait=1.5", ""])
def test_what_asks_for_nothing(engine: Engine, service: Scripted, prefer: str) -> None:
    started = time.monotonic()
    answer = post(engine, open_chain(engine, {}, service.plan({})), prefer)
    assert answer.status_code == 200 and list(answer.json()) == ["jobId"]
    assert time.monotonic() - started < 3


def test_a_client_that_goes_away_leaves_the_task(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    route = open_chain(engine, {}, plan)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{engine.url}/services/{route}", json={}, headers={"Prefer": "wait=60"}, timeout=0.3)
    call = plan.wait_calls(1)[0]["id"]
    engine.client.post("/processing", params={"task_id": call}, json={"n": 1}).raise_for_status()
    (task,) = engine.client.get("/tasks", params={"route": route}).json()["tasks"]
    assert result(engine, task["jobId"]) == {"n": 1}


def test_with_an_idempotency_key(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"callbacks": [{"sleep": 0.2, "result": {"json": {"n": 1}}}]})
    route = open_chain(engine, {}, plan)
    first, second = post(engine, route, "wait=10", "a"), post(engine, route, "wait=10", "a")
    assert first.json() == second.json() and first.json()["result"] == {"n": 1}
    assert len(plan.calls) == 1
