"""Measures what the engine waits for: the stores and the sandbox. What is measured works as if it were not."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeVar

from engine.binaries.base import BinaryStore, Sink
from engine.code.base import CodeError, Ran, Sandbox, Scope
from engine.pipeline.code import Program
from engine.store.base import Store

DATABASE_OPERATIONS = (
    "create",
    "create_many",
    "save",
    "load",
    "page",
    "stats",
    "due",
    "running",
    "changes",
    "delete",
    "beat",
    "announce",
    "ping",
)
BINARY_OPERATIONS = ("size", "remove", "remove_owners", "ping")

Asked = Callable[[str, str, float], None]
S = TypeVar("S", Store, BinaryStore)


def measured_database(store: Store, name: str, asked: Asked) -> Store:
    """The same store; `asked` is told of each operation with its time, also of those that fail."""
    return _replaced(store, DATABASE_OPERATIONS, name, asked)


def measured_binaries(store: BinaryStore, name: str, asked: Asked) -> BinaryStore:
    """The same; to write a binary is one operation, `write`, from its beginning until it is durable."""
    inner = store.sink

    async def sink(owner: str) -> Sink:
        begun = perf_counter()
        return _MeasuredSink(await inner(owner), lambda: asked(name, "write", perf_counter() - begun))

    store = _replaced(store, BINARY_OPERATIONS, name, asked)
    setattr(store, "sink", sink)
    return store


def _replaced(store: S, operations: tuple[str, ...], name: str, asked: Asked) -> S:
    """Put measured methods in the place of the store's, on this one object: an object around it would have to repeat
    every method, and cost its callers one more call for those that are not measured."""
    for operation in operations:
        setattr(store, operation, _measured(getattr(store, operation), name, operation, asked))
    return store


def _measured(
    method: Callable[..., Awaitable[Any]], name: str, operation: str, asked: Asked
) -> Callable[..., Awaitable[Any]]:
    async def call(*arguments: Any, **named: Any) -> Any:
        begun = perf_counter()
        try:
            return await method(*arguments, **named)
        finally:
            asked(name, operation, perf_counter() - begun)

    return call


class _MeasuredSink:
    """A sink whose `commit` is told of."""

    def __init__(self, sink: Sink, committed: Callable[[], None]) -> None:
        self._sink = sink
        self._committed = committed
        self.write = sink.write
        self.abort = sink.abort

    @property
    def size(self) -> int:
        """See `Sink`."""
        return self._sink.size

    async def commit(self) -> str:
        """See `Sink`."""
        try:
            return await self._sink.commit()
        finally:
            self._committed()


class MeasuredSandbox:
    """A sandbox; `ran` is told how long each run took with its waiting, and how it ended."""

    def __init__(self, sandbox: Sandbox, ran: Callable[[float, str], None]) -> None:
        self._sandbox = sandbox
        self._ran = ran

    async def run(self, program: Program, scope: Scope) -> Ran:
        """See `Sandbox`."""
        begun = perf_counter()
        try:
            result = await self._sandbox.run(program, scope)
        except CodeError as error:
            self._ran(perf_counter() - begun, error.outcome)
            raise
        self._ran(perf_counter() - begun, "ok")
        return result

    async def close(self) -> None:
        """See `Sandbox`."""
        await self._sandbox.close()
