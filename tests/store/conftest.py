"""The stores that the contract suite runs on. A new store is one more entry of `STORES`."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from engine.binaries.files import FileBinaries
from engine.store.base import Store
from engine.store.mongo import MongoStore
from engine.store.spill import SpillingStore
from engine.store.sqlite import SqliteStore
from tests.servers.mongo import Mongo, mongo_server

BOUND = 3
"""Bytes above which the store that spills does so in the contract suite."""


class Spilling(SpillingStore):
    """Spills nearly everything, and opens and closes its binaries itself."""

    def __init__(self, store: Store, folder: Path, bound: int = BOUND) -> None:
        self.binaries = FileBinaries(folder)
        super().__init__(store, self.binaries, bound)
        self.inner = store
        self.open, self.close = self._open, self._close

    async def _open(self) -> None:
        await self.binaries.open()
        await self.inner.open()

    async def _close(self) -> None:
        await self.inner.close()
        await self.binaries.close()


STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite-full": lambda folder: SqliteStore(folder / "store" / "engine.db", "full"),
    "sqlite-normal": lambda folder: SqliteStore(folder / "store" / "engine.db", "normal"),
    "sqlite-memory": lambda folder: SqliteStore(None, "full"),
    "spilling": lambda folder: Spilling(SqliteStore(None, "full"), folder / "binaries"),
}
ON_MONGO: dict[str, Callable[[Mongo], Store]] = {
    "mongo": lambda server: MongoStore(server.uri, server.fresh_name()),
}


@pytest.fixture(scope="session")
def mongo() -> Iterator[Mongo]:
    """A server of MongoDB's protocol for the whole run: nobody stops it."""
    with mongo_server() as server:
        yield server


@pytest.fixture
def abandoned() -> Iterator[None]:
    """Collects the sockets that the driver leaves to the collector where it is closed while it connects.

    For tests that mark `OF_THE_DRIVER` as well.
    """
    yield
    gc.collect()


OF_THE_DRIVER = [pytest.mark.usefixtures("abandoned"), pytest.mark.filterwarnings("ignore:unclosed <socket")]


@pytest.fixture(params=[*STORES, *ON_MONGO])
def unopened(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store that was not opened yet."""
    if request.param in STORES:
        return STORES[request.param](tmp_path)
    return ON_MONGO[request.param](request.getfixturevalue("mongo"))


@pytest_asyncio.fixture
async def store(unopened: Store) -> AsyncIterator[Store]:
    """An open, empty store."""
    await unopened.open()
    yield unopened
    await unopened.close()


@pytest_asyncio.fixture
async def two(mongo: Mongo) -> AsyncIterator[tuple[MongoStore, MongoStore]]:
    """Two open stores on one database."""
    name = mongo.fresh_name()
    stores = MongoStore(mongo.uri, name), MongoStore(mongo.uri, name)
    await asyncio.gather(*(store.open() for store in stores))
    yield stores
    for store in stores:
        await store.close()


@pytest_asyncio.fixture
async def raw(mongo: Mongo, two: tuple[MongoStore, MongoStore]) -> AsyncIterator[AsyncDatabase[dict[str, object]]]:
    """The database of the two, without the store."""
    async with AsyncMongoClient[dict[str, object]](mongo.uri) as client:
        yield client[two[0].database]
