"""Callbacks: twice, late, early, in another order, of earlier attempts, wrong, cut."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.raw_http import FORM_TYPE, Field, exchange, form, head, post_form
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

SILENT: dict[str, Any] = {}


def call_back(engine: Engine, call_id: str, out: Any) -> httpx.Response:
    """Bring a JSON result."""
    return engine.client.post("/processing", params={"task_id": call_id}, json=out)


@pytest.fixture
def open_call(engine: Engine, service: Scripted) -> tuple[str, str, Plan]:
    """A task, the id of its one open call, and the plan of its service."""
    plan = service.plan(SILENT)
    job = submit(engine, open_chain(engine, {}, plan), {})
    return job, plan.wait_calls(1)[0]["id"], plan


def test_a_repeated_callback_changes_nothing(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, _ = open_call
    assert call_back(engine, call, {"n": 1}).status_code == 200
    whole = raw(engine, job)
    for _ in range(3):
        assert call_back(engine, call, {"n": 2}).status_code == 200
    assert result(engine, job) == {"n": 1}
    assert raw(engine, job) == whole


def test_the_service_repeats_its_callback(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"callbacks": [{"times": 3, "result": {"json": {"n": 1}}}]})
    job = submit(engine, open_chain(engine, {}, plan), {})
    assert result(engine, job) == {"n": 1}
    assert [callback["status"] for callback in plan.wait_callbacks(3)] == [200, 200, 200]
    assert len([line for line in raw(engine, job)["history"] if line["state"] == "finished"]) == 4


def test_a_callback_before_the_acknowledgement(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"before": [{"result": {"json": {"n": 1}}}], "sleep": 0.2})
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"n": 1}
    assert plan.callbacks[0]["status"] == 200 and len(plan.calls) == 1


def test_an_answer_4xx_after_the_callback_changes_nothing(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"before": [{"result": {"json": {"n": 1}}}], "status": 500})
    job = submit(engine, open_chain(engine, {}, plan), {})
    assert result(engine, job) == {"n": 1}
    assert len(plan.calls) == 1


def test_a_late_callback_of_an_earlier_attempt_is_taken(engine: Engine, service: Scripted) -> None:
    plan = service.plan(SILENT)
    job = submit(engine, open_chain(engine, {}, plan, timeout=0.5, retry={"attempts": 40, "delay": 0.05}), {})
    first, second = plan.wait_calls(2)[:2]
    assert first["id"] != second["id"]
    assert call_back(engine, first["id"], {"from": "the first"}).status_code == 200
    assert result(engine, job) == {"from": "the first"}
    assert call_back(engine, second["id"], {"from": "the second"}).status_code == 200
    assert result(engine, job) == {"from": "the first"}


def test_callbacks_in_another_order_than_the_calls(engine: Engine, service: Scripted) -> None:
    plans = [service.plan(SILENT) for _ in range(3)]
    route = open_route(
        engine,
        entry(fresh_route(), {}, "a", "b", "c"),
        *(service_node(name, plan.url, "join") for name, plan in zip("abc", plans, strict=True)),
        {"id": "join", "next": ["end"], "input": {name: f"{name}.out.n" for name in "abc"}},
        {"id": "end", "type": "end"},
    )
    job = submit(engine, route, {})
    calls = [plan.wait_calls(1)[0]["id"] for plan in plans]
    for number in (2, 0):
        assert call_back(engine, calls[number], {"n": number}).status_code == 200
    states = {name: node["state"] for name, node in status_of(engine, job)["nodes"].items()}
    assert states == {"entry": "finished", "a": "finished", "b": "running", "c": "finished"} | {
        "join": "pending",
        "end": "pending",
    }
    call_back(engine, calls[1], {"n": 1})
    assert result(engine, job) == {"a": 0, "b": 1, "c": 2}


def test_a_failure(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, plan = open_call
    assert call_back(engine, call, {"type": "error", "message": "the picture is dark"}).status_code == 200
    told = ended(engine, job)
    assert told["status"] == "error" and "the picture is dark" in told["message"] and "s0" in told["message"]
    assert len(plan.calls) == 1


def test_a_failure_without_a_reason(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, _ = open_call
    assert call_back(engine, call, {"type": "error"}).status_code == 200
    assert "gave no reason" in ended(engine, job)["message"]


def test_a_result_with_a_type_of_its_own_is_no_failure(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, _ = open_call
    call_back(engine, call, {"type": "cat", "message": "a cat"})
    assert result(engine, job) == {"type": "cat", "message": "a cat"}


def test_a_failure_that_may_pass_is_tried_again(engine: Engine, service: Scripted) -> None:
    busy = {"callbacks": [{"result": {"json": {"type": "error", "message": "no memory", "retry_after": 0.05}}}]}
    plan = service.plan(busy, {"callbacks": [{"result": {"json": {"n": 1}}}]})
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"n": 1}


@pytest.mark.parametrize("call", ["", "x", "0" * 32, "0" * 64, "../../etc/passwd", "a" * 5000, "%00", "ä"])
def test_an_unknown_call(engine: Engine, call: str) -> None:
    problem(call_back(engine, call, {"n": 1}), 404)


def test_no_call_at_all(engine: Engine) -> None:
    problem(engine.client.post("/processing", json={}), 404)


def test_a_guess_next_to_a_real_call_is_unknown(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, _ = open_call
    wrong = call[:-1] + ("0" if call[-1] != "0" else "1")
    unknown = problem(call_back(engine, "f" * len(call), {}), 404)
    assert problem(call_back(engine, wrong, {"n": "forged"}), 404) == unknown
    assert status_of(engine, job)["status"] == "running"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"n": NaN}', "application/json", 400),
        (b'"\xff"', "application/json", 400),
        (b'{"n": "\\ud800"}', "application/json", 400),
        (b'{"n": 1, "n": 2}', "application/json", 400),
        (b'{"n": 99999999999999999999}', "application/json", 400),
        (b"[" * 2000 + b"]" * 2000, "application/json", 400),
        (b'{"n":' * 100 + b"1" + b"}" * 100, "application/json", 400),
        (b"[1]", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b"hello", "text/plain", 415),
        (b"--x", "multipart/form-data", 400),
        (form(Field("result"))[:-6], FORM_TYPE["Content-Type"], 400),
        (form(Field("result"), Field("result")), FORM_TYPE["Content-Type"], 422),
        (form(Field("values", b"{", None, "application/json")), FORM_TYPE["Content-Type"], 400),
        (form(Field("values", b"[]", None, "application/json")), FORM_TYPE["Content-Type"], 422),
    ],
)
def test_a_result_that_cannot_be_read_leaves_the_call_open(
    engine: Engine, open_call: tuple[str, str, Plan], body: bytes, kind: str, status: int
) -> None:
    job, call, _ = open_call
    headers = {"Content-Type": kind}
    problem(engine.client.post("/processing", params={"task_id": call}, content=body, headers=headers), status)
    assert status_of(engine, job)["status"] == "running"
    assert [path for path in engine.files() if job in str(path)] == []
    assert call_back(engine, call, {"n": "at last"}).status_code == 200
    assert result(engine, job) == {"n": "at last"}


def test_a_result_that_is_too_large_fails_the_node(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, plan = open_call
    body = b'{"n": "' + b"x" * 9_000_000 + b'"}'
    problem(engine.client.post("/processing", params={"task_id": call}, content=body), 413)
    told = ended(engine, job)
    assert told["status"] == "error" and "the service's result is too large" in told["message"]
    assert len(plan.calls) == 1


def test_binaries_by_callback(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, _ = open_call
    values = Field("values", b'{"n": 1}', "v.json", "application/json")
    body = form(Field("result0", b"first"), values, Field("result1", b"second" * 100_000))
    assert post_form(engine, f"/processing?task_id={call}", body).status_code == 200
    out = result(engine, job)
    assert set(out) == {"n", "result0", "result1"} and out["n"] == 1
    assert hashlib.sha256(httpx.get(out["result1"]).content).digest() == hashlib.sha256(b"second" * 100_000).digest()


def test_binaries_of_a_repeated_callback_are_not_kept(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, _ = open_call
    body = form(Field("result", b"first"))
    for _ in range(3):
        assert post_form(engine, f"/processing?task_id={call}", body).status_code == 200
    assert len([path for path in engine.files() if job in str(path)]) == 1


def test_a_callback_that_is_cut_changes_nothing(engine: Engine, service: Scripted) -> None:
    parts = {"parts": [{"name": "result", "filename": "f", "type": "text/plain", "text": "x" * 100_000}]}
    plan = service.plan({"callbacks": [{"cut": 50_000, "result": parts}, {"sleep": 0.3, "result": parts}]})
    job = submit(engine, open_chain(engine, {}, plan), {})
    assert len(httpx.get(result(engine, job)["result"]).content) == 100_000
    assert len([path for path in engine.files() if job in str(path)]) == 1


def test_a_body_without_an_end_is_cut(engine: Engine, open_call: tuple[str, str, Plan]) -> None:
    job, call, _ = open_call
    body = form(Field("result", b"x" * 1000))
    start = head("POST", f"/processing?task_id={call}", FORM_TYPE | {"Content-Length": str(len(body))})
    exchange(engine, start + body[:500], end=True)
    assert status_of(engine, job)["status"] == "running"
    assert post_form(engine, f"/processing?task_id={call}", body).status_code == 200
    result(engine, job)


def test_a_callback_after_the_end_of_the_task(engine: Engine, service: Scripted) -> None:
    slow, failing = service.plan(SILENT), service.plan({"sleep": 0.2, "status": 400})
    route = open_route(
        engine,
        entry(fresh_route(), {}, "slow", "failing"),
        service_node("slow", slow.url),
        service_node("failing", failing.url),
        {"id": "end", "type": "end"},
    )
    job = submit(engine, route, {})
    told = ended(engine, job)
    assert told["nodes"]["slow"]["state"] == "cancelled"
    whole = raw(engine, job)
    assert call_back(engine, slow.calls[0]["id"], {"n": 1}).status_code == 200
    assert raw(engine, job) == whole


def test_processing_is_not_in_the_docs(engine: Engine) -> None:
    assert "/processing" not in engine.client.get("/openapi.json").json()["paths"]
