"""Clients that are slow on purpose: half-sent heads and bodies, many at once, answers that nobody takes."""

import contextlib
import json
import re
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiservice.protocol.patience import Patience
from aiservice.protocol.slow import patient
from tests.e2e.processes import Engine, wait_for
from tests.e2e.raw_http import BOUNDARY, connect, head
from tests.e2e.scripts import PNG, entry, fresh_route, open_route, submit
from tests.walls.conftest import MakeHasty

HALF_HEAD = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
MANY = 500


@pytest.fixture(scope="module")
def hasty(make_hasty: MakeHasty) -> Engine:
    """Everything within half a second, and at most 40 heads of one address."""
    return make_hasty(silent=0.5, head=0.5, body=0.5, rate=20_000, answer=0.5, head_bytes=20_000, heads_of_one=40)


def answer(connection: socket.socket) -> tuple[int, str]:
    """The status and the detail of the problem that comes before the connection is closed; (0, "") for nothing."""
    text = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(65_536):
            text += data
    if not text:
        return 0, ""
    top, _, body = text.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in top and b"connection: close" in top, top
    told = json.loads(body)
    status = int(top.split(b" ")[1])
    assert told["status"] == status
    return status, told["detail"]


def is_answered(connection: socket.socket) -> None:
    """Check that the process says that it lives."""
    text = b""
    while not text.endswith(b'{"status":"alive"}'):
        data = connection.recv(65_536)
        assert data, text
        text += data


