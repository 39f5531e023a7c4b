"""A receiver of traces, an engine that tells it everything, and a service written with the SDK that does so too."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine, Process
from tests.seeing.receiver import Receiver

SECRET = "the-key-of-the-receiver"

StartService = Callable[..., AbstractContextManager[Process]]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Where the traces of this module go."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def telling(receiver: Receiver) -> dict[str, str]:
    """The settings with which a program tells the receiver."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={SECRET}"}


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, telling: dict[str, str]) -> Iterator[Engine]:
    """An engine that traces what clients ask for."""
    engine = Engine(tmp_path_factory.mktemp("traced"), telling)
    engine.start()
    yield engine
    engine.kill()
    assert "Traceback" not in engine.log, engine.log


@pytest.fixture(scope="module")
def start_service(tmp_path_factory: pytest.TempPathFactory, telling: dict[str, str]) -> StartService:
    """Starts the traced service with these settings."""

    @contextmanager
    def start(**settings: str) -> Iterator[Process]:
        port = free_port()
        arguments = ["-m", "tests.seeing.traced_service"]
        folder: Path = tmp_path_factory.mktemp("service")
        process = Process(arguments, folder, port, {**telling, "APP_PORT": str(port), **settings})
        process.start()
        try:
            yield process
        finally:
            process.kill()
        assert "Traceback" not in process.log, process.log

    return start


@pytest.fixture(scope="module")
def adder(start_service: StartService) -> Iterator[Process]:
    """The traced service, which works in threads."""
    with start_service() as process:
        yield process
