"""The queue: bounded, beside the server, in threads or in processes that may die."""

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

from aiservice.testing import CallbackReceiver, RunningService, wait_until


def hold(service: RunningService, folder: Path, receiver: CallbackReceiver, task_id: str) -> int:
    data = {"gate": str(folder / "gate"), "log": str(folder / "log")}
    return service.call("/held", data=data, callback_url=receiver.url, task_id=task_id).status


def test_a_full_queue_answers_429_before_the_body_is_read(start: Any, tmp_path: Path) -> None:
    with start(APP_QUEUE="2", APP_WORKERS="1") as service, CallbackReceiver() as receiver:
        assert [hold(service, tmp_path, receiver, f"q{number}") for number in range(3)] == [200] * 3
        where = urlsplit(service.url)
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
            head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
            connection.sendall(head.encode())
            answer = connection.recv(1000).lower()
            assert answer.startswith(b"http/1.1 429") and b"retry-after: 1\r\n" in answer
        assert b"aiservice_rejected_total 1.0" in service.get("/metrics").body
        (tmp_path / "gate").touch()
        for number in range(3):
            receiver.wait_for(f"q{number}")
        assert service.call("/echo", data={"text": "a"}, wait=10).json["text"] == "a"


def test_the_http_side_answers_while_the_worker_is_busy(start: Any, tmp_path: Path) -> None:
    with start() as service, CallbackReceiver() as receiver:
        hold(service, tmp_path, receiver, "busy")
        wait_until((tmp_path / "log").exists, what="the start of the work")
        began = time.monotonic()
        for path in ("/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json"):
            assert service.get(path).status == 200
        assert hold(service, tmp_path, receiver, "behind") == 200
        assert time.monotonic() - began < 5
        assert not receiver.received
        (tmp_path / "gate").touch()
        receiver.wait_for("behind")
        assert [message.query["task_id"] for message in receiver.received] == ["busy", "behind"]


def test_as_many_calls_run_at_once_as_there_are_workers(start: Any, tmp_path: Path) -> None:
    with start(APP_WORKERS="3") as service, CallbackReceiver() as receiver:
        for number in range(4):
            hold(service, tmp_path, receiver, f"w{number}")
        log = tmp_path / "log"
        wait_until(lambda: log.exists() and log.read_text() == "began\n" * 3, what="three at once")
        (tmp_path / "gate").touch()
        for number in range(4):
            receiver.wait_for(f"w{number}")
        assert log.read_text() == "began\n" * 4


def test_a_worker_process_runs_the_function_and_loads_the_model(start: Any) -> None:
    with start(SPECIMEN_PROCESSES="1", APP_WORKERS="2") as service:
        answer = service.call("/echo", data={"text": "a"}, wait=10).json
        assert answer["pid"] == answer["loaded"] != service.pid
        assert service.call("/png", data={"level": 3}, wait=10).parts["result"].content_type == "image/png"
        assert service.call("/fail", data={"how": "again"}, wait=10).status == 503
        assert service.stop() == 0


def test_a_worker_process_leaves_the_end_to_its_server(start: Any, tmp_path: Path) -> None:
    with start(SPECIMEN_PROCESSES="1") as service, CallbackReceiver() as receiver:
        worker = service.call("/echo", data={"text": "a"}, wait=10).json["pid"]
        hold(service, tmp_path, receiver, "held")
        wait_until((tmp_path / "log").exists, what="the start of the work")
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGINT)
        (tmp_path / "gate").touch()
        assert "gate" in receiver.wait_for("held").json


def test_a_worker_process_that_dies_fails_its_call_and_is_replaced(start: Any, tmp_path: Path) -> None:
    with start(SPECIMEN_PROCESSES="1") as service, CallbackReceiver() as receiver:
        first = service.call("/echo", data={"text": "a"}, wait=10).json["pid"]
        service.call("/fail", data={"how": "crash"}, callback_url=receiver.url, task_id="crash")
        service.call("/echo", data={"text": "b"}, callback_url=receiver.url, task_id="behind")
        failure = receiver.wait_for("crash").json
        assert failure["type"] == "error" and failure["retry_after"] == 1
        assert "exit code 9" in failure["message"]
        second = receiver.wait_for("behind").json["pid"]
        assert second != first
        os.kill(second, signal.SIGKILL)
        wait_until(lambda: not psutil.pid_exists(second) or psutil.Process(second).status() == "zombie")
        assert service.call("/echo", data={"text": "c"}, wait=20).status in (200, 503)
        assert service.call("/echo", data={"text": "d"}, wait=20).json["text"] == "d"


def test_workers_end_with_a_server_that_is_killed(start: Any) -> None:
    with start(SPECIMEN_PROCESSES="1") as service:
        worker = psutil.Process(service.call("/echo", data={"text": "a"}, wait=10).json["pid"])
        service.process.kill()
        service.process.wait()
        worker.wait(10)
