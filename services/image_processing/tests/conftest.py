"""The real service, started once for all tests that talk to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiservice.testing import RunningService, running


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with running("image_processing", cwd="/") as started:
        yield started
