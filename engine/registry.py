"""Which routes are open, which announced operations are alive, and which instance takes the next call.

Everything here stands in the store too and is read from it at start. Whether an instance is alive is judged by this
engine's clock, which never jumps: after a start every known instance has three intervals to announce itself again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from aiservice.protocol import Announcement
from engine.clock import Clock
from engine.errors import Conflict, Fault, NotFound, Unprocessable
from engine.ids import new_id
from engine.pipeline.body import Body, compile
from engine.pipeline.check import check
from engine.pipeline.nodes import Pipeline, load
from engine.store.base import PipelineRow, ServiceRow, Store

SILENT_INTERVALS = 3
AVOID = 5_000_000
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Opened:
    """An open route: its definition as stored, its graph, and the check of its body."""

    row: PipelineRow
    definition: Mapping[str, Any]
    pipeline: Pipeline
    body: Body


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


class Registry:
    """See the module. `revision` grows with every change of what is open, so that what is built from it can be kept."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._opened: dict[str, Opened] = {}
        self._instances: dict[str, dict[str, Instance]] = {}
        self._route_of_url: dict[str, str] = {}
        self._definitions: dict[str, Pipeline] = {}
        self.revision = 0

    async def load(self) -> None:
        """Read what the store knows."""
        now = self._clock.now()
        for row in await self._store.open_pipelines():
            self._open(row)
        for service in await self._store.services():
            deadline = _deadline(now, service.interval)
            instance = Instance(
                service.route, service.url, orjson.loads(service.api), service.interval, deadline, service.seen > 0
            )
            self._instances.setdefault(service.route, {})[service.url] = instance
            self._route_of_url[service.url] = service.route

    # Routes

    def routes(self) -> list[Opened]:
        """Every open route, by name."""
        return [self._opened[route] for route in sorted(self._opened) if self.is_open(route)]

    def is_open(self, route: str) -> bool:
        """Whether tasks can be submitted: a pipeline always, an announced operation while an instance is alive."""
        opened = self._opened.get(route)
        return opened is not None and (opened.row.kind == "pipeline" or self.is_alive(route))

    def get(self, route: str) -> Opened:
        """An open route. Raises NotFound."""
        if not self.is_open(route):
            raise NotFound(f"there is no route `{route}`; GET /services lists those that are open")
        return self._opened[route]

    async def definition(self, definition_id: str) -> Pipeline:
        """The graph that a task is pinned to. Raises NotFound where the store has lost it."""
        pipeline = self._definitions.get(definition_id)
        if pipeline is None:
            row = await self._store.definition(definition_id)
            if row is None:
                raise NotFound("the definition of this task is gone")
            pipeline = load(orjson.loads(row.document), row.id, row.version)
            if len(self._definitions) >= 10_000:
                self._definitions.clear()
            self._definitions[definition_id] = pipeline
        return pipeline

    async def add_pipeline(self, definition: Mapping[str, Any], replace: str | None = None) -> Opened:
        """Open a pipeline's route, or with `replace` (a route) give it a new version.

        The same definition again changes nothing. Raises Unprocessable with every fault, Conflict where the route
        belongs to another pipeline or to a living service, NotFound where the route to replace is not open.
        """
        faults = check(definition)
        if faults:
            raise Unprocessable(f"the definition has {len(faults)} fault{'s' * (len(faults) > 1)}", faults)
        route = _route(definition)
        if replace is not None and replace != route:
            raise Unprocessable(f"the entry's route is `{route}`, not `{replace}`: a new version keeps its route")
        if replace is not None:
            self.get(replace)
        known = self._opened.get(route) if self.is_open(route) else None
        if known is not None and known.row.kind == "service":
            raise Conflict(f"the route `{route}` belongs to an announced service; choose another route")
        if known is not None and known.definition == definition:
            return known
        if known is not None and replace is None:
            raise Conflict(
                f"the route `{route}` belongs to another pipeline; "
                f"PUT /services/{route} makes a new version of it, DELETE /services/{route} frees the route"
            )
        return await self._store_version(route, "pipeline", definition)

    async def close(self, route: str) -> None:
        """Close a route; running tasks finish. Raises NotFound."""
        self.get(route)
        await self._store.close_pipeline(route)
        self._opened.pop(route, None)
        for url in list(self._instances.get(route, ())):
            await self._forget(route, url)
        self.revision += 1

    async def _store_version(self, route: str, kind: str, definition: Mapping[str, Any]) -> Opened:
        for _ in range(_TRIES):
            version = await self._store.latest_version(route) + 1
            document = orjson.dumps(definition)
            row = PipelineRow(new_id(), route, version, kind, document, self._clock.now())
            if await self._store.add_pipeline(row):
                return self._open(row)
        raise Conflict(f"the route `{route}` is being changed by others; try again")

    def _open(self, row: PipelineRow) -> Opened:
        definition = orjson.loads(row.document)
        pipeline = load(definition, row.id, row.version)
        opened = Opened(row, definition, pipeline, compile(pipeline.entry.api.body))
        self._opened[row.route] = opened
        self._definitions[row.id] = pipeline
        self.revision += 1
        return opened

    # Announced services

    async def announce(self, message: Announcement) -> bool:
        """Take an announcement. True where the operation was away or unknown before.

        Raises Conflict where the route belongs to a pipeline, Unprocessable where the body has none of the forms.
        """
        route = message.api.route
        opened = self._opened.get(route)
        if opened is not None and opened.row.kind == "pipeline":
            raise Conflict(f"the route `{route}` belongs to a pipeline; announce the operation under another route")
        api = message.api.model_dump()
        definition = service_pipeline(api)
        _check_announced(message.url, definition)
        was_alive = self.is_alive(route)
        known = self._instances.get(route, {}).get(message.url)
        if opened is None or ((known is None or known.api != api) and opened.definition != definition):
            await self._store_version(route, "service", definition)
        await self._keep(message, api, known)
        if not was_alive:
            self.revision += 1
        return not was_alive

    async def _keep(self, message: Announcement, api: Mapping[str, Any], known: Instance | None) -> None:
        route, url = message.api.route, message.url
        await self._store.announce(ServiceRow(route, url, orjson.dumps(api), message.interval, self._clock.now()))
        deadline = _deadline(self._clock.now(), message.interval)
        if known is None:
            known = Instance(route, url, api, message.interval, deadline)
            self._instances.setdefault(route, {})[url] = known
            self._route_of_url[url] = route
        known.api, known.interval, known.deadline, known.alive = api, message.interval, deadline, True

    async def expire(self) -> list[Instance]:
        """Take the instances that were silent for too long for lost. Returns them."""
        now = self._clock.now()
        lost = [i for group in self._instances.values() for i in group.values() if i.alive and i.deadline <= now]
        for instance in lost:
            instance.alive = False
            row = ServiceRow(instance.route, instance.url, orjson.dumps(instance.api), instance.interval, 0)
            await self._store.announce(row)
            self.revision += 1
        return lost

    def next_expiry(self) -> int | None:
        """When the next instance will have been silent for too long."""
        deadlines = [i.deadline for group in self._instances.values() for i in group.values() if i.alive]
        return min(deadlines) if deadlines else None

    async def _forget(self, route: str, url: str) -> None:
        await self._store.withdraw(route, url)
        self._instances[route].pop(url, None)
        self._route_of_url.pop(url, None)

    def instances(self, route: str) -> list[Instance]:
        """The known instances of an operation, alive or not."""
        return list(self._instances.get(route, {}).values())

    def is_alive(self, route: str) -> bool:
        """Whether an instance of the operation is alive."""
        return any(instance.alive for instance in self._instances.get(route, {}).values())

    def names(self, route: str) -> frozenset[str]:
        """The route of an operation and the addresses of its instances: what nodes may call it by."""
        return frozenset([route, *self._instances.get(route, {})])

    def alive_names(self) -> frozenset[str]:
        """The names of all operations that are alive."""
        return frozenset().union(*(self.names(route) for route in self._instances if self.is_alive(route)))

    def dead_urls(self) -> list[str]:
        """The addresses of the instances that are known and not alive."""
        return [i.url for group in self._instances.values() for i in group.values() if not i.alive]

    def target(self, service: str | None, url: str | None) -> Target:
        """Where the next call goes: to the living instance with the fewest calls under way, the failing ones last."""
        route = service if service is not None else self._route_of_url.get(url or "")
        if route is None:
            return Target(url, None)
        alive = [instance for instance in self._instances.get(route, {}).values() if instance.alive]
        if not alive:
            return Target(None, None)
        now = self._clock.now()
        best = min(alive, key=lambda instance: (instance.avoid > now, instance.calls))
        return Target(best.url, best)

    def is_away(self, name: str) -> bool:
        """Whether this is a route that nobody offers, or an address that was announced and is silent."""
        if name.startswith(("http://", "https://")):
            return name in self._route_of_url and not self.reachable(name)
        return not self.is_open(name)

    def reachable(self, name: str) -> bool:
        """Whether the operation that a node calls by this route or address is alive now."""
        return self.is_alive(self._route_of_url.get(name, name))

    def failed(self, instance: Instance) -> None:
        """An instance could not be reached: others are preferred for some seconds."""
        instance.avoid = self._clock.now() + AVOID


