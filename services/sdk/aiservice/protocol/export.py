"""Brings spans to a receiver of OpenTelemetry's protocol, in a thread of its own that starts with the first of them.

Whoever hands over spans never waits and never fails: what the receiver does not take in time is dropped, and counted.
"""

import http.client
import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from aiservice.protocol.otlp import Span, encode_spans

MOST_WAITING = 4_096
"""Spans, as far as is known, that wait to be sent; more are dropped."""

MOST_WEIGHT = 16 * 1024**2
"""Bytes, as far as is known, that are held by those that wait."""

AT_ONCE = 512
PAUSE = 1.0
"""Seconds for which spans are gathered before they are sent, and before a second and last attempt."""

TIMEOUT = 10.0
_AGAIN = frozenset([429, 502, 503, 504])  # OTLP 1.10, failures
_HTTP_FAULTS = (OSError, http.client.HTTPException)

Make = Callable[[], Sequence[Span]]
_log = logging.getLogger(__name__)


class Exporter:
    """See the module. `endpoint` is the receiver's URL, before `/v1/traces`; `scope` names the part of the program.

    `sent` and `dropped` count spans; those that were never made are counted as they were announced.
    """

    def __init__(self, endpoint: str, headers: Mapping[str, str], resource: Mapping[str, str], scope: str) -> None:
        parts = urlsplit(endpoint)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        self._path = f"{parts.path.rstrip('/')}/v1/traces"
        self._headers = {**headers, "Content-Type": "application/x-protobuf"}
        own = {"service.instance.id": f"{socket.gethostname()}:{os.getpid()}", "telemetry.sdk.language": "python"}
        self._resource = {**own, **resource}
        self._scope = scope
        self._waiting: deque[tuple[Make, int, int]] = deque()
        self._spans = self._weight = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._away = False
        self.sent = self.dropped = 0

    def put(self, make: Make, count: int = 1, weight: int = 0) -> None:
        """Take spans; `make` gives them, in the thread that sends them. `count` is about how many they are, `weight`
        the bytes that `make` holds until then."""
        with self._lock:
            full = self._spans + count > MOST_WAITING or self._weight + weight > MOST_WEIGHT
            if full or self._closing.is_set():
                self.dropped += count
                return
            self._waiting.append((make, count, weight))
            self._spans += count
            self._weight += weight
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
                self._thread.start()
        if self._spans >= AT_ONCE:
            self._wake.set()

    def close(self, seconds: float = 2.0) -> None:
        """Send what waits, for so long at the most (this blocks)."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            self._wake.wait(PAUSE)
            self._wake.clear()
            while self._waiting:
                self._send(self._batch())
            if self._closing.is_set():
                self._connection.close()
                return

    def _batch(self) -> list[Span]:
        spans: list[Span] = []
        while self._waiting and len(spans) < AT_ONCE:
            with self._lock:
                make, count, weight = self._waiting.popleft()
                self._spans -= count
                self._weight -= weight
            try:
                spans += make()
            except Exception:  # a fault here must not end all tracing
                self.dropped += count
                _log.exception("spans could not be made")
        return spans

    def _send(self, spans: list[Span]) -> None:
        if not spans:
            return
        try:
            body = encode_spans(spans, self._resource, self._scope)
        except Exception:
            self.dropped += len(spans)
            _log.exception("spans could not be written")
            return
        why = self._attempt(body)
        if why is not None and why.again and not self._away and not self._closing.is_set():
            self._closing.wait(PAUSE)
            why = self._attempt(body)
        if why is None:
            self.sent += len(spans)
        else:
            self.dropped += len(spans)
        if (why is not None) != self._away:
            self._away = why is not None
            _log.warning("traces are dropped: the receiver %s", why) if why else _log.info("traces are taken again")

    def _attempt(self, body: bytes) -> "_Refused | None":
        """Send once, over a kept connection where there is one. None where it was taken."""
        fresh = self._connection.sock is None
        try:
            return self._post(body)
        except _HTTP_FAULTS as error:
            self._connection.close()
            if not fresh and not isinstance(error, TimeoutError):  # it was closed while it was not used
                with suppress(*_HTTP_FAULTS):
                    return self._post(body)
                self._connection.close()
            return _Refused(f"cannot be reached: {error or type(error).__name__}", True)

    def _post(self, body: bytes) -> "_Refused | None":
        self._connection.request("POST", self._path, body, self._headers)
        answer = self._connection.getresponse()
        answer.read(65_536)
        if not answer.isclosed():
            self._connection.close()
        if 200 <= answer.status < 300:
            return None
        return _Refused(f"answered {answer.status}", answer.status in _AGAIN)


class _Refused:
    """Why spans were not taken, and whether they may be if they are sent again."""

    def __init__(self, why: str, again: bool) -> None:
        self._why = why
        self.again = again

    def __str__(self) -> str:
        return self._why
