"""For the tests of services: a service as the real process that it will be, and a real receiver of its callbacks."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson

from aiservice.protocol import (
    CALLBACK_URL,
    DATA_PART,
    PREFER,
    TASK_ID,
    PartBegin,
    PartData,
    PartReader,
    boundary_of,
    new_boundary,
)

FileTuple = tuple[str, bytes, str]
"""File name, content, media type."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on.

    It stays reserved until this process ends: the system gives it to nobody who asks for just any port, but a server
    that asks for it with SO_REUSEADDR, as all usual ones do, gets it.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    atexit.register(holder.close)
    return int(holder.getsockname()[1])


def wait_until(holds: Callable[[], bool], seconds: float = 60.0, what: str = "the condition") -> None:
    """Return as soon as `holds()` is true. Raises TimeoutError, which names `what`, where it never is."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:g} seconds")
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body."""

    filename: str | None
    content_type: str | None
    data: bytes


@dataclass(slots=True)
class Message:
    """A request or an answer: its status (0 for a request), headers (lower case names) and body."""

    status: int
    headers: dict[str, str]
    body: bytes
    query: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    @property
    def parts(self) -> dict[str, Part]:
        """The parts of a multipart body by their names. Raises Malformed."""
        boundary = boundary_of(self.headers.get("content-type"))
        assert boundary is not None, f"no multipart: {self.headers.get('content-type')}"
        reader = PartReader(boundary)
        events = reader.feed(self.body)
        reader.close()
        parts: dict[str, Part] = {}
        name = ""
        for event in events:
            if isinstance(event, PartBegin):
                name = event.name
                parts[name] = Part(event.filename, event.content_type, b"")
            elif isinstance(event, PartData):
                parts[name] = Part(parts[name].filename, parts[name].content_type, parts[name].data + event.data)
        return parts


def form(files: Mapping[str, FileTuple], values: Mapping[str, Any] | None) -> tuple[str, bytes]:
    """Return content type and body of a call as the engine makes it: the binaries, and `data` with the values."""
    boundary = new_boundary()
    parts = dict(files) | {DATA_PART: ("data.json", orjson.dumps(values or {}), "application/json")}
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {kind}\r\n\r\n".encode() + data + b"\r\n"
        for name, (filename, data, kind) in parts.items()
    )
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


@dataclass(slots=True)
class RunningService:
    """A service process. `log` is what it has written to its standard error."""

    url: str
    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def log(self) -> str:
        """All that it has logged until now."""
        return Path(self.errors.name).read_text(errors="replace")

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Message:
        """Make one request. Raises OSError where nobody answers."""
        where = urlsplit(self.url)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=120)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Message(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, wait: int | None = None) -> Message:
        """Make a GET request."""
        return self.request("GET", path, headers={} if wait is None else {PREFER: f"wait={wait}"})

    def call(
        self,
        path: str,
        *,
        files: Mapping[str, FileTuple] | None = None,
        data: Mapping[str, Any] | None = None,
        callback_url: str | None = None,
        task_id: str | None = None,
        wait: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Message:
        """Call an operation as the engine does: multipart where there are files, JSON otherwise."""
        if files:
            kind, body = form(files, data)
        else:
            kind, body = "application/json", orjson.dumps(dict(data or {}))
        query = {CALLBACK_URL: callback_url, TASK_ID: task_id}
        text = urlencode({name: value for name, value in query.items() if value is not None})
        sent = {"Content-Type": kind} | ({} if wait is None else {PREFER: f"wait={wait}"}) | dict(headers or {})
        return self.request("POST", f"{path}?{text}" if text else path, body, sent)

    def ready(self) -> bool:
        """Tell whether it says that it is ready. Raises RuntimeError, with its log, where it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"the service ended with {self.process.returncode}:\n{self.log}")
        with contextlib.suppress(OSError):
            return self.get("/health/ready").status == 200
        return False

    def stop(self, seconds: float = 30.0) -> int:
        """Send SIGTERM, wait for the end, return the exit code. Raises subprocess.TimeoutExpired."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@contextlib.contextmanager
def running(
    module: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    python: str | Path | None = None,
    wait_ready: bool = True,
    seconds: float = 60.0,
) -> Iterator[RunningService]:
    """Start `python -m module` on a free port, and end it when the block ends.

    `env` is added to the environment, from which all variables that begin with APP_ are taken out; no `.env` of the
    folder can change what the arguments say. Raises TimeoutError or RuntimeError where it does not become ready.
    """
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    with tempfile.TemporaryDirectory(prefix="aiservice-test-") as folder:
        with open(Path(folder) / "log", "wb") as errors:
            process = subprocess.Popen(
                [str(python or sys.executable), "-m", module],
                env=inherited | {"APP_PORT": str(port), "APP_TMP": folder} | dict(env or {}),
                cwd=cwd,
                stderr=errors,
            )
            service = RunningService(f"http://127.0.0.1:{port}", process, errors)
            try:
                if wait_ready:
                    wait_until(service.ready, seconds, f"{module} ready")
                yield service
            finally:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


class CallbackReceiver:
    """A real HTTP server that takes callbacks. `answers` are the statuses of the first ones; then it says 200.

    `headers` are sent with every answer.
    """

    def __init__(
        self, answers: list[int] | None = None, port: int = 0, headers: Mapping[str, str] | None = None
    ) -> None:
        self.received: list[Message] = []
        self.answers = list(answers or [])
        self._headers = dict(headers or {})
        self._lock = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/processing"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def all_for(self, task_id: str) -> list[Message]:
        """Return what came for one call, refused attempts included."""
        with self._lock:
            return [message for message in self.received if message.query.get(TASK_ID) == task_id]

    def wait_for(self, task_id: str, attempts: int = 1, seconds: float = 60.0) -> Message:
        """Return the last callback of a call when at least so many have come. Raises TimeoutError."""
        with self._lock:
            if not self._lock.wait_for(lambda: len(self._matching(task_id)) >= attempts, seconds):
                raise TimeoutError(f"{len(self._matching(task_id))} of {attempts} callbacks came for {task_id}")
            return self._matching(task_id)[-1]

    def _matching(self, task_id: str) -> list[Message]:
        return [message for message in self.received if message.query.get(TASK_ID) == task_id]

    def _take(self, message: Message) -> int:
        with self._lock:
            self.received.append(message)
            self._lock.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take, headers = self._take, self._headers

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = {name: found[0] for name, found in parse_qs(urlsplit(self.path).query).items()}
                status = take(Message(0, {k.lower(): v for k, v in self.headers.items()}, body, query))
                self.send_response(status)
                for name, value in (("Content-Length", "0"), *headers.items()):
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return None

        return Handler
