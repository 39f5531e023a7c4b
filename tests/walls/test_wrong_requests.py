"""Whatever is wrong with a request: no 500, no hang, an answer that says what to change, and no growth of memory."""

import json
import socket
from collections import Counter
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Json, entry, fresh_route, open_route, result, submit
from tests.walls.wrong import Wrong, wrong_requests

AT_LEAST = 500
GROWTH = 4_000_000
"""Bytes that the process may have more after the second and third round than after the first: what allocators keep."""


def answer(engine: Engine, wrong: Wrong) -> tuple[int, str, bytes]:
    """Status, content type and body of what comes back; 0 where the connection was closed without a word."""
    with socket.create_connection(("127.0.0.1", engine.port), timeout=20) as connection:
        try:
            connection.sendall(wrong.sent)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was refused before all was sent; the answer has come
        got = HTTPResponse(connection, method=wrong.method or None)
        try:
            got.begin()
            return got.status, got.headers.get("content-type", ""), got.read()
        except (ConnectionError, ValueError):
            return 0, "", b""


def memory(engine: Engine) -> int:
    """The memory of the process in bytes (`VmRSS` of proc(5))."""
    lines = Path(f"/proc/{engine.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1_024 for line in lines if line.startswith("VmRSS:"))


@pytest.fixture(scope="module")
def requests(target: Engine) -> list[Wrong]:
    """All wrong requests, for a task that has ended and two open routes."""
    end = {"id": "end", "type": "end"}
    objects = open_route(target, entry(fresh_route("object"), {"a": 1}, "end"), end)
    forms = open_route(target, entry(fresh_route("form"), ["image", "areas"], "end"), end)
    areas = ("areas.json", b'{"areas": []}', "application/json")
    job = submit(target, forms, files={"image": ("a.png", PNG, "image/png"), "areas": areas})
    result(target, job)
    return wrong_requests(job, objects, forms)


def judge(wrong: Wrong, status: int, kind: str, body: bytes) -> None:
    """Check one answer."""
    assert 200 <= status < 500, (wrong.name, status, body)
    if status >= 400 and wrong.method != "HEAD":
        assert kind == "application/problem+json", (wrong.name, status, kind)
        told: Json = json.loads(body)
        assert told["status"] == status and len(told["detail"]) > 10, (wrong.name, told)


def test_they_are_five_hundred_and_more(requests: list[Wrong]) -> None:
    assert len({wrong.sent for wrong in requests}) == len(requests) > AT_LEAST


def test_no_500_and_no_growth(target: Engine, requests: list[Wrong]) -> None:
    statuses: Counter[int] = Counter()
    for wrong in requests:
        status, kind, body = answer(target, wrong)
        judge(wrong, status, kind, body)
        statuses[status] += 1
    assert sum(count for status, count in statuses.items() if status >= 400) >= AT_LEAST, statuses
    before, files = memory(target), len(target.files())
    for _ in range(2):
        for wrong in requests:
            assert answer(target, wrong)[0] in statuses
    assert memory(target) - before < GROWTH
    assert len(target.files()) == files
    assert "Traceback" not in target.log, target.log
