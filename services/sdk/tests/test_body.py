"""Bodies that are cut, too large, of another type or sent by a sleeper: a clear problem, and nothing is kept."""

import gzip
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import inputs, picture

from aiservice.testing import RunningService, form, wait_until


def test_a_body_that_ends_before_its_boundary_is_400(specimen: RunningService, workspace: Path) -> None:
    kind, body = form({"file": ("a.bin", b"x" * 100_000, "image/png")}, {})
    before = inputs(workspace)
    for cut in (body[:-8], body[:50_000], body[:60], b"", body.replace(b"--\r\n", b"\r\n")):
        answer = specimen.request("POST", "/digest", cut, {"Content-Type": kind})
        assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert not inputs(workspace) - before
    wait_until(lambda: b"aiservice_queue 0.0" in specimen.get("/metrics").body, what="an empty queue")


def test_an_upload_whose_connection_breaks_leaves_nothing(specimen: RunningService, workspace: Path) -> None:
    kind, body = form({"file": ("a.bin", b"x" * 2_900_000, "image/png")}, {})
    before = inputs(workspace)
    where = urlsplit(specimen.url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
        head = f"POST /digest HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[:2_500_000])
        wait_until(lambda: bool(inputs(workspace) - before), what="the file that comes in")
    wait_until(lambda: not inputs(workspace) - before, what="the removal of the file")
    wait_until(lambda: b"aiservice_queue 0.0" in specimen.get("/metrics").body, what="an empty queue")


def test_an_upload_that_stands_still_is_408(narrow: RunningService) -> None:
    where = urlsplit(narrow.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/mixed; boundary=a", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=" + "a" * 300, 400),
    ],
)
def test_other_content_types(specimen: RunningService, kind: str, status: int) -> None:
    answer = specimen.request("POST", "/shape", b"abc", {"Content-Type": kind})
    assert (answer.status, answer.json["status"]) == (status, status)


def test_a_compressed_body_is_415(specimen: RunningService) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert specimen.request("POST", "/echo", gzip.compress(b'{"text": "a"}'), headers).status == 415


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b"\xff\xfe", b'{"text": NaN}'])
def test_json_that_is_none_is_400(specimen: RunningService, body: bytes) -> None:
    answer = specimen.request("POST", "/echo", body, {"Content-Type": "application/json"})
    assert answer.status == 400
    assert answer.json["detail"].startswith("body: ")


def test_json_that_is_no_object_is_422(specimen: RunningService) -> None:
    answer = specimen.request("POST", "/echo", b"[1]", {"Content-Type": "application/json; charset=utf-8"})
    assert (answer.status, answer.json["detail"]) == (422, "body: a JSON object is wanted, this is a list")


def test_json_for_an_operation_that_needs_a_file_says_how_to_send_it(specimen: RunningService) -> None:
    answer = specimen.call("/shape", data={})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/image")


def test_a_field_that_comes_twice_is_422(specimen: RunningService) -> None:
    kind, body = form({"image": ("a.jpg", picture(), "image/jpeg")}, {})
    twice = body.replace(b'name="data"', b'name="image"')
    answer = specimen.request("POST", "/shape", twice, {"Content-Type": kind})
    assert (answer.status, answer.json["detail"]) == (422, "image: the field comes twice")


def test_what_is_too_large_is_413(specimen: RunningService) -> None:
    large = {"file": ("a", b"x" * 3_100_000, "image/png")}
    kind, body = form(large, {})
    assert specimen.request("POST", "/digest", body, {"Content-Type": kind}).status == 413
    text = b'{"text": "' + b"a" * 200_000 + b'"}'
    assert specimen.request("POST", "/echo", text, {"Content-Type": "application/json"}).status == 413
    data = specimen.call("/mirror", files={"image": ("a", picture(), "")}, data={"areas": "a" * 200_000})
    assert data.status == 413


def test_a_body_without_length_is_counted_while_it_comes(specimen: RunningService) -> None:
    where = urlsplit(specimen.url)
    kind, body = form({"file": ("a", b"x" * 4_000_000, "image/png")}, {})
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        head = f"POST /digest HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + f"{len(body):x}\r\n".encode())
        connection.sendall(body[:3_000_001])
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_too_many_parts_are_400(specimen: RunningService) -> None:
    files = {f"f{number}": ("a", b"1", "image/png") for number in range(1_001)}
    kind, body = form(files, {})
    assert specimen.request("POST", "/digest", body, {"Content-Type": kind}).status == 400
