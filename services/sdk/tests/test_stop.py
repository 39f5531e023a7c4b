"""The end of a service: it finishes what it took; it never leaves a child or a file behind."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import inputs, picture

from aiservice.testing import CallbackReceiver, RunningService, free_port, wait_until


@pytest.mark.parametrize("processes", ["0", "1"])
def test_sigterm_finishes_what_was_taken(start: Any, tmp_path: Path, processes: str) -> None:
    with CallbackReceiver([503] * 8) as receiver:
        with start(SPECIMEN_PROCESSES=processes) as service:
            data = {"gate": str(tmp_path / "gate"), "log": str(tmp_path / "log")}
            for number in range(3):
                service.call("/held", data=data, callback_url=receiver.url, task_id=f"t{number}")
            task = service.call("/held", data=data).json["task_id"]
            wait_until((tmp_path / "log").exists, what="the start of the work")
            service.process.send_signal(signal.SIGTERM)
            wait_until(lambda: service.get("/health/ready").status == 503, what="the drain")
            refused = service.call("/echo", data={"text": "a"})
            assert (refused.status, "stopping" in refused.json["detail"]) == (503, True)
            assert service.get("/health/live").status == 200
            (tmp_path / "gate").touch()
            assert service.get(f"/tasks/{task}", wait=60).json == {"gate": data["gate"]}
            assert service.process.wait(60) == 0
        assert len(receiver.received) == 11
        assert {message.query["task_id"] for message in receiver.received} == {"t0", "t1", "t2"}


@pytest.mark.parametrize("processes", ["0", "1"])
def test_a_second_signal_ends_it_at_once(start: Any, tmp_path: Path, processes: str) -> None:
    with start(SPECIMEN_PROCESSES=processes, APP_TMP=str(tmp_path)) as service:
        service.call("/held", data={"gate": str(tmp_path / "never")})
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "finishing 1 calls" in service.log, what="the drain")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 1
        assert "leaves with 1 unfinished calls" in service.log
        assert not list(tmp_path.glob("aiservice-*"))


def test_the_grace_ends_it_where_a_callback_never_arrives(start: Any) -> None:
    with start(APP_GRACE="0.5") as service:
        url = f"http://127.0.0.1:{free_port()}/processing"
        service.call("/echo", data={"text": "a"}, callback_url=url, task_id="never")
        wait_until(lambda: "did not get through" in service.log, what="an attempt")
        began = time.monotonic()
        assert service.stop(60) == 1
        assert time.monotonic() - began >= 0.5


def test_what_a_killed_service_left_is_removed_by_the_next_one(
    start: Any, specimen: RunningService, workspace: Path
) -> None:
    before = inputs(workspace)
    folders = set(workspace.iterdir())
    with start(APP_TMP=str(workspace)) as service:
        service.call("/return", files={"file": ("a.jpg", picture(), "image/jpeg")})
        service.process.kill()
        service.process.wait()
        assert len(inputs(workspace) - before) == 1
    with start(APP_TMP=str(workspace)):
        assert not inputs(workspace) - before
        assert folders < set(workspace.iterdir()), "the folder of a service that runs is gone"
        assert specimen.call("/return", files={"file": ("a.jpg", b"1", "image/jpeg")}, wait=60).status == 200


def test_a_service_that_cannot_load_ends_with_1_and_says_why(start: Any) -> None:
    for processes in ("0", "1"):
        with start(wait_ready=False, SPECIMEN_BROKEN="1", SPECIMEN_PROCESSES=processes) as service:
            assert service.process.wait(60) == 1
            assert "cannot be loaded" in service.log and "OSError: the model file is missing" in service.log
