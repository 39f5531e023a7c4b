"""A turnstile, and the calls that tests send through it."""

import asyncio

from engine.breakers import Breakers
from engine.clock import Clock
from engine.instances import Instances
from engine.store.sqlite import SqliteStore
from engine.turnstile import Turnstile, Wanted

URL = "http://127.0.0.1:1/work"
OTHER = "http://127.0.0.1:1/other"


def turnstile(total: int = 1_000, each: int = 1_000) -> Turnstile:
    """One without announced services."""
    return Turnstile(Instances(SqliteStore(None, "full"), Clock()), Breakers(), total, each)


def wanted(call: str, route: str = "route", url: str = URL, last: bool = False) -> Wanted:
    """A call that is to be sent."""
    return Wanted(call, route, None, url, last)


def entered(gates: Turnstile, *calls: str, route: str = "route", url: str = URL) -> None:
    """Send calls that can be sent at once."""
    for call in calls:
        assert gates.try_enter(wanted(call, route, url)) is not None, call


async def waiting(gates: Turnstile, *calls: Wanted | str) -> list[asyncio.Task[object]]:
    """Let calls come to wait, in this order; those that may enter have done so when this returns."""
    asked = [wanted(call) if isinstance(call, str) else call for call in calls]
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(gates.enter(one)) for one in asked]
    await settled()
    return tasks


async def settled() -> None:
    """Let all that is ready go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def end(gates: Turnstile, call: str, url: str = URL, result: bool = False) -> None:
    """A call was answered with its result."""
    gates.gates.answered(url, call)
    gates.gates.settled(call, result)


def refuse(gates: Turnstile, call: str) -> bool:
    """The service is full. Whether with other calls."""
    others = gates.gates.full(call)
    gates.gates.answered(URL, call)
    return others
