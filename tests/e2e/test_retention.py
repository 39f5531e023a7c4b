"""What is removed when, and what stays."""

import httpx
import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import PNG, Scripted, ended, open_chain, problem, result, submit

SHORT = {"APP_LIFESPAN": "1", "APP_CRON": "0.3"}
FILES = {"image": ("a.png", PNG, "image/png")}


@pytest.fixture
def engine(make_engine: MakeEngine) -> Engine:
    """One that forgets quickly."""
    return make_engine(**SHORT)


def gone(engine: Engine, job: str) -> bool:
    """Whether the engine knows the task no more."""
    return engine.client.get(f"/tasks/{job}/status").status_code == 404


def test_an_ended_task_goes_with_its_binaries(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route = open_chain(engine, "image", plan)
    job = submit(engine, route, files=FILES)
    address = result(engine, job)["image"]
    assert len(engine.files()) == 2
    wait_for(lambda: gone(engine, job), "the task is gone")
    for part in ("", "/raw", "/status", "/events"):
        problem(engine.client.get(f"/tasks/{job}{part}"), 404)
    problem(httpx.get(address), 404)
    wait_for(lambda: not engine.files() and not engine.folders(), "files and folder are gone")
    assert engine.client.get("/tasks").json()["tasks"] == []
    late = engine.client.post("/processing", params={"task_id": plan.calls[0]["id"]}, json={})
    problem(late, 404)
    assert engine.client.get("/stats").json()["jobs"]["total"] == 0
    assert result(engine, submit(engine, route, files=FILES))


def test_a_failed_task_goes_too(engine: Engine, service: Scripted) -> None:
    job = submit(engine, open_chain(engine, "image", service.plan({"status": 400})), files=FILES)
    ended(engine, job)
    wait_for(lambda: gone(engine, job) and not engine.files(), "task and file are gone")


def test_nothing_of_a_running_task_is_removed(engine: Engine, service: Scripted) -> None:
    fast, slow = service.plan(), service.plan({})
    route = open_chain(engine, "image", fast, slow)
    job = submit(engine, route, files=FILES)
    call = slow.wait_calls(1)[0]["id"]
    for _ in range(2):  # two others come and go meanwhile
        other = submit(engine, open_chain(engine, {}), {})
        wait_for(lambda: gone(engine, other), "the other is gone")
    assert len(engine.files()) == 2
    engine.client.delete(f"/services/{route}").raise_for_status()
    other = submit(engine, open_chain(engine, {}), {})
    wait_for(lambda: gone(engine, other), "the other is gone")
    engine.client.post("/processing", params={"task_id": call}, json={"done": True}).raise_for_status()
    assert result(engine, job) == {"done": True}


def test_the_time_counts_from_the_end(make_engine: MakeEngine, service: Scripted) -> None:
    engine = make_engine(APP_LIFESPAN="3600", APP_CRON="0.2")
    job = submit(engine, open_chain(engine, "image", service.plan()), files=FILES)
    address = result(engine, job)["image"]
    plan = service.plan({"callbacks": [{"sleep": 1, "result": {"json": {}}}]})
    result(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert httpx.get(address).content == PNG


def test_a_key_can_be_used_again_when_its_task_is_gone(engine: Engine) -> None:
    route, key = open_chain(engine, {"n": 1}), {"Idempotency-Key": "once"}
    first = engine.client.post(f"/services/{route}", json={"n": 1}, headers=key).json()["jobId"]
    wait_for(lambda: gone(engine, first), "the task is gone")
    answer = engine.client.post(f"/services/{route}", json={"n": 2}, headers=key)
    assert answer.status_code == 200 and answer.json()["jobId"] != first


def test_a_failed_task_can_be_retried_although_its_pipeline_was_deleted(
    make_engine: MakeEngine, service: Scripted
) -> None:
    engine = make_engine(APP_LIFESPAN="3600", APP_CRON="0.2")
    plan = service.plan({"status": 400})
    route = open_chain(engine, {}, plan)
    job = submit(engine, route, {})
    ended(engine, job)
    engine.client.delete(f"/services/{route}").raise_for_status()
    plan.steps({"callbacks": [{"sleep": 0.7, "result": {"json": {"n": 1}}}]})
    engine.kill()
    engine.start()
    engine.client.post(f"/tasks/{job}/retry").raise_for_status()
    assert result(engine, job) == {"n": 1}
