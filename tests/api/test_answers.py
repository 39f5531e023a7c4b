"""What clients get is what the OpenAPI document says: each answer is held against the schema of its call."""

import re
from typing import Any

import jsonschema_rs
import pytest

from tests.e2e.processes import Engine
from tests.e2e.raw_http import Field, form, post_form
from tests.e2e.scripts import (
    PNG,
    Json,
    Scripted,
    ended,
    entry,
    fresh_route,
    open_chain,
    open_route,
    pipeline,
    result,
    submit,
)

END: Json = {"id": "end", "type": "end"}
BROKEN = {"id": "work", "after": "x = 1\ny = 1 / 0", "next": ["end"]}


@pytest.fixture(scope="module")
def document(engine: Engine) -> Json:
    """The OpenAPI document."""
    found: Json = engine.client.get("/openapi.json").json()
    return found


def schema_of(document: Json, path: str, verb: str, status: int, media: str) -> Json:
    """The schema of an answer, with all that it refers to."""
    told = document["paths"][path][verb]["responses"]
    answer = told.get(str(status), told["default"])
    return {**answer["content"][media]["schema"], "components": document["components"]}


def held(document: Json, engine: Engine, path: str, verb: str = "get", status: int = 200, **options: Any) -> Any:
    """Ask, and hold the answer against the document. `path` has its parameters in `options["of"]`."""
    address = path.format(**options.pop("of", {}))
    answer = engine.client.request(verb, address, **options)
    assert answer.status_code == status, answer.text
    media = answer.headers["content-type"]
    jsonschema_rs.validator_for(schema_of(document, path, verb, status, media)).validate(answer.json())
    return answer.json()


def test_services(engine: Engine, service: Scripted, document: Json) -> None:
    operation, route, gone = fresh_route("op"), fresh_route(), "http://127.0.0.1:9/x"
    api = {"route": operation, "body": ["image"], "summary": "s", "description": "d"}
    held(document, engine, "/services", "post", json={"type": "service", "url": gone, "api": api})
    calling = {"id": "s", "type": "service", "service": operation, "next": ["end"]}
    definition = pipeline(entry(route, ["image"], "s"), calling, END)
    held(document, engine, "/services", "post", json=definition)
    held(document, engine, "/services", "post", json=definition, params={"dry_run": True})
    changed = pipeline(entry(route, ["image"], "end"), END)
    held(document, engine, "/services/{route}", "put", of={"route": route}, json=changed)
    headers = {"If-Match": '"1"'}
    held(document, engine, "/services/{route}", "put", 412, of={"route": route}, json=definition, headers=headers)
    for each in (route, operation):
        assert held(document, engine, "/services/{route}", of={"route": each})["state"]["route"] == each
    held(document, engine, "/services")
    assert len(held(document, engine, "/services/{route}/versions", of={"route": route})) == 2
    held(document, engine, "/services/{route}", "delete", of={"route": route})
    held(document, engine, "/services/{route}", "get", 404, of={"route": route})
    wrong = pipeline(entry(route, {}, "work"), {**BROKEN, "after": "x = ("}, END)
    told = held(document, engine, "/services", "post", 422, json=wrong, params={"dry_run": True})
    assert told["errors"][0]["line"] == 1
    report = held(document, engine, "/services", "post", json=wrong, params={"dry_run": "report"})
    assert report["faults"] == told["errors"]


def test_tasks(engine: Engine, service: Scripted, document: Json) -> None:
    plan = service.plan({"status": 503}, {"callbacks": [{"result": {"echo": True}}]})
    route = open_chain(engine, ["image"], plan)
    image = Field("image", PNG, "a.png", "image/png")
    done = post_form(engine, f"/services/{route}", form(image)).json()["jobId"]
    result(engine, done)
    failed = submit(engine, open_route(engine, entry(fresh_route(), {}, "work"), BROKEN, END), {})
    ended(engine, failed)
    waiting = service.plan({})
    runs = submit(engine, open_chain(engine, {}, waiting), {})
    waiting.wait_calls(1)
    for job in (done, failed, runs):
        of = {"task_id": job}
        held(document, engine, "/tasks/{task_id}/status", of=of)
        held(document, engine, "/tasks/{task_id}/definition", of=of)
        for name, shown in held(document, engine, "/tasks/{task_id}/raw", of=of)["nodes"].items():
            assert held(document, engine, "/tasks/{task_id}/nodes/{instance}", of=of | {"instance": name}) == shown
            held(document, engine, "/tasks/{task_id}/nodes", of=of, params={"of": name})
    held(document, engine, "/tasks/{task_id}", of={"task_id": done})
    held(document, engine, "/tasks/{task_id}", "get", 400, of={"task_id": failed})
    held(document, engine, "/tasks/{task_id}/retry", "post", of={"task_id": failed})
    held(document, engine, "/tasks/{task_id}/retry", "post", of={"task_id": done}, params={"from": "s0"})
    held(document, engine, "/tasks/{task_id}/cancel", "post", of={"task_id": runs})
    held(document, engine, "/tasks/{task_id}/cancel", "post", 409, of={"task_id": done})
    held(document, engine, "/tasks", params={"limit": 2})


def test_the_system(engine: Engine, document: Json) -> None:
    held(document, engine, "/stats")
    held(document, engine, "/health/ready")


def test_keys(engine: Engine, document: Json) -> None:
    made = held(document, engine, "/keys", "post", json={"name": "x", "owner": "x", "scopes": ["read"]})
    held(document, engine, "/keys", "post", 422, json={"name": "x", "owner": "x", "scopes": ["root"]})
    assert held(document, engine, "/keys/{key_id}", "delete", of={"key_id": made["id"]})["state"] == "revoked"
    held(document, engine, "/keys")
    held(document, engine, "/identity")
    held(document, engine, "/session", "post")


def test_every_schema_is_used_and_every_call_has_one(document: Json) -> None:
    text = str(document)
    used = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert set(document["components"]["schemas"]) - used <= {"Binary"}, "a binary stands anywhere in a value"
    for path, of_path in document["paths"].items():
        for verb, told in of_path.items():
            if "204" in told["responses"]:
                continue
            contents = told["responses"]["200"].get("content", {}).values()
            schemas = [each["itemSchema"] if "itemSchema" in each else each["schema"] for each in contents]
            assert path == "/tasks/{task_id}" or (schemas and all(schemas)), f"{verb} {path} tells nothing"
