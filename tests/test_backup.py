"""Saving the embedded stores while an engine works, and going on with what was saved."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from engine import backup
from tests.conftest import MakeEngine
from tests.e2e.processes import ROOT, Engine, clean_environment
from tests.e2e.scripts import PNG, Scripted, ended, open_chain, result, status_of, submit

FILES = {"image": ("a.png", PNG, "image/png")}


def command(engine: Engine, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`python -m engine.backup` with the settings of an engine."""
    settings = {name: value for name, value in engine.settings.items() if name.startswith("REG_")}
    return subprocess.run(
        [sys.executable, "-m", "engine.backup", *map(str, arguments)],
        cwd=ROOT,
        env=clean_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )


def content(engine: Engine, job: str) -> bytes:
    """The bytes of a task's result."""
    address = httpx.URL(result(engine, job)["image"])
    return engine.client.get(address.raw_path.decode()).content


class Load(threading.Thread):
    """Submits tasks with a picture, one after the other, until it is told to stop."""

    def __init__(self, engine: Engine, route: str) -> None:
        super().__init__()
        self.jobs: list[str] = []
        self.enough = threading.Event()
        self._engine = engine
        self._route = route
        self._told = threading.Event()

    def run(self) -> None:
        """See the class."""
        while not self._told.is_set():
            self.jobs.append(submit(self._engine, self._route, files=FILES))
            if len(self.jobs) >= 20:
                self.enough.set()

    def stop(self) -> None:
        """Return when the last was submitted."""
        self._told.set()
        self.join()


def test_what_was_saved_under_load_goes_on_elsewhere(
    make_engine: MakeEngine, service: Scripted, tmp_path: Path
) -> None:
    engine = make_engine()
    route = open_chain(engine, "image", service.plan(), service.plan())
    held = service.plan({})  # takes a call and never calls back
    waiting = submit(engine, open_chain(engine, "image", held, timeout=600), files=FILES)
    call = held.wait_calls(1)[0]["id"]
    load = Load(engine, route)
    load.start()
    assert load.enough.wait(30)
    before = list(load.jobs)
    saved = command(engine, "save", tmp_path / "saved")
    load.stop()
    assert saved.returncode == 0, saved.stderr
    engine.kill()

    other = make_engine(start=False, APP_CRON="600")
    restored = command(other, "restore", tmp_path / "saved")
    assert restored.returncode == 0, restored.stderr
    other.start()
    kept = [job for job in load.jobs if other.client.get(f"/tasks/{job}/status").status_code == 200]
    assert set(before) <= set(kept)
    for job in kept:
        assert content(other, job) == PNG
    assert status_of(other, waiting)["status"] == "running"
    answer = other.client.post("/processing", params={"task_id": call}, files={"image": ("a.png", PNG, "image/png")})
    assert answer.status_code == 200, answer.text
    assert content(other, waiting) == PNG
    assert content(other, submit(other, route, files=FILES)) == PNG  # the routes are open as before


@pytest.fixture(scope="module")
def original(service: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stores of an engine that was stopped, with one task that has ended, and beside them a backup."""
    engine = Engine(tmp_path_factory.mktemp("original"))
    engine.start()
    ended(engine, submit(engine, open_chain(engine, "image", service.plan()), files=FILES))
    engine.stop()
    backup.save(engine.data, engine.folder / "saved")
    return engine.folder


@pytest.fixture
def saved(original: Path, tmp_path: Path) -> Path:
    """A copy of the backup."""
    return Path(shutil.copytree(original / "saved", tmp_path / "saved"))


def test_a_backup_is_private_and_nothing_is_replaced(saved: Path, tmp_path: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0
    assert (saved / "engine.sqlite").stat().st_mode & 0o077 == 0
    backup.restore(saved, tmp_path / "new")
    assert (tmp_path / "new" / "engine.sqlite").stat().st_mode & 0o077 == 0
    with pytest.raises(backup.BackupError, match="is there already"):
        backup.restore(saved, tmp_path / "new")
    with pytest.raises(backup.BackupError, match="is there already"):
        backup.save(tmp_path / "new", saved)


def test_a_backup_that_was_changed_is_refused(saved: Path, tmp_path: Path) -> None:
    binary = next(Path(folder, names[0]) for folder, _, names in os.walk(saved / "binaries") if names)
    content = binary.read_bytes()
    binary.write_bytes(content[:-1])
    with pytest.raises(backup.BackupError, match="is not whole"):
        backup.restore(saved, tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())
    binary.write_bytes(content)
    with (saved / "engine.sqlite").open("ab") as database:
        database.write(b"x")
    with pytest.raises(backup.BackupError, match="is not what was saved"):
        backup.restore(saved, tmp_path / "new")
    (saved / "manifest.json").unlink()
    with pytest.raises(backup.BackupError, match="is no backup"):
        backup.restore(saved, tmp_path / "new")


def test_a_save_that_was_interrupted_is_begun_again(original: Path, tmp_path: Path) -> None:
    (tmp_path / "again.part").mkdir()
    (tmp_path / "again.part" / "engine.sqlite").write_bytes(b"half of it")
    assert backup.save(original / "data", tmp_path / "again")["binaries"] == 2
    backup.restore(tmp_path / "again", tmp_path / "new")
    with pytest.raises(backup.BackupError, match="there is no engine.sqlite"):
        backup.save(tmp_path / "nothing", tmp_path / "third")


def test_other_stores_have_their_own_tools(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine(start=False, REG_DB_TYPE="mongo")
    refused = command(engine, "save", tmp_path / "saved")
    assert refused.returncode == 1
    assert "docs/operations.md" in refused.stderr
    wrong = make_engine(start=False, REG_DB_TYPE="paper")
    assert command(wrong, "save", tmp_path / "saved").returncode == 2
