"""The end of a service: it finishes what it took; it never leaves a child or a file behind."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import picture

from aiservice.testing import CallbackReceiver, free_port, wait_until


@pytest.mark.parametrize("processes", ["0", "1"])
def test_sigterm_finishes_what_was_taken(start: Any, tmp_path: Path, processes: str) -> None:
    with CallbackReceiver([503] * 8) as receiver:
        with start(SPECIMEN_PROCESSES=processes) as service:
            data = {"gate": str(tmp_path / "gate"), "log": str(tmp_path / "log")}
            for number in range(3):
                service.call("/held", data=data, callback_url=receiver.url, task_id=f"t{number}")
            wait_until((tmp_path / "log").exists, what="the start of the work")
            service.process.send_signal(signal.SIGTERM)
            wait_until(lambda: service.get("/health/ready").status == 503, what="the drain")
            refused = service.call("/echo", data={"text": "a"})
            assert (refused.status, "stopping" in refused.json["detail"]) == (503, True)
            assert service.get("/health/live").status == 200
            (tmp_path / "gate").touch()
            assert service.process.wait(20) == 0
        assert len(receiver.received) == 11
        assert {message.query["task_id"] for message in receiver.received} == {"t0", "t1", "t2"}


def test_sigterm_answers_those_who_wait(start: Any, tmp_path: Path) -> None:
    with start() as service:
        data = {"gate": str(tmp_path / "gate")}
        task = service.call("/held", data=data).json["task_id"]
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: service.get("/health/ready").status == 503, what="the drain")
        (tmp_path / "gate").touch()
        assert service.get(f"/tasks/{task}", wait=10).json == data
        assert service.process.wait(20) == 0


@pytest.mark.parametrize("processes", ["0", "1"])
def test_a_second_signal_ends_it_at_once(start: Any, tmp_path: Path, processes: str) -> None:
    with start(SPECIMEN_PROCESSES=processes, APP_TMP=str(tmp_path)) as service:
        service.call("/held", data={"gate": str(tmp_path / "never")})
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "finishing 1 calls" in service.log, what="the drain")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(10) == 1
        assert "leaves with 1 unfinished calls" in service.log
        assert not list(tmp_path.glob("aiservice-*"))


def test_the_grace_ends_it_where_a_callback_never_arrives(start: Any) -> None:
    with start(APP_GRACE="0.5") as service:
        url = f"http://127.0.0.1:{free_port()}/processing"
        service.call("/echo", data={"text": "a"}, callback_url=url, task_id="never")
        wait_until(lambda: "did not get through" in service.log, what="an attempt")
        with pytest.raises(subprocess.TimeoutExpired):
            service.stop(0.1)
        assert service.process.wait(10) == 1


def test_an_idle_service_leaves_at_once_and_cleans_up(start: Any, tmp_path: Path) -> None:
    with start(APP_TMP=str(tmp_path)) as service:
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        assert service.call("/return", files=files).status == 200
        assert service.stop(10) == 0
        assert not list(tmp_path.glob("aiservice-*"))


def test_what_a_killed_service_left_is_removed_by_the_next_one(start: Any, tmp_path: Path) -> None:
    with start(APP_TMP=str(tmp_path)) as service:
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        service.call("/return", files=files)
        service.process.kill()
        service.process.wait()
        assert len(list(tmp_path.rglob("in-*"))) == 1
    with start(APP_TMP=str(tmp_path)), start(APP_TMP=str(tmp_path)):
        assert len(list(tmp_path.glob("aiservice-specimen-*"))) == 2
        assert not list(tmp_path.rglob("in-*"))


def test_a_service_that_cannot_load_ends_with_1_and_says_why(start: Any) -> None:
    for processes in ("0", "1"):
        with start(wait_ready=False, SPECIMEN_BROKEN="1", SPECIMEN_PROCESSES=processes) as service:
            assert service.process.wait(30) == 1
            assert "cannot be loaded" in service.log and "OSError: the model file is missing" in service.log
