"""The closing lines and the exit code of `make test`, from what real pytest runs leave behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import browser
from tools.layout import ROOT, Part
from tools.suites import APART, Count, Suite, count, run, suites, summary, verdict

MIXED = """
import pytest

def test_good(): pass
def test_better(): pass
def test_bad(): assert False

@pytest.fixture
def broken(): raise RuntimeError
def test_error(broken): pass

def test_left_out(): pytest.SKIP("x")
""".replace("SKIP", "sk" + "ip")


def outcome(folder: Path, text: str, *arguments: str) -> Count:
    """Run pytest on a module and count."""
    (folder / "test_module.py").write_text(text)
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--rootdir={folder}", f"--junitxml={report}"]
    # Without the plugins of this environment: they take seconds to load and have no part in it.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command += [*arguments, str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return count("part", report, done.returncode, selected=bool(arguments))


def test_every_outcome_is_counted_once(tmp_path: Path) -> None:
    result = outcome(tmp_path, MIXED)
    assert (result.passed, result.failed, result.skipped, result.broken) == (2, 2, 1, "")
    assert verdict([result], strict=False) == 1


def test_what_failed_is_told_at_the_end(tmp_path: Path) -> None:
    result = outcome(tmp_path, MIXED)
    text = summary([Count("other", passed=1), result])
    assert "FAILED part: test_module: test_bad: assert False" in text
    assert "FAILED part: test_module: test_error: failed on setup with" in text
    assert text.count("FAILED") == 2


def test_all_passed(tmp_path: Path) -> None:
    result = outcome(tmp_path, "def test_good(): pass\n")
    assert (result.passed, result.failed, result.skipped) == (1, 0, 0)
    assert verdict([result], strict=False) == 0


def test_a_module_that_cannot_be_imported_is_a_failure(tmp_path: Path) -> None:
    result = outcome(tmp_path, "import nothing_of_that_name\n")
    assert (result.passed, result.failed) == (0, 1)
    assert verdict([Count("other", passed=1), result], strict=False) == 1


def test_a_suite_that_dies_is_a_failure(tmp_path: Path) -> None:
    result = outcome(tmp_path, "import os\ndef test_good(): pass\ndef test_dead(): os._exit(3)\n")
    assert result.failed == 1
    assert "exit code 3" in result.broken
    assert verdict([Count("other", passed=1), result], strict=False) == 1


def test_a_suite_without_tests_is_a_failure_unless_arguments_chose(tmp_path: Path) -> None:
    everything = outcome(tmp_path, "x = 1\n")
    assert (everything.failed, everything.broken) == (1, "it has no tests")
    chosen = outcome(tmp_path, "def test_good(): pass\n", "-k", "other")
    assert (chosen.passed, chosen.failed, chosen.broken) == (0, 0, "")
    assert verdict([Count("other", passed=1), chosen], strict=False) == 0
    assert verdict([chosen], strict=False) == 1


def test_a_part_without_environment_is_said_loudly_and_never_passes(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nrequires-python = ">=3.99"\n')
    absent = run(Suite(Part("vision", tmp_path), "vision"), tmp_path)
    text = summary([Count("engine", passed=5), absent])
    assert "!!! vision: NOT RUN: it has no environment; it needs Python >=3.99" in text
    assert text.splitlines()[-1] == "5 passed, 0 failed"
    assert verdict([Count("engine", passed=5), absent], strict=False) == 0
    assert verdict([Count("engine", passed=5), absent], strict=True) == 1
    assert verdict([absent], strict=False) == 1


def test_without_a_browser_its_suite_is_said_loudly_and_never_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nothing"))
    absent = run(Suite(Part(browser.NAME, ROOT), browser.NAME), tmp_path)
    text = summary([Count("engine", passed=5), absent])
    assert f"!!! webapp in a browser: NOT RUN: CHROMIUM={tmp_path / 'nothing'} is no program" in text
    assert text.splitlines()[-1] == "5 passed, 0 failed"
    assert verdict([Count("engine", passed=5), absent], strict=True) == 1


@pytest.mark.parametrize(
    ("counts", "last"),
    [
        ([Count("a", 3), Count("b", 4, 1)], "7 passed, 1 failed"),
        ([Count("a", 3, 0, 2)], "3 passed, 0 failed, 2 skipped"),
    ],
)
def test_the_last_line_is_the_sum(counts: list[Count], last: str) -> None:
    assert summary(counts).splitlines()[-1] == last


def test_a_suite_runs_in_its_own_folder_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nrequires-python = ">=3.11"\n')
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexport PART=vision\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "test_place.py").write_text(
        "import os, pathlib\n"
        "def test_place(): assert pathlib.Path(__file__).parent == pathlib.Path.cwd()\n"
        "def test_environment(): assert os.environ['PART'] == 'vision'\n"
    )
    result = run(Suite(Part("vision", tmp_path), "vision"), tmp_path)
    assert (result.passed, result.failed) == (2, 0)


def test_every_test_of_the_engine_runs_once_and_some_again_on_other_stores() -> None:
    vision = Part("vision", ROOT / "services" / "vision")
    first, *apart, seen, again, other, page = suites([Part("engine", ROOT), vision], [])
    folders = [folder for group in APART for folder in group]
    assert first.arguments == [f"--ignore={folder}" for folder in folders] and not first.beside
    assert [each.arguments for each in apart] == list(APART) and len(set(folders)) == len(folders)
    assert all(list((ROOT / folder).glob("test_*.py")) for folder in folders)
    assert again.stores and (other.part, other.arguments) == (vision, [])
    assert page.name == "webapp" and seen.name == "webapp in a browser"
    assert all(each.whole for each in (first, *apart, seen, again, other, page))


def test_arguments_choose_among_the_tests_of_each_part() -> None:
    chosen = suites([Part("engine", ROOT), Part("vision", ROOT)], ["-k", "blur"])
    assert [(each.name, each.arguments) for each in chosen] == [("engine", ["-k", "blur"]), ("vision", ["-k", "blur"])]
    assert not any(each.whole for each in chosen)
