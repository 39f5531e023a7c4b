"""Keys from the command line and from programs, and that a client shows its own to nobody else."""

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from engine.client import AimError, AsyncClient, Client
from engine.client.cli.keys import end_of
from engine.client.keys import VARIABLE
from tests.client.aim import Ran, aim

from .conftest import Guarded


@pytest.fixture
def as_admin(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    """The key in the environment is the first one."""
    monkeypatch.setenv(VARIABLE, guarded.admin)
    return guarded


def create(guarded: Guarded, *more: str | Path) -> Ran:
    """Make a key with the command line."""
    return aim(guarded.engine.url, "keys", "create", "--name", "of aim", "--owner", "anna", *more)


def test_keys_are_made_listed_and_revoked(as_admin: Guarded) -> None:
    made = create(as_admin, "--scope", "submit", "--scope", "service", "--expires", "90d", "--running", "4")
    assert made.code == 0 and "not shown again" in made.err
    key = made.out.strip()
    assert key.startswith("aim_") and key not in made.err, "alone on standard output"
    key_id = key.split("_")[1]
    row = next(line for line in aim(as_admin.engine.url, "keys", "list").lines if line.startswith(key_id)).split("\t")
    assert row[1:4] == ["good", "anna", "submit, service"] and row[6] == "of aim"
    with Client(as_admin.engine.url, key=key) as client:
        assert client.keys.identity()["key"] == key_id and client.stats()
        listed = as_admin.ask("GET", "/keys", as_admin.admin).json()["keys"]
        found = next(each for each in listed if each["id"] == key_id)
        assert found["limits"] == {"running": 4, "per_second": None}
        days = (datetime.fromisoformat(found["expires"]) - datetime.now(UTC)).total_seconds() / 86_400
        assert 89.9 < days < 90
        assert aim(as_admin.engine.url, "keys", "revoke", key_id).code == 0
        with pytest.raises(AimError, match="revoked") as refused:
            client.stats()
        assert refused.value.status == 401
    assert aim(as_admin.engine.url, "keys", "revoke", "0123456789abcdef").code == 1


def test_a_key_is_written_to_a_file_for_its_owner_alone(as_admin: Guarded, tmp_path: Path) -> None:
    out = tmp_path / "my.key"
    made = create(as_admin, "--scope", "admin", "--out", out, "--json")
    assert made.code == 0 and made.json["key"] == str(out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600 and out.read_text().startswith(f"aim_{made.json['id']}_")
    assert create(as_admin, "--scope", "admin", "--out", out).code == 1, "what is there is not overwritten"
    refused = create(as_admin, "--scope", "root", "--out", tmp_path / "none.key")
    assert refused.code == 1 and "/scopes/0" in refused.err and not (tmp_path / "none.key").exists()
    listed = aim(as_admin.engine.url, "--key-file", out, "keys", "list", "--json")
    assert made.json["id"] in [each["id"] for each in listed.json]


def test_without_a_key_it_is_said_where_to_put_one(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    refused = aim(guarded.engine.url, "tasks")
    assert refused.code == 1 and "AIM_KEY" in refused.err and "--key-file" in refused.err
    assert aim(guarded.engine.url, "--key-file", tmp_path / "none", "tasks").code == 1
    read = tmp_path / "read.key"
    read.write_text(guarded.keys["read"] + "\n")
    assert aim(guarded.engine.url, "--key-file", read, "tasks").code == 0
    refused = aim(guarded.engine.url, "--key-file", read, "keys", "list")
    assert refused.code == 1 and "`admin`" in refused.err


def test_what_can_be_no_key_is_not_sent_and_not_shown(guarded: Guarded, tmp_path: Path) -> None:
    for number, wrong in enumerate((b"two words", b"l\xc3\xa4nge", b"a\nb")):
        file = tmp_path / f"{number}.key"
        file.write_bytes(wrong)
        refused = aim(guarded.engine.url, "--key-file", file, "tasks")
        assert refused.code != 0 and "words" not in refused.err and "nge" not in refused.err


async def test_a_program_names_its_key_or_takes_that_of_the_environment(as_admin: Guarded) -> None:
    async with (
        AsyncClient(as_admin.engine.url) as client,
        AsyncClient(as_admin.engine.url, key=as_admin.keys["read"]) as other,
    ):
        first, second = await asyncio.gather(client.keys.identity(), other.keys.identity())
        assert first["key"] == "admin" and second["scopes"] == ["read"]
        assert len(await client.keys.all()) >= 5
        with pytest.raises(AimError) as refused:
            await other.keys.make("x", "x", ["admin"])
        assert refused.value.status == 403


NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("90d", "2026-05-01T12:00:00+00:00"),
        ("15m", "2026-01-31T12:15:00+00:00"),
        ("12h", "2026-02-01T00:00:00+00:00"),
        ("1y", "2027-01-31T12:00:00+00:00"),
        ("2030-12-31", "2030-12-31T00:00:00+00:00"),
        ("2030-12-31T08:00:00+02:00", "2030-12-31T08:00:00+02:00"),
    ],
)
def test_when_a_key_ends(text: str, end: str) -> None:
    assert end_of(text, NOW) == end


@pytest.mark.parametrize("text", ["", "90", "0d", "-1d", "d", "soon", "999999y", "2030-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        end_of(text, NOW)
