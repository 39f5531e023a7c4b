"""The tests in a browser: which browser they take, what they say where there is none, what they start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import browser, web
from tools.layout import ROOT


def program(path: Path, text: str = "exit 0") -> Path:
    """A program for PATH."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_the_browser_is_found_on_the_path(tmp_path: Path, name: str) -> None:
    there = program(tmp_path / name)
    assert browser.find({"PATH": str(tmp_path)}) == there


def test_the_one_that_is_named_goes_before(tmp_path: Path) -> None:
    program(tmp_path / "chromium")
    mine = program(tmp_path / "elsewhere" / "mine")
    assert browser.find({"PATH": str(tmp_path), "CHROMIUM": str(mine)}) == mine
    with pytest.raises(browser.NoBrowser, match="CHROMIUM=.*nothing is no program"):
        browser.find({"PATH": str(tmp_path), "CHROMIUM": str(tmp_path / "nothing")})


def test_without_one_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(browser.NoBrowser, match="install the package chromium"):
        browser.find({"PATH": str(tmp_path)})


def test_each_start_has_ports_and_data_of_its_own(tmp_path: Path) -> None:
    chosen = browser.chosen_programs(str(tmp_path / "data"))
    assert sorted(each.name for each in chosen) == sorted(browser.PROGRAMS)
    told = [browser.settings(chosen[0], Path("/browser"), tmp_path) for _ in range(2)]
    ports = [port for each in told for port in each["BROWSER_PORTS"].split(",")]
    ports += [str(each.port) for each in chosen]
    assert len(set(ports)) == len(ports) == 2 * browser.SPARE_PORTS + len(chosen)
    assert all(each.environment["APP_WEB"] == str(web.DIST) for each in chosen)
    assert chosen[0].environment["REG_LOCAL_DATA"] == str(tmp_path / "data")
    assert Path(told[0]["BROWSER_PYTHON"]).exists()


def test_every_configuration_is_there() -> None:
    assert all((web.WEBAPP / config).is_file() for config in browser.CONFIGS.values())


@pytest.mark.parametrize("arguments", [[], ["what?"]])
def test_what_it_does_not_know_it_does_not_do(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "tools.browser", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "tools.browser test" in done.stderr
