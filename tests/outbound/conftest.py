"""One real store and one `Outbound` for each test; time limits are looked after every twentieth of a second."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from engine.binaries.files import FileBinaries
from engine.binaries.receive import Limits
from engine.clock import Clock
from engine.guard import Lookup
from engine.metrics import Metrics
from engine.networks import parse_networks
from engine.outbound.client import LIMITS, Outbound
from engine.watch import Watch
from tests.outbound.calls import Sender

MakeSender = Callable[..., Sender]


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[FileBinaries]:
    """An open, empty store of binaries."""
    store = FileBinaries(tmp_path / "binaries")
    await store.open()
    yield store
    await store.close()


@pytest_asyncio.fixture
async def make_sender(store: FileBinaries, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeSender]:
    """Makes senders with settings of their own, opened by `async with`; the watch runs for all of them."""
    monkeypatch.setattr("engine.watch.LOOK_SECONDS", 0.05)
    watch = Watch()
    looking = asyncio.create_task(watch.look_for_ever())

    def make(
        allowed: str = "127.0.0.0/8",
        lookup: Lookup | None = None,
        limits: Limits = LIMITS,
        binaries: FileBinaries = store,
    ) -> Sender:
        metrics = Metrics()
        outbound = Outbound(binaries, Clock(), metrics, watch, parse_networks(allowed), lookup, limits)
        return Sender(outbound, binaries, metrics)

    yield make
    assert not watch.works, "a request was left under way"
    looking.cancel()


@pytest_asyncio.fixture
async def sender(make_sender: MakeSender) -> AsyncIterator[Sender]:
    """One that may reach the loopback addresses of IPv4."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(make_sender())
