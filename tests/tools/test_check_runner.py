"""`make check`: every check runs and has its line, and one that fails is not lost among those that pass."""

import configparser
import sys
from pathlib import Path

import pytest

from tools import check
from tools.check import Check, judge
from tools.layout import ROOT, parts


def test_outcome_of_a_check() -> None:
    good = judge(Check("good", [sys.executable, "-c", "print('words')"]))
    assert good.passed
    assert str(good).startswith("ok   good (")
    assert "words" not in str(good)
    bad = judge(Check("bad", [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]))
    assert not bad.passed
    assert str(bad).splitlines()[0].startswith("FAIL bad (")
    assert "the reason" in str(bad)


def test_a_check_that_cannot_run_has_failed(tmp_path: Path) -> None:
    outcome = judge(Check("absent", [tmp_path / "nothing"]))
    assert not outcome.passed
    assert "cannot run" in str(outcome)


def test_all_run_also_after_one_has_failed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [
        Check("one", [sys.executable, "-c", ""]),
        Check("two", [sys.executable, "-c", "raise SystemExit(1)"]),
        Check("three", [sys.executable, "-c", ""]),
    ]
    monkeypatch.setattr(check, "checks", lambda: chosen)
    assert check.main() == 1
    words = capsys.readouterr().out.split("\n")
    assert [line[:10].rstrip(" (") for line in words[:3]] == ["ok   one", "FAIL two", "ok   three"]
    assert words[3] == "check: failed: two"
    monkeypatch.setattr(check, "checks", lambda: [chosen[0]])
    assert check.main() == 0
    assert capsys.readouterr().out.endswith("check: all passed\n")


def test_the_checks_cover_all_parts() -> None:
    names = [chosen.name for chosen in check.checks()]
    for name in ("black", "isort", "flake8", "import-linter", "budgets", "mypy engine", "mypy sdk"):
        assert name in names
    for part in parts():
        assert f"mypy {part.name}" in names


def test_the_import_rules_cover_every_service() -> None:
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    packages = set(rules["importlinter"]["root_packages"].split())
    services = [part for part in parts() if part.folder != ROOT]
    found = {path.parent.name for part in services for path in part.folder.glob("*/__init__.py")} - {"tests"}
    assert found | {"engine", "aiservice"} == packages
    assert found <= set(rules["importlinter:contract:services"]["source_modules"].split())
