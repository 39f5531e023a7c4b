"""A service of the SDK at an engine that asks for keys: it comes in with a key, and answers without."""

from pathlib import Path

from aiservice.testing import free_port
from tests.e2e.processes import Process, wait_for

from .conftest import Guarded

PROGRAM = str(Path(__file__).with_name("doubling_service.py"))


def test_a_service_announces_itself_with_its_key_and_is_called(guarded: Guarded, tmp_path: Path) -> None:
    port, key_file = free_port(), tmp_path / "service.key"
    key_file.write_text(guarded.keys["read"])
    settings = {
        "APP_PORT": str(port),
        "APP_ENGINE": guarded.engine.url,
        "APP_SERVICE": f"http://127.0.0.1:{port}",
        "APP_KEY_FILE": str(key_file),
        "APP_NOTIFY_CRON": "0.3",
    }
    service = Process([PROGRAM], tmp_path / "service", port, settings)
    service.start()
    try:
        wait_for(lambda: "needs the scope `service`" in service.log, "it is told what its key lacks", 20)
        key_file.write_text(guarded.keys["service"])
        wait_for(lambda: "announced to" in service.log, "it is announced with the other key", 20)
        answer = guarded.ask(
            "POST", "/services/double", guarded.keys["submit"], json={"n": 21}, headers={"Prefer": "wait=20"}
        )
        assert answer.json().get("result") == {"n": 42}, answer.text
        assert all(key.split("_", 2)[2] not in service.log for key in guarded.keys.values())
    finally:
        service.kill()