@contextlib.contextmanager
def connections(engine: Engine, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections on which this was sent."""
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(count):
            made.append(stack.enter_context(connect(engine)))
            made[-1].sendall(sent)
        yield made


def descriptors(engine: Engine) -> int:
    """How many files and connections the process has open."""
    return len(list(Path(f"/proc/{engine.pid}/fd").iterdir()))


# Heads


def test_half_open_connections_stop_nobody(engine: Engine) -> None:
    with connections(engine, MANY, HALF_HEAD):
        for _ in range(5):
            begin = time.monotonic()
            assert engine.client.get("/stats").status_code == 200
            assert time.monotonic() - begin < 2


def test_a_head_that_is_never_complete(hasty: Engine) -> None:
    with connections(hasty, 1, HALF_HEAD) as (connection,):
        begin = time.monotonic()
        assert answer(connection) == (408, "the headers were not complete within 0.5 s")
        assert 0.4 < time.monotonic() - begin < 2


def test_a_head_that_drips(hasty: Engine) -> None:
    """A byte now and then wins no time."""
    with connections(hasty, 1, HALF_HEAD) as (connection,):
        begin = time.monotonic()
        connection.settimeout(0.05)
        status = 0
        while not status and time.monotonic() - begin < 5:
            with contextlib.suppress(TimeoutError):
                connection.sendall(b"x")
                status, _ = answer(connection)
        assert status == 408 and time.monotonic() - begin < 2


def test_who_sends_nothing_is_told_nothing(hasty: Engine) -> None:
    with connect(hasty) as connection:
        assert answer(connection) == (0, "")


def test_the_second_head_of_a_connection(hasty: Engine) -> None:
    with connect(hasty) as connection:
        connection.sendall(head("GET", "/health/live", {}))
        is_answered(connection)
        connection.sendall(HALF_HEAD)
        assert answer(connection)[0] == 408


def test_blank_lines_do_not_keep_a_connection(hasty: Engine) -> None:
    with connect(hasty) as connection:
        connection.sendall(head("GET", "/health/live", {}))
        is_answered(connection)
        connection.sendall(b"\r\n")
        assert answer(connection)[0] == 408


def test_an_idle_connection_is_kept(hasty: Engine) -> None:
    """Longer than heads are waited for: clients keep connections for what comes next."""
    with connect(hasty) as connection:
        for _ in range(2):
            connection.sendall(head("GET", "/health/live", {}))
            is_answered(connection)
            with connections(hasty, 1, HALF_HEAD) as (other,):
                assert answer(other)[0] == 408


def test_a_head_that_is_too_long(hasty: Engine) -> None:
    with connections(hasty, 1, HALF_HEAD) as (connection,):
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(b"x" * 1_000)
        assert answer(connection) == (431, "the request line and the headers are longer than 20000 bytes")


def test_of_one_address_the_oldest_give_way(hasty: Engine) -> None:
    """Those that came at the same moment may be as many as they like; once they are old, new ones take their place."""
    before = descriptors(hasty)
    with connections(hasty, 45, HALF_HEAD) as crowd:
        wait_for(lambda: descriptors(hasty) >= before + 45 or None, "the crowd is there")
        wait_for(lambda: descriptors(hasty) <= before + 5 or None, "the crowd is gone", 3)
        assert {answer(each)[0] for each in crowd} == {408}


def test_of_too_many_old_ones_the_oldest_goes(make_hasty: MakeHasty) -> None:
    engine = make_hasty(head=60, heads_of_one=3, answer=0.4)  # a look every tenth of a second
    with connections(engine, 3, HALF_HEAD) as old:
        time.sleep(1.1)  # what is tested is that age counts
        with connections(engine, 1, HALF_HEAD):
            assert answer(old[0]) == (0, "")
            old[1].sendall(b"y\r\n\r\n")
            is_answered(old[1])


def test_when_all_places_are_taken_the_oldest_head_gives_way_or_the_new_one_goes(make_hasty: MakeHasty) -> None:
    engine = make_hasty(head=60, connections=4)
    with connections(engine, 4, HALF_HEAD) as crowd, connect(engine) as late:
        late.sendall(head("GET", "/health/live", {}))
        is_answered(late)
        assert answer(crowd[0]) == (0, "")
    wait_for(lambda: engine.is_ready() or None, "there is room")
    with connections(engine, 4, head("GET", "/events", {})) as listening:
        for each in listening:
            assert b"200 OK" in each.recv(10_000)
        with connect(engine) as late:
            assert answer(late)[0] == 503


# Bodies


@pytest.mark.parametrize("path", ["/services", "/processing?task_id=" + "0" * 80, "/services/nothing"])
def test_a_body_that_never_comes(hasty: Engine, path: str) -> None:
    """Whether it was answered already or not, the connection is not held."""
    sent = head("POST", path, {"Content-Type": "application/json", "Content-Length": "100"}) + b"{"
    with connections(hasty, 1, sent) as (connection,):
        begin = time.monotonic()
        text = b""
        while data := connection.recv(65_536):
            text += data
        assert time.monotonic() - begin < 2
        status = int(text.split(b" ")[1])
        assert status == (408 if path == "/services" else 404)


def test_an_upload_that_drips_leaves_nothing(hasty: Engine) -> None:
    """More than the pause allows would come, but less than the rate: 408, and what was stored is gone."""
    route = open_route(hasty, entry(fresh_route(), "image", "end"), {"id": "end", "type": "end"})
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": "10000000"}
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'.encode()
    with connections(hasty, 1, head("POST", f"/services/{route}", kind) + part + PNG) as (connection,):
        connection.settimeout(0.02)
        status, detail, begin = 0, "", time.monotonic()
        while not status and time.monotonic() - begin < 5:
            with contextlib.suppress(TimeoutError):
                connection.sendall(b"x" * 20)
                status, detail = answer(connection)
        assert (status, detail[:45]) == (408, "the body came slower than 20000 bytes a secon")
    wait_for(lambda: not hasty.files() or None, "nothing is left")


def test_a_body_that_is_slow_and_fast_enough(hasty: Engine) -> None:
    """It takes longer than any pause, at more than the rate."""
    sent = head("POST", "/services", {"Content-Type": "application/json", "Content-Length": "90000"})
    with connections(hasty, 1, sent) as (connection,):
        for _ in range(18):
            connection.sendall(b" " * 5_000)
            time.sleep(0.05)
        assert re.match(rb"HTTP/1.1 400 ", connection.recv(10_000))


# Answers


def test_an_answer_that_nobody_takes(hasty: Engine) -> None:
    route = open_route(hasty, entry(fresh_route(), "image", "end"), {"id": "end", "type": "end"})
    job = submit(hasty, route, files={"image": ("a.bin", bytes(20_000_000), "application/octet-stream")})
    before = descriptors(hasty)
    with connect(hasty) as connection:
        connection.sendall(head("GET", f"/tasks/{job}/files/image", {}))
        wait_for(lambda: descriptors(hasty) > before or None, "it is being sent")
        wait_for(lambda: descriptors(hasty) <= before or None, "the engine has given up", 4)


# Files of the system


def test_connections_are_fewer_where_few_files_can_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1_000))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    assert patient(Patience()).waiting.patience.connections == 750
    assert raised == [(1_000, 1_000)]
