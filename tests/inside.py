"""An engine in the process of the tests, without its HTTP side."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from engine.api.deps import Engine
from engine.app import make_engine, stop, try_to_start
from engine.audit import Actor
from engine.identity import EVERYBODY
from engine.settings import Settings


@contextlib.asynccontextmanager
async def inside(folder: Path) -> AsyncIterator[Engine]:
    """A started engine that keeps its data in this folder."""
    made, outside = make_engine(Settings(reg_local_data=folder))
    assert await try_to_start(made, outside)
    yield made
    await stop(made, outside)


def actor(engine: Engine) -> Actor:
    """Whoever asks an engine that asks for no keys."""
    return Actor(EVERYBODY, "127.0.0.1", engine.audit)
