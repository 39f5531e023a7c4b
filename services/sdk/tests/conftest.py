"""A service process for all tests that only ask it something, and pictures to send."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aiservice.testing import RunningService, running

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def specimen() -> Iterator[RunningService]:
    with running("specimen", cwd=HERE, env={"APP_MAX_JSON": "200000", "APP_MAX_BODY": "3000000"}) as service:
        yield service


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Start a specimen of the test's own: `with start(APP_QUEUE="1") as service`."""

    def begin(wait_ready: bool = True, **env: str) -> Any:
        return running("specimen", cwd=HERE, env=env, wait_ready=wait_ready)

    return begin


def picture(width: int = 8, height: int = 4, kind: str = "jpeg", **options: Any) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()
