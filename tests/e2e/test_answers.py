"""How services answer a call, well and badly, and what the engine makes of it."""

import socket
import time
from typing import Any

import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine
from tests.e2e.scripts import (
    Scripted,
    ended,
    entry,
    fresh_route,
    open_chain,
    open_route,
    raw,
    result,
    service_node,
    submit,
)

DONE: dict[str, Any] = {"callbacks": [{"result": {"json": {"done": True}}}]}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422])
def test_a_4xx_fails_at_once_and_is_quoted(engine: Engine, service: Scripted, status: int) -> None:
    plan = service.plan({"status": status, "body": "these areas are wrong"}, DONE)
    told = ended(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert told["status"] == "error"
    for part in (plan.url, str(status), "these areas are wrong", "s0"):
        assert part in told["message"], told
    assert len(plan.calls) == 1
    assert told["nodes"]["s0"]["state"] == "error"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507])
def test_a_passing_trouble_is_tried_again(engine: Engine, service: Scripted, status: int) -> None:
    plan = service.plan({"status": status, "body": "not now"}, DONE)
    job = submit(engine, open_chain(engine, {}, plan), {})
    assert result(engine, job) == {"done": True}
    first, second = raw(engine, job)["nodes"]["s0"]["attempts"]
    assert str(status) in first["error"] and "not now" in first["error"] and second["error"] is None
    assert len({call["id"] for call in plan.calls}) == 2


def test_after_the_last_attempt_the_task_fails(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 503, "body": "broken for ever"})
    job = submit(engine, open_chain(engine, {}, plan, retry={"attempts": 3, "delay": 0.02}), {})
    told = ended(engine, job)
    assert told["status"] == "error"
    for part in (plan.url, "503", "broken for ever"):
        assert part in told["message"], told
    assert len(plan.calls) == 3
    assert len(raw(engine, job)["nodes"]["s0"]["attempts"]) == 3


def test_the_pauses_grow(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 500}, {"status": 500}, {"status": 500}, DONE)
    job = submit(engine, open_chain(engine, {}, plan, retry={"attempts": 4, "delay": 0.2, "factor": 3}), {})
    started = time.monotonic()
    result(engine, job)
    assert time.monotonic() - started > 0.8 * (0.2 + 0.6 + 1.8)


def test_retry_after_is_honoured(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 429, "headers": {"Retry-After": "1"}}, DONE)
    started = time.monotonic()
    job = submit(engine, open_chain(engine, {}, plan), {})
    waiting = raw(engine, job)["nodes"]["s0"]
    assert result(engine, job) == {"done": True}
    assert 1 <= time.monotonic() - started < 5
    assert waiting["state"] == "running"


def test_nobody_listens(engine: Engine) -> None:
    url = f"http://127.0.0.1:{free_port()}/gone"
    route = open_route(engine, entry(fresh_route(), {}, "s"), service_node("s", url), {"id": "end", "type": "end"})
    told = ended(engine, submit(engine, route, {}))
    assert told["status"] == "error" and url in told["message"], told


def test_a_name_that_does_not_exist(engine: Engine) -> None:
    url = "http://no-such-host.invalid/x"
    route = open_route(engine, entry(fresh_route(), {}, "s"), service_node("s", url), {"id": "end", "type": "end"})
    told = ended(engine, submit(engine, route, {}), 30)
    assert told["status"] == "error" and url in told["message"], told


def test_a_connection_that_is_cut_is_tried_again(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"close": True}, DONE)
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"done": True}
    assert len(plan.calls) == 2


def test_one_that_takes_the_connection_and_says_nothing(engine: Engine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/silent"
        route = open_route(
            engine, entry(fresh_route(), {}, "s"), service_node("s", url, timeout=0.4), {"id": "end", "type": "end"}
        )
        told = ended(engine, submit(engine, route, {}), 10)
    assert told["status"] == "error" and url in told["message"], told


def test_what_is_no_http_at_all(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"raw": "BLAH BLAH\r\n\r\n"})
    told = ended(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert told["status"] == "error" and plan.url in told["message"], told


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(engine: Engine, service: Scripted, status: int) -> None:
    target = service.plan(DONE)
    plan = service.plan({"status": status, "headers": {"Location": target.url}})
    told = ended(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert told["status"] == "error" and str(status) in told["message"], told
    assert target.calls == [] and len(plan.calls) == 1


@pytest.mark.parametrize("body", ["", "certainly", '{"half": ', "<html>", "null"])
def test_what_an_acknowledgement_says_does_not_matter(engine: Engine, service: Scripted, body: str) -> None:
    plan = service.plan({"status": 200, "body": body, **DONE})
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"done": True}


def test_an_acknowledgement_that_is_cut_still_counts(engine: Engine, service: Scripted) -> None:
    answer = "HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\nshort"
    plan = service.plan({"raw": answer, "callbacks": [{"sleep": 0.3, "result": {"json": {"done": True}}}]})
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"done": True}


def test_a_slow_acknowledgement(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"sleep": 1, **DONE})
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"done": True}
    assert len(plan.calls) == 1


def test_an_endless_error_page_is_cut(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 400, "body": "x" * 5_000_000})
    told = ended(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert told["status"] == "error" and 100 < len(told["message"]) < 2_000


def test_one_that_never_calls_back_is_called_again(engine: Engine, service: Scripted) -> None:
    plan = service.plan({}, DONE)
    job = submit(engine, open_chain(engine, {}, plan, timeout=0.4), {})
    assert result(engine, job) == {"done": True}
    assert len(plan.calls) == 2


def test_one_that_never_calls_back_at_all(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    told = ended(engine, submit(engine, open_chain(engine, {}, plan, timeout=0.3), {}))
    assert told["status"] == "error" and "call back" in told["message"], told
    assert len(plan.calls) == 2
