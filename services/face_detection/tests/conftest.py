"""The models, and the real service, each started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiservice.testing import RunningService, running

from face_detection.detector import FaceDetector


@pytest.fixture(scope="session")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with running("face_detection", cwd="/") as started:
        yield started
