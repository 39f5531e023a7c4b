"""Clients of the shared engine."""

from collections.abc import Iterator

import pytest

from engine.client import Client, Policy
from tests.client.relay import Relay
from tests.e2e.processes import Engine

QUICK = Policy(retries=4, first_retries=4, delay=0.02, longest=0.1, patience=5.0)


@pytest.fixture
def client(engine: Engine) -> Iterator[Client]:
    """A client of the shared engine."""
    with Client(engine.url, policy=QUICK) as client:
        yield client


@pytest.fixture
def relay(engine: Engine) -> Iterator[Relay]:
    """A bad network before the shared engine."""
    relay = Relay(engine.port)
    yield relay
    relay.close()


@pytest.fixture
def far(relay: Relay) -> Iterator[Client]:
    """A client behind the bad network."""
    with Client(relay.url, policy=QUICK) as client:
        yield client
