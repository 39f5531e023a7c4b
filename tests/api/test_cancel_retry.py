"""Cancel and retry."""

import httpx

from tests.e2e.processes import Engine
from tests.e2e.scripts import (
    Plan,
    Scripted,
    ended,
    entry,
    fresh_route,
    open_chain,
    open_route,
    problem,
    raw,
    result,
    service_node,
    status_of,
    submit,
)

DONE = {"callbacks": [{"result": {"json": {"n": 1}}}]}


def test_cancel(engine: Engine, service: Scripted) -> None:
    first, second = service.plan({}), service.plan()
    job = submit(engine, open_chain(engine, {}, first, second), {})
    call = first.wait_calls(1)[0]["id"]
    answer = engine.client.post(f"/tasks/{job}/cancel")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["message"]) == ("error", "cancelled")
    whole = raw(engine, job)
    late = engine.client.post("/processing", params={"task_id": call}, json={"n": 1})
    assert late.status_code == 200
    assert raw(engine, job) == whole and second.calls == []
    assert "cancelled" in problem(engine.client.get(f"/tasks/{job}"), 400)["detail"]


def test_cancel_again_and_after_the_end(engine: Engine, service: Scripted) -> None:
    job = submit(engine, open_chain(engine, {}, service.plan({})), {})
    for _ in range(2):
        assert engine.client.post(f"/tasks/{job}/cancel").json()["message"] == "cancelled"
    finished = submit(engine, open_chain(engine, {}), {})
    result(engine, finished)
    problem(engine.client.post(f"/tasks/{finished}/cancel"), 409)
    assert status_of(engine, finished)["status"] == "finished"


def test_cancel_while_an_attempt_is_awaited(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 503})
    job = submit(engine, open_chain(engine, {}, plan, retry={"attempts": 50, "delay": 0.2, "factor": 1}), {})
    plan.wait_calls(2)
    assert engine.client.post(f"/tasks/{job}/cancel").status_code == 200
    seen = len(plan.calls)
    other = service.plan({"callbacks": [{"sleep": 0.8, "result": {"json": {}}}]})
    result(engine, submit(engine, open_chain(engine, {}, other), {}))
    assert len(plan.calls) <= seen + 1
    assert status_of(engine, job)["message"] == "cancelled"


def branches(engine: Engine, good: Plan, bad: Plan, last: Plan) -> str:
    """Two services beside each other, one after both."""
    return open_route(
        engine,
        entry(fresh_route(), {}, "good"),
        service_node("good", good.url, "bad"),
        service_node("bad", bad.url, "last"),
        service_node("last", last.url, input={"a": "good.out.n", "b": "bad.out.n"}),
        {"id": "end", "type": "end"},
    )


def test_retry_after_the_service_was_mended(engine: Engine, service: Scripted) -> None:
    good, bad, last = service.plan(DONE), service.plan({"status": 400, "body": "broken"}), service.plan()
    job = submit(engine, branches(engine, good, bad, last), {})
    assert ended(engine, job)["nodes"]["bad"]["state"] == "error"
    bad.steps(DONE)
    answer = engine.client.post(f"/tasks/{job}/retry")
    assert answer.status_code == 200 and answer.json()["status"] == "running" and "message" not in answer.json()
    assert result(engine, job) == {"a": 1, "b": 1}
    assert (len(good.calls), len(bad.calls), len(last.calls)) == (1, 1, 1)
    node = raw(engine, job)["nodes"]["bad"]
    assert [attempt["error"] is None for attempt in node["attempts"]] == [False, True]


def test_retry_that_fails_again(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 503, "body": "first"})
    job = submit(engine, open_chain(engine, {}, plan), {})
    ended(engine, job)
    plan.steps({"status": 503, "body": "second"})
    engine.client.post(f"/tasks/{job}/retry").raise_for_status()
    told = ended(engine, job)
    assert told["status"] == "error" and "second" in told["message"]
    assert len(plan.calls) == 2, "a retry has all its attempts again"


def test_retry_of_what_has_not_failed(engine: Engine, service: Scripted) -> None:
    running = submit(engine, open_chain(engine, {}, service.plan({})), {})
    problem(engine.client.post(f"/tasks/{running}/retry"), 409)
    finished = submit(engine, open_chain(engine, {}), {})
    result(engine, finished)
    problem(engine.client.post(f"/tasks/{finished}/retry"), 409)


def test_retry_after_a_cancel(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    job = submit(engine, open_chain(engine, {}, plan), {})
    plan.wait_calls(1)
    engine.client.post(f"/tasks/{job}/cancel").raise_for_status()
    plan.steps(DONE)
    assert engine.client.post(f"/tasks/{job}/retry").status_code == 200
    assert result(engine, job) == {"n": 1}


def test_retry_of_a_parallel_task_calls_only_what_did_not_succeed(engine: Engine, service: Scripted) -> None:
    good, bad, open_one = service.plan(DONE), service.plan({"sleep": 0.3, "status": 400}), service.plan({})
    plans = {"good": good, "bad": bad, "open": open_one}
    route = open_route(
        engine,
        entry(fresh_route(), {}, *plans),
        *(service_node(name, plan.url, "join") for name, plan in plans.items()),
        {"id": "join", "next": ["end"], "input": {name: f"{name}.out.n" for name in plans}},
        {"id": "end", "type": "end"},
    )
    job = submit(engine, route, {})
    states = {name: node["state"] for name, node in ended(engine, job)["nodes"].items()}
    assert (states["good"], states["bad"], states["open"]) == ("finished", "error", "cancelled")
    old = open_one.calls[0]["id"]
    bad.steps(DONE)
    open_one.steps({"sleep": 0.2, **DONE})
    engine.client.post(f"/tasks/{job}/retry").raise_for_status()
    assert httpx.post(f"{engine.url}/processing", params={"task_id": old}, json={"n": 1}).status_code == 200
    assert result(engine, job) == {"good": 1, "bad": 1, "open": 1}
    assert (len(good.calls), len(bad.calls)) == (1, 1)
