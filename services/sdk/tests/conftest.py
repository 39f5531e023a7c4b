"""Service processes that many tests share, one for each of the settings that most of them need; pictures to send."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aiservice.testing import RunningService, running

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `specimen` keeps the files of its calls."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="session")
def specimen(workspace: Path) -> Iterator[RunningService]:
    """One worker thread, small limits."""
    env = {"APP_MAX_JSON": "200000", "APP_MAX_BODY": "3000000", "APP_TMP": str(workspace)}
    with running("specimen", cwd=HERE, env=env) as service:
        yield service


@pytest.fixture(scope="session")
def in_process() -> Iterator[RunningService]:
    """One worker process."""
    with running("specimen", cwd=HERE, env={"SPECIMEN_PROCESSES": "1"}) as service:
        yield service


@pytest.fixture(scope="session")
def narrow() -> Iterator[RunningService]:
    """A short queue, little patience with uploads, none at its end."""
    with running("specimen", cwd=HERE, env={"APP_QUEUE": "2", "APP_UPLOAD_PAUSE": "2", "APP_GRACE": "0"}) as service:
        yield service


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Start a specimen of the test's own: `with start(APP_QUEUE="1") as service`."""

    def begin(wait_ready: bool = True, **env: str) -> Any:
        return running("specimen", cwd=HERE, env=env, wait_ready=wait_ready)

    return begin


def inputs(folder: Path) -> set[Path]:
    """Return the files of calls that lie in a workspace; one that goes while it is looked through is no error."""
    return {Path(place, name) for place, _, names in os.walk(folder) for name in names if name.startswith("in-")}


def picture(width: int = 8, height: int = 4, kind: str = "jpeg", **options: Any) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()
