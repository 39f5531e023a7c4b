"""`make demo` as it is: the engine, both services, the sample picture, and nothing left behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from PIL import Image

from tools.layout import ROOT


def test_the_demo_shows_the_blurred_face_and_stops_what_it_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.demo", str(tmp_path / "demo")]
    environment = {**os.environ, "DEMO_MARK": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The face is blurred" in done.stdout
    for node in ("entry", "detect", "blur", "end"):
        assert re.search(rf"^│ {node} +│ finished ", done.stdout, re.MULTILINE), done.stdout
        assert re.search(rf" s +{node} finished$", done.stdout, re.MULTILINE), done.stdout
    with Image.open(tmp_path / "demo" / "face-blur.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (512, 512))
    with Image.open(tmp_path / "demo" / "side-by-side.png") as picture:
        assert picture.width > 1024
    assert left_behind(str(tmp_path)) == []


def left_behind(mark: str) -> list[int]:
    """Return the ids of the programs whose environment has this mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DEMO_MARK") == mark:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_a_demo_that_cannot_start_says_why_and_fails(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.demo", str(tmp_path / "demo")]
    environment = {"PATH": "/usr/bin:/bin", "REG_SQLITE_SYNC": "sometimes"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "The demo failed: ProgramEnded: engine ended with exit code 2." in done.stderr
    assert "REG_SQLITE_SYNC='sometimes'" in done.stderr
    assert not (tmp_path / "demo").exists()
