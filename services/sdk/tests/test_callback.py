"""Callbacks: repeated until they are taken, given up where that is final, never in the way of the work."""

from pathlib import Path
from typing import Any

import pytest
from conftest import inputs, picture

from aiservice.testing import CallbackReceiver, RunningService, free_port, wait_until


def test_a_callback_is_repeated_until_it_is_answered_with_200(specimen: RunningService) -> None:
    content = picture()
    with CallbackReceiver([503, 500, 429, 408]) as receiver:
        files = {"file": ("a.jpg", content, "image/jpeg")}
        specimen.call("/return", files=files, callback_url=receiver.url, task_id="again")
        receiver.wait_for("again", attempts=5)
        every = receiver.all_for("again")
        assert [message.parts["result"].data for message in every] == [content] * 5
        specimen.call("/echo", data={"text": "a"}, callback_url=receiver.url, task_id="next")
        receiver.wait_for("next")
        assert len(receiver.all_for("again")) == 5


def test_a_callback_waits_for_an_engine_that_is_away(specimen: RunningService) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/processing"
    specimen.call("/echo", data={"text": "late"}, callback_url=url, task_id="late")
    wait_until(lambda: specimen.log.count(f"callback to http://127.0.0.1:{port} did not") >= 2, what="two attempts")
    with CallbackReceiver(port=port) as receiver:
        assert receiver.wait_for("late").json["text"] == "late"


@pytest.mark.parametrize("status", [400, 404, 422, 301])
def test_a_final_answer_ends_the_attempts(specimen: RunningService, status: int) -> None:
    with CallbackReceiver([status]) as receiver:
        specimen.call("/echo", data={"text": "a"}, callback_url=receiver.url, task_id="final")
        origin = receiver.url.removesuffix("/processing")
        said = f"callback to {origin}: answered {status}, given up"
        wait_until(lambda: said in specimen.log, what="the log line")
        assert len(receiver.all_for("final")) == 1


def test_a_callback_does_not_follow_to_another_place(specimen: RunningService) -> None:
    with CallbackReceiver() as other, CallbackReceiver([307], headers={"Location": other.url}) as receiver:
        specimen.call("/echo", data={"text": "a"}, callback_url=receiver.url, task_id="moved")
        said = f"callback to {receiver.url.removesuffix('/processing')}: answered 307, given up"
        wait_until(lambda: said in specimen.log, what="the log line")
        assert not other.received


def test_a_call_without_an_id_is_given_one(specimen: RunningService) -> None:
    with CallbackReceiver() as receiver:
        task = specimen.call("/echo", data={"text": "a"}, callback_url=receiver.url).json["task_id"]
        assert receiver.wait_for(task).json["text"] == "a"


def test_a_callback_on_its_way_holds_no_worker(narrow: RunningService) -> None:
    with CallbackReceiver() as receiver:
        for number in range(5):
            away: dict[str, Any] = {
                "callback_url": f"http://127.0.0.1:{free_port()}/processing",
                "task_id": f"away{number}",
            }
            wait_until(lambda: b"aiservice_queue 0.0" in narrow.get("/metrics").body, what="an empty queue")
            assert narrow.call("/echo", data={"text": "a"}, **away).status == 200
        wait_until(lambda: b"aiservice_delivering 5.0" in narrow.get("/metrics").body, what="five deliveries")
        narrow.call("/echo", data={"text": "a"}, callback_url=receiver.url, task_id="there")
        assert receiver.wait_for("there").json["text"] == "a"


def test_the_same_call_twice_runs_once(specimen: RunningService, tmp_path: Path) -> None:
    with CallbackReceiver() as receiver:
        data = {"gate": str(tmp_path / "gate"), "log": str(tmp_path / "log")}
        call: dict[str, Any] = {"callback_url": receiver.url, "task_id": "same"}
        for _ in range(3):
            assert specimen.call("/held", data=data, **call).status == 200
        other = specimen.call("/held", data=data, callback_url=receiver.url, task_id="other")
        assert other.status == 200
        (tmp_path / "gate").touch()
        receiver.wait_for("same")
        receiver.wait_for("other")
        assert len(receiver.all_for("same")) == 1
        assert (tmp_path / "log").read_text() == "began\n" * 2


def test_a_result_whose_file_is_gone_asks_for_the_work_again(specimen: RunningService, workspace: Path) -> None:
    port = free_port()
    before = inputs(workspace)
    files = {"file": ("a.jpg", picture(), "image/jpeg")}
    url = f"http://127.0.0.1:{port}/processing"
    specimen.call("/return", files=files, callback_url=url, task_id="gone")
    wait_until(lambda: f"callback to http://127.0.0.1:{port} did not get through" in specimen.log, what="an attempt")
    (file,) = inputs(workspace) - before
    file.unlink()
    with CallbackReceiver(port=port) as receiver:
        assert receiver.wait_for("gone").json["retry_after"] == 1


def test_files_of_a_call_go_when_its_callback_has_arrived(specimen: RunningService, workspace: Path) -> None:
    before = inputs(workspace)
    with CallbackReceiver() as receiver:
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        specimen.call("/return", files=files, callback_url=receiver.url, task_id="done")
        receiver.wait_for("done")
        wait_until(lambda: not inputs(workspace) - before, what="the removal of the files")
