"""Setting up environments: what decides that one is current, and what uv gets to see."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import sync
from tools.layout import ROOT, Part, parts


@pytest.fixture
def part(tmp_path: Path) -> Part:
    """A part that looks set up."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nrequires-python = ">=3.11"\n')
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    made = Part("x", tmp_path)
    (made.venv / sync.STAMP).write_text(sync.fingerprint(made))
    return made


def test_what_was_made_from_the_present_files_is_current(part: Part) -> None:
    assert sync.is_current(part)


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_a_changed_file_makes_it_stale(part: Part, name: str) -> None:
    with (part.folder / name).open("a") as file:
        file.write("\n")
    assert not sync.is_current(part)


def test_an_environment_without_interpreter_is_stale(part: Part) -> None:
    part.python.unlink()
    assert not sync.is_current(part)


def test_a_moved_environment_is_stale(part: Part, tmp_path: Path) -> None:
    moved = part.folder.rename(tmp_path.parent / (tmp_path.name + "-moved"))
    assert not sync.is_current(Part("x", moved))


def test_uv_sees_nothing_that_changes_what_it_installs() -> None:
    odd = {name: "x" for name in ("UV_PROJECT_ENVIRONMENT", "UV_FROZEN", "UV_NO_DEV", "VIRTUAL_ENV", "PYTHONPATH")}
    kept = {"PATH": "p", "HOME": "h", "UV_CACHE_DIR": "c", "SSL_CERT_FILE": "s"}
    seen = sync.clean_environment({**odd, **kept})
    seen.pop("UV_SYSTEM_CERTS", None)
    assert seen == kept


def test_the_machines_own_authorities_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "SYSTEM_CERTIFICATES", (str(tmp_path / "authorities"),))
    assert sync.clean_environment({}) == {}
    (tmp_path / "authorities").write_text("")
    assert sync.clean_environment({}) == {"UV_SYSTEM_CERTS": "true"}
    assert sync.clean_environment({"UV_SYSTEM_CERTS": "false"}) == {"UV_SYSTEM_CERTS": "false"}


def test_uv_is_pinned_to_the_version_and_the_hashes_of_the_lock_file() -> None:
    text = sync.UV_REQUIREMENT.read_text()
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    [package] = [package for package in lock["package"] if package["name"] == "uv"]
    assert re.findall(r"uv==(\S+)", text) == [package["version"]]
    hashes = re.findall(r"--hash=(\S+)", text)
    assert hashes
    assert set(hashes) <= {wheel["hash"] for wheel in package["wheels"]}


def test_every_part_has_a_lock_file_and_states_its_python() -> None:
    for part in parts():
        assert (part.folder / "uv.lock").is_file(), part.name
        assert part.requires_python.startswith(">=3."), part.name


def test_the_script_runs_alone_and_leaves_what_is_current() -> None:
    command = [sys.executable, "-I", str(ROOT / "tools" / "sync.py"), "engine"]
    if not sync.is_current(parts()[0]):
        command.append("--help")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr


def test_an_unknown_part_is_refused() -> None:
    command = [sys.executable, str(ROOT / "tools" / "sync.py"), "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nothing" in done.stderr
