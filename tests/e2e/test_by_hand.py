"""A service that was written by hand, without the SDK, works with the engine unchanged."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine, Process, wait_for
from tests.e2e.scripts import PNG, entry, fresh_route, open_route, result, submit

PROGRAM = Path(__file__).with_name("service_by_hand.py")
FILES = {"image": ("a.png", PNG, "image/png"), "data": ("data.json", b'{"colour": "red"}', "application/json")}


@pytest.fixture(scope="module")
def by_hand(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The service, once its route is open."""
    port = free_port()
    process = Process([str(PROGRAM), str(port), engine.url], tmp_path_factory.mktemp("by-hand"), port, {})
    process.spawn()
    wait_for(lambda: engine.client.get("/services/by-hand").status_code == 200, f"announced:\n{process.log}", 20)
    yield process
    process.kill()
    assert "Traceback" not in process.log, process.log


def test_its_own_route(engine: Engine, by_hand: Process) -> None:
    job = submit(engine, "by-hand", files=FILES)
    out = result(engine, job)
    assert out["size"] == len(PNG) and out["given"] == {"colour": "red"}
    assert out["result"] == f"{engine.url}/tasks/{job}/files/result"
    assert httpx.get(out["result"]).content == PNG[::-1]


def test_in_a_pipeline_by_route_and_by_url(engine: Engine, by_hand: Process) -> None:
    route = open_route(
        engine,
        entry(fresh_route(), ["image", "data"], "first"),
        {"id": "first", "type": "service", "service": "by-hand", "next": ["second"]},
        {
            "id": "second",
            "type": "service",
            "url": f"{by_hand.url}/turn",
            "input": {"image": "first.out.result", "colour": "first.out.given.colour"},
            "next": ["end"],
        },
        {"id": "end", "type": "end", "input": {"back.png": "second.out.result", "given": "second.out.given"}},
    )
    out = result(engine, submit(engine, route, files=FILES))
    assert out["given"] == {"colour": "red"}
    answer = httpx.get(out["back.png"])
    assert answer.content == PNG and answer.headers["content-type"] == "image/png"


def test_the_description_is_shown(engine: Engine, by_hand: Process) -> None:
    described = engine.client.get("/services/by-hand").json()
    assert described["type"] == "service" and [node["type"] for node in described["nodes"]] == [
        "entry",
        "service",
        "end",
    ]
    operation = engine.client.get("/openapi.json").json()["paths"]["/services/by-hand"]["post"]
    assert operation["summary"] == "Turns a picture's bytes round"


def test_the_service_is_thirty_lines() -> None:
    code = [
        line for line in PROGRAM.read_text().splitlines() if line.strip() and not line.strip().startswith(("#", '"""'))
    ]
    without_imports = [line for line in code if not line.startswith(("import ", "from "))]
    assert len(without_imports) <= 30 and "aiservice" not in PROGRAM.read_text()
