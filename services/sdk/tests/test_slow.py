"""Slow and endless heads: what all servers of the project refuse before a request is complete.

The same protocol is tried in full, with little patience, in the engine's own tests.
"""

import contextlib
import json
import socket

from aiservice.testing import RunningService

HALF_HEAD = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


def connect(service: RunningService) -> socket.socket:
    """A connection to the service."""
    return socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), timeout=20)


def answer(connection: socket.socket) -> tuple[int, str]:
    """The status and the detail of the problem that comes before the connection is closed."""
    text = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(65_536):
            text += data
    head, _, body = text.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    return int(head.split(b" ")[1]), json.loads(body)["detail"]


def test_half_open_connections_stop_nobody(specimen: RunningService) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(connect(specimen)).sendall(HALF_HEAD)
        assert specimen.get("/health/live").status == 200


def test_a_head_without_end(specimen: RunningService) -> None:
    with connect(specimen) as connection:
        connection.sendall(HALF_HEAD)
        with contextlib.suppress(ConnectionError):
            for _ in range(400):
                connection.sendall(b"x" * 1_000)
        assert answer(connection)[0] == 431


def test_what_is_no_http(specimen: RunningService) -> None:
    with connect(specimen) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert answer(connection) == (400, "what was sent is no HTTP/1.1 request that can be read")
