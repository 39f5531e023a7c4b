"""Server-Sent Events of one task and of all, and how they are resumed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, Scripted, open_chain, problem, result, submit


def events(lines: Iterator[str]) -> Iterator[Json]:
    """Each event of a stream with `id`, `event` and `data`; comments are left out."""
    event: Json = {}
    for line in lines:
        if not line:
            if "data" in event:
                yield {**event, "data": json.loads(event["data"])}
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


def stream(engine: Engine, path: str, last: str | None = None) -> Any:
    """Open a stream of events."""
    headers = {} if last is None else {"Last-Event-ID": last}
    return engine.client.stream("GET", path, headers=headers, timeout=10)


def whole(engine: Engine, job: str, last: str | None = None) -> list[Json]:
    """All events of a task, to its end."""
    with stream(engine, f"/tasks/{job}/events", last) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return list(events(answer.iter_lines()))


def test_the_events_of_a_task_that_has_ended(engine: Engine, service: Scripted) -> None:
    job = submit(engine, route := open_chain(engine, {}, service.plan()), {})
    result(engine, job)
    told = whole(engine, job)
    assert {event["data"]["task"] for event in told} == {job} and {e["data"]["route"] for e in told} == {route}
    seen = [(event["data"]["node"], event["data"]["state"]) for event in told]
    assert seen[0] == (None, "running") and seen[-1] == (None, "finished")
    for node in ("entry", "s0", "end"):
        assert seen.index((node, "running")) < seen.index((node, "finished"))
    assert {event["event"] for event in told} == {"node", "task"}


def test_the_events_of_a_running_task(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    job = submit(engine, open_chain(engine, {}, plan), {})
    with stream(engine, f"/tasks/{job}/events") as answer:
        told = events(answer.iter_lines())
        seen = [next(told)["data"]["state"] for _ in range(4)]
        assert "running" in seen
        call = plan.wait_calls(1)[0]["id"]
        httpx.post(f"{engine.url}/processing", params={"task_id": call}, json={"n": 1}).raise_for_status()
        rest = [(event["data"]["node"], event["data"]["state"]) for event in told]
    assert rest[-1] == (None, "finished") and ("s0", "finished") in rest


def test_every_place_to_resume(engine: Engine, service: Scripted) -> None:
    job = submit(engine, open_chain(engine, {}, service.plan()), {})
    result(engine, job)
    told = whole(engine, job)
    assert len({event["id"] for event in told}) == len(told)
    for number, event in enumerate(told):
        assert whole(engine, job, event["id"]) == told[number + 1 :]


@pytest.mark.parametrize("last", ["x", "", "-1", "99999999999999999999999", "²"])
def test_a_wrong_place_to_resume(engine: Engine, last: str) -> None:
    job = submit(engine, open_chain(engine, {"n": 1}), {"n": 1})
    headers = {b"Last-Event-ID": last.encode()}
    answer = engine.client.get(f"/tasks/{job}/events", headers=headers, timeout=5)
    assert answer.status_code == 200


def test_retries_are_told(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 503, "body": "not now"}, {"result": {"json": {}}})
    job = submit(engine, open_chain(engine, {}, plan), {})
    result(engine, job)
    assert any("503" in event["data"].get("detail", "") for event in whole(engine, job))


def test_all_tasks(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {}, service.plan())
    with stream(engine, "/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        jobs = {httpx.post(f"{engine.url}/services/{route}", json={}).json()["jobId"] for _ in range(3)}
        told: list[Json] = []
        for event in events(answer.iter_lines()):
            told.append(event)
            done = {e["data"]["task"] for e in told if e["event"] == "task" and e["data"]["state"] == "finished"}
            if jobs <= done:
                break
    for job in jobs:
        of_job = [e["data"] for e in told if e["data"]["task"] == job]
        from_task = [e["data"] for e in whole(engine, job)]
        assert of_job == from_task


def test_all_tasks_resumed(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {}, service.plan())
    first = httpx.post(f"{engine.url}/services/{route}", json={}).json()["jobId"]
    with stream(engine, "/events") as answer:
        started = events(answer.iter_lines())
        second = httpx.post(f"{engine.url}/services/{route}", json={}).json()["jobId"]
        event = next(e for e in started if e["data"]["task"] == second)
    result(engine, first)
    result(engine, second)
    third = submit(engine, route, {})
    result(engine, third)
    with stream(engine, "/events", event["id"]) as answer:
        told: list[Json] = []
        for event in events(answer.iter_lines()):
            told.append(event["data"])
            if (event["data"]["task"], event["event"], event["data"]["state"]) == (third, "task", "finished"):
                break
    assert [data for data in told if data["task"] == third] == [e["data"] for e in whole(engine, third)]
    missed = [e["data"] for e in whole(engine, second)][1:]
    assert [data for data in told if data["task"] == second][-len(missed) :] == missed


def test_the_events_of_an_unknown_task(engine: Engine) -> None:
    problem(engine.client.get(f"/tasks/{'0' * 32}/events"), 404)
