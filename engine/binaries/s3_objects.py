"""What the store on S3 does with many objects at once: lists, removals, owners and their age."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from engine.binaries.s3_faults import Answer
from engine.binaries.s3_link import SECONDS, Link
from engine.errors import StoreAway

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import ListObjectsV2OutputTypeDef, MultipartUploadTypeDef

T = TypeVar("T")

_KEY = re.compile(r"((?:[0-9a-f]{8})?[0-9a-f]{32})/[0-9a-f]{32}")
_BATCH = 1_000  # keys in one DeleteObjects, the most that S3 takes
_AT_ONCE = 8
_REMOVE_SECONDS = 0.05  # more for each key: some stores remove them one after the other
_FEW = 3  # so many owners are asked for their uploads one by one


class Objects:
    """The objects and unfinished uploads of one bucket."""

    def __init__(self, link: Link, bucket: str) -> None:
        self._link = link
        self._bucket = bucket

    async def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are passed over. Raises StoreAway where one could not be removed."""
        unique = sorted(set(keys))
        await _bounded(self._remove(unique[at : at + _BATCH]) for at in range(0, len(unique), _BATCH))

    async def remove_owners(self, owners: Collection[str]) -> None:
        """Remove all objects and unfinished uploads of these owners."""
        prefixes = [f"{owner}/" for owner in owners] if len(owners) <= _FEW else [""]
        uploads = [each for prefix in prefixes async for each in self._uploads(prefix) if _owner(each["Key"]) in owners]
        await _bounded(self._abort(each["Key"], each["UploadId"]) for each in uploads)
        found = await _bounded(self._keys(owner) for owner in owners)
        await self.remove(key for keys in found for key in keys)

    async def owners(self, older_than: float) -> AsyncIterator[str]:
        """Owners whose last object or part is older, by the clock of the store (its `Date`), in order."""
        uploads: dict[str, list[MultipartUploadTypeDef]] = {}
        async for upload in self._uploads(""):
            uploads.setdefault(_owner(upload["Key"]), []).append(upload)
        async for owner, newest, now in self._ages():
            if (now - newest).total_seconds() > older_than:
                if not await self._is_young(uploads.pop(owner, []), older_than):
                    yield owner
            else:
                uploads.pop(owner, None)
        for owner, unfinished in sorted(uploads.items()):
            if owner and not await self._is_young(unfinished, older_than):
                yield owner

    async def _ages(self) -> AsyncIterator[tuple[str, datetime, datetime]]:
        """Owner by owner: when the youngest object was written, and what time it is."""
        owner, newest, now = "", datetime.min, datetime.min
        async for page in self._pages(""):
            now = _now(page)
            for each in page.get("Contents", []):
                of = _owner(each["Key"])
                if of != owner:
                    if owner:
                        yield owner, newest, now
                    owner, newest = of, each["LastModified"]
                newest = max(newest, each["LastModified"]) if owner else newest
        if owner:
            yield owner, newest, now

    async def _is_young(self, uploads: list["MultipartUploadTypeDef"], older_than: float) -> bool:
        """Whether one of these uploads was begun, or got a part, so lately."""
        for upload in uploads:
            marker = 0
            while True:
                try:
                    page = await self._link.call(
                        lambda s3: s3.list_parts(
                            Bucket=self._bucket,
                            Key=upload["Key"],
                            UploadId=upload["UploadId"],
                            PartNumberMarker=marker,
                        ),
                        expected=["NoSuchUpload", "404"],
                    )
                except Answer:  # it ended at this moment
                    return True
                written = [part["LastModified"] for part in page.get("Parts", [])] + [upload["Initiated"]]
                if (_now(page) - max(written)).total_seconds() <= older_than:
                    return True
                if not page.get("IsTruncated"):
                    break
                marker = page["NextPartNumberMarker"]
        return False

    async def _keys(self, owner: str) -> list[str]:
        return [each["Key"] async for page in self._pages(f"{owner}/") for each in page.get("Contents", [])]

    async def _pages(self, prefix: str) -> AsyncIterator["ListObjectsV2OutputTypeDef"]:
        place: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page = await self._link.call(lambda s3: s3.list_objects_v2(**place))
            yield page
            if not page.get("IsTruncated"):
                return
            place["ContinuationToken"] = page["NextContinuationToken"]

    async def _uploads(self, prefix: str) -> AsyncIterator["MultipartUploadTypeDef"]:
        place: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page = await self._link.call(lambda s3: s3.list_multipart_uploads(**place))
            for upload in page.get("Uploads", []):
                yield upload
            if not page.get("IsTruncated"):
                return
            place["KeyMarker"], place["UploadIdMarker"] = page["NextKeyMarker"], page["NextUploadIdMarker"]

    async def _remove(self, keys: list[str]) -> None:
        answer = await self._link.call(
            lambda s3: s3.delete_objects(
                Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            ),
            SECONDS + _REMOVE_SECONDS * len(keys),
        )
        failed = [each for each in answer.get("Errors", []) if each.get("Code") != "NoSuchKey"]
        if failed:
            text = f"The object store at {self._link.place} does not remove {len(failed)} of {len(keys)} binaries"
            raise StoreAway(f"{text} ({failed[0].get('Code')}).")

    async def _abort(self, key: str, upload: str) -> None:
        try:
            await self._link.call(
                lambda s3: s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload),
                expected=["NoSuchUpload", "404"],
            )
        except Answer:
            pass  # it has ended meanwhile; if with a binary, that is listed next


def _owner(key: str) -> str:
    """The owner of a key, or nothing where it is no binary's."""
    found = _KEY.fullmatch(key)
    return found[1] if found else ""


def _now(answer: Any) -> datetime:
    """The store's time as it answered, to the second."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


async def _bounded(work: Iterable[Any]) -> list[Any]:
    """Do all of it, a few at a time; what it gave, in order. Raises the first error after all have ended."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(each: Any) -> Any:
        async with turns:
            return await each

    done = await asyncio.gather(*(one(each) for each in work), return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return done
