"""HTTP as bytes on a socket, for what no client would send, and forms with any headers."""

import socket
from dataclasses import dataclass
from http.client import HTTPResponse

import httpx

from tests.e2e.processes import Engine

BOUNDARY = "the-limit"
FORM_TYPE = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@dataclass(frozen=True)
class Field:
    """One part of a form, each header as it is sent."""

    name: str
    data: bytes = b"some bytes"
    filename: str | None = "file.bin"
    type: str | None = "application/octet-stream"

    def encoded(self) -> bytes:
        """The part with its boundary before it."""
        filename = "" if self.filename is None else f'; filename="{self.filename}"'
        kind = "" if self.type is None else f"Content-Type: {self.type}\r\n"
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{self.name}"{filename}\r\n{kind}\r\n'
        return head.encode("utf-8", "surrogateescape") + self.data + b"\r\n"


def form(*fields: Field) -> bytes:
    """A whole multipart body."""
    return b"".join(field.encoded() for field in fields) + f"--{BOUNDARY}--\r\n".encode()


def post_form(engine: Engine, path: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Post a multipart body as it is."""
    return engine.client.post(path, content=body, headers=FORM_TYPE | (headers or {}))


def connect(engine: Engine) -> socket.socket:
    """A connection to the engine."""
    return socket.create_connection(("127.0.0.1", engine.port), timeout=20)


def head(method: str, path: str, headers: dict[str, str]) -> bytes:
    """The start of a request, up to the empty line."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def exchange(engine: Engine, request: bytes, end: bool = False) -> tuple[int, bytes]:
    """Send bytes, with `end` no more will come; the status and body of the answer, (0, b"") where there is none."""
    with connect(engine) as connection:
        connection.sendall(request)
        if end:
            connection.shutdown(socket.SHUT_WR)
        try:
            answer = HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.read()
        except (ConnectionError, ValueError, OSError):
            return 0, b""
