"""`Prefer: wait`: the result as the answer, or the acknowledgement and the callback; never neither."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import orjson

from aiservice.testing import CallbackReceiver, RunningService, wait_until


def test_a_result_in_time_is_the_answer_and_no_callback_comes(specimen: RunningService) -> None:
    with CallbackReceiver() as receiver:
        answer = specimen.call("/echo", data={"text": "a"}, callback_url=receiver.url, task_id="fast", wait=60)
        assert (answer.headers["preference-applied"], answer.json["text"]) == ("wait", "a")
        specimen.call("/echo", data={"text": "b"}, callback_url=receiver.url, task_id="slow")
        receiver.wait_for("slow")
        assert not receiver.all_for("fast")


def test_a_result_that_takes_longer_is_acknowledged_and_called_back(specimen: RunningService, tmp_path: Path) -> None:
    with CallbackReceiver() as receiver:
        data = {"gate": str(tmp_path / "gate")}
        answer = specimen.call("/held", data=data, callback_url=receiver.url, task_id="late", wait=1)
        assert (answer.status, answer.json) == (200, {"task_id": "late", "status": "running"})
        assert "preference-applied" not in answer.headers
        (tmp_path / "gate").touch()
        assert receiver.wait_for("late").json == data


def test_wait_0_does_not_wait(specimen: RunningService) -> None:
    answer = specimen.call("/echo", data={"text": "a"}, wait=0)
    assert answer.json["status"] == "running"


def test_a_client_that_goes_away_while_it_waits_gets_a_callback(specimen: RunningService, tmp_path: Path) -> None:
    with CallbackReceiver() as receiver:
        where = urlsplit(specimen.url)
        gate = tmp_path / "gate"
        body = orjson.dumps({"gate": str(gate), "log": str(tmp_path / "log")})
        query = urlencode({"callback_url": receiver.url, "task_id": "gone"})
        with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
            head = f"POST /held?{query} HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\nContent-Type: application/json\r\n"
            connection.sendall(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            wait_until((tmp_path / "log").exists, what="the start of the work")
        gate.touch()
        assert receiver.wait_for("gone").json == {"gate": str(gate)}


def test_a_client_that_comes_again_after_it_went_gets_the_one_result(specimen: RunningService, tmp_path: Path) -> None:
    with CallbackReceiver() as receiver:
        gate = tmp_path / "gate"
        data = {"gate": str(gate), "log": str(tmp_path / "log")}
        first = specimen.call("/held", data=data, wait=1, callback_url=receiver.url, task_id="twice")
        assert first.json["status"] == "running"
        with ThreadPoolExecutor(2) as pool:
            calls = [
                pool.submit(specimen.call, "/held", data=data, wait=60, callback_url=receiver.url, task_id="twice")
                for _ in range(2)
            ]
            wait_until(lambda: specimen.get("/metrics").body.count(b"aiservice_waiting 2.0") == 1, what="both waiting")
            gate.touch()
            assert [call.result().json for call in calls] == [{"gate": str(gate)}] * 2
        assert (tmp_path / "log").read_text() == "began\n"
        specimen.call("/echo", data={"text": "a"}, callback_url=receiver.url, task_id="after")
        receiver.wait_for("after")
        assert not receiver.all_for("twice")


def test_a_client_that_stops_reading_a_large_answer_gets_a_callback(narrow: RunningService) -> None:
    content = b"x" * 30_000_000
    with CallbackReceiver() as receiver:
        where = urlsplit(narrow.url)
        head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
        body = head + content + b"\r\n--b--\r\n"
        query = urlencode({"callback_url": receiver.url, "task_id": "large"})
        with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
            lines = f"POST /return?{query} HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\n"
            kind = f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall((lines + kind).encode() + body)
            assert connection.recv(12) == b"HTTP/1.1 200"
        assert receiver.wait_for("large").parts["result"].data == content
