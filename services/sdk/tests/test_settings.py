"""Settings: a wrong value stops the start with a sentence that names the variable."""

import socket
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE

from aiservice.settings import WrongSetting, read_settings
from aiservice.testing import free_port, running, wait_until


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_PORT", "abc"),
        ("APP_PORT", "70000"),
        ("APP_LOG", "loud"),
        ("APP_ENGINE", "engine:8080"),
        ("APP_SERVICE", "ftp://a"),
        ("APP_NOTIFY_CRON", "0"),
        ("APP_WORKERS", "0"),
        ("APP_QUEUE", "-1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "jaeger:4318"),
    ],
)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=f"^{name} is wrong: [^\n]*{value}[^\n]*$"):
        read_settings()


def test_a_wrong_header_for_traces_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "topsecret")
    with pytest.raises(WrongSetting) as raised:
        read_settings()
    assert str(raised.value).startswith("OTEL_EXPORTER_OTLP_HEADERS is wrong: ") and "topsecret" not in str(
        raised.value
    )


@pytest.mark.parametrize(
    ("name", "value"), [("APP_GRACE", "-1"), ("APP_TMP", "/nowhere/at/all"), ("APP_HOST", "203.0.113.1")]
)
def test_a_wrong_value_ends_the_start_with_2(start: Any, name: str, value: str) -> None:
    with start(wait_ready=False, **{name: value}) as service:
        assert service.process.wait(60) == 2
        line = service.log.strip()
        assert name in line and "wrong" in line and "\n" not in line


def test_the_port_of_a_service_holds_where_the_environment_gives_none(start: Any) -> None:
    own = free_port()
    with start(wait_ready=False, SPECIMEN_PORT=str(own), APP_PORT="") as service:
        wait_until(lambda: f"listens on http://127.0.0.1:{own}," in service.log, 20, what="its own port")


def test_the_port_of_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (read_settings().port, read_settings(9_001).port) == (8_080, 9_001)
    (tmp_path / ".env").write_text("APP_PORT=9002\n")
    assert read_settings(9_001).port == 9_002
    monkeypatch.setenv("APP_PORT", "8080")
    assert read_settings(9_001).port == 8_080


def test_a_port_that_is_taken_ends_the_start_with_2(start: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with start(wait_ready=False, APP_PORT=str(other.getsockname()[1])) as service:
            assert service.process.wait(60) == 2
            assert "APP_PORT" in service.log


def test_a_file_env_is_read_and_other_names_in_it_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_QUEUE=nonsense\nREG_DB_TYPE=sqlite\nAPP_CRON=5\n")
    env = {"PYTHONPATH": str(HERE)}
    with running("specimen", cwd=tmp_path, env=env, wait_ready=False) as service:
        assert service.process.wait(60) == 2
        assert "APP_QUEUE" in service.log
    (tmp_path / ".env").write_text("APP_QUEUE=3\nREG_DB_TYPE=sqlite\nAPP_CRON=5\nAPP_ENGINE=\n")
    with running("specimen", cwd=tmp_path, env=env) as service:
        assert service.get("/health/ready").status == 200


def test_half_of_what_an_announcement_needs_is_told(start: Any) -> None:
    with start(APP_ENGINE="http://127.0.0.1:9") as service:
        wait_until(lambda: "APP_SERVICE is not set" in service.log, what="the warning")
