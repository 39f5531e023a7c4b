"""The audit says what it found, and says loudly where it could not ask: that is never taken for nothing found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import audit
from tools.layout import ROOT, parts

WEAK = {"id": "PYSEC-1", "fix_versions": ["3.7"], "aliases": ["CVE-1"], "description": "..."}
NPM = {
    "vulnerabilities": {
        "a": {"via": [{"url": "https://advisories.test/1", "range": "<2"}, "b"], "fixAvailable": True},
        "b": {"via": [{"url": "https://advisories.test/2", "range": "*"}], "fixAvailable": False},
        "c": {"via": ["a"], "fixAvailable": {"name": "c", "version": "2.0.0"}},
    }
}


def script(folder: Path, says: str, error: str = "", code: int = 0) -> Path:
    """A program that stands for pip-audit or npm."""
    path = folder / "program"
    text = f"import sys; sys.stdout.write({says!r}); sys.stderr.write({error!r}); sys.exit({code})"
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(0o755)
    return path


def test_what_pip_audit_finds(tmp_path: Path) -> None:
    told = json.dumps(
        {"dependencies": [{"name": "x", "version": "3.6", "vulns": [WEAK]}, {"name": "y", "version": "1", "vulns": []}]}
    )
    found = audit.ask_python(tmp_path / "requirements.txt", script(tmp_path, told, code=1))
    assert [str(weakness) for weakness in found] == ["x 3.6: PYSEC-1, CVE-1; fixed in 3.7"]


def test_what_npm_finds(tmp_path: Path) -> None:
    found = audit.ask_npm([script(tmp_path, json.dumps(NPM), code=1)], tmp_path, {})
    assert [str(weakness) for weakness in found] == [
        "a <2: https://advisories.test/1; fixed in a newer one",
        "b *: https://advisories.test/2; fixed in no version yet",
    ]
    assert audit.of_npm('{"vulnerabilities": {}}') == [] == audit.of_python('{"dependencies": []}')


@pytest.mark.parametrize("says", ["", "Traceback", '{"message": "405 Method Not Allowed"}', "[]", "{"])
def test_who_could_not_ask_has_found_nothing_out(tmp_path: Path, says: str) -> None:
    program = script(tmp_path, says, "no route to host", 1)
    with pytest.raises(audit.NotAsked, match="the advisories could not be asked"):
        audit.ask_python(tmp_path / "requirements.txt", program)
    with pytest.raises(audit.NotAsked, match="the advisories could not be asked"):
        audit.ask_npm([program], tmp_path, {})


def test_a_package_that_nobody_knows_is_not_taken_for_a_good_one() -> None:
    dependencies = [{"name": "x", "skip_reason": "not found"}, {"name": "y", "version": "1", "vulns": [WEAK]}]
    with pytest.raises(audit.NotAsked, match="x: not found") as raised:
        audit.of_python(json.dumps({"dependencies": dependencies}))
    assert [weakness.package for weakness in raised.value.found] == ["y 1"]


def test_the_verdict(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    weak = audit.Weakness("x 1", "PYSEC-1", ("CVE-1",), "2")
    assert audit.verdict(iter([("engine", [], "")])) == 0
    assert audit.verdict(iter([("engine", [weak], ""), ("sdk", [], "")])) == audit.FOUND
    assert audit.verdict(iter([("engine", [weak], ""), ("sdk", [], "no route to host")])) == audit.NOT_ASKED
    told = capsys.readouterr()
    assert "engine: 1 known" in told.out and "!!! sdk: NOT ASKED: no route to host" in told.err
    monkeypatch.setattr(audit, "ACCEPTED", {"CVE-1": "nobody calls it"})
    assert audit.verdict(iter([("engine", [weak], "")])) == 0
    assert "(accepted: nobody calls it)" in capsys.readouterr().out


def test_every_lock_file_is_asked() -> None:
    names = subprocess.run(
        ["git", "ls-files", "*uv.lock", "*package-lock.json"], cwd=ROOT, capture_output=True, text=True
    )
    asked = {part.folder / "uv.lock" for part in parts()} | {
        each / "package-lock.json" for each in audit.OF_NPM.values()
    }
    assert {ROOT / name for name in names.stdout.split()} <= asked and asked


def test_a_part_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["nothing"]) == 2
    assert "there is no part nothing" in capsys.readouterr().err


def test_the_program_is_pinned_with_hashes() -> None:
    lines = [line for line in (ROOT / "tools" / "audit.txt").read_text().splitlines() if not line.startswith("#")]
    named = [line for line in lines if "==" in line]
    assert any(line.startswith("pip-audit==") for line in named)
    assert all(line.endswith("\\") for line in named) and sum("--hash=sha256:" in line for line in lines) >= len(named)
