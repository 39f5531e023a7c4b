"""The client for programs without an event loop. All it does is done by an `AsyncClient` in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from engine.client.aio import DEFAULT_ENGINE, AsyncClient
from engine.client.calls import Policy
from engine.client.errors import Fault
from engine.client.keys import Keys as AsyncKeys
from engine.client.shapes import Event, Json, Stats, Status, TaskPage, TaskRow, TaskStatus

T = TypeVar("T")


class _Loop:
    """An event loop in a thread that ends with the program."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aim-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do some work and wait for it; interrupted here, it is cancelled there."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, source: AsyncGenerator[T, None]) -> Iterator[T]:
        """What comes, one after the other."""
        nothing = object()

        async def following() -> Any:
            return await anext(source, nothing)

        async def close() -> None:
            await source.aclose()

        try:
            while (item := self.run(following())) is not nothing:
                yield item
        finally:
            if not self._loop.is_closed():
                self.run(close())

    def close(self) -> None:
        """End the thread."""
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Keys:
    """The keys of an engine, for an admin: see `engine.client.keys.Keys`."""

    def __init__(self, loop: _Loop, keys: AsyncKeys) -> None:
        self._loop = loop
        self._keys = keys

    def make(
        self,
        name: str,
        owner: str,
        scopes: Sequence[str],
        expires: str | None = None,
        running: int | None = None,
        per_second: float | None = None,
    ) -> Json:
        """A new key: its id, and as `key` what is to be sent, which is shown this once."""
        return self._loop.run(self._keys.make(name, owner, scopes, expires, running, per_second))

    def all(self) -> list[Json]:
        """All keys, without their secrets."""
        return self._loop.run(self._keys.all())

    def revoke(self, key_id: str) -> Json:
        """From now on nobody comes in with the key of this id."""
        return self._loop.run(self._keys.revoke(key_id))

    def identity(self) -> Json:
        """Who the engine takes this client for."""
        return self._loop.run(self._keys.identity())


