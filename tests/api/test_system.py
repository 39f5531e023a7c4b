"""Numbers, probes, metrics and documentation."""

import re

import httpx

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, Scripted, ended, entry, fresh_route, open_chain, open_route, problem, result, submit

CALLS = {
    ("/services", "get"),
    ("/services", "post"),
    ("/services/{route}", "get"),
    ("/services/{route}", "put"),
    ("/services/{route}", "delete"),
    ("/tasks", "get"),
    ("/tasks/{task_id}", "get"),
    ("/tasks/{task_id}/status", "get"),
    ("/tasks/{task_id}/raw", "get"),
    ("/tasks/{task_id}/events", "get"),
    ("/tasks/{task_id}/cancel", "post"),
    ("/tasks/{task_id}/retry", "post"),
    ("/events", "get"),
    ("/stats", "get"),
    ("/health/live", "get"),
    ("/health/ready", "get"),
    ("/metrics", "get"),
}


def paths(engine: Engine) -> Json:
    """The paths of the document."""
    found: Json = engine.client.get("/openapi.json").json()["paths"]
    return found


def test_stats(engine: Engine, service: Scripted) -> None:
    before = engine.client.get("/stats").json()["jobs"]
    plan = service.plan({"status": 400}, {}, {"result": {"json": {}}})
    route = open_chain(engine, {}, plan)
    ended(engine, submit(engine, route, {}))
    submit(engine, route, {})
    plan.wait_calls(2)
    result(engine, submit(engine, route, {}))
    told = engine.client.get("/stats").json()
    assert told["services"][route] == 3
    assert told["routes"][route] == {"total": 3, "running": 1, "finished": 1, "failed": 1}
    grown = {name: told["jobs"][name] - before[name] for name in ("total", "failed", "running", "finished")}
    assert grown == {"total": 3, "failed": 1, "running": 1, "finished": 1}
    assert told["jobs"]["total"] == sum(told["jobs"][name] for name in ("running", "finished", "failed"))


def test_a_route_without_tasks_is_in_the_stats(engine: Engine) -> None:
    route = open_chain(engine, {})
    told = engine.client.get("/stats").json()
    assert told["services"][route] == 0
    assert told["routes"][route] == {"total": 0, "running": 0, "finished": 0, "failed": 0}


def test_probes(engine: Engine) -> None:
    assert engine.client.get("/health/live").status_code == 200
    answer = engine.client.get("/health/ready")
    assert answer.status_code == 200 and answer.json()["status"] == "ready"


def test_metrics(engine: Engine) -> None:
    route = open_chain(engine, {})
    result(engine, submit(engine, route, {}))
    answer = engine.client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    for line in answer.text.splitlines():
        assert line.startswith("#") or re.match(r'^[a-z_]+(\{([a-z_]+="[^"]*",?)*\})? [0-9.e+-]+$', line), line
    assert f'engine_tasks_submitted_total{{route="{route}"}} 1.0' in answer.text
    assert f'engine_tasks_ended_total{{route="{route}",status="finished"}} 1.0' in answer.text


def test_the_document_lists_every_call(engine: Engine) -> None:
    found = paths(engine)
    assert CALLS <= {(path, verb) for path, of_path in found.items() for verb in of_path}
    assert any(path.startswith("/tasks/{task_id}/files/") for path in found)


def test_every_open_route_has_its_own_body(engine: Engine) -> None:
    body = {"name": "Myself", "age": 31, "more": {"x": [1.5]}}
    api = {"route": fresh_route(), "body": body, "summary": "Says hello", "description": "To *everybody*."}
    json_route = open_route(engine, {**entry("", {}, "end"), "api": api}, {"id": "end", "type": "end"})
    form_route = open_chain(engine, ["image", "areas"])
    found = paths(engine)
    operation = found[f"/services/{json_route}"]["post"]
    assert (operation["summary"], operation["description"]) == ("Says hello", "To *everybody*.")
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["age"]["type"] == "integer" and set(schema["required"]) == set(body)
    assert schema["properties"]["more"]["properties"]["x"]["items"]["type"] == "number"
    form = found[f"/services/{form_route}"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"image", "areas"} == set(form["required"])


def test_the_document_changes_as_routes_come_and_go(engine: Engine) -> None:
    path = f"/services/{open_chain(engine, {'n': 1})}"
    assert path in paths(engine)
    nodes = [entry(path.rpartition("/")[2], {"m": ""}, "end"), {"id": "end", "type": "end"}]
    engine.client.put(path, json={"type": "pipeline", "nodes": nodes}).raise_for_status()
    schema = paths(engine)[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert list(schema["properties"]) == ["m"]
    engine.client.delete(path).raise_for_status()
    assert path not in paths(engine)


def test_operations_are_unique_and_references_hold(engine: Engine) -> None:
    open_chain(engine, {})
    document = engine.client.get("/openapi.json").json()
    ids = [operation["operationId"] for of_path in document["paths"].values() for operation in of_path.values()]
    assert len(ids) == len(set(ids))
    for reference in re.findall(r'"\$ref": ?"(#[^"]*)"', engine.client.get("/openapi.json").text):
        place = document
        for key in reference.removeprefix("#/").split("/"):
            place = place[key]


def test_the_docs_need_nothing_from_elsewhere(engine: Engine) -> None:
    page = engine.client.get("/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    addresses = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", page.text)
    assert len(addresses) >= 3
    for address in addresses:
        assert not re.match(r"^([a-z]+:)?//", address), address
        answer = httpx.get(httpx.URL(f"{engine.url}/docs").join(address))
        assert answer.status_code == 200 and answer.content, address
    assert not re.search(r"https?://(?!www\.w3\.org)", page.text.replace(engine.url, ""))
    problem(engine.client.get("/docs/assets/other.js"), 404)
