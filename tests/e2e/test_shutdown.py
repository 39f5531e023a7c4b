"""SIGTERM, a stopped process, and a kill while a client waits."""

import json
import os
import signal
import threading
import time
from http.client import HTTPResponse
from typing import Any

import httpx

from tests.conftest import MakeEngine
from tests.e2e.processes import wait_for
from tests.e2e.raw_http import FORM_TYPE, Field, connect, form, head
from tests.e2e.scripts import PNG, Scripted, open_chain, raw, result, status_of, submit


def test_an_upload_under_way_is_finished_and_the_task_goes_on(make_engine: MakeEngine, service: Scripted) -> None:
    engine, plan = make_engine(), service.plan()
    route = open_chain(engine, "image", plan)
    body = form(Field("image", PNG * 1000, "a.png", "image/png"))
    with connect(engine) as connection:
        said = {"Content-Length": str(len(body)), "Expect": "100-continue"}
        connection.sendall(head("POST", f"/services/{route}", FORM_TYPE | said))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n", "the upload is being read"
        connection.sendall(body[:1000])
        engine.signal(signal.SIGTERM)
        wait_for(lambda: not accepts(engine.port), "it takes no more connections")
        connection.sendall(body[1000:])
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200
        job = json.loads(answer.read())["jobId"]
    engine.wait()
    engine.start()
    assert len(httpx.get(result(engine, job)["image"]).content) == len(PNG) * 1000


def accepts(port: int) -> bool:
    """Whether connections are taken."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=5)
    except httpx.TransportError:
        return False
    return True


def test_it_ends_soon_although_services_and_clients_wait(make_engine: MakeEngine, service: Scripted) -> None:
    engine, plan = make_engine(), service.plan({"sleep": 60}, {"result": {"json": {"n": 1}}})
    route = open_chain(engine, {}, plan)
    answers: list[Any] = []

    def wait_long() -> None:
        try:
            headers = {"Prefer": "wait=100"}
            answers.append(httpx.post(f"{engine.url}/services/{route}", json={}, headers=headers, timeout=60))
        except httpx.TransportError as error:
            answers.append(error)

    def listen() -> None:
        try:
            answers.append(httpx.get(f"{engine.url}/events", timeout=60))
        except httpx.TransportError as error:
            answers.append(error)

    threads = [threading.Thread(target=target, daemon=True) for target in (wait_long, listen)]
    for thread in threads:
        thread.start()
    plan.wait_calls(1)
    started = time.monotonic()
    engine.stop()
    assert time.monotonic() - started < 9
    for thread in threads:
        thread.join(5)
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200, 200]
    job = next(answer.json()["jobId"] for answer in answers if "json" in answer.headers["content-type"])
    engine.start()
    assert result(engine, job) == {"n": 1}
    assert len(plan.calls) == 2 and plan.calls[0]["id"] == plan.calls[1]["id"]
    assert "Traceback" not in engine.log, engine.log


def test_accepted_calls_are_not_made_again_after_a_stop(make_engine: MakeEngine, service: Scripted) -> None:
    engine, plan = make_engine(), service.plan({})
    job = submit(engine, open_chain(engine, {}, plan), {})
    call = plan.wait_calls(1)[0]["id"]
    wait_for(lambda: raw(engine, job)["nodes"]["s0"]["attempts"][0]["accepted"], "it is stored that it was accepted")
    engine.stop()
    engine.start()
    other = service.plan({"result": {"json": {}}})
    result(engine, submit(engine, open_chain(engine, {}, other), {}))
    assert len(plan.calls) == 1 and status_of(engine, job)["status"] == "running"
    engine.client.post("/processing", params={"task_id": call}, json={"n": 1}).raise_for_status()
    assert result(engine, job) == {"n": 1}


def test_timers_go_on_after_a_kill(make_engine: MakeEngine, service: Scripted) -> None:
    engine = make_engine()
    pausing, waiting = service.plan({"status": 503}, {"result": {"json": {"n": 1}}}), service.plan({})
    first = submit(engine, open_chain(engine, {}, pausing, retry={"attempts": 3, "delay": 2}), {})
    second = submit(engine, open_chain(engine, {}, waiting, timeout=3, retry={"attempts": 1}), {})
    pausing.wait_calls(1)
    waiting.wait_calls(1)
    wait_for(lambda: status_of(engine, first)["nodes"]["s0"].get("waiting"), "the retry is stored")
    engine.kill()
    engine.start()
    assert result(engine, first) == {"n": 1}
    told = wait_for(lambda: s if (s := status_of(engine, second))["status"] == "error" else None, "the timeout")
    assert "call back" in told["message"]


def test_a_callback_comes_while_the_engine_is_down(make_engine: MakeEngine, service: Scripted) -> None:
    engine, plan = make_engine(), service.plan({"callbacks": [{"sleep": 0.5, "result": {"json": {"n": 1}}}]})
    job = submit(engine, open_chain(engine, {}, plan), {})
    plan.wait_calls(1)
    engine.kill()
    wait_for(lambda: [c for c in plan.callbacks if c["status"] is None], "the service does not get through")
    engine.start()
    assert result(engine, job) == {"n": 1}
    assert wait_for(lambda: [c for c in plan.callbacks if c["status"] == 200], "it has been told")


def test_nothing_expires_while_the_process_is_stopped(make_engine: MakeEngine, service: Scripted) -> None:
    engine, plan, operation = make_engine(), service.plan({}), service.plan()
    api = {"route": "op", "body": {}}
    message = {"type": "service", "url": operation.url, "api": api, "interval": 2}
    job = submit(engine, open_chain(engine, {}, plan, timeout=6, retry={"attempts": 1}), {})
    call = plan.wait_calls(1)[0]["id"]
    engine.client.post("/services", json=message).raise_for_status()
    wait_for(lambda: raw(engine, job)["nodes"]["s0"]["attempts"][0]["accepted"], "the call is accepted")
    engine.signal(signal.SIGSTOP)
    wait_for(lambda: process_state(engine.pid) == "T", "it is stopped")
    begun = time.monotonic()
    wait_for(lambda: time.monotonic() - begun > 6.5, "longer than all deadlines", 20)
    engine.signal(signal.SIGCONT)
    assert engine.client.get("/services/op").status_code == 200
    assert status_of(engine, job)["status"] == "running"
    engine.client.post("/processing", params={"task_id": call}, json={"n": 1}).raise_for_status()
    assert result(engine, job) == {"n": 1}
    assert len(plan.calls) == 1


def process_state(pid: int) -> str:
    """The letter of proc(5): `T` is stopped."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0]


def test_a_second_signal_does_no_harm(make_engine: MakeEngine) -> None:
    engine = make_engine()
    route = open_chain(engine, {"n": 1})
    job = submit(engine, route, {"n": 1})
    engine.signal(signal.SIGTERM)
    try:
        os.kill(engine.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    engine.wait()
    engine.start()
    assert result(engine, job) == {"n": 1}
