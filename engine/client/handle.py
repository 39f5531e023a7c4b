"""A task as a thing that can be asked and told."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.client.shapes import Event, Json, Status

if TYPE_CHECKING:
    from engine.client.aio import AsyncClient


@dataclass(frozen=True, slots=True)
class AsyncTask:
    """One task of an engine; as text its id. Each method is the client's of the same name."""

    client: "AsyncClient" = field(repr=False)
    id: str

    def __str__(self) -> str:
        return self.id

    async def status(self) -> Status:
        """Whether it runs, has finished or failed."""
        return await self.client.status(self.id)

    async def wait(self, seconds: float | None = None) -> Status:
        """Its status once it has ended. Raises StillRunning."""
        return await self.client.wait(self.id, seconds)

    async def result(self, wait: float | None = None) -> Any:
        """Its result once it has ended. Raises TaskFailed, StillRunning."""
        return await self.client.result(self.id, wait)

    async def raw(self) -> Json:
        """All that is known of it."""
        return await self.client.raw(self.id)

    def events(self, after: str = "") -> AsyncGenerator[Event, None]:
        """Its changes, as they come."""
        return self.client.events(self.id, after)

    async def cancel(self) -> Status:
        """Stop it."""
        return await self.client.cancel(self.id)

    async def retry(
        self,
        from_: str | None = None,
        definition: Mapping[str, Any] | None = None,
        input: Mapping[str, Any] | None = None,
    ) -> "AsyncTask":
        """Let it go on from its failed nodes; with `from_` a new task."""
        return await self.client.retry(self.id, from_, definition, input)

    async def download(self, name: str, to: str | Path) -> Path:
        """Write one binary of its result to a file or into a folder."""
        return await self.client.download(self.id, name, to)

    async def save(self, folder: str | Path) -> dict[str, Path]:
        """Write all binaries of its result into a folder."""
        return await self.client.save(self.id, folder)