def service_pipeline(api: Mapping[str, Any]) -> dict[str, Any]:
    """The pipeline `entry -> service -> end` of an announced operation."""
    return {
        "type": "service",
        "nodes": [
            {"id": "entry", "type": "entry", "api": dict(api), "next": ["service"]},
            {"id": "service", "type": "service", "service": api["route"], "next": ["end"]},
            {"id": "end", "type": "end"},
        ],
    }


def _check_announced(url: str, definition: Mapping[str, Any]) -> None:
    """Check an announcement as the definition that calls its address would be. Raises Unprocessable."""
    entry, service, end = definition["nodes"]
    called = {"id": service["id"], "type": "service", "url": url, "next": service["next"]}
    faults = check({"type": "pipeline", "nodes": [entry, called, end]})
    if faults:
        places = {"/nodes/0": "", "/nodes/1": ""}
        raise Unprocessable(
            "the announcement is wrong",
            [Fault(places.get(f.pointer[:8], f.pointer[:8]) + f.pointer[8:], f.message) for f in faults],
        )


def _deadline(now: int, interval: float) -> int:
    return now + int(SILENT_INTERVALS * interval * 1_000_000)


def _route(definition: Mapping[str, Any]) -> str:
    entry = next(node for node in definition["nodes"] if node.get("type") == "entry")
    return str(entry["api"]["route"])
