"""The stores that the contract suite runs on. A new store is one more entry of `STORES`."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from engine.binaries.base import BinaryStore
from engine.binaries.files import FileBinaries

STORES: dict[str, Callable[[Path], BinaryStore]] = {
    "files": lambda folder: FileBinaries(folder / "binaries"),
}


@pytest.fixture(params=list(STORES))
def unopened(request: pytest.FixtureRequest, tmp_path: Path) -> BinaryStore:
    """A store that was not opened yet."""
    return STORES[request.param](tmp_path)


@pytest_asyncio.fixture
async def store(unopened: BinaryStore) -> AsyncIterator[BinaryStore]:
    """An open, empty store."""
    await unopened.open()
    yield unopened
    await unopened.close()
