"""The stores that the contract suite runs on. A new store is one more entry of `STORES`."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from engine.store.base import Store
from engine.store.sqlite import SqliteStore

STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite-full": lambda folder: SqliteStore(folder / "store" / "engine.db", "full"),
    "sqlite-normal": lambda folder: SqliteStore(folder / "store" / "engine.db", "normal"),
    "sqlite-memory": lambda folder: SqliteStore(None, "full"),
}


@pytest.fixture(params=list(STORES))
def unopened(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store that was not opened yet."""
    return STORES[request.param](tmp_path)


@pytest_asyncio.fixture
async def store(unopened: Store) -> AsyncIterator[Store]:
    """An open, empty store."""
    await unopened.open()
    yield unopened
    await unopened.close()
