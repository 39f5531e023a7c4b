"""Writing one binary to the object store: see `s3.py`."""

import asyncio
import base64
import contextlib
import hashlib
import secrets
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from engine.binaries.s3_faults import Answer
from engine.binaries.s3_link import SECONDS, Link
from engine.binaries.s3_memory import Memory
from engine.errors import Conflict, EngineError

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

T = TypeVar("T")

PART = 5 * 1024 * 1024
"""Bytes of a part, but the last: the least that S3 takes. 10,000 parts, the most it takes, are 50 GB."""

PARALLEL = 4
"""Parts of one binary that are on their way at once. A sink holds at most so many parts and one that fills."""

_COMPLETE_SECONDS = 0.1  # more for each part: a store takes its time to put thousands together
_REMOVED = "The owner of this binary was removed while it was written."
_HASHED_AT_ONCE = 64 * 1024  # more is hashed on a thread


class S3Sink:
    """A `Sink` on the object store. Up to a part it is one request, at the end; more is a multipart upload.

    `ended` is called once, with the sink, when it is committed or aborted.
    """

    def __init__(self, link: Link, bucket: str, memory: Memory, owner: str, ended: Callable[["S3Sink"], None]) -> None:
        self.owner = owner
        self.removed = False
        self.committed = False
        self._link = link
        self._bucket = bucket
        self._memory = memory
        self._key = f"{owner}/{secrets.token_hex(16)}"
        self._ended: Callable[[S3Sink], None] | None = ended
        self._size = 0
        self._buffer = bytearray()
        self._upload: str | None = None
        self._parts = 0
        self._etags: dict[int, str] = {}
        self._under_way: set[asyncio.Task[Any]] = set()
        self._error: BaseException | None = None
        self._may_exist = False
        self._aborting: asyncio.Task[None] | None = None

    @property
    def size(self) -> int:
        """See `Sink.size`."""
        return self._size

    async def write(self, data: bytes) -> None:
        """See `Sink.write`. Returns at once as long as the store keeps up and there is memory."""
        self._must_be_open()
        with self._broken_off():
            view = memoryview(data)
            while view:
                if len(self._buffer) == PART:
                    await self._send_part()
                piece = view[: PART - len(self._buffer)]
                await self._memory.take(self, len(piece))
                self._buffer += piece
                self._size += len(piece)
                view = view[len(piece) :]

    async def commit(self) -> str:
        """See `Sink.commit`. Raises Conflict where the owner was removed in between."""
        self._must_be_open()
        with self._broken_off():
            if self._upload is None:
                await self._wait(self._start(self._put(self._take())))
            else:
                await self._send_part()
                while self._under_way:
                    await self._wait_for_one()
                self._must_be_open()
                await self._wait(self._start(self._complete()))
            if self.removed:
                raise Conflict(_REMOVED)
        self.committed = True
        self._end()
        return self._key

    async def abort(self) -> None:
        """See `Sink.abort`. Goes on when its caller is cancelled; raises StoreAway where something may be left.

        What is left then goes with its owner.
        """
        if self._ended is None:
            return
        await asyncio.shield(self._begin_abort())

    async def aborted(self) -> None:
        """Wait for the end of an abort that goes on by itself."""
        if self._aborting is not None:
            await asyncio.wait([self._aborting])

    @contextlib.contextmanager
    def _broken_off(self) -> Iterator[None]:
        """A binary with a hole is never committed; what failed is aborted, whether its caller does it or not."""
        try:
            yield
        except BaseException as error:
            self._error = self._error or error
            if isinstance(error, EngineError):
                self._begin_abort()
            raise

    def _begin_abort(self) -> asyncio.Task[None]:
        if self._aborting is None:
            self._aborting = asyncio.create_task(self._abort())
            self._aborting.add_done_callback(_seen)
        return self._aborting

    async def _abort(self) -> None:
        try:
            # What is under way is not cut off: it could take effect after what follows.
            if self._under_way:
                await asyncio.wait(self._under_way)
            upload = self._upload
            if upload is not None:
                with contextlib.suppress(Answer):
                    await self._link.call(
                        lambda s3: s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=upload),
                        expected=["NoSuchUpload", "404"],
                    )
            if self._may_exist:
                await self._link.call(lambda s3: s3.delete_object(Bucket=self._bucket, Key=self._key))
        finally:
            self._end()

    def _must_be_open(self) -> None:
        if isinstance(self._error, EngineError):
            raise self._error
        if self._error is not None or self._ended is None or self._aborting is not None:
            raise RuntimeError("This sink has ended, or was broken off.")
        if self.removed:
            raise Conflict(_REMOVED)

    def _take(self) -> bytearray:
        taken, self._buffer = self._buffer, bytearray()
        return taken

    async def _send_part(self) -> None:
        """Begin to upload what is in the buffer as the next part, and the whole upload before the first."""
        if self._upload is None:
            await self._wait(self._start(self._begin()))
        while len(self._under_way) >= PARALLEL:
            await self._wait_for_one()
        self._parts += 1
        self._start(self._put_part(self._parts, self._take()))

    async def _begin(self) -> None:
        begun = await self._link.call(lambda s3: s3.create_multipart_upload(Bucket=self._bucket, Key=self._key))
        self._upload = begun["UploadId"]

    async def _put_part(self, number: int, body: bytearray) -> None:
        try:
            upload, digest = self._upload or "", await _md5(body)
            put = await self._link.call(
                lambda s3: s3.upload_part(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=upload,
                    PartNumber=number,
                    Body=cast(bytes, body),
                    ContentMD5=digest,
                ),
                expected=["NoSuchUpload"],
            )
            self._etags[number] = put["ETag"]
        except Answer as answer:
            raise Conflict(_REMOVED) from answer
        finally:
            self._memory.give(self, len(body))

    async def _put(self, body: bytearray) -> None:
        try:
            digest = await _md5(body)
            self._may_exist = True
            await self._link.call(
                lambda s3: s3.put_object(Bucket=self._bucket, Key=self._key, Body=cast(bytes, body), ContentMD5=digest)
            )
        finally:
            self._memory.give(self, len(body))

    async def _complete(self) -> None:
        upload = self._upload or ""
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in sorted(self._etags.items())
        ]
        self._may_exist = True
        try:
            await self._link.call(
                lambda s3: s3.complete_multipart_upload(
                    Bucket=self._bucket, Key=self._key, UploadId=upload, MultipartUpload={"Parts": parts}
                ),
                SECONDS + _COMPLETE_SECONDS * len(parts),
                expected=["NoSuchUpload", "InvalidPart"],
            )
        except Answer as answer:
            # An attempt may have succeeded whose answer was lost; then the upload is gone and the binary is there.
            if await self._stored_size() != self._size:
                raise Conflict(_REMOVED) from answer

    async def _stored_size(self) -> int | None:
        try:
            head = await self._link.call(
                lambda s3: s3.head_object(Bucket=self._bucket, Key=self._key), expected=["404", "NoSuchKey"]
            )
        except Answer:
            return None
        return head["ContentLength"]

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()  # asked, else asyncio complains
        self._error = self._error or error

    async def _wait_for_one(self) -> None:
        await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        if self._error is not None:
            raise self._error

    async def _wait(self, task: asyncio.Task[T]) -> T:
        """Wait for a task, which goes on when the one who waits is cancelled."""
        return await asyncio.shield(task)

    def _end(self) -> None:
        ended, self._ended = self._ended, None
        self._memory.give(self, len(self._take()))
        if ended is not None:
            ended(self)


def _seen(task: asyncio.Task[None]) -> None:
    """Nobody may be left to whom the error of an abort could be told; what is left behind goes with its owner."""
    if not task.cancelled():
        task.exception()


async def _md5(body: bytearray) -> str:
    """The MD5 of a body as its header bears it; the store refuses a body that does not match."""
    if len(body) <= _HASHED_AT_ONCE:
        digest = hashlib.md5(body, usedforsecurity=False).digest()
    else:
        digest = await asyncio.to_thread(lambda: hashlib.md5(body, usedforsecurity=False).digest())
    return base64.b64encode(digest).decode()
