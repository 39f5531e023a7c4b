"""What every image keeps to. That the Dockerfiles build and the images run is tried by `make images`."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.parsed import DOCKERFILES, environment, is_sent, one, stages, steps
from tools.layout import ROOT

PORTS = {
    "engine": "8080",
    "services/image_processing": "8081",
    "services/face_detection": "8082",
    "services/face_analyzer": "8083",
    "services/digit_recognition": "8084",
    "services/object_detection": "8085",
    "services/digit_recognition/training": "8086",
    "services/template": "8080",
}
EVERY = pytest.mark.parametrize("folder", sorted(DOCKERFILES))


def test_every_program_has_one() -> None:
    assert DOCKERFILES.keys() == PORTS.keys()


def test_hadolint_finds_nothing() -> None:
    words = [str(ROOT / ".venv" / "bin" / "hadolint"), *map(str, DOCKERFILES.values())]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@EVERY
def test_one_base_with_a_tag_that_can_be_pinned(folder: str) -> None:
    path = DOCKERFILES[folder]
    [default] = {step.rest for step in steps(path) if step.name == "ARG" and "PYTHON_IMAGE=" in step.rest}
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+-slim-[a-z]+", default)
    names = {"${PYTHON_IMAGE}"}
    for stage in stages(path):
        image, *rest = stage[0].rest.split()
        assert image in names
        names |= {rest[1]} if rest else set()


@EVERY
def test_packages_come_from_lock_files_with_hashes(folder: str) -> None:
    runs = [step.rest for step in steps(DOCKERFILES[folder]) if step.name == "RUN"]
    installs = [
        rest for rest in runs if re.search(r"\b(pip install|uv (sync|add)|npm|npm-cli\.js|apt|curl|wget)\b", rest)
    ]
    assert any("uv sync --locked --no-dev --no-editable" in rest for rest in installs)
    for rest in installs:
        assert any(words in rest for words in ("--require-hashes", "uv sync --locked", "npm-cli.js ci")), rest


@EVERY
def test_the_last_stage_is_small_and_unprivileged(folder: str) -> None:
    last = stages(DOCKERFILES[folder])[-1]
    assert one(last, "USER") == "10001:10001"
    assert one(last, "STOPSIGNAL") == "SIGTERM"
    [run] = [step.rest for step in last if step.name == "RUN"]
    assert "pip uninstall" in run
    assert not re.search(r"\b(install [a-z]|sync|apt)\b", run.replace("install --directory", ""))
    assert all(step.rest.startswith("--from=") or "/app/" in step.rest for step in last if step.name == "COPY")
    settings = environment(last)
    assert (settings["HOME"], settings["APP_HOST"]) == ("/tmp", "0.0.0.0")
    assert settings["APP_PORT"] == one(last, "EXPOSE") == PORTS[folder]
    assert not any(re.search("KEY|SECRET|PASSWORD|TOKEN", name) for name in settings)


@EVERY
def test_the_command_is_started_without_a_shell(folder: str) -> None:
    command = json.loads(one(stages(DOCKERFILES[folder])[-1], "CMD"))
    assert command[:2] == ["python", "-m"]


@EVERY
def test_the_labels_name_the_commit(folder: str) -> None:
    last = stages(DOCKERFILES[folder])[-1]
    labels = one(last, "LABEL")
    for name in ("title", "description", "revision", "base.name"):
        assert f'org.opencontainers.image.{name}="' in labels
    assert 'revision="${REVISION}"' in labels
    assert any(step.rest == "REVISION=unknown" for step in last if step.name == "ARG")


@pytest.mark.parametrize("path", [*DOCKERFILES.values(), *ROOT.glob("k8s/**/Dockerfile")], ids=str)
def test_what_is_copied_is_there_and_is_sent(path: Path) -> None:
    for step in steps(path):
        if step.name == "COPY" and not step.rest.startswith("--from="):
            *sources, _ = step.rest.split()
            for source in sources:
                assert (ROOT / source).exists(), source
                assert is_sent(source), source


def tracked() -> list[str]:
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_what_is_sent_is_small() -> None:
    sizes = {name: (ROOT / name).stat().st_size for name in tracked() if is_sent(name) and (ROOT / name).is_file()}
    assert sum(sizes.values()) < 20_000_000, sorted(sizes.items(), key=lambda item: -item[1])[:5]
    others = ("tests/", "docs/", "k8s/", "benchmarks/")
    strange = [name for name in sizes if "/tests/" in name or name.startswith(others)]
    assert strange == ["k8s/components/gpu/requirements.txt"]


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        "data/engine.db",
        "secrets/admin-key",
        "engine/.env",
        "engine/__pycache__/app.pyc",
        "services/face_detection/.venv/bin/python",
        "services/face_detection/.env",
        "services/digit_recognition/training/.dvc/config.local",
        "services/digit_recognition/training/data/dataset.npz",
        "services/sdk/tests/test_app.py",
        "services/sdk/server.key",
        "webapp/node_modules/react/index.js",
        "webapp/dist/index.html",
        "tools/images.py",
    ],
)
def test_what_is_not_sent(name: str) -> None:
    assert not is_sent(name)


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers with the number that the server has been given."""

    def do_GET(self) -> None:
        live = self.path == "/health/live"
        self.send_response(getattr(self.server, "status") if live else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def healthy(path: Path, port: int) -> bool:
    command = one(stages(path)[-1], "HEALTHCHECK").partition("CMD ")[2]
    words = json.loads(command)
    assert words[0] == "python"
    variables = {**os.environ, "APP_PORT": str(port)}
    return subprocess.run([sys.executable, *words[1:]], env=variables, capture_output=True, check=False).returncode == 0


@EVERY
def test_the_health_check_asks_whether_it_lives(folder: str, server: http.server.ThreadingHTTPServer) -> None:
    for status in (200, 503):
        setattr(server, "status", status)
        assert healthy(DOCKERFILES[folder], server.server_port) is (status == 200)


def test_the_health_check_fails_where_nothing_listens() -> None:
    assert not healthy(DOCKERFILES["engine"], 1)
