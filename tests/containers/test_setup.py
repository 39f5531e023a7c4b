"""What runs once after the engine has come up under compose: keys for services and Prometheus, routes of pipelines."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import Engine
from tools.layout import PIPELINES, ROOT
from tools.shipped import pipelines, route_of

ADMIN = "0123456789abcdef" * 3
ROUTES = sorted(map(route_of, pipelines().values()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("setup")
    for name in ("service", "read"):
        (folder / "keys" / name).mkdir(parents=True)
    (folder / "admin-key").write_text(f"{ADMIN}\n")
    return folder


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[Engine]:
    """An engine that asks for keys."""
    engine = Engine(folder / "engine", {"APP_ADMIN_KEY_FILE": str(folder / "admin-key")})
    engine.start()
    yield engine
    engine.kill()


def set_up(folder: Path, engine: Engine) -> "subprocess.CompletedProcess[str]":
    own = {"ADMIN_KEY_FILE": folder / "admin-key", "KEYS": folder / "keys", "PIPELINES": PIPELINES}
    variables = {**os.environ, "AIM_ENGINE": engine.url, **{name: str(value) for name, value in own.items()}}
    words = [sys.executable, str(ROOT / "deploy" / "compose" / "setup.py")]
    return subprocess.run(words, env=variables, capture_output=True, text=True, check=False)


def ask(engine: Engine, path: str, key: str) -> int:
    return httpx.get(engine.url + path, headers={"Authorization": f"Bearer {key}"}).status_code


def test_it_makes_keys_that_may_do_little_and_opens_all_routes(folder: Path, guarded: Engine) -> None:
    done = set_up(folder, guarded)
    assert (done.returncode, done.stderr) == (0, "")
    keys = {name: (folder / "keys" / name / "key").read_text() for name in ("service", "read")}
    assert keys["service"] != keys["read"]
    assert all(stat.S_IMODE((folder / "keys" / name / "key").stat().st_mode) == 0o444 for name in keys)
    assert {name: ask(guarded, "/metrics", key) for name, key in keys.items()} == {"service": 403, "read": 200}
    assert all(ask(guarded, "/keys", key) == 403 for key in keys.values())
    opened = httpx.get(f"{guarded.url}/services", headers={"Authorization": f"Bearer {keys['read']}"}).text
    assert ROUTES and all(f'"{route}"' in opened for route in ROUTES)
    assert all(ask(guarded, f"/services/{route}", keys["read"]) == 200 for route in ROUTES)


def test_again_it_changes_nothing(folder: Path, guarded: Engine) -> None:
    before = (folder / "keys" / "service" / "key").read_text()
    done = set_up(folder, guarded)
    assert (done.returncode, "made" in done.stdout) == (0, False)
    assert (folder / "keys" / "service" / "key").read_text() == before
    held = {"Authorization": f"Bearer {ADMIN}"}
    assert len(httpx.get(f"{guarded.url}/keys", headers=held).json()["keys"]) == 2
    versions = httpx.get(f"{guarded.url}/services/{ROUTES[0]}/versions", headers=held).json()
    assert len(versions) == 1


def test_a_key_that_is_no_longer_good_is_made_again(folder: Path, guarded: Engine) -> None:
    file = folder / "keys" / "read" / "key"
    file.chmod(0o644)
    file.write_text("aim_0000_forged")
    assert "made the key for read" in set_up(folder, guarded).stdout
    assert ask(guarded, "/metrics", file.read_text()) == 200


def test_a_wrong_admin_key_is_told(folder: Path, guarded: Engine, tmp_path: Path) -> None:
    (tmp_path / "keys" / "service").mkdir(parents=True)
    (tmp_path / "admin-key").write_text("f" * 48)
    done = set_up(tmp_path, guarded)
    assert done.returncode == 1
    assert "POST /keys: 401" in done.stderr
