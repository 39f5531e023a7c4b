"""POST, PUT, GET and DELETE of definitions."""

from typing import Any

from tests.e2e.processes import Engine
from tests.e2e.scripts import (
    Json,
    Scripted,
    entry,
    fresh_route,
    open_chain,
    pipeline,
    pointers,
    problem,
    raw,
    result,
    service_node,
    status_of,
    submit,
)

END: Json = {"id": "end", "type": "end"}


def simple(route: str, body: Any = None, **params: Any) -> Json:
    """A pipeline that gives back what it gets."""
    return pipeline(entry(route, {"n": 1} if body is None else body, "end"), {**END, "params": params})


def test_the_description_is_the_definition(engine: Engine) -> None:
    definition = simple(fresh_route("pipe.v1_x"), mark=1)
    answer = engine.client.post("/services", json=definition)
    assert answer.status_code == 200
    for described in (answer.json(), engine.client.get(f"/services/{definition['nodes'][0]['api']['route']}").json()):
        assert described["type"] == "pipeline" and described["nodes"] == definition["nodes"]


def test_the_route_is_open_at_once_and_listed(engine: Engine) -> None:
    route = fresh_route()
    problem(engine.client.post(f"/services/{route}", json={"n": 1}), 404)
    engine.client.post("/services", json=simple(route)).raise_for_status()
    assert result(engine, submit(engine, route, {"n": 5})) == {"n": 5}
    listed = engine.client.get("/services").json()
    assert route in [node["api"]["route"] for each in listed for node in each["nodes"] if node.get("type") == "entry"]


def test_the_same_definition_again(engine: Engine) -> None:
    definition = simple(fresh_route())
    first = engine.client.post("/services", json=definition)
    second = engine.client.post("/services", json=definition)
    assert second.status_code == 200 and second.json() == first.json()


def test_a_taken_route(engine: Engine) -> None:
    route = fresh_route()
    engine.client.post("/services", json=simple(route)).raise_for_status()
    told = problem(engine.client.post("/services", json=simple(route, {"other": ""})), 409)
    assert route in told["detail"]
    assert result(engine, submit(engine, route, {"n": 1})) == {"n": 1}


def test_a_description_can_be_changed_and_sent_back(engine: Engine) -> None:
    route = fresh_route()
    described = engine.client.post("/services", json=simple(route)).json()
    described["nodes"][0]["api"]["body"] = {"m": ""}
    assert engine.client.put(f"/services/{route}", json=described).status_code == 200
    assert result(engine, submit(engine, route, {"m": "x"})) == {"m": "x"}


def test_put_of_a_new_version_while_a_task_runs(engine: Engine, service: Scripted) -> None:
    old, new = service.plan({"sleep": 0.1}), service.plan()
    route = open_chain(engine, {"n": 1}, old)
    job = submit(engine, route, {"n": 1})
    call = old.wait_calls(1)[0]["id"]
    version = pipeline(
        entry(route, {"m": ""}, "other"),
        service_node("other", new.url),
        {**END, "input": {"new": "other.out.m"}},
    )
    assert engine.client.put(f"/services/{route}", json=version).status_code == 200
    problem(engine.client.post(f"/services/{route}", json={"n": 1}), 422)
    assert result(engine, submit(engine, route, {"m": "x"})) == {"new": "x"}
    assert set(status_of(engine, job)["nodes"]) == {"entry", "s0", "end"}
    engine.client.post("/processing", params={"task_id": call}, json={"n": 2}).raise_for_status()
    assert result(engine, job) == {"n": 2}
    assert set(raw(engine, job)["nodes"]) == {"entry", "s0", "end"}


def test_put_of_an_unknown_route(engine: Engine) -> None:
    route = fresh_route()
    problem(engine.client.put(f"/services/{route}", json=simple(route)), 404)


def test_put_with_another_route(engine: Engine) -> None:
    route = fresh_route()
    engine.client.post("/services", json=simple(route)).raise_for_status()
    problem(engine.client.put(f"/services/{route}", json=simple(fresh_route())), 422)


