"""The models, and the real service with and without attributes, each started once."""

from __future__ import annotations

from collections.abc import Iterator

import onnx_files
import pytest
from aiservice.testing import RunningService, running

from face_analyzer.finder import FaceFinder


@pytest.fixture(scope="session")
def finder() -> Iterator[FaceFinder]:
    finder = FaceFinder()
    yield finder
    finder.close()


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    """The service without model files."""
    with running("face_analyzer", cwd="/", env={"FACE_MODELS": ""}) as started:
        yield started


@pytest.fixture(scope="session")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """The service with model files of age, gender and emotion, and none of race."""
    folder = tmp_path_factory.mktemp("models")
    onnx_files.write(folder, ("age", "gender", "emotion"))
    with running("face_analyzer", cwd="/", env={"FACE_MODELS": str(folder), "APP_WORKERS": "1"}) as started:
        yield started
