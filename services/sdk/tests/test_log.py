"""The lines that a service writes: which task they are about, and never the capability of a call."""

import json
from typing import Any

import pytest

from aiservice.testing import CallbackReceiver, wait_until

TASK = "6560aa00" + "a" * 32
SECRET = "5" * 32


@pytest.mark.parametrize("processes", ["", "1"])
def test_a_failing_call_is_found_by_its_task(start: Any, processes: str) -> None:
    with start(APP_LOG_FORMAT="json", SPECIMEN_PROCESSES=processes) as service, CallbackReceiver() as receiver:
        service.call("/fail", data={"how": "bug"}, callback_url=receiver.url, task_id=TASK + SECRET)
        wait_until(lambda: "fail failed" in service.log, what="the line")
        told = [json.loads(line) for line in service.log.splitlines()]
        about = [line for line in told if line.get("task") == TASK]
        assert [line["message"] for line in about] == ["about to fail", "fail failed"]
        assert all(line["route"] == "fail" and line["service"] == "specimen" for line in about)
        assert about[1]["exception"].endswith("ZeroDivisionError: by nothing")
        assert SECRET not in service.log


def test_a_callback_that_does_not_arrive_is_found_by_its_task(start: Any) -> None:
    with start() as service:
        service.call("/echo", data={"text": "a"}, callback_url="http://127.0.0.1:9/processing", task_id=TASK + SECRET)
        wait_until(lambda: "did not get through" in service.log, what="the line")
        line = next(line for line in service.log.splitlines() if "did not get through" in line)
        assert line.endswith(f"[task={TASK}]") and SECRET not in service.log


def test_an_id_that_is_no_engines_is_not_written(start: Any) -> None:
    with start(APP_LOG_FORMAT="json") as service:
        service.call("/fail", data={"how": "bug"}, callback_url="http://127.0.0.1:9/processing", task_id="a\nb")
        wait_until(lambda: "fail failed" in service.log, what="the line")
        assert "task" not in next(json.loads(line) for line in service.log.splitlines() if "fail failed" in line)
