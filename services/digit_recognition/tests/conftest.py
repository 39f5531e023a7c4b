"""The real service, with a place for models and a folder for pictures, and a real server that takes tasks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiservice.testing import RunningService, running

from digit_recognition.places import Folder


@dataclass
class Live:
    """A running service and its folders."""

    service: RunningService
    models: Folder
    keep: Path
    client: httpx.Client

    def read(self, image: bytes, path: str = "/compute", **data: Any) -> httpx.Response:
        headers = {"Prefer": "wait=60"}
        return self.client.post(path, files={"image": image}, data=data, headers=headers)

    def digit(self, image: bytes) -> dict[str, Any]:
        answer = self.read(image)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def page(self, path: str) -> dict[str, Any]:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def metric(self, line: str) -> float:
        text = self.client.get("/metrics").text
        (value,) = [each.rpartition(" ")[2] for each in text.splitlines() if each.startswith(line + " ")]
        return float(value)


@contextmanager
def live(folder: Path, **environment: str) -> Iterator[Live]:
    """A service of its own, that looks for models ten times a second."""
    models, keep = folder / "models", folder / "keep"
    variables = {"DIGIT_MODELS": str(models), "DIGIT_LOOK": "0.1", "DIGIT_KEEP": str(keep)} | environment
    with (
        running("digit_recognition", cwd="/", env=variables) as service,
        httpx.Client(base_url=service.url, timeout=60) as client,
    ):
        yield Live(service, Folder(models), keep, client)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """For tests that leave the service as it is."""
    with live(tmp_path_factory.mktemp("plain")) as started:
        yield started


class Tasks(ThreadingHTTPServer):
    """Takes tasks as the engine does: one for each idempotency key; `refuse` answers come first."""

    daemon_threads = True

    def __init__(self, refuse: int = 0) -> None:
        self.refuse = refuse
        self.posted: list[tuple[str, str, Any]] = []
        super().__init__(("127.0.0.1", 0), _TaskHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/services/retrain-digits"


class _TaskHandler(BaseHTTPRequestHandler):
    server: Tasks

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 200
        if self.server.refuse > 0:
            self.server.refuse -= 1
            status = 503
        else:
            self.server.posted.append((self.path, self.headers["Idempotency-Key"], body))
        answer = json.dumps({"jobId": f"job-{len(self.server.posted)}"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    server = Tasks()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
