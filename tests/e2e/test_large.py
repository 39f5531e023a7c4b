"""A large file goes through the engine without ever being held: `LARGE_MB` in the environment changes its size."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aiservice.testing import free_port
from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, Process
from tests.e2e.raw_http import BOUNDARY, FORM_TYPE, Field
from tests.e2e.scripts import entry, fresh_route, open_route, result

MEGABYTE = 1024 * 1024
SIZE = int(os.environ.get("LARGE_MB", "1024")) * MEGABYTE
ALLOWED = 50 * MEGABYTE


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Process]:
    """The service that streams."""
    port = free_port()
    program = Path(__file__).with_name("echo_service.py")
    echo = Process([str(program), str(port)], tmp_path / "echo", port, {})
    echo.start()
    yield echo
    echo.kill()


def blocks(size: int) -> Iterator[bytes]:
    """So many bytes, no megabyte of them like another."""
    filling = bytes(range(256)) * (MEGABYTE // 256)
    for number in range(size // MEGABYTE):
        yield number.to_bytes(8, "big") + filling[8:]


def upload(engine: Engine, route: str, size: int) -> tuple[str, str]:
    """Send a file of this size in chunks; the id of the task and the SHA-256 of the file."""
    start, end = Field("file", b"", "large.bin").encoded()[:-2], f"\r\n--{BOUNDARY}--\r\n".encode()
    digest = hashlib.sha256()

    def body() -> Iterator[bytes]:
        yield start
        for block in blocks(size):
            digest.update(block)
            yield block
        yield end

    headers = FORM_TYPE | {"Content-Length": str(len(start) + size + len(end))}
    answer = engine.client.post(f"/services/{route}", content=body(), headers=headers, timeout=300)
    assert answer.status_code == 200, answer.text
    return answer.json()["jobId"], digest.hexdigest()


def download(url: str) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with httpx.stream("GET", url, timeout=60) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_raw(MEGABYTE):
            digest.update(chunk)
    return digest.hexdigest()


def test_a_large_file_adds_little_memory(make_engine: MakeEngine, echo: Process) -> None:
    engine = make_engine()
    service = {"id": "s", "type": "service", "url": f"{echo.url}/echo", "next": ["end"]}
    route = open_route(engine, entry(fresh_route(), "file", "s"), service, {"id": "end", "type": "end"})
    small, digest = upload(engine, route, MEGABYTE)
    assert download(result(engine, small)["result"]) == digest
    before = engine.peak_memory()
    job, digest = upload(engine, route, SIZE)
    assert download(result(engine, job, 300)["result"]) == digest
    added = engine.peak_memory() - before
    print(f"{SIZE // MEGABYTE} MB added {added / MEGABYTE:.1f} MB to {before / MEGABYTE:.0f} MB")
    assert added < ALLOWED
    assert httpx.get(f"{echo.url}/peak").json()["bytes"] < 200 * MEGABYTE, "the service does not stream"
