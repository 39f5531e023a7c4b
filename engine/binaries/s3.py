"""Binaries in an object store that speaks S3, as objects `<owner>/<128 random bits in hex>` of one bucket.

An object is there as a whole or not at all, so a binary bears its final name from the beginning. What a killed process
leaves behind are unfinished multipart uploads: `owners` finds them, and they go with their owner. One object without
an owner, `.probe`, is written to learn whether something can be written.
"""

import re
import time
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.binaries.s3_credentials import Credentials
from engine.binaries.s3_faults import Answer
from engine.binaries.s3_link import Link
from engine.binaries.s3_memory import Memory
from engine.binaries.s3_objects import Objects
from engine.binaries.s3_read import Reading
from engine.binaries.s3_sink import PART, S3Sink
from engine.errors import NotFound

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import CreateBucketRequestTypeDef

MEMORY = 48 * 1024 * 1024
"""Bytes that all binaries on their way into the store hold at most in this process."""

_OWNER = re.compile(r"(?:[0-9a-f]{8})?[0-9a-f]{32}")
_BINARY_ID = re.compile(r"(?:[0-9a-f]{8})?[0-9a-f]{32}/[0-9a-f]{32}")
_PROBE = ".probe"
_PROBE_SECONDS = 30.0  # between two proofs that something can be written, when nothing else is


class S3Binaries:
    """The `BinaryStore` on a bucket, which is made where it is missing.

    `url` is the store's, None for AWS in the region `zone`. Keys are given, or read from files as often as these
    change; without either botocore looks for them. `memory`: see `MEMORY`.
    """

    def __init__(
        self,
        url: str | None,
        zone: str,
        key_id: str | None,
        secret_key: str | None,
        bucket: str,
        *,
        key_id_file: Path | None = None,
        secret_key_file: Path | None = None,
        memory: int = MEMORY,
    ) -> None:
        self._link = Link(url, zone, Credentials(key_id, secret_key, key_id_file, secret_key_file))
        self._bucket = bucket
        self._constraint = zone if url is None and zone != "us-east-1" else None
        self._memory = Memory(memory, PART)
        self._objects = Objects(self._link, bucket)
        self._writing: dict[str, set[S3Sink]] = {}
        self._written = float("-inf")

    @property
    def memory_used(self) -> int:
        """The bytes that binaries on their way into the store hold now."""
        return self._memory.used

    async def open(self) -> None:
        """See `BinaryStore.open`."""
        await self._link.open()
        try:
            await self._link.call(lambda s3: s3.head_bucket(Bucket=self._bucket), expected=["404", "NoSuchBucket"])
        except Answer:
            await self._make_bucket()

    async def close(self) -> None:
        """See `BinaryStore.close`."""
        for sink in [sink for sinks in self._writing.values() for sink in sinks]:
            await sink.aborted()
        await self._link.close()

    async def ping(self) -> None:
        """See `BinaryStore.ping`. One small object is written, unless the last that was written is there, and new."""
        if time.monotonic() - self._written < _PROBE_SECONDS:
            await self._link.call(lambda s3: s3.head_bucket(Bucket=self._bucket))
            return
        await self._link.call(lambda s3: s3.put_object(Bucket=self._bucket, Key=_PROBE, Body=b""))
        self._written = time.monotonic()

    async def sink(self, owner: str) -> S3Sink:
        """See `BinaryStore.sink`. Raises ValueError where `owner` is not the id of a task."""
        if not _OWNER.fullmatch(owner):
            raise ValueError("The owner of a binary is the id of a task: 32 or 40 lower-case hexadecimal digits.")
        sink = S3Sink(self._link, self._bucket, self._memory, owner, self._ended)
        self._writing.setdefault(owner, set()).add(sink)
        return sink

    async def size(self, binary_id: str) -> int | None:
        """See `BinaryStore.size`."""
        if not _BINARY_ID.fullmatch(binary_id):
            return None
        try:
            head = await self._link.call(
                lambda s3: s3.head_object(Bucket=self._bucket, Key=binary_id), expected=["404", "NoSuchKey"]
            )
        except Answer:
            # An answer to HEAD does not tell an object that is not there from a bucket that is not there.
            await self._link.call(lambda s3: s3.head_bucket(Bucket=self._bucket))
            return None
        return head["ContentLength"]

    async def read(self, binary_id: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `BinaryStore.read`. Goes on by itself when the connection breaks."""
        start = max(start, 0)
        if not _BINARY_ID.fullmatch(binary_id):
            raise NotFound(f"There is no binary {binary_id!r}.")
        if end is not None and end <= start:  # no range of HTTP is empty
            if await self.size(binary_id) is None:
                raise NotFound(f"There is no binary {binary_id!r}.")
            return
        chunks = Reading(self._link, self._bucket, binary_id, start, end).chunks()
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]

    async def link(self, binary_id: str, seconds: int, media_type: str, disposition: str) -> str | None:
        """See `BinaryStore.link`. Nothing is sent, so the binary need not be there."""
        if not _BINARY_ID.fullmatch(binary_id):
            return None
        wanted = {
            "Bucket": self._bucket,
            "Key": binary_id,
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition,
        }
        return await self._link.call(lambda s3: s3.generate_presigned_url("get_object", wanted, seconds))

    async def remove(self, binary_ids: Collection[str]) -> None:
        """See `BinaryStore.remove`."""
        await self._objects.remove(each for each in binary_ids if _BINARY_ID.fullmatch(each))

    async def remove_owners(self, owners: Collection[str]) -> None:
        """See `BinaryStore.remove_owners`."""
        gone = {owner for owner in owners if _OWNER.fullmatch(owner)}
        for owner in gone:
            for sink in self._writing.get(owner, ()):
                sink.removed = True
        if gone:
            await self._objects.remove_owners(gone)

    async def owners(self, older_than: float) -> AsyncIterator[str]:
        """See `BinaryStore.owners`. One who is being written to by this process is never among them."""
        async for owner in self._objects.owners(older_than):
            if owner not in self._writing:
                yield owner

    def _ended(self, sink: S3Sink) -> None:
        self._written = time.monotonic() if sink.committed else float("-inf")
        self._writing[sink.owner].discard(sink)
        if not self._writing[sink.owner]:
            del self._writing[sink.owner]

    async def _make_bucket(self) -> None:
        wanted: CreateBucketRequestTypeDef = {"Bucket": self._bucket}
        if self._constraint is not None:
            place: Any = self._constraint  # any region: the type knows those of its day
            wanted["CreateBucketConfiguration"] = {"LocationConstraint": place}
        try:
            await self._link.call(
                lambda s3: s3.create_bucket(**wanted), expected=["BucketAlreadyOwnedByYou", "BucketAlreadyExists"]
            )
        except Answer:  # by another engine, at this moment; or it is not ours, then this is refused
            await self._link.call(lambda s3: s3.head_bucket(Bucket=self._bucket))
