"""What the tests of the whole system share: one engine and one scripted service for all that need no settings."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Scripted
from tests.servers.mongo import describe
from tests.servers.s3 import S3, s3_for_tests

MakeEngine = Callable[..., Engine]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the default settings, for the whole run."""
    engine = Engine(tmp_path_factory.mktemp("engine"))
    engine.start()
    yield engine
    engine.kill()
    assert "Traceback" not in engine.log, engine.log


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    """The scripted service, for the whole run."""
    service = Scripted(tmp_path_factory.mktemp("scripted"))
    service.start()
    yield service
    service.client.close()
    service.kill()


@pytest.fixture(scope="session")
def s3() -> S3:
    """An object store, for the whole run."""
    return s3_for_tests()


@pytest.fixture
def make_engine(tmp_path: Path) -> Iterator[MakeEngine]:
    """Makes engines with settings and data of their own, started; they end with the test."""
    made: list[Engine] = []

    def make(start: bool = True, **settings: str) -> Engine:
        engine = Engine(tmp_path / f"engine{len(made)}", settings)
        made.append(engine)
        if start:
            engine.start()
        return engine

    yield make
    for engine in made:
        engine.kill()


def pytest_report_header() -> str:
    """Which server speaks MongoDB's protocol in this run."""
    return describe()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The same beside the results."""
    terminalreporter.write_line(describe())
