"""A small picture that is decoded before its function sees it stays in memory; a large one goes into a file."""

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aiservice.receive import HELD, PIECE
from aiservice.testing import RunningService


def bitmap(size: int) -> bytes:
    """A BMP of so many bytes: what follows the pixels is no part of the picture."""
    target = io.BytesIO()
    Image.new("RGB", (8, 4), (255, 0, 0)).save(target, "bmp")
    return target.getvalue().ljust(size, b"\0")


def level(service: RunningService, size: int) -> Any:
    return service.call("/level", files={"image": ("a.bmp", bitmap(size), "image/bmp")}, wait=60)


@pytest.mark.parametrize("size", [1_000, HELD - 1, HELD, HELD + 1, PIECE + HELD + 1])
def test_pictures_of_all_sizes(specimen: RunningService, in_process: RunningService, size: int) -> None:
    for service in (specimen, in_process):
        answer = level(service, size)
        assert (answer.status, answer.json) == (200, {"level": 85.0})


def test_only_a_large_one_needs_a_folder(start: Any, tmp_path: Path) -> None:
    with start(APP_TMP=str(tmp_path)) as service:
        (workspace,) = tmp_path.glob("aiservice-*")
        shutil.rmtree(workspace)
        assert level(service, HELD).json == {"level": 85.0}
        assert level(service, HELD + 1).status == 500
        workspace.mkdir()
        assert level(service, HELD + 1).json == {"level": 85.0}


def test_an_empty_one_is_told(specimen: RunningService) -> None:
    answer = specimen.call("/level", files={"image": ("a.png", b"", "image/png")}, wait=60)
    assert answer.status == 422 and "the file is empty" in answer.json["detail"]
