"""Random changes of what is right: whatever comes in, the answer is a result or a clear problem, never a 500."""

import json
import random
from typing import Any

import pytest

from tests.e2e.processes import Engine
from tests.e2e.raw_http import BOUNDARY, FORM_TYPE, Field, form
from tests.e2e.scripts import Json, Scripted, fresh_route, open_chain, problem, service_node, status_of, submit

ROUNDS = 150
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63,
    1.5,
    1e308,
    "",
    "a",
    "\u202e",
    "x" * 5000,
    [],
    {},
    [[]],
    {"": ""},
    [None],
]
ALLOWED = {200, 400, 404, 408, 409, 413, 415, 422}


def definition(route: str) -> Json:
    """A pipeline in which every field is used."""
    api = {"route": route, "body": {"n": 1, "deep": {"x": [1]}}, "summary": "s", "description": "d"}
    nodes = [
        {"id": "entry", "type": "entry", "api": api, "next": ["a", "b"], "params": {"p": 1}},
        service_node("a", "http://127.0.0.1:9/x", timeout=5, input={"x": "entry.out.deep.x.0"}),
        {"id": "b", "type": "node", "input": {"y": "entry.out.n"}, "next": ["end"]},
        {"id": "end", "type": "end", "input": {"r.s": "a.out.r", "t": "b.out.y"}},
    ]
    return {"type": "pipeline", "nodes": nodes}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with every key in it, at any depth."""
    if isinstance(value, dict):
        return [(value, key) for key in value] + [place for item in value.values() for place in places(item)]
    if isinstance(value, list):
        return [(value, key) for key in range(len(value))] + [place for item in value for place in places(item)]
    return []


def mutate(value: Any, chance: random.Random) -> Any:
    """Change one to three places: another value, nothing, another key, or twice the same."""
    value = json.loads(json.dumps(value))
    for _ in range(chance.randint(1, 3)):
        found = places(value)
        if not found:
            return chance.choice(VALUES)
        container, key = chance.choice(found)
        change = chance.randrange(4)
        if change == 0:
            container[key] = chance.choice(VALUES)
        elif change == 1:
            del container[key]
        elif change == 2 and isinstance(container, dict):
            container[chance.choice(["id", "next", "type", "", "x" * 300, "a/b", "\n"])] = container.pop(key)
        elif isinstance(container, list):
            container.append(container[key])
    return value


def judge(answer: Any) -> None:
    """The answer is one that may be given."""
    assert answer.status_code in ALLOWED, (answer.status_code, answer.text, answer.request.content[:2000])
    if answer.status_code != 200:
        problem(answer, answer.status_code)


@pytest.mark.parametrize("seed", range(4))
def test_definitions(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        document = mutate(definition(fresh_route("fuzz")), chance)
        answer = engine.client.post("/services", json=document)
        judge(answer)
        if answer.status_code == 200:
            route = answer.json()["state"]["route"]
            judge(engine.client.put(f"/services/{route}", json=mutate(document, chance)))
            judge(engine.client.delete(f"/services/{route}"))


def test_announcements(engine: Engine) -> None:
    chance = random.Random(1)
    for _ in range(ROUNDS):
        route = fresh_route("fuzz")
        api = {"route": route, "body": ["image", "areas"], "summary": "s", "description": "d"}
        message = {"type": "service", "url": "http://127.0.0.1:9/x", "api": api, "interval": 30}
        judge(engine.client.post("/services", json=mutate(message, chance)))
        judge(engine.client.get("/services"))
        engine.client.delete(f"/services/{route}")


def test_json_submissions(engine: Engine) -> None:
    chance = random.Random(2)
    body = {"n": 1, "deep": {"x": [1], "y": "s"}, "any": None}
    route = open_chain(engine, body)
    for _ in range(ROUNDS):
        answer = engine.client.post(f"/services/{route}", json=mutate(body, chance))
        judge(answer)
        if answer.status_code == 200:
            judge(engine.client.get(f"/tasks/{answer.json()['jobId']}"))


def damage(body: bytes, chance: random.Random) -> bytes:
    """Change, remove or double some bytes."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(changed))
        end = start + chance.choice([1, 1, 2, 30])
        middle = bytes(changed[start:end])
        changed[start:end] = chance.choice([b"", middle * 2, chance.randbytes(len(middle)), b"\r\n", BOUNDARY.encode()])
    return bytes(changed)


def test_forms(engine: Engine) -> None:
    chance = random.Random(3)
    route = open_chain(engine, ["image", "areas"])
    areas = Field("areas", b'{"areas": [[1, 2, 3, 4]], "n": 1.5}', "a.json", "application/json")
    body = form(Field("image", chance.randbytes(200), "a.png", "image/png"), areas)
    for _ in range(2 * ROUNDS):
        answer = engine.client.post(f"/services/{route}", content=damage(body, chance), headers=FORM_TYPE)
        judge(answer)
        if answer.status_code == 200:
            judge(engine.client.get(f"/tasks/{answer.json()['jobId']}"))


def test_callbacks(engine: Engine, service: Scripted) -> None:
    chance = random.Random(4)
    plan = service.plan({})
    route = open_chain(engine, {}, plan)
    values = Field("values", b'{"type": "error", "message": "m", "retry_after": 1}', "v.json", "application/json")
    body = form(Field("result0", b"some bytes"), values)
    for number in range(40):
        job = submit(engine, route, {})
        call = plan.wait_calls(number + 1)[number]["id"]
        for _ in range(5):
            sent = damage(body, chance) if number % 2 else json.dumps(mutate({"out": [1, {"a": "b"}]}, chance)).encode()
            kind = FORM_TYPE if number % 2 else {"Content-Type": "application/json"}
            judge(engine.client.post("/processing", params={"task_id": call}, content=sent, headers=kind))
        assert status_of(engine, job)["status"] in ("running", "finished", "error")
        judge(engine.client.get(f"/tasks/{job}/raw"))


def test_queries_and_headers(engine: Engine) -> None:
    chance = random.Random(5)
    for _ in range(ROUNDS):
        text = "".join(chance.choice("0123456789-=,;\"' bytes%\\/\u00e9") for _ in range(chance.randrange(20)))
        for path in ("/tasks", f"/tasks/{'0' * 32}/files/x"):
            query = {chance.choice(["limit", "cursor", "status", "route"]): text}
            names = ["Range", "If-None-Match", "Last-Event-ID", "Prefer", "Idempotency-Key", "If-Range"]
            headers = {chance.choice(names).encode(): text.strip().encode()}
            judge(engine.client.get(path, params=query, headers=headers))