def test_put_of_a_wrong_definition_keeps_the_old_one(engine: Engine) -> None:
    route = fresh_route()
    engine.client.post("/services", json=simple(route)).raise_for_status()
    told = problem(engine.client.put(f"/services/{route}", json=pipeline(entry(route, {}, "nowhere"), END)), 422)
    assert "/nodes/0/next/0" in pointers(told)
    assert result(engine, submit(engine, route, {"n": 1})) == {"n": 1}


def test_delete_while_a_task_runs(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    route = open_chain(engine, {}, plan)
    job = submit(engine, route, {})
    call = plan.wait_calls(1)[0]["id"]
    assert engine.client.delete(f"/services/{route}").status_code == 200
    problem(engine.client.post(f"/services/{route}", json={}), 404)
    problem(engine.client.get(f"/services/{route}"), 404)
    problem(engine.client.delete(f"/services/{route}"), 404)
    engine.client.post("/processing", params={"task_id": call}, json={"n": 2}).raise_for_status()
    assert result(engine, job) == {"n": 2}


def test_a_deleted_route_can_be_taken_by_another(engine: Engine) -> None:
    route = fresh_route()
    for body in ({"n": 1}, {"m": 1}):
        engine.client.post("/services", json=simple(route, body)).raise_for_status()
        assert engine.client.get(f"/services/{route}").json()["nodes"][0]["api"]["body"] == body
        assert engine.client.delete(f"/services/{route}").status_code == 200


def test_unknown_routes(engine: Engine) -> None:
    for route in (fresh_route(), "a%20b", "%00", "x" * 3000, "%ff", "..%2f..%2fetc"):
        problem(engine.client.get(f"/services/{route}"), 404)
        problem(engine.client.post(f"/services/{route}", json={}), 404)


def test_a_pipeline_route_cannot_be_announced(engine: Engine) -> None:
    route = fresh_route()
    engine.client.post("/services", json=simple(route)).raise_for_status()
    api = {"route": route, "body": {}}
    problem(engine.client.post("/services", json={"type": "service", "url": "http://127.0.0.1:1/x", "api": api}), 409)
    assert engine.client.get(f"/services/{route}").json()["type"] == "pipeline"


def test_default_merge_and_parallel_branches(engine: Engine, service: Scripted) -> None:
    first, second = service.plan({"result": {"json": {"a": 1}}}), service.plan({"result": {"json": {"b": 2}}})
    route = fresh_route()
    definition = pipeline(
        entry(route, {"n": 1}, "one", "two", "both"),
        service_node("one", first.url, "both"),
        service_node("two", second.url, "both"),
        {"id": "both", "next": ["end"]},
        END,
    )
    engine.client.post("/services", json=definition).raise_for_status()
    assert result(engine, submit(engine, route, {"n": 7})) == {"n": 7, "a": 1, "b": 2}
    assert (len(first.calls), len(second.calls)) == (1, 1)


def test_names_of_results_may_contain_dots(engine: Engine) -> None:
    route = fresh_route()
    definition = pipeline(entry(route, {"n": {"deep": [1]}}, "end"), {**END, "input": {"a.b.c": "entry.out.n.deep.0"}})
    engine.client.post("/services", json=definition).raise_for_status()
    assert result(engine, submit(engine, route, {"n": {"deep": [9]}})) == {"a.b.c": 9}


def test_a_path_that_finds_nothing_fails_the_node(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"result": {"json": {"there": 1}}})
    route = fresh_route()
    node = {"id": "next", "input": {"x": "s.out.missing"}, "next": ["end"]}
    definition = pipeline(entry(route, {}, "s"), service_node("s", plan.url, "next"), node, END)
    engine.client.post("/services", json=definition).raise_for_status()
    job = submit(engine, route, {})
    told = engine.client.get(f"/tasks/{job}/status").json()
    while told["status"] == "running":
        told = engine.client.get(f"/tasks/{job}/status").json()
    assert told["status"] == "error"
    for part in ("next", "missing", "there"):
        assert part in told["message"], told
