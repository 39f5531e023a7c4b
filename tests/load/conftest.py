"""The slow service, one for each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine, Process
from tests.e2e.scripts import entry, fresh_route, open_route

Json = dict[str, Any]


class Slow(Process):
    """The process of `slow_service.py`."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        super().__init__([str(Path(__file__).with_name("slow_service.py")), str(port)], folder, port, {})

    @property
    def told(self) -> Json:
        """What it did."""
        told: Json = httpx.get(f"{self.url}/control").json()
        return told

    def set(self, **values: Any) -> None:
        """Change how it works; what it did is forgotten."""
        httpx.put(f"{self.url}/control", json=values).raise_for_status()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    """The service."""
    service = Slow(tmp_path / "slow")
    service.start()
    yield service
    service.kill()


def open_one(engine: Engine, url: str, **fields: Any) -> str:
    """A pipeline of one call; its route."""
    node = {"id": "s", "type": "service", "url": url, "next": ["end"], **fields}
    return open_route(engine, entry(fresh_route(), {"n": 1}, "s"), node, {"id": "end", "type": "end"})


def open_loop(engine: Engine, url: str, **fields: Any) -> str:
    """A pipeline that makes a call for each item; its route."""
    call = {"id": "s", "type": "service", "url": url, "input": {"n": "s._loop"}, "next": ["loopEnd"], **fields}
    loop = {"id": "l", "type": "loop", "items": "entry.out.items", "nodes": [call], "collect": {"n": "s.out.n"}}
    nodes = [entry(fresh_route("large"), {"items": []}, "l"), {**loop, "next": ["end"]}, {"id": "end", "type": "end"}]
    return open_route(engine, *nodes)
