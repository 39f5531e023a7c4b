"""How tests make calls, and look at what came of them."""

from secrets import token_hex
from typing import Any

from engine.binaries.base import BinaryStore
from engine.metrics import Metrics
from engine.outbound.client import Outbound
from engine.outbound.request import HttpCall
from engine.task.events import CallFailed, CallReturned, Event
from engine.task.task import BinaryRef

OWNER = "0123456789abcdef" * 2
TIMEOUT = 10.0


def call(url: str, verb: str = "GET", **fields: Any) -> HttpCall:
    """A call with an id of its own."""
    given: dict[str, Any] = {"id": token_hex(32), "headers": {}, "timeout": TIMEOUT, "again": False, "input": {}}
    return HttpCall(owner=OWNER, url=url, verb=verb, **{**given, **fields})


class Sender:
    """An `Outbound` with its store. As an asynchronous context it is open."""

    def __init__(self, outbound: Outbound, store: BinaryStore, metrics: Metrics) -> None:
        self.outbound = outbound
        self.store = store
        self.metrics = metrics

    async def __aenter__(self) -> "Sender":
        await self.outbound.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.outbound.close()

    async def send(self, url: str, verb: str = "GET", **fields: Any) -> Event:
        """Make one call."""
        made = call(url, verb, **fields)
        event = await self.outbound.request(made)
        assert isinstance(event, CallReturned | CallFailed)
        assert event.call == made.id and event.url == url
        return event

    async def out(self, url: str, verb: str = "GET", **fields: Any) -> dict[str, Any]:
        """The out of a call that returns."""
        event = await self.send(url, verb, **fields)
        assert isinstance(event, CallReturned), event
        return event.out

    async def failure(self, url: str, verb: str = "GET", **fields: Any) -> CallFailed:
        """What is said of a call that fails."""
        event = await self.send(url, verb, **fields)
        assert isinstance(event, CallFailed), event
        return event

    async def put(self, data: bytes, name: str = "cat.png", kind: str = "image/png") -> BinaryRef:
        """A binary in the store."""
        sink = await self.store.sink(OWNER)
        for start in range(0, len(data), 65_536):
            await sink.write(data[start : start + 65_536])
        return BinaryRef(await sink.commit(), name, kind, len(data))

    async def bytes(self, ref: BinaryRef) -> bytes:
        """All of a binary."""
        return b"".join([chunk async for chunk in self.store.read(ref.id)])

    async def stored(self) -> list[str]:
        """Who owns anything in the store."""
        return [owner async for owner in self.store.owners(-1)]