class Client:
    """Speaks with one engine. Use it as `with Client(url) as client`; several threads may share it.

    Each method does what the method of the same name of `AsyncClient` does, and raises the same.
    """

    def __init__(
        self,
        engine: str = DEFAULT_ENGINE,
        *,
        policy: Policy | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> None:
        """`key` is an API key or token, by default that of `AIM_KEY`. `headers` go with every request."""
        self._client = AsyncClient(engine, policy=policy, headers=headers, key=key)
        self._loop = _Loop()
        self.keys = Keys(self._loop, self._client.keys)
        self._closed = False

    @property
    def engine(self) -> str:
        """The URL of the engine."""
        return self._client.engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. May be called again."""
        if not self._closed:
            self._closed = True
            self._loop.run(self._client.close())
            self._loop.close()

    def services(self) -> list[Json]:
        """The definitions of all open routes, each with its `state`."""
        return self._loop.run(self._client.services())

    def service(self, route: str) -> Json:
        """The definition behind a route."""
        return self._loop.run(self._client.service(route))

    def push(self, definition: Mapping[str, Any], replace: bool = False) -> Json:
        """Store a pipeline and open its route; with `replace` as a new version of another that has it."""
        return self._loop.run(self._client.push(definition, replace))

    def check(self, definition: Mapping[str, Any]) -> list[Fault]:
        """Every fault of a definition, which is not stored."""
        return self._loop.run(self._client.check(definition))

    def versions(self, route: str) -> list[Json]:
        """The versions of a pipeline."""
        return self._loop.run(self._client.versions(route))

    def delete(self, route: str) -> None:
        """Close a route; running tasks finish."""
        self._loop.run(self._client.delete(route))

    def submit(self, route: str, inputs: Mapping[str, Any], key: str | None = None) -> "Task":
        """Create a task."""
        return Task(self, self._loop.run(self._client.submit(route, inputs, key)).id)

    def run(self, route: str, inputs: Mapping[str, Any], wait: float | None = None, key: str | None = None) -> Any:
        """Create a task and wait for its result. Raises TaskFailed, StillRunning."""
        return self._loop.run(self._client.run(route, inputs, wait, key))

    def status(self, task: "str | Task") -> Status:
        """Whether a task runs, has finished or failed, with the state of every node."""
        return self._loop.run(self._client.status(str(task)))

    def wait(self, task: "str | Task", seconds: float | None = None) -> Status:
        """The status of a task once it has ended. Raises StillRunning."""
        return self._loop.run(self._client.wait(str(task), seconds))

    def result(self, task: "str | Task", wait: float | None = None) -> Any:
        """The result of a task once it has ended. Raises TaskFailed, StillRunning."""
        return self._loop.run(self._client.result(str(task), wait))

    def raw(self, task: "str | Task") -> Json:
        """The whole task."""
        return self._loop.run(self._client.raw(str(task)))

    def events(self, task: "str | Task | None" = None, after: str = "") -> Iterator[Event]:
        """Every change of a task from its beginning to its end; or of all tasks, from now on, for ever."""
        return self._loop.iterate(self._client.events(None if task is None else str(task), after))

    def cancel(self, task: "str | Task") -> Status:
        """Stop a task."""
        return self._loop.run(self._client.cancel(str(task)))

    def retry(
        self,
        task: "str | Task",
        from_: str | None = None,
        definition: Mapping[str, Any] | None = None,
        input: Mapping[str, Any] | None = None,
    ) -> "Task":
        """Let a failed task go on from its failed nodes; with `from_` a new task that reuses what came before it."""
        return Task(self, self._loop.run(self._client.retry(str(task), from_, definition, input)).id)

    def download(self, task: "str | Task", name: str, to: str | Path) -> Path:
        """Write one binary of a result, streamed, to a file or into a folder; its path."""
        return self._loop.run(self._client.download(str(task), name, to))

    def save(self, task: "str | Task", folder: str | Path, result: Any = None) -> dict[str, Path]:
        """Write all binaries of a result into a folder; their paths by name."""
        return self._loop.run(self._client.save(str(task), folder, result))

    def page(
        self,
        route: str | None = None,
        status: TaskStatus | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> TaskPage:
        """One page of tasks, newest first."""
        return self._loop.run(self._client.page(route, status, limit, cursor))

    def tasks(
        self, route: str | None = None, status: TaskStatus | None = None, limit: int | None = None
    ) -> Iterator[TaskRow]:
        """Tasks, newest first, page by page; at most `limit`."""
        return self._loop.iterate(self._client.tasks(route, status, limit))

    def stats(self) -> Stats:
        """How many tasks are kept, by status and by route."""
        return self._loop.run(self._client.stats())


@dataclass(frozen=True, slots=True)
class Task:
    """One task of an engine; as text its id. Each method is the client's of the same name."""

    client: Client = field(repr=False)
    id: str

    def __str__(self) -> str:
        return self.id

    def status(self) -> Status:
        """Whether it runs, has finished or failed."""
        return self.client.status(self)

    def wait(self, seconds: float | None = None) -> Status:
        """Its status once it has ended. Raises StillRunning."""
        return self.client.wait(self, seconds)

    def result(self, wait: float | None = None) -> Any:
        """Its result once it has ended. Raises TaskFailed, StillRunning."""
        return self.client.result(self, wait)

    def raw(self) -> Json:
        """All that is known of it."""
        return self.client.raw(self)

    def events(self, after: str = "") -> Iterator[Event]:
        """Its changes, as they come."""
        return self.client.events(self, after)

    def cancel(self) -> Status:
        """Stop it."""
        return self.client.cancel(self)

    def retry(
        self,
        from_: str | None = None,
        definition: Mapping[str, Any] | None = None,
        input: Mapping[str, Any] | None = None,
    ) -> "Task":
        """Let it go on from its failed nodes; with `from_` a new task."""
        return self.client.retry(self, from_, definition, input)

    def download(self, name: str, to: str | Path) -> Path:
        """Write one binary of its result to a file or into a folder."""
        return self.client.download(self, name, to)

    def save(self, folder: str | Path) -> dict[str, Path]:
        """Write all binaries of its result into a folder."""
        return self.client.save(self, folder)
