"""What the settings say about keys: which go together, where the engine listens, and that no secret is shown."""

from pathlib import Path

import pytest

from engine.settings import Settings, WrongSettings, read_settings
from tests.conftest import MakeEngine
from tests.e2e.test_settings import listening

KEY = "a-first-key-of-some-length-that-is-secret"
ISSUER = {"APP_OIDC_ISSUER": "https://issuer.example", "APP_OIDC_AUDIENCE": "engine"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file with settings is near, and no other address is listened on."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    """The settings of an environment."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return read_settings()


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ({}, "127.0.0.1"),
        ({"APP_AUTH": "off"}, "0.0.0.0"),
        ({"APP_AUTH": "keys"}, "0.0.0.0"),
        ({"APP_ADMIN_KEY": KEY}, "0.0.0.0"),
        ({"APP_ADMIN_KEY": ""}, "127.0.0.1"),
        ({"APP_ADMIN_KEY_FILE": "/run/secrets/admin"}, "0.0.0.0"),
        (ISSUER, "0.0.0.0"),
        ({"APP_OIDC_AUDIENCE": "engine"}, "127.0.0.1"),
    ],
)
def test_where_it_listens(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], host: str) -> None:
    settings = read(monkeypatch, APP_HOST="0.0.0.0", **given)
    assert settings.host == host
    assert settings.keys == (host != "127.0.0.1" and given.get("APP_AUTH") != "off")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"APP_ADMIN_KEY": "k" * 31}, "APP_ADMIN_KEY cannot be used: must have 32"),
        ({"APP_ADMIN_KEY": "k" * 40 + " k"}, "APP_ADMIN_KEY cannot be used: must have 32"),
        ({"APP_OIDC_ISSUER": "https://issuer.example"}, "APP_OIDC_ISSUER needs APP_OIDC_AUDIENCE"),
        ({**ISSUER, "APP_OIDC_ISSUER": "http://issuer.example"}, "must start with https://"),
        ({**ISSUER, "APP_OIDC_ISSUER": "https://issuer.example/?a=b"}, "have no query"),
        ({**ISSUER, "APP_OIDC_ISSUER": "https://"}, "must start with https://"),
        ({"APP_AUTH": "off", "APP_ADMIN_KEY": KEY}, "APP_AUTH=off asks for no keys"),
        ({"APP_AUTH": "off", **ISSUER}, "APP_AUTH=off asks for no keys"),
    ],
)
def test_what_does_not_go_together(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        read(monkeypatch, **given)
    assert told in str(wrong.value)
    assert "kkk" not in str(wrong.value) and KEY not in str(wrong.value)


def test_an_issuer_on_loopback_may_speak_http(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, **{**ISSUER, "APP_OIDC_ISSUER": "http://127.0.0.1:9/realm"}).keys


def test_the_first_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEY not in repr(read(monkeypatch, APP_ADMIN_KEY=KEY))


def test_keys_that_were_made_while_nobody_could_come_in_open_it_later(make_engine: MakeEngine) -> None:
    engine = make_engine()
    made = engine.client.post("/keys", json={"name": "first", "owner": "root", "scopes": ["admin"]}).json()
    assert engine.client.get("/identity").json()["keys"] is False
    assert engine.client.post("/session").headers.get("set-cookie") is None
    engine.kill()
    external = {"APP_EXTERNAL_URL": "https://engine.example/aim"}
    engine.settings |= {"APP_AUTH": "keys", "APP_HOST": "0.0.0.0", **external}
    engine.start()
    assert listening(engine.port) == ["00000000"] and "listening on" not in engine.log
    assert engine.client.get("/keys").status_code == 401
    key = {"Authorization": f"Bearer {made['key']}"}
    assert engine.client.get("/identity", headers=key).json()["owner"] == "root"
    begun = engine.client.post("/session", headers=key).headers["set-cookie"]
    assert "; Secure" in begun and "Path=/aim;" in begun
