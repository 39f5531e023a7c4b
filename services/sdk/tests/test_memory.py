"""A large file goes through a service in both directions without ever being in its memory."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import pytest
from conftest import HERE

from aiservice.testing import RunningService, free_port, running, wait_until

SIZE = 200 << 20
PIECE = b"0123456789abcdef" * 65_536


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running("specimen", cwd=HERE, env={"APP_TMP": str(tmp_path_factory.mktemp("large"))}) as service:
        warm = {"file": ("a", b"1", "image/png")}
        assert service.call("/return", files=warm, wait=60).status == 200
        yield service


def upload() -> Iterator[bytes]:
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    for _ in range(SIZE // len(PIECE)):
        yield PIECE
    yield b"\r\n--b--\r\n"


def peak(pid: int) -> int:
    """Peak resident set in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def test_200_megabytes_add_little_to_the_memory(service: RunningService) -> None:
    before = psutil.Process(service.pid).memory_info().rss
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Prefer": "wait=120"}
    expected = hashlib.sha256()
    for _ in range(SIZE // len(PIECE)):
        expected.update(PIECE)
    with httpx.Client(timeout=150) as client:
        found = client.post(f"{service.url}/digest", content=upload(), headers=headers).json()
        assert (found["sha256"], found["size"]) == (expected.hexdigest(), SIZE)
        with client.stream("POST", f"{service.url}/return", content=upload(), headers=headers) as answer:
            received = sum(len(chunk) for chunk in answer.iter_bytes())
        assert SIZE < received < SIZE + 1_000
    assert peak(service.pid) - before < 30 << 20


def test_a_callback_of_a_large_file_is_streamed(service: RunningService) -> None:
    port = free_port()
    before = psutil.Process(service.pid).memory_info().rss
    with _Counter(port) as counter:
        query = f"callback_url=http://127.0.0.1:{port}/processing&task_id=large"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        httpx.post(f"{service.url}/return?{query}", content=upload(), headers=headers, timeout=120)
        wait_until(lambda: counter.received > SIZE, 120, what="the callback")
    assert peak(service.pid) - before < 30 << 20


class _Counter:
    """A server that counts the bytes of a body and throws them away."""

    def __init__(self, port: int) -> None:
        counter = self
        self.received = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                left = int(self.headers["Content-Length"])
                while left > 0:
                    left -= len(self.rfile.read(min(left, 1 << 20)))
                counter.received = int(self.headers["Content-Length"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return None

        self._server = HTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "_Counter":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
