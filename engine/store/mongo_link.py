"""The connection to MongoDB: made, watched, made anew with other credentials, and asked again where a link broke.

The driver's own retries are off: they need a replica set, and what a write has come to is known better here. Each
operation is written so that it can be asked again: it is told when it is not the first time.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DocumentTooLarge, PyMongoError
from pymongo.read_concern import ReadConcern

from engine.errors import StoreAway, StoreFull
from engine.store.mongo_faults import in_doubt, refused, store_error

Document = dict[str, Any]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]
T = TypeVar("T")

_SELECT_MS = 2_000  # how long a server is looked for
_SOCKET_MS = 3_000  # how long one command may take
_QUEUE_MS = 10_000  # how long a call waits for its turn; where the server is gone those that wait are told at once
_PATIENCE = 4.0  # seconds after which a broken link is not tried again
_PAUSE = 0.05
_LOOK_AGAIN = 1.0  # seconds between two looks at the file with the URI


@dataclass(eq=False)
class _Client:
    client: AsyncMongoClient[Document]
    database: Database
    users: int = 0
    retired: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)


class Link:
    """One database of one MongoDB. `uri_file` holds the URI where it changes while the engine runs."""

    def __init__(self, uri: str, database: str, uri_file: Path | None) -> None:
        self._uri = uri
        self._name = database
        self._file = uri_file
        self._stamp: tuple[int, int] | None = None
        self._looked = 0.0
        self._current: _Client | None = None
        self._open = False
        self._closing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Let calls through. Raises StoreAway where the URI is none. The server is not asked."""
        if self._current is None:
            self._read_file()
            self._current = self._make()
        self._open = True

    def shut(self) -> None:
        """Let no calls through until `open`. The client stays: it goes on looking for the server."""
        self._open = False

    async def close(self) -> None:
        """Wait for the calls under way, and disconnect."""
        self._open = False
        current, self._current = self._current, None
        if current is not None:
            await self._retire(current)
        await asyncio.gather(*self._closing)

    async def run(self, work: Callable[[Database, bool], Awaitable[T]]) -> T:
        """Perform `work`, and again where the connection broke in the middle: then its second argument is True.

        Raises StoreAway or StoreFull; what is no error of the store passes through, as DuplicateKeyError does.
        """
        started, again = time.monotonic(), False
        while True:
            used = self._use()
            try:
                return await work(used.database, again)
            except DocumentTooLarge as error:
                raise StoreFull("MongoDB takes no document of more than 16 MB.") from error
            except PyMongoError as error:
                if getattr(error, "code", None) == 11000:
                    raise
                patient = time.monotonic() - started < _PATIENCE
                if not (patient and (in_doubt(error) or refused(error) and self._renew(used))):
                    raise store_error(error) from error
            finally:
                self._release(used)
            again = True
            await asyncio.sleep(_PAUSE)

    def _use(self) -> _Client:
        if self._current is None or not self._open:
            raise StoreAway("The store is not open.")
        if self._file is not None and time.monotonic() - self._looked >= _LOOK_AGAIN and self._read_file():
            self._replace()
        used = self._current
        used.users += 1
        return used

    def _release(self, used: _Client) -> None:
        used.users -= 1
        if used.retired and used.users == 0:
            used.idle.set()

    def _renew(self, used: _Client) -> bool:
        """The server refused the credentials: take those that the file holds now, if they are others."""
        if self._current is not used and self._current is not None:
            return True  # somebody else has done so
        if self._file is None or self._current is None or not self._read_file():
            return False
        self._replace()
        return True

    def _replace(self) -> None:
        old, self._current = self._current, self._make()
        if old is not None:
            task = asyncio.create_task(self._retire(old))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _retire(self, old: _Client) -> None:
        old.retired = True
        if old.users:
            await old.idle.wait()
        with contextlib.suppress(PyMongoError):
            await old.client.close()

    def _read_file(self) -> bool:
        """Take the URI from the file, where there is one. Whether it is another than before."""
        if self._file is None:
            return False
        self._looked = time.monotonic()
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp == self._stamp:
                return False
            uri = self._file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return False  # being replaced just now, or gone: what was known goes on
        if not uri:
            return False
        self._stamp = stamp
        changed, self._uri = uri != self._uri, uri
        return changed

    def _make(self) -> _Client:
        try:
            client: AsyncMongoClient[Document] = AsyncMongoClient(
                self._uri,
                serverSelectionTimeoutMS=_SELECT_MS,
                connectTimeoutMS=_SELECT_MS,
                socketTimeoutMS=_SOCKET_MS,
                waitQueueTimeoutMS=_QUEUE_MS,
                heartbeatFrequencyMS=1_000,
                maxPoolSize=32,
                retryWrites=False,
                retryReads=False,
                appname="engine",
            )
            database = client.get_database(
                self._name,
                read_preference=ReadPreference.PRIMARY,
                read_concern=ReadConcern("local"),
                write_concern=WriteConcern("majority"),
            )
        except (PyMongoError, ValueError) as error:
            raise StoreAway(f"MongoDB's address cannot be used ({type(error).__name__}).") from error
        return _Client(client, database)


async def count(database: Database, collection: str, chosen: Document) -> int:
    """How many documents of a collection are chosen, by an index: `aggregate` would fetch them."""
    return int((await database.command("count", collection, query=chosen))["n"])
