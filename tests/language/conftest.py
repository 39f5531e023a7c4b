"""One engine and one process of toy services for all tests of the language."""

from collections.abc import Iterator

import pytest

from tests.e2e.processes import Engine
from tests.language.toys import Book, Toys

LOOPBACK = {"APP_ALLOWED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toys]:
    """The toy services, for the whole run."""
    toys = Toys(tmp_path_factory.mktemp("toys"))
    toys.start()
    yield toys
    toys.kill()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine whose http nodes may reach this machine, for the whole run."""
    engine = Engine(tmp_path_factory.mktemp("system"), LOOPBACK)
    engine.start()
    yield engine
    engine.kill()
    assert "Traceback" not in engine.log, engine.log[-5_000:]


@pytest.fixture
def book(toys: Toys) -> Book:
    """A book of the toy services, with the usual settings."""
    return toys.book()
