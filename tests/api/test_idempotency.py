"""`Idempotency-Key`: one task for one key, whatever is sent again."""

import secrets
import threading

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.raw_http import Field, form, post_form
from tests.e2e.scripts import PNG, Scripted, entry, open_chain, pipeline, problem, result


def post(engine: Engine, route: str, key: str, body: object) -> httpx.Response:
    """Submit JSON under a key."""
    return engine.client.post(f"/services/{route}", json=body, headers={"Idempotency-Key": key})


def count(engine: Engine, route: str) -> int:
    """How many tasks the route has."""
    return len(engine.client.get("/tasks", params={"route": route, "limit": 500}).json()["tasks"])


def test_the_same_key_and_body(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route, key = open_chain(engine, {"n": 1, "m": {"x": 1}}, plan), secrets.token_hex(8)
    first = post(engine, route, key, {"n": 1, "m": {"x": 2}})
    result(engine, first.json()["jobId"])
    again = [post(engine, route, key, body) for body in ({"n": 1, "m": {"x": 2}}, {"m": {"x": 2}, "n": 1})]
    for answer in again:
        assert answer.status_code == 200 and answer.json() == first.json()
        assert answer.headers["location"] == first.headers["location"]
    assert count(engine, route) == 1 and len(plan.calls) == 1


def test_another_body(engine: Engine) -> None:
    route, key = open_chain(engine, {"n": 1}), secrets.token_hex(8)
    first = post(engine, route, key, {"n": 1}).json()
    told = problem(post(engine, route, key, {"n": 2}), 422)
    assert "Idempotency-Key" in told["detail"]
    assert post(engine, route, key, {"n": 1}).json() == first
    assert count(engine, route) == 1


def test_another_route(engine: Engine) -> None:
    one, two, key = open_chain(engine, {"n": 1}), open_chain(engine, {"n": 1}), secrets.token_hex(8)
    assert post(engine, one, key, {"n": 1}).json() != post(engine, two, key, {"n": 1}).json()


def test_without_a_key_each_is_a_task(engine: Engine) -> None:
    route = open_chain(engine, {"n": 1})
    assert len({engine.client.post(f"/services/{route}", json={"n": 1}).json()["jobId"] for _ in range(3)}) == 3


def test_a_wrong_body_does_not_use_the_key(engine: Engine) -> None:
    route, key = open_chain(engine, {"n": 1}), secrets.token_hex(8)
    problem(post(engine, route, key, {"n": "x"}), 422)
    assert post(engine, route, key, {"n": 1}).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_keys_that_are_none(engine: Engine, key: str) -> None:
    route = open_chain(engine, {"n": 1})
    problem(post(engine, route, key, {"n": 1}), 400)
    assert count(engine, route) == 0


@pytest.mark.parametrize("key", ["x" * 255, "'; DROP TABLE tasks; --", "a b", "\x80ä".encode().decode("latin-1")])
def test_keys_of_any_kind(engine: Engine, key: str) -> None:
    route = open_chain(engine, {"n": 1})
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answers = [engine.client.post(f"/services/{route}", json={"n": 1}, headers=headers) for _ in range(2)]
    assert answers[0].status_code == 200 and answers[0].json() == answers[1].json()


def test_a_form_again(engine: Engine) -> None:
    route, key = open_chain(engine, ["image", "areas"]), {"Idempotency-Key": secrets.token_hex(8)}
    areas = Field("areas", b'{"n": 1}', "a.json", "application/json")
    body = form(Field("image", PNG), areas)
    first = post_form(engine, f"/services/{route}", body, key)
    files = len(engine.files())
    again = post_form(engine, f"/services/{route}", body, key)
    assert again.status_code == 200 and again.json() == first.json()
    assert len(engine.files()) == files, "the second upload must not stay"
    for other in (
        form(Field("image", PNG + b"x"), areas),
        form(Field("image", PNG), Field("areas", b"{}", None, areas.type)),
    ):
        problem(post_form(engine, f"/services/{route}", other, key), 422)
    assert len(engine.files()) == files and count(engine, route) == 1
    assert httpx.get(result(engine, first.json()["jobId"])["image"]).content == PNG


def test_at_the_same_time(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route, key = open_chain(engine, {"n": 1}, plan), secrets.token_hex(8)
    jobs: list[str] = []

    def send() -> None:
        headers = {"Idempotency-Key": key}
        jobs.append(httpx.post(f"{engine.url}/services/{route}", json={"n": 1}, headers=headers).json()["jobId"])

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(jobs) == 12 and len(set(jobs)) == 1
    result(engine, jobs[0])
    assert count(engine, route) == 1 and len(plan.calls) == 1


def test_a_key_outlives_a_new_version(engine: Engine) -> None:
    route, key = open_chain(engine, {"n": 1}), secrets.token_hex(8)
    first = post(engine, route, key, {"n": 1}).json()
    version = pipeline(entry(route, {"n": 1}, "end"), {"id": "end", "type": "end", "params": {"version": 2}})
    engine.client.put(f"/services/{route}", json=version).raise_for_status()
    assert post(engine, route, key, {"n": 1}).json() == first
