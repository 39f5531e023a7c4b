"""One line of processes for all tests: each of them takes seconds to start."""

from collections.abc import Iterator

import pytest

from tests.mlops.line import Line


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The engine and both services; no model is published yet."""
    line = Line(tmp_path_factory.mktemp("line"))
    yield line
    line.stop()
    for process in (line.engine, line.training, line.recognition):
        assert "Traceback" not in process.log, process.log
