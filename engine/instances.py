"""The running services that have announced themselves: who is alive, and who takes the next call.

Whether an instance is alive is judged by this engine's clock, which never jumps: after a start every known instance has
three intervals to announce itself again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from aiservice.protocol import Announcement
from engine.clock import Clock
from engine.store.base import ServiceRow, Store

SILENT_INTERVALS = 3
KEPT_GONE = 100
"""How many instances that are gone are known of an operation: nodes may name their addresses."""

AVOID = 5_000_000
"""Microseconds for which others are preferred to an instance that could not be reached."""


@dataclass(slots=True)
class Instance:
    """A running service that offers an operation. `deadline` and `avoid` are times of the engine's clock, `seen` is
    what the store has as its last announcement. `calls` are under way to it, the last began in the `turn` of it."""

    route: str
    url: str
    api: Mapping[str, Any]
    interval: float
    deadline: int
    seen: int
    alive: bool = True
    avoid: int = 0
    calls: int = 0
    turn: int = 0


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
        self._turn = 0
        self._route_of_url: dict[str, str] = {}

    async def load(self) -> None:
        """Read what the store knows."""
        for row in await self._store.services():
            self._take(row)

    async def refresh(self) -> bool:
        """Take over what other engines have heard. Whether that changes what is open, or how it describes itself."""
        rows = {(row.route, row.url): row for row in await self._store.services()}
        changed = False
        for instance in self.all():
            if (instance.route, instance.url) not in rows:
                self._drop(instance.route, instance.url)
                changed = True
        for (route, url), row in rows.items():
            known = self.get(route, url)
            if known is None or known.seen != row.seen:
                before = None if known is None else (known.alive, known.api)
                now = self._take(row)
                changed |= before != (now.alive, now.api)
        return changed

    def _take(self, row: ServiceRow) -> Instance:
        """Know of an instance what the store does; it was heard just now, if it is alive."""
        api, deadline = orjson.loads(row.api), self._deadline(row.interval)
        known = self.get(row.route, row.url)
        if known is None:
            known = Instance(row.route, row.url, api, row.interval, deadline, row.seen, row.seen > 0)
            self._add(known)
        else:
            known.api, known.interval, known.deadline = api, row.interval, deadline
            known.seen, known.alive = row.seen, row.seen > 0
        return known

    def _add(self, instance: Instance) -> None:
        self._by_route.setdefault(instance.route, {})[instance.url] = instance
        self._route_of_url[instance.url] = instance.route

    def _deadline(self, interval: float) -> int:
        return self._clock.now() + int(SILENT_INTERVALS * interval * 1_000_000)

    # Announcements

    async def heard(self, message: Announcement, api: Mapping[str, Any], owner: str) -> None:
        """Take an announcement, made with a key of this owner."""
        route, url, interval = message.api.route, message.url, message.interval
        row = ServiceRow(route, url, orjson.dumps(api), interval, self._clock.now(), owner)
        if self.get(route, url) is None:
            await self._make_room(route)
        await self._store.announce(row)
        self._take(row)

    async def _make_room(self, route: str) -> None:
        """Forget the instances of an operation that are gone for the longest, above a number: addresses change."""
        gone = sorted((each for each in self.of(route) if not each.alive), key=lambda each: each.deadline)
        for each in gone[: max(len(gone) - KEPT_GONE, 0)]:
            await self._store.withdraw(route, each.url)
            self._drop(route, each.url)

    async def expire(self) -> list[Instance]:
        """Take the instances that were silent for too long for lost. Returns those that no other engine did before."""
        now = self._clock.now()
        lost = []
        for instance in self.all():
            if instance.alive and instance.deadline <= now:
                row = ServiceRow(instance.route, instance.url, b"", instance.interval, instance.seen)
                if await self._store.silence(row):
                    instance.alive, instance.seen = False, 0
                    lost.append(instance)
                else:  # another engine has heard it, or was first to find it silent
                    await self.refresh()
        return lost

    async def forget(self, route: str) -> None:
        """Know nothing of an operation's instances any more."""
        for url in list(self._by_route.get(route, ())):
            await self._store.withdraw(route, url)
            self._drop(route, url)

    def _drop(self, route: str, url: str) -> None:
        self._by_route[route].pop(url, None)
        self._route_of_url.pop(url, None)
        if not self._by_route[route]:
            del self._by_route[route]

    def next_expiry(self) -> int | None:
        """When the next instance will have been silent for too long."""
        return min((instance.deadline for instance in self.all() if instance.alive), default=None)

    # Questions

    @property
    def operations(self) -> int:
        """How many operations are known, alive or not."""
        return len(self._by_route)

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

    def operation(self, name: str) -> str:
        """The route of the operation that has this route or address; the address where it was never announced."""
        return self._route_of_url.get(name, name)

    def target(self, service: str | None, url: str | None, rank: Callable[[str], int] = lambda url: 0) -> Target:
        """Where the next call goes: to the living instance with the lowest rank, the failing ones last; of these to the
        one with the fewest calls under way, and where that is the same for several, to each in turn."""
        route = service if service is not None else self._route_of_url.get(url or "")
        if route is None:
            return Target(url, None)
        alive = [instance for instance in self._by_route.get(route, {}).values() if instance.alive]
        if not alive:
            return Target(None, None)
        now = self._clock.now()
        best = min(
            alive, key=lambda instance: (rank(instance.url), instance.avoid > now, instance.calls, instance.turn)
        )
        return Target(best.url, best)

    def begun(self, instance: Instance) -> None:
        """A call of the instance has begun."""
        self._turn += 1
        instance.turn = self._turn
        instance.calls += 1

    def failed(self, instance: Instance) -> None:
        """An instance could not be reached: others are preferred for some seconds."""
        instance.avoid = self._clock.now() + AVOID
