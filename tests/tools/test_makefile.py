"""The Makefile offers what the project promises, and needs no more than Python, make and git."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tools.layout import ROOT

TARGETS = (
    "audit bench check clean demo faults format fuzz images models run schema screenshots setup test train".split()
)


def make(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=False)


def test_every_target_is_there_and_explained() -> None:
    text = make("help").stdout
    assert sorted(set(re.findall(r"^make (\w+) ", text, re.MULTILINE)) - {"help"}) == TARGETS


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "clean"])
def test_every_target_sets_up_first_also_from_elsewhere(target: str, tmp_path: Path) -> None:
    done = make("-n", "-C", str(ROOT), target, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    commands = [line for line in done.stdout.splitlines() if not line.startswith("make")]
    assert "tools/sync.py" in commands[0]


def test_arguments_reach_the_test_runner() -> None:
    assert '-k "a or b"' in make("-n", "test", 'ARGS=-k "a or b"').stdout


def test_without_a_fitting_python_it_says_so() -> None:
    done = make("setup", "PYTHON=")
    assert done.returncode == 2
    assert "Python 3.11 or later is needed" in done.stderr


def test_the_build_server_runs_the_same_targets() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert "make check" in text
    assert "make test" in text
    assert "chromium" in text and "fonts-dejavu-core" in text
