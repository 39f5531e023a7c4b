"""Engines whose walls are tried, one for each module that needs settings of its own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Engine

HASTY = str(Path(__file__).with_name("hasty_engine.py"))
MakeHasty = Callable[..., Engine]


@pytest.fixture(scope="module")
def make_hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeHasty]:
    """Makes engines with bounds of their own for slow clients, started; they end with the module."""
    made: list[Engine] = []

    def make(**patience: Any) -> Engine:
        engine = Engine(tmp_path_factory.mktemp("hasty"), arguments=[HASTY, json.dumps(patience)])
        made.append(engine)
        engine.start()
        return engine

    yield make
    for engine in made:
        engine.kill()


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine of its own for those that send it anything, for the whole run."""
    engine = Engine(tmp_path_factory.mktemp("target"))
    engine.start()
    yield engine
    engine.kill()
