"""So many requests of `http` nodes at once and no more: in all, and for one host, so that a slow one stops no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol


class Waiting(Protocol):
    """Is told that a request has to wait for its turn."""

    async def held(self) -> None:
        """It has to wait."""

    async def came(self) -> bool:
        """Its turn has come. False: nobody wants it any more."""


@dataclass(slots=True)
class _Host:
    """The turns of one host; kept as long as somebody has or wants one."""

    turns: asyncio.Semaphore
    users: int = 0


class Turns:
    """Turns for `total` requests at once, `each` of them to one host. Who waits gets one in order."""

    def __init__(self, total: int, each: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._each = each
        self._hosts: dict[str, _Host] = {}

    @property
    def hosts(self) -> int:
        """How many hosts somebody has or wants a turn with."""
        return len(self._hosts)

    def free(self, name: str) -> bool:
        """Whether a turn with this host is to be had at once."""
        host = self._hosts.get(name)
        return not (self._all.locked() or (host is not None and host.turns.locked()))

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn with this host, and have it."""
        host = self._hosts.setdefault(name, _Host(asyncio.Semaphore(self._each)))
        host.users += 1
        try:
            async with host.turns, self._all:
                yield
        finally:
            host.users -= 1
            if not host.users:
                del self._hosts[name]
