"""What the variables of the environment do, and what wrong ones do."""

import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from aiservice.testing import free_port
from tests.conftest import MakeEngine
from tests.e2e.processes import Process, clean_environment, wait_for
from tests.e2e.scripts import (
    PNG,
    Scripted,
    entry,
    fresh_route,
    open_chain,
    pipeline,
    problem,
    result,
    service_node,
    submit,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_PORT", "eighty"),
        ("APP_PORT", "70000"),
        ("APP_PORT", ""),
        ("APP_CRON", "0"),
        ("APP_CRON", "often"),
        ("APP_LIFESPAN", "-1"),
        ("APP_LIFESPAN", "nan"),
        ("APP_LIFESPAN", "inf"),
        ("APP_LOG", "loud"),
        ("APP_AUTH", "on"),
        ("APP_ENGINE", "localhost:8080"),
        ("APP_EXTERNAL_URL", "ftp://h"),
        ("APP_ALLOWED_NETWORKS", "10.0.0.0/8,everything"),
        ("APP_SERVICE_NETWORKS", "10.0.0.1/8"),
        ("REG_DB_TYPE", "oracle"),
        ("REG_STORAGE_TYPE", "tape"),
        ("REG_SQLITE_SYNC", "sometimes"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "jaeger:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no pair"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.1"),
    ],
)
def test_a_wrong_value_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    done = start_and_wait(tmp_path, {name: value})
    assert done.returncode == 2, done.stderr
    assert name in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not (tmp_path / "data").exists()


def start_and_wait(folder: Path, settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Start an engine that ends by itself."""
    own = {"APP_PORT": str(free_port()), "REG_LOCAL_DATA": str(folder / "data")}
    return subprocess.run(
        [sys.executable, "-m", "engine"],
        env=clean_environment({**own, **settings}),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_all_wrong_values_are_named(tmp_path: Path) -> None:
    done = start_and_wait(tmp_path, {"APP_PORT": "x", "APP_CRON": "y"})
    assert done.returncode == 2 and "APP_PORT" in done.stderr and "APP_CRON" in done.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = start_and_wait(tmp_path, {"APP_PORT": str(taken.getsockname()[1])})
    assert done.returncode != 0 and "address already in use" in done.stderr.lower(), done.stderr


def test_a_data_folder_that_cannot_be_used(make_engine: MakeEngine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    engine = make_engine(start=False, REG_DB_TYPE="sqlite", REG_LOCAL_DATA=str(tmp_path / "file" / "data"))
    engine.spawn()
    answer = wait_for(lambda: try_get(f"{engine.url}/health/ready"), f"it answers:\n{engine.log}", 20)
    assert answer.status_code == 503 and answer.json()["status"] != "ready"
    assert httpx.get(f"{engine.url}/health/live").status_code == 200
    answer = engine.client.post("/services/x", json={})
    assert answer.status_code in (404, 503)


def try_get(url: str) -> httpx.Response | None:
    """The answer, if there is one."""
    try:
        return httpx.get(url)
    except httpx.TransportError:
        return None


def test_a_file_of_settings_is_read(make_engine: MakeEngine) -> None:
    engine = make_engine(start=False)
    (engine.folder / ".env").write_text("APP_EXTERNAL_URL=https://example.org/engine/\n")
    engine.start()
    route = open_chain(engine, "image")
    answer = engine.client.post(f"/services/{route}", files={"image": ("a", PNG)}, headers={"Prefer": "wait=5"})
    job = answer.json()["jobId"]
    assert answer.headers["location"] == f"https://example.org/engine/tasks/{job}/status"
    assert answer.json()["result"]["image"] == f"https://example.org/engine/tasks/{job}/files/image"


def test_the_address_for_services(make_engine: MakeEngine, service: Scripted) -> None:
    engine = make_engine(start=False)
    engine.settings["APP_ENGINE"] = f"http://localhost:{engine.port}/"
    engine.start()
    plan = service.plan()
    result(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert plan.calls[0]["query"]["callback_url"] == f"http://localhost:{engine.port}/processing"


def own_address() -> str | None:
    """An address of this machine other than loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return address


def reachable(address: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def listening(port: int) -> list[str]:
    """The addresses that a port of this machine is listened on, as in proc(5)."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local = [row.split()[1].split(":") for row in rows if row.split()[3] == "0A"]
    return [address for address, of_port in local if int(of_port, 16) == port]


def test_without_keys_it_listens_on_loopback_only(make_engine: MakeEngine) -> None:
    engine = make_engine(APP_HOST="0.0.0.0")
    assert listening(engine.port) == ["0100007F"]
    assert "APP_AUTH" in engine.log and "127.0.0.1" in engine.log
    address = own_address()
    assert address is None or not reachable(address, engine.port)


def test_it_opens_where_that_is_asked_for(make_engine: MakeEngine) -> None:
    engine = make_engine(APP_HOST="0.0.0.0", APP_AUTH="off")
    assert listening(engine.port) == ["00000000"]


def test_in_memory(make_engine: MakeEngine, service: Scripted) -> None:
    engine = make_engine(REG_DB_TYPE="memory")
    route = open_chain(engine, ["image"], service.plan())
    assert httpx.get(result(engine, submit(engine, route, files={"image": ("a", PNG)}))["image"]).content == PNG
    assert list(engine.data.glob("*.sqlite*")) == []
    engine.kill()
    engine.start()
    problem(engine.client.get(f"/services/{route}"), 404)


@pytest.mark.parametrize("sync", ["normal", "full", "FULL"])
def test_ways_to_sync(make_engine: MakeEngine, service: Scripted, sync: str) -> None:
    engine = make_engine(REG_DB_TYPE="sqlite", REG_SQLITE_SYNC=sync)
    route = open_chain(engine, {"n": 1}, service.plan())
    job = submit(engine, route, {"n": 1})
    assert result(engine, job) == {"n": 1}
    engine.kill()
    engine.start()
    assert result(engine, job) == {"n": 1}
    with sqlite3.connect(engine.data / "engine.sqlite") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_port_0_takes_a_free_one_and_tells_it(tmp_path: Path, service: Scripted) -> None:
    engine = Process(["-m", "engine"], tmp_path / "engine", 0, {"APP_PORT": "0", "REG_LOCAL_DATA": "data"})
    engine.spawn()
    try:
        pattern = re.compile(r"the engine is up: (http://127\.0\.0\.1:[1-9]\d*)/docs")
        url = wait_for(lambda: pattern.search(engine.log), f"it tells where it is:\n{engine.log}", 20)[1]
        plan, route = service.plan({"result": {"json": {}}}), fresh_route()
        nodes = [entry(route, {}, "s"), service_node("s", plan.url), {"id": "end", "type": "end"}]
        httpx.post(f"{url}/services", json=pipeline(*nodes)).raise_for_status()
        answer = httpx.post(f"{url}/services/{route}", json={})
        assert answer.headers["location"].startswith(f"{url}/tasks/")
        assert plan.wait_calls(1)[0]["query"]["callback_url"] == f"{url}/processing"
    finally:
        engine.kill()
