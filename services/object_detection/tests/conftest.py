"""The built-in detectors, and the real service with them, each started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiservice.testing import RunningService, running

from object_detection.builtin import BuiltIn


@pytest.fixture(scope="session")
def builtin() -> BuiltIn:
    return BuiltIn()


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with running("object_detection", cwd="/") as started:
        yield started
