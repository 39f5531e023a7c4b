"""Two engines that ask for keys, on one database, and an issuer of tokens: shared by all tests that need no others."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.processes import Engine, wait_for

from .issuer import AUDIENCE, TestIssuer, described, issuer_in_a_thread, rsa_key

ISSUER_KEY = rsa_key()
SCOPES = ("read", "submit", "author", "service", "admin")


@dataclass
class Guarded:
    """The engines, and what opens them."""

    engine: Engine
    other: Engine
    admin_file: Path
    issuer: TestIssuer
    keys: dict[str, str]

    @property
    def admin(self) -> str:
        """The first key."""
        return self.admin_file.read_text().strip()

    def ask(self, method: str, path: str, key: str | None = None, **more: Any) -> httpx.Response:
        """Send a request to the first engine, with a key or without."""
        return self.engine.client.request(method, path, headers=bearing(key) | more.pop("headers", {}), **more)

    def make(self, *scopes: str, owner: str = "anna", **more: Any) -> dict[str, Any]:
        """A new key."""
        body = {"name": "of a test", "owner": owner, "scopes": list(scopes), **more}
        answer = self.ask("POST", "/keys", self.admin, json=body)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made


def bearing(key: str | None) -> dict[str, str]:
    """The headers with a key."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The engines, with a key of each scope; nothing that they log names a secret."""
    folder = tmp_path_factory.mktemp("guarded")
    admin_file = folder / "admin.key"
    admin_file.write_text("the-first-key-of-the-tests-" + "k" * 20 + "\n")
    with issuer_in_a_thread() as issuer:
        issuer.keys = [described("k1", ISSUER_KEY)]
        settings = {
            "APP_ADMIN_KEY_FILE": str(admin_file),
            "APP_OIDC_ISSUER": issuer.url,
            "APP_OIDC_AUDIENCE": AUDIENCE,
            "APP_LOG": "debug",
        }
        engines = [Engine(folder / "engine", settings), Engine(folder / "other", settings)]
        engines[1].settings["REG_LOCAL_DATA"] = engines[0].settings["REG_LOCAL_DATA"]
        for engine in engines:
            engine.spawn()
        for engine in engines:
            wait_for(engine.is_ready, "the engine is ready", 30)
        guarded = Guarded(engines[0], engines[1], admin_file, issuer, {})
        guarded.keys |= {scope: guarded.make(scope)["key"] for scope in SCOPES}
        yield guarded
        for engine in engines:
            engine.kill()
        for key in (*guarded.keys.values(), guarded.admin):
            secret = key.split("_", 2)[2] if key.startswith("aim_") else key
            assert all(secret not in engine.log for engine in engines)
        assert all("Traceback" not in engine.log for engine in engines), engines[0].log + engines[1].log
