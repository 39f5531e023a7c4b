"""The connection to the object store: one client for the life of the process, a new one when its key has changed."""

import asyncio
import contextlib
import functools
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import aioboto3
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError
from botocore.loaders import Loader, create_loader

from engine.binaries.s3_credentials import Credentials, Key
from engine.binaries.s3_faults import Again, Answer, Failure, code_of, failure_of
from engine.binaries.s3_session import PieceSession, patience
from engine.errors import StoreAway

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

T = TypeVar("T")

SECONDS = 5.0
"""How long a request may stand still."""

_PAUSES = (0.1, 0.4)  # between the attempts of one request
_LOOK_SECONDS = 1.0  # between two looks at the files of the key
_RENEW_SECONDS = 5.0  # at least, between two clients that are made because the store refused
_log = logging.getLogger(__name__)

_CONFIG = {
    "signature_version": "s3v4",
    # Every body bears its MD5, which is signed; that spares hashing it once more, on the loop. Checksums in trailers
    # are not understood by all stores.
    "s3": {"payload_signing_enabled": False},
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "connect_timeout": 2,
    "read_timeout": 60,  # `patience` is shorter
    "retries": {"total_max_attempts": 1, "mode": "standard"},
    "max_pool_connections": 1_000,
    "tcp_keepalive": True,
}


class _Client:
    """A client, who uses it, and whether it is to be closed after the last use."""

    def __init__(self, key: Key, stack: contextlib.AsyncExitStack, s3: "S3Client") -> None:
        self.key = key
        self.s3 = s3
        self._stack = stack
        self._uses = 0
        self._retired = False

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator["S3Client"]:
        """Keep it open as long as this lasts."""
        self._uses += 1
        try:
            yield self.s3
        finally:
            self._uses -= 1
            await self._close_unused()

    async def retire(self) -> None:
        """Close it, now or after its last use."""
        self._retired = True
        await self._close_unused()

    async def _close_unused(self) -> None:
        if self._retired and not self._uses:
            await self._stack.aclose()


@functools.cache
def _loader() -> Loader:
    """The description of S3, which takes longer to read than a client to make."""
    loader: Loader = create_loader()
    return loader


def _session() -> Any:
    """A session that knows of no key yet, so that a new one is found."""
    session = get_session()
    session.register_component("data_loader", _loader())
    return session


class Link:
    """See the module. `place` names the store in messages."""

    def __init__(self, url: str | None, zone: str, credentials: Credentials) -> None:
        self._url = url
        self._zone = zone
        self._credentials = credentials
        self._client: _Client | None = None
        self._making = asyncio.Lock()
        self._state: object = None
        self._looked = self._renewed = float("-inf")
        self.place = urlsplit(url).netloc.rpartition("@")[2] if url else f"AWS ({zone})"

    async def open(self) -> None:
        """Make the client; nothing is sent. Raises StoreAway where there is no key."""
        async with self._making:
            if self._client is None:
                await self._make()

    async def close(self) -> None:
        """Close the client, after its last use."""
        async with self._making:
            client, self._client = self._client, None
            if client is not None:
                await client.retire()

    async def call(
        self,
        work: Callable[["S3Client"], Awaitable[T]],
        seconds: float = SECONDS,
        expected: Collection[str] = (),
        hold: contextlib.AsyncExitStack | None = None,
    ) -> T:
        """Make one request, which must be one that may be repeated; up to three times where that may help.

        The client that was asked stays open until `hold` ends. Raises Answer where the store answers with one of the
        `expected` codes, StoreAway and StoreFull.
        """
        pauses, renewed = iter(_PAUSES), False
        while True:
            client = await self._current()
            failure = await self._attempt(client, work, seconds, expected, hold)
            if not isinstance(failure, Failure):
                return failure
            if failure.again is Again.RENEWED and not renewed and await self._renew(client):
                renewed = True
                continue
            pause = next(pauses, None) if failure.again is Again.SOON else None
            if pause is None:
                raise failure.error
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))

    async def _attempt(
        self,
        client: _Client,
        work: Callable[["S3Client"], Awaitable[T]],
        seconds: float,
        expected: Collection[str],
        hold: contextlib.AsyncExitStack | None,
    ) -> "T | Failure":
        try:
            async with client.use() as s3:
                async with patience(seconds):
                    result = await work(s3)
                if hold is not None:
                    await hold.enter_async_context(client.use())
                return result
        except Exception as error:
            if isinstance(error, ClientError) and code_of(error) in expected:
                raise Answer(code_of(error)) from None
            failure = failure_of(error, self.place)
            if failure is None:
                raise
            return failure

    async def _current(self) -> _Client:
        if self._client is None:
            raise StoreAway("The store of binaries is not open.")
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            if self._credentials.state() != self._state:
                await self._renew(self._client, asked=True)
        return self._client

    async def _renew(self, refused: _Client, asked: bool = False) -> bool:
        """Make a new client in place of one, at a bounded rate unless `asked`. Whether there is another one now."""
        async with self._making:
            if self._client is not refused:
                return self._client is not None
            now = time.monotonic()
            if not asked and now - self._renewed < _RENEW_SECONDS:
                return False
            self._renewed = now
            self._state = self._credentials.state()  # what cannot be read is tried again when it changes
            try:
                key = self._credentials.read()
                if key.id is not None and key == refused.key:
                    return False
                await self._make()
            except StoreAway as error:
                _log.warning("the key of the object store stays as it is: %s", error)
                return False
            return True

    async def _make(self) -> None:
        """Put a new client in the place of the present one."""
        self._state = self._credentials.state()
        key = self._credentials.read()
        stack = contextlib.AsyncExitStack()
        try:
            s3 = await stack.enter_async_context(
                aioboto3.Session(botocore_session=_session()).client(
                    "s3",
                    region_name=self._zone,
                    endpoint_url=self._url,
                    aws_access_key_id=key.id,
                    aws_secret_access_key=key.secret,
                    config=self._config(),
                )
            )
        except Exception as error:
            await stack.aclose()
            failure = failure_of(error, self.place)
            if failure is None:
                raise
            raise failure.error from error
        former, self._client = self._client, _Client(key, stack, s3)
        if former is not None:
            _log.info("a new key for the object store is in use")
            await former.retire()

    def _config(self) -> AioConfig:
        s3 = {**_CONFIG["s3"], **({"addressing_style": "path"} if self._url else {})}  # type: ignore[dict-item]
        return AioConfig(http_session_cls=PieceSession, **{**_CONFIG, "s3": s3})
