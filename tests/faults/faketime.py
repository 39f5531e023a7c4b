"""libfaketime from the packages of this machine's own Debian or Ubuntu: a wall clock that a test can set.

It is unpacked into a cache folder; nothing is installed on the machine, and root is not needed.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.faults.proof import NotRun

NAME = "libfaketime.so.1"
PACKAGE = "libfaketime"
FETCH_SECONDS = 120


def library() -> Path:
    """The library; it is fetched at first. Raises NotRun."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = cache / "engine-tests" / "faketime" / NAME
    if path.exists():
        return path
    with tempfile.TemporaryDirectory() as place:
        try:
            found = _fetched(Path(place))
        except (OSError, subprocess.SubprocessError) as error:
            told = getattr(error, "stderr", None) or str(error)
            raise NotRun(f"{PACKAGE} cannot be had here (Linux with apt-get and its repositories): {told}") from error
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, path.with_suffix(".new"))
        path.with_suffix(".new").rename(path)
    return path


def _fetched(place: Path) -> Path:
    """Download the package, with lists of our own, and unpack it."""
    for folder in ("lists/partial", "cache/archives/partial", "debs", "root"):
        (place / folder).mkdir(parents=True)
    own = [f"Dir::State::Lists={place}/lists", f"Dir::Cache={place}/cache", "Debug::NoLocking=1", "APT::Sandbox::User="]
    apt = ["apt-get", "-qq", *(word for option in own for word in ("-o", option))]
    _run([*apt, "update"], place)
    _run([*apt, "download", PACKAGE], place / "debs")
    for package in (place / "debs").glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(place / "root")], place)
    found = sorted((place / "root").rglob(NAME))
    if not found:
        raise OSError(f"the package has no {NAME}")
    return found[0]


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS)


class WallClock:
    """The wall clock of processes that are started with `settings`: what the others see, and so many seconds."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wall-clock"
        self.settings = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
            "NO_FAKE_STAT": "1",
        }
        self.jump(0)

    def jump(self, seconds: int) -> None:
        """Be so many seconds ahead of the others from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self._file)
