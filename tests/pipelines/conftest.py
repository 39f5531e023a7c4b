"""One system for all tests of the shipped pipelines."""

from collections.abc import Iterator

import pytest

from tests.pipelines.system import System


@pytest.fixture(scope="session")
def running_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system, for all tests of the pipelines."""
    system = System(tmp_path_factory.mktemp("system"))
    system.wait_for_analysis(there=True)
    yield system
    system.stop()
    for process in (system.engine, system.analysis, *system.services):
        assert "Traceback" not in process.log, process.log


@pytest.fixture
def system(running_system: System) -> System:
    """The system, where faces in colour are those of women and grey ones those of men."""
    running_system.analysis.script()
    return running_system
