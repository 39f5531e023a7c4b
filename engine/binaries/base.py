"""What the engine asks of a store of binaries.

Bytes stream in and out; no binary is ever held as a whole. A binary belongs to an owner (the id of a task), is
complete before it has an id, and never changes after. Its id is `<owner>/<128 random bits in hex>`.

Every method raises `StoreAway` where the store cannot be reached, every writing one `StoreFull` where it has no room.
"""

from collections.abc import AsyncIterator, Collection
from typing import Protocol


class Sink(Protocol):
    """A binary that is being written. One of `commit` and `abort` ends it; `abort` after either does nothing."""

    @property
    def size(self) -> int:
        """The number of bytes taken so far."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""

    async def commit(self) -> str:
        """Make the binary complete and durable. Returns its id."""

    async def abort(self) -> None:
        """Forget it; nothing is left behind."""


class BinaryStore(Protocol):
    """See the module."""

    async def open(self) -> None:
        """Connect, and make what is missing. May be called again after it raised StoreAway."""

    async def close(self) -> None:
        """Disconnect."""

    async def ping(self) -> None:
        """Raise StoreAway or StoreFull where nothing can be written now."""

    async def sink(self, owner: str) -> Sink:
        """Begin a new binary of `owner`."""

    async def size(self, binary_id: str) -> int | None:
        """Its size in bytes, None where there is none of this id."""

    def read(self, binary_id: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Its bytes from `start` up to and without `end`, in chunks. Raises NotFound before the first chunk."""

    async def link(self, binary_id: str, seconds: int, media_type: str, disposition: str) -> str | None:
        """A URL under which who has it may download the binary for so many seconds, straight from the store.

        It is answered with this media type and `Content-Disposition`. None where the store has no such URLs.
        """

    async def remove(self, binary_ids: Collection[str]) -> None:
        """Remove these binaries; those that are not there are passed over."""

    async def remove_owners(self, owners: Collection[str]) -> None:
        """Remove everything that belongs to these owners, unfinished writes too."""

    def owners(self, older_than: float) -> AsyncIterator[str]:
        """Owners of which nothing was written for `older_than` seconds, by the store's own clock; to find orphans."""
