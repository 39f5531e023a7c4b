"""uvicorn's protocol for one connection, within the bounds of `Patience`: uvicorn itself has none for slow clients."""

import asyncio
import json
import resource
from dataclasses import replace
from enum import Enum
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from aiservice.protocol.patience import Connections, Patience


class _At(Enum):
    """Where in a request a connection is."""

    HEAD = 1
    BODY = 2
    END = 3


class PatientProtocol(HttpToolsProtocol):
    """One connection; its class is made by `patient`."""

    waiting: Connections

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = ""
        self._at = self._known = _At.HEAD
        self._head_bytes = self._left = 0
        self._paid = self._debt = self._still = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        if self.waiting.is_full(len(self.connections)):
            self._refuse(503, "the server has all the connections that it may hold; try again")
        else:
            self.waiting.wait_for_head(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self.waiting.head_came(self)
        self.waiting.body_came(self)
        self.waiting.was_read(self)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._at = _At.HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A body begins, be it empty."""
        self._at = _At.BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._at = _At.END
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see what is waited for now. Of a request that comes in one piece nothing is noted."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._at is not self._known:
            self._note(len(data))
        elif self._at is _At.HEAD:
            if self.is_silent():
                self.waiting.wait_for_head(self)  # from its first byte on
            self._head_bytes += len(data)
            if self._head_bytes > self.patience.head_bytes:
                self._refuse(431, f"the request line and the headers are longer than {self.patience.head_bytes} bytes")
        elif self._at is _At.BODY:
            self._paid += len(data) / self.patience.rate
        elif not self.is_answering():  # blank lines between requests, which have stopped the clock of an idle one
            self._at = self._known = _At.HEAD
            self.waiting.wait_for_head(self)

    def pause_writing(self) -> None:
        """The client does not take what is written."""
        super().pause_writing()
        self._left, self._still = self.transport.get_write_buffer_size(), 0.0
        self.waiting.wait_for_reader(self)

    def resume_writing(self) -> None:
        """The client has taken it."""
        super().resume_writing()
        self.waiting.was_read(self)

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP."""
        self._refuse(400, "what was sent is no HTTP/1.1 request that can be read")

    @property
    def patience(self) -> Patience:
        """The bounds."""
        return self.waiting.patience

    def is_answering(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def is_silent(self) -> bool:
        """Whether nothing was ever sent on it."""
        return not self._head_bytes and self.cycle is None

    def end_head(self) -> None:
        """The head did not come in time. Who has sent nothing at all is told nothing: it may only not be needed."""
        if self.is_silent():
            self.transport.close()
        else:
            self._refuse(408, f"the headers were not complete within {self.patience.head:g} s")

    def look_at_body(self, seconds: float) -> None:
        """Count the time that went by since the last look."""
        paid, self._paid = self._paid, 0.0
        if self.flow.read_paused or (self.is_answering() and self.cycle.waiting_for_100_continue):
            return
        self._debt = max(self._debt + seconds - paid, 0.0)
        if self._debt <= self.patience.body:
            return
        if self.is_answering() and not self.cycle.response_started:
            rate = self.patience.rate
            self._refuse(
                408, f"the body came slower than {rate} bytes a second; send it faster, or in smaller requests"
            )
        else:
            self.transport.close()

    def look_at_answer(self, seconds: float) -> None:
        """Count the time in which nothing of the answer was taken."""
        left, self._left = self._left, self.transport.get_write_buffer_size()
        self._still = self._still + seconds if self._left >= left else 0.0
        if self._still > self.patience.answer:
            self.transport.abort()

    def _note(self, size: int) -> None:
        """What is waited for has changed."""
        before, self._known = self._known, self._at
        if before is _At.HEAD:
            self.waiting.head_came(self)
        elif before is _At.BODY:
            self.waiting.body_came(self)
        if self._at is _At.HEAD:
            self._head_bytes = size
            self.waiting.wait_for_head(self)
        elif self._at is _At.BODY:
            self._paid = self._debt = 0.0
            self.waiting.wait_for_body(self)

    def _refuse(self, status: int, detail: str) -> None:
        """Answer with a problem (RFC 9457), and close."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        title = HTTPStatus(status).phrase
        body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()
        head = [
            STATUS_LINE[status],
            *(name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers),
            b"content-type: application/problem+json\r\nconnection: close\r\n",
            b"retry-after: 1\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else b"",
            b"content-length: %d\r\n\r\n" % len(body),
        ]
        self.transport.write(b"".join([*head, body]))
        self.transport.close()


def patient(patience: Patience) -> type[PatientProtocol]:
    """Return a protocol for `uvicorn.Config(http=...)`; all connections of one server together have these bounds.

    Connections are as many as the system lets this process open files, less a quarter, if that is fewer. Where its soft
    limit (`ulimit -n`) is low it is raised as far as the hard one allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = patience.connections * 4 // 3
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        patience = replace(patience, connections=min(patience.connections, soft * 3 // 4))
    return type("Patient", (PatientProtocol,), {"waiting": Connections(patience)})
