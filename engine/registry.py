"""Which routes are open, and what is behind each. All of it stands in the store too and is read from it at start."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from aiservice.protocol import Announcement
from engine.announced import check_announced, common_result, route_of, service_pipeline
from engine.audit import Actor
from engine.claims import check_announcement, check_change, is_free, new_owner, note_version
from engine.clock import Clock
from engine.errors import Conflict, Fault, NotFound, PreconditionFailed, StoreAway, Unprocessable, check_faultless
from engine.identity import Identity
from engine.ids import new_id
from engine.instances import Instance, Instances
from engine.members import Members
from engine.newcomers import Newcomers
from engine.opened import Opened
from engine.pipeline.body import compile
from engine.pipeline.check import check, described_faults
from engine.pipeline.flow import Pipeline, load
from engine.store.base import PipelineRow, Store

KEPT_DEFINITIONS = 10_000
_TRIES = 20


class Registry:
    """See the module. `revision` grows with every change of what is open, so that what is built from it can be kept."""

    def __init__(self, store: Store, clock: Clock, instances: Instances, members: Members) -> None:
        self._store = store
        self._clock = clock
        self._members = members
        self._instances = instances
        self._newcomers = Newcomers(instances)
        self._opened: dict[str, Opened] = {}
        self._definitions: dict[str, Pipeline] = {}
        self._broken: dict[tuple[str, int], list[Fault]] = {}
        self._described = 0
        self._changing = asyncio.Lock()
        self.revision = 0
        self.trouble: str | None = "the engine is starting"
        """Why nothing is known yet; None as soon as the stores are open."""

    async def load(self) -> None:
        """Read what the store knows."""
        for row in await self._store.open_pipelines():
            self._open(row)
        await self._instances.load()

    async def refresh(self) -> None:
        """Take over what other engines have opened, changed and closed, and what they have heard of services."""
        async with self._changing:
            open_ids = await self._store.open_ids()
            for route in self._opened.keys() - open_ids.keys():
                del self._opened[route]
                self.revision += 1
            for route, definition_id in open_ids.items():
                if route not in self._opened or self._opened[route].row.id != definition_id:
                    row = await self._store.definition(definition_id)
                    if row is not None:
                        self._open(row)
            if await self._instances.refresh():
                self.revision += 1
                self._described += 1

    async def find(self, route: str) -> Opened:
        """An open route, also one that another engine has opened just now. Raises NotFound, StoreAway."""
        try:
            return self.get(route)
        except NotFound:
            if self._members.alone:
                raise
        await self.refresh()
        return self.get(route)

    # Routes

    def routes(self) -> list[Opened]:
        """Every open route, by name. Raises StoreAway before the stores are open."""
        self._check_ready()
        return [self._opened[route] for route in sorted(self._opened) if self.is_open(route)]

    def names(self) -> list[str]:
        """The routes that have a definition, be it that nobody offers them now."""
        return list(self._opened)

    def is_open(self, route: str) -> bool:
        """Whether tasks can be submitted: a pipeline always, an announced operation while an instance is alive."""
        opened = self._opened.get(route)
        return opened is not None and (opened.row.kind == "pipeline" or self._instances.is_alive(route))

    def get(self, route: str) -> Opened:
        """An open route. Raises NotFound, and StoreAway before the stores are open."""
        self._check_ready()
        if not self.is_open(route):
            raise NotFound(f"there is no route `{route}`; GET /services lists those that are open")
        return self._opened[route]

    def pipeline(self, route: str | None) -> Opened | None:
        """The pipeline behind an open route, where that is no announced operation."""
        opened = self._opened.get(route) if route is not None else None
        return opened if opened is not None and opened.row.kind == "pipeline" else None

    def _check_ready(self) -> None:
        if self.trouble is not None:
            raise StoreAway(self.trouble)

    def is_away(self, name: str) -> bool:
        """Whether this is a route that nobody offers, or an address that was announced and is silent."""
        if self._instances.knows_url(name):
            return not self._instances.reachable(name)
        return not name.startswith(("http://", "https://")) and not self.is_open(name)

    async def definition(self, definition_id: str) -> Pipeline:
        """The graph that a task is pinned to. Raises NotFound where the store has lost it."""
        pipeline = self._definitions.get(definition_id)
        if pipeline is None:
            row = await self._store.definition(definition_id)
            if row is None:
                raise NotFound("the definition of this task is gone")
            pipeline = load(orjson.loads(row.document), row.id, row.version)
            if len(self._definitions) >= KEPT_DEFINITIONS:
                self._definitions.clear()
            self._definitions[definition_id] = pipeline
        return pipeline

    # Pipelines

    def results(self) -> dict[str, Mapping[str, Any]]:
        """What announced operations say of their results, by route and by address."""
        found: dict[str, Mapping[str, Any]] = {}
        for route in self._opened:
            instances = self._instances.of(route)
            described = common_result([i.api.get("result") for i in instances if i.alive or not self.is_open(route)])
            if described is not None:
                found.update(dict.fromkeys([route, *(instance.url for instance in instances)], described))
        return found

    async def check(self, definition: Any) -> list[Fault]:
        """Every fault of a definition."""
        # In a thread, because a large and hostile definition keeps the check busy for a second.
        return await asyncio.to_thread(check, definition, self.results())

    def broken(self, opened: Opened) -> list[Fault]:
        """What a stored definition reads of services that they, as they describe themselves now, do not give."""
        key = (opened.row.id, self._described)
        if key not in self._broken:
            if len(self._broken) >= KEPT_DEFINITIONS:
                self._broken.clear()
            self._broken[key] = described_faults(opened.definition, self.results())
        return self._broken[key]

    async def try_definition(self, definition: Any, owner: str) -> Pipeline:
        """Store a definition that no route opens, for one task. Raises Unprocessable with every fault."""
        check_faultless(await self.check(definition))
        self._check_ready()
        document = orjson.dumps(definition)
        row = PipelineRow(new_id(), route_of(definition), 0, "trial", document, self._clock.now(), owner)
        await self._store.add_definition(row)
        return await self.definition(row.id)

    async def versions(self, route: str) -> list[PipelineRow]:
        """The versions of an open route that are kept, newest first. Raises NotFound."""
        await self.find(route)
        return await self._store.versions(route)

    async def add_pipeline(
        self, definition: Any, by: Actor, replace: str | None = None, seen: Collection[int] | None = None
    ) -> Opened:
        """Open a pipeline's route, or with `replace` (a route) give it a new version: with `seen`, only in the place of
        one of these versions.

        The same definition again changes nothing. Raises Unprocessable with every fault, Conflict where the route
        belongs to another pipeline or to a living service, NotFound where the route to replace is not open, Forbidden
        where it is not for them to replace, PreconditionFailed where another version than those `seen` is.
        """
        check_faultless(await self.check(definition))
        route = route_of(definition)
        if replace is not None and replace != route:
            raise Unprocessable(f"the entry's route is `{route}`, not `{replace}`: a new version keeps its route")
        self._check_ready()
        if not self._members.alone:
            await self.refresh()
        async with self._changing:
            known = self._may_take(route, definition, by.identity, replace is not None)
            if known is None:
                known = await self._store_version(route, "pipeline", definition, by, seen)
        if known is None:
            await self.refresh()
            version = self.get(route).row.version
            text = f"version {version} of `{route}` is open, and this was made from another; read it and change that"
            raise PreconditionFailed(text, version)
        await self._members.others_know()
        return known

    def _may_take(self, route: str, definition: Any, by: Identity, replace: bool) -> Opened | None:
        """Refuse a route that is another's. Returns what is open there where it is the same definition."""
        if replace:
            check_change(self.get(route).row, by)
        known = self._opened.get(route) if self.is_open(route) else None
        if known is None or known.definition == definition:
            return known
        if known.row.kind == "service":
            raise Conflict(f"the route `{route}` belongs to an announced service; choose another route")
        if not replace:
            raise Conflict(
                f"the route `{route}` belongs to another pipeline; "
                f"PUT /services/{route} makes a new version of it, DELETE /services/{route} frees the route"
            )
        return None

    async def close(self, route: str, by: Actor) -> None:
        """Close a route; running tasks finish. Raises NotFound, Forbidden."""
        await self.find(route)
        async with self._changing:
            row = self.get(route).row
            check_change(row, by.identity)
            await by.note("route.closed", route, f"{row.kind}, version {row.version}")
            await self._store.close_pipeline(route)
            self._opened.pop(route, None)
            await self._instances.forget(route)
            self.revision += 1
        await self._members.others_know()

    async def _store_version(
        self, route: str, kind: str, definition: Mapping[str, Any], by: Actor, seen: Collection[int] | None = None
    ) -> Opened | None:
        """Open it as the next version; None, and nothing changed, where the latest is not `seen`. Raises Conflict."""
        document = orjson.dumps(definition)
        for _ in range(_TRIES):
            latest = await self._store.latest_version(route)
            if seen is not None and latest not in seen:
                return None
            before = await self._store.open_pipeline(route)
            owner = new_owner(before, kind, by.identity)
            row = PipelineRow(new_id(), route, latest + 1, kind, document, self._clock.now(), owner)
            await note_version(before, row, by)
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

    async def announce(self, message: Announcement, by: Actor) -> bool:
        """Take an announcement. True where the operation was away or unknown before.

        Raises Conflict where route or url are another's, Unprocessable where they or the body are wrong, Overloaded
        where too much that is new is announced.
        """
        route = message.api.route
        api = message.api.model_dump()
        definition = service_pipeline(api)
        check_announced(message.url, definition)
        self._check_ready()
        if route not in self._opened and not self._members.alone:
            await self.refresh()
        async with self._changing:
            opened = self._opened.get(route)
            for known_as in {route, self._instances.operation(message.url)} & self._opened.keys():
                check_announcement(self._opened[known_as].row, route, by.identity)
            was_alive = self._instances.is_alive(route)
            known = self._instances.get(route, message.url)
            changed = (known is None or known.api != api) and opened is not None and opened.definition != definition
            renewed = opened is None or changed or is_free(opened.row, by.identity)
            self._newcomers.take(route, message.url, described=renewed)
            if renewed:
                await self._store_version(route, "service", definition, by)
            if known is None or known.api.get("result") != api.get("result"):
                self._described += 1
            await self._instances.heard(message, api, by.identity.owner)
            if not was_alive:
                self.revision += 1
            return not was_alive

    async def expire(self) -> list[Instance]:
        """Take the instances that were silent for too long for lost. Returns those that no other engine did before."""
        alive = self._instances.alive_names()
        lost = await self._instances.expire()
        if lost or alive != self._instances.alive_names():
            self.revision += 1
        return lost
