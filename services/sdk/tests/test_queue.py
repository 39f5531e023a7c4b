"""The queue: bounded, beside the server, in threads or in processes that may die."""

import os
import signal
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

from aiservice.testing import CallbackReceiver, RunningService, wait_until


def hold(service: RunningService, folder: Path, receiver: CallbackReceiver, task_id: str) -> int:
    data = {"gate": str(folder / "gate"), "log": str(folder / "log")}
    return service.call("/held", data=data, callback_url=receiver.url, task_id=task_id).status


def test_a_full_queue_answers_429_before_the_body_is_read(narrow: RunningService, tmp_path: Path) -> None:
    with CallbackReceiver() as receiver:
        assert [hold(narrow, tmp_path, receiver, f"q{number}") for number in range(3)] == [200] * 3
        where = urlsplit(narrow.url)
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
            head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
            connection.sendall(head.encode())
            answer = connection.recv(1000).lower()
            assert answer.startswith(b"http/1.1 429") and b"retry-after: 1\r\n" in answer
        assert b"aiservice_rejected_total 1.0" in narrow.get("/metrics").body
        (tmp_path / "gate").touch()
        for number in range(3):
            receiver.wait_for(f"q{number}")
        assert narrow.call("/echo", data={"text": "a"}, wait=60).json["text"] == "a"


def test_the_http_side_answers_while_the_worker_is_busy(specimen: RunningService, tmp_path: Path) -> None:
    with CallbackReceiver() as receiver:
        hold(specimen, tmp_path, receiver, "busy")
        wait_until((tmp_path / "log").exists, what="the start of the work")
        for path in ("/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json"):
            assert specimen.get(path).status == 200
        assert hold(specimen, tmp_path, receiver, "behind") == 200
        assert not receiver.received
        (tmp_path / "gate").touch()
        for task_id in ("busy", "behind"):
            receiver.wait_for(task_id)


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


def test_a_worker_process_runs_the_function_and_loads_the_model(in_process: RunningService) -> None:
    answer = in_process.call("/echo", data={"text": "a"}, wait=60).json
    assert answer["pid"] == answer["loaded"] != in_process.pid
    assert in_process.call("/png", data={"level": 3}, wait=60).parts["result"].content_type == "image/png"
    assert in_process.call("/fail", data={"how": "again"}, wait=60).status == 503


def test_a_worker_process_leaves_the_end_to_its_server(in_process: RunningService, tmp_path: Path) -> None:
    with CallbackReceiver() as receiver:
        worker = in_process.call("/echo", data={"text": "a"}, wait=60).json["pid"]
        hold(in_process, tmp_path, receiver, "held")
        wait_until((tmp_path / "log").exists, what="the start of the work")
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGINT)
        (tmp_path / "gate").touch()
        assert "gate" in receiver.wait_for("held").json


def test_a_worker_process_that_dies_fails_its_call_and_is_replaced(in_process: RunningService) -> None:
    with CallbackReceiver() as receiver:
        first = in_process.call("/echo", data={"text": "a"}, wait=60).json["pid"]
        in_process.call("/fail", data={"how": "crash"}, callback_url=receiver.url, task_id="crash")
        in_process.call("/echo", data={"text": "b"}, callback_url=receiver.url, task_id="behind")
        failure = receiver.wait_for("crash").json
        assert failure["type"] == "error" and failure["retry_after"] == 1
        assert "exit code 9" in failure["message"]
        second = receiver.wait_for("behind").json["pid"]
        assert second != first
        os.kill(second, signal.SIGKILL)
        wait_until(lambda: not psutil.pid_exists(second) or psutil.Process(second).status() == "zombie")
        assert in_process.call("/echo", data={"text": "c"}, wait=60).status in (200, 503)
        assert in_process.call("/echo", data={"text": "d"}, wait=60).json["text"] == "d"


def test_work_beyond_its_time_limit_is_stopped_for_good(in_process: RunningService, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with CallbackReceiver() as receiver:
        worker = in_process.call("/echo", data={"text": "a"}, wait=60).json["pid"]
        in_process.call("/timed", data={"gate": str(gate)}, callback_url=receiver.url, task_id="overdue")
        in_process.call("/echo", data={"text": "b"}, callback_url=receiver.url, task_id="next")
        message = "the work took longer than 1 seconds, the time limit of timed, and was stopped"
        assert receiver.wait_for("overdue").json == {"type": "error", "message": message}
        assert receiver.wait_for("next").json["pid"] != worker
        assert not psutil.pid_exists(worker)
    gate.touch()
    assert in_process.call("/timed", data={"gate": str(gate)}, wait=60).json == {"gate": str(gate)}


def test_workers_end_with_a_server_that_is_killed(start: Any) -> None:
    with start(SPECIMEN_PROCESSES="1") as service:
        worker = psutil.Process(service.call("/echo", data={"text": "a"}, wait=60).json["pid"])
        service.process.kill()
        service.process.wait()
        worker.wait(60)
