"""One sandbox for most tests of dynamic code."""

from collections.abc import Iterator

import pytest

from tests.code.sandboxes import Running


@pytest.fixture(scope="session")
def box() -> Iterator[Running]:
    """A sandbox with the default limits, for the whole run."""
    running = Running()
    yield running
    running.close()
