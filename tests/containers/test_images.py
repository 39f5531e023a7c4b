"""`make images` where it cannot run says so. Where it can, it is its own trial."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.containers import CannotRun, require
from tools.images import COMPONENTS, Row
from tools.layout import ROOT, parts


def test_every_program_with_a_procfile_entry_has_an_image() -> None:
    names = {part.name for part in parts()} - {"sdk", "template"}
    assert {component.folder.name for component in COMPONENTS} == names
    assert all(component.dockerfile.is_file() for component in COMPONENTS)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRun, match="apt-get install buildah podman mmdebstrap runc"):
        require()


def test_where_it_cannot_run_it_says_so_loudly_and_fails(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tools.images", "engine"]
    variables = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "!!! NO IMAGE WAS BUILT OR RUN" in done.stderr


def test_a_row_of_the_table() -> None:
    row = Row("engine", 87.2, 177_000_000, 325_400_000, 1.41, None, "53.62MB", 0.7)
    assert str(row) == "| engine | 87 s | 177 MB | 325 MB | 1.4 s |  | 53.62MB | 0.7 s |"
