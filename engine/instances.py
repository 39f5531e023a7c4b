"""The running services that have announced themselves: who is alive, and who takes the next call.

Whether an instance is alive is judged by this engine's clock, which never jumps: after a start every known instance has
three intervals to announce itself again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from aiservice.protocol import Announcement
from engine.clock import Clock
from engine.store.base import ServiceRow, Store

SILENT_INTERVALS = 3
AVOID = 5_000_000
"""Microseconds for which others are preferred to an instance that could not be reached."""


@dataclass(slots=True)
class Instance:
    """A running service that offers an operation. `deadline` and `avoid` are times of the engine's clock."""

    route: str
    url: str
    api: Mapping[str, Any]
    interval: float
    deadline: int
    alive: bool = True
    avoid: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes. `instance` is None for an address never announced, `url` for a service that is away."""

    url: str | None
    instance: Instance | None


class Instances:
    """See the module. All of it stands in the store too; an instance that is away has `seen` 0 there."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._by_route: dict[str, dict[str, Instance]] = {}
        self._route_of_url: dict[str, str] = {}

    async def load(self) -> None:
        """Read what the store knows."""
        for row in await self._store.services():
            api, deadline = orjson.loads(row.api), self._deadline(row.interval)
            self._add(Instance(row.route, row.url, api, row.interval, deadline, row.seen > 0))

    def _add(self, instance: Instance) -> None:
        self._by_route.setdefault(instance.route, {})[instance.url] = instance
        self._route_of_url[instance.url] = instance.route

    def _deadline(self, interval: float) -> int:
        return self._clock.now() + int(SILENT_INTERVALS * interval * 1_000_000)

    # Announcements

    async def heard(self, message: Announcement, api: Mapping[str, Any]) -> None:
        """Take an announcement."""
        route, url, interval = message.api.route, message.url, message.interval
        await self._store.announce(ServiceRow(route, url, orjson.dumps(api), interval, self._clock.now()))
        known = self.get(route, url)
        if known is None:
            self._add(Instance(route, url, api, interval, self._deadline(interval)))
        else:
            known.api, known.interval, known.alive = api, interval, True
            known.deadline = self._deadline(interval)

    async def expire(self) -> list[Instance]:
        """Take the instances that were silent for too long for lost. Returns them."""
        now = self._clock.now()
        lost = [instance for instance in self.all() if instance.alive and instance.deadline <= now]
        for instance in lost:
            instance.alive = False
            row = ServiceRow(instance.route, instance.url, orjson.dumps(instance.api), instance.interval, 0)
            await self._store.announce(row)
        return lost

    async def forget(self, route: str) -> None:
        """Know nothing of an operation's instances any more."""
        for url in list(self._by_route.get(route, ())):
            await self._store.withdraw(route, url)
            self._by_route[route].pop(url, None)
            self._route_of_url.pop(url, None)

    def next_expiry(self) -> int | None:
        """When the next instance will have been silent for too long."""
        return min((instance.deadline for instance in self.all() if instance.alive), default=None)

    # Questions

    def all(self) -> list[Instance]:
        """Every known instance, alive or not."""
        return [instance for group in self._by_route.values() for instance in group.values()]

    def get(self, route: str, url: str) -> Instance | None:
        """One instance."""
        return self._by_route.get(route, {}).get(url)

    def of(self, route: str) -> list[Instance]:
        """The known instances of an operation, alive or not."""
        return list(self._by_route.get(route, {}).values())

    def is_alive(self, route: str) -> bool:
        """Whether an instance of the operation is alive."""
        return any(instance.alive for instance in self._by_route.get(route, {}).values())

    def names(self, route: str) -> frozenset[str]:
        """The route of an operation and the addresses of its instances: what nodes may call it by."""
        return frozenset([route, *self._by_route.get(route, {})])

    def alive_names(self) -> frozenset[str]:
        """The names of all operations that are alive."""
        return frozenset().union(*(self.names(route) for route in self._by_route if self.is_alive(route)))

    def dead_urls(self) -> list[str]:
        """The addresses of the instances that are known and not alive."""
        return [instance.url for instance in self.all() if not instance.alive]

    def knows_url(self, url: str) -> bool:
        """Whether the address was ever announced."""
        return url in self._route_of_url

    def reachable(self, name: str) -> bool:
        """Whether the operation that a node calls by this route or address is alive now."""
        return self.is_alive(self._route_of_url.get(name, name))

    def target(self, service: str | None, url: str | None) -> Target:
        """Where the next call goes: to the living instance with the fewest calls under way, the failing ones last."""
        route = service if service is not None else self._route_of_url.get(url or "")
        if route is None:
            return Target(url, None)
        alive = [instance for instance in self._by_route.get(route, {}).values() if instance.alive]
        if not alive:
            return Target(None, None)
        now = self._clock.now()
        best = min(alive, key=lambda instance: (instance.avoid > now, instance.calls))
        return Target(best.url, best)

    def failed(self, instance: Instance) -> None:
        """An instance could not be reached: others are preferred for some seconds."""
        instance.avoid = self._clock.now() + AVOID
