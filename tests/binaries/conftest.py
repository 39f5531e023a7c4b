"""The stores that the contract suite runs on. A new store is one more entry of `STORES`."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import pytest_asyncio

from engine.binaries.base import BinaryStore
from engine.binaries.files import FileBinaries
from engine.binaries.s3 import S3Binaries
from tests.servers.missing import without_server
from tests.servers.s3 import S3

MakeS3 = Callable[..., S3Binaries]


def on_s3(server: S3, bucket: str, **more: Any) -> S3Binaries:
    """A store in a bucket of the server; what is given goes before what the server says."""
    known = {"url": server.url, "zone": server.zone, "key_id": server.key_id, "secret_key": server.secret_key}
    return S3Binaries(bucket=bucket, **(known | more))


@pytest.fixture
def gateway(s3: S3) -> Iterator[S3]:
    """The same, to be stopped and changed; it runs again after the test."""
    if not s3.own:
        without_server("A server that is named by S3_TEST_URL cannot be stopped.")
    yield s3
    s3.resume()
    s3.start()


@pytest_asyncio.fixture
async def make_s3(s3: S3, bucket: str) -> AsyncIterator[MakeS3]:
    """Makes stores in one new bucket of the object store, not opened; they are closed after the test."""
    made: list[S3Binaries] = []

    def make(**more: Any) -> S3Binaries:
        made.append(on_s3(s3, bucket, **more))
        return made[-1]

    yield make
    for store in made:
        await store.close()


@pytest_asyncio.fixture
async def store_s3(make_s3: MakeS3) -> S3Binaries:
    """An open, empty store in the object store."""
    store = make_s3()
    await store.open()
    return store


@pytest.fixture
def bucket() -> str:
    """The name of a bucket that nobody else has."""
    return f"test-{token_hex(8)}"


STORES: dict[str, Callable[[Path, pytest.FixtureRequest], BinaryStore]] = {
    "files": lambda folder, request: FileBinaries(folder / "binaries"),
    "s3": lambda folder, request: on_s3(request.getfixturevalue("s3"), request.getfixturevalue("bucket")),
}


@pytest.fixture(params=list(STORES))
def unopened(request: pytest.FixtureRequest, tmp_path: Path) -> BinaryStore:
    """A store that was not opened yet."""
    return STORES[request.param](tmp_path, request)


@pytest_asyncio.fixture
async def store(unopened: BinaryStore) -> AsyncIterator[BinaryStore]:
    """An open, empty store."""
    await unopened.open()
    yield unopened
    await unopened.close()
