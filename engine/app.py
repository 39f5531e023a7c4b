"""The composition root: settings become stores, registry, dispatcher, runner, sweeper and the HTTP application.

The only file that names a backend. Each is imported where it is chosen: the clients of MongoDB and S3 take more than a
second to load, and tens of megabytes.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.types import Lifespan

from engine.admission import Admission
from engine.api import audit as audit_api
from engine.api import binaries as binaries_api
from engine.api import events, keys, nodes, page, problems, services, sessions, system, tasks
from engine.api.answers import PROBLEM
from engine.api.deps import Engine
from engine.api.gauges import Gauges
from engine.api.hot import HotPath
from engine.api.openapi import OpenApi
from engine.audit import Audit
from engine.belongings import Belongings
from engine.binaries.base import BinaryStore
from engine.census import Census
from engine.code.monty import MontySandbox
from engine.core import make_core
from engine.dispatch import Dispatcher
from engine.doors.guard import make_guard
from engine.errors import EngineError
from engine.failures import note_unheard
from engine.guard import guard_of_services
from engine.limits import Limits
from engine.measured import MeasuredSandbox
from engine.metrics import Metrics
from engine.outbound.client import Outbound
from engine.owners import Owners
from engine.pace import Pace
from engine.pictures.thumbnails import Thumbnails
from engine.rerun import Reruns
from engine.runner import Runner
from engine.settings import Settings
from engine.store.base import Store
from engine.sweeper import Sweeper
from engine.traces import OFF, Traces

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two attempts to reach the stores at start."""

VERSION = "0.1.0"
DATABASE = "engine.sqlite"
BINARIES = "binaries"
_log = logging.getLogger(__name__)


def make_binaries(settings: Settings) -> BinaryStore:
    """The store of binaries that the settings name."""
    if settings.reg_storage_type == "s3":
        from engine.binaries.s3 import S3Binaries

        secret = settings.s3_secret_key
        return S3Binaries(
            settings.s3_url,
            settings.s3_zone,
            settings.s3_key_id,
            secret.get_secret_value() if secret is not None else None,
            settings.s3_bucket,
            key_id_file=settings.s3_key_id_file,
            secret_key_file=settings.s3_secret_key_file,
        )
    from engine.binaries.files import FileBinaries

    return FileBinaries(settings.reg_local_data / BINARIES)


def make_store(settings: Settings, binaries: BinaryStore) -> Store:
    """The store of tasks that the settings name; what is large in its documents goes to the other store."""
    if settings.reg_db_type == "mongo":
        from engine.store.mongo import MongoStore
        from engine.store.spill import SpillingStore

        store = MongoStore(settings.mongo_uri, settings.mongo_db, uri_file=settings.mongo_uri_file)
        return SpillingStore(store, binaries)
    from engine.store.sqlite import SqliteStore

    path = None if settings.reg_db_type == "memory" else settings.reg_local_data / DATABASE
    return SqliteStore(path, settings.reg_sqlite_sync)


def make_traces(settings: Settings) -> Traces:
    """The traces that the settings ask for."""
    if settings.otel_exporter_otlp_endpoint is None:
        return OFF
    from engine.tracing import told_to

    headers, name = settings.otel_headers, settings.otel_service_name
    return told_to(settings.otel_exporter_otlp_endpoint, headers, name, VERSION, settings.otel_traces_sampler_arg)


def disk_of(settings: Settings) -> Path | None:
    """The folder of the embedded stores; None where nothing is kept in it."""
    embedded = settings.reg_db_type == "sqlite" or settings.reg_storage_type == "local"
    return settings.reg_local_data if embedded else None


@dataclass(frozen=True, slots=True)
class Outside:
    """What the engine works with beside its stores: services, other hosts, and processes that run code."""

    dispatcher: Dispatcher
    outbound: Outbound
    sandbox: MontySandbox
    thumbnails: Thumbnails

    async def open(self) -> None:
        """Begin. Processes for code and pictures start with the first that there is."""
        await self.dispatcher.open()
        await self.outbound.open()

    async def close(self) -> None:
        """End."""
        await self.dispatcher.close()
        await self.outbound.close()
        await self.sandbox.close()
        await self.thumbnails.close()


def make_engine(settings: Settings) -> tuple[Engine, Outside]:
    """Put the parts together; nothing is started."""
    objects = make_binaries(settings)
    core = make_core(settings, Metrics(), make_store(settings, objects), objects)
    store, binaries, clock, metrics, watch = core.store, core.binaries, core.clock, core.metrics, core.watch
    registry, instances, members, turnstile, hub = core.registry, core.instances, core.members, core.turnstile, core.hub
    traces = make_traces(settings)
    outbound = Outbound(binaries, clock, metrics, watch, settings.app_allowed_networks)
    guard = guard_of_services(settings.app_service_networks, outbound.lookup)
    dispatcher = Dispatcher(instances, turnstile, binaries, clock, metrics, watch, settings.engine_url, guard, traces)
    sandbox, thumbnails, shared = MontySandbox(), Thumbnails(), settings.reg_db_type == "mongo"
    code = MeasuredSandbox(sandbox, metrics.ran_code)
    runner = Runner(store, registry, instances, dispatcher, outbound, code, clock, members, hub, metrics, shared)
    census = Census(store, disk_of(settings))
    metrics.show(traces.figures)
    metrics.show(Gauges(metrics, turnstile, instances, core.health, members, census, runner.waiting, registry.names))
    every, kept, audit = settings.app_cron, settings.app_lifespan, Audit(store, clock, settings.app_audit_days)
    sweeper = Sweeper(store, binaries, registry, instances, runner, members, clock, watch, every, kept, audit)
    doors = make_guard(settings, store, clock)
    limits = Limits(store, doors.keyring.limits)
    metrics.on_end = limits.ended
    engine = Engine(
        settings,
        store,
        binaries,
        registry,
        instances,
        members,
        runner,
        Reruns(binaries, registry, runner, clock),
        sweeper,
        hub,
        metrics,
        clock,
        watch,
        turnstile,
        Admission(store, metrics, settings.app_max_requests, settings.app_max_tasks),
        core.health,
        census,
        Belongings(store, binaries, runner.read),
        thumbnails,
        doors,
        limits,
        Owners(store, runner.at_hand),
        audit,
        asyncio.get_running_loop(),
        guard,
        traces,
    )
    return engine, Outside(dispatcher, outbound, sandbox, thumbnails)


async def start(engine: Engine, outside: Outside) -> None:
    """Open the stores, read what they know, and begin. Raises StoreAway, StoreFull."""
    await engine.store.open()
    await engine.binaries.open()
    await engine.members.join()
    newest = await engine.store.page(None, None, None, 1)
    if newest:
        engine.clock.not_before(newest[0].created)
    await engine.registry.load()
    await outside.open()
    engine.sweeper.start()


async def try_to_start(engine: Engine, outside: Outside) -> bool:
    """Begin. False where a store is away; then requests are told why."""
    try:
        await start(engine, outside)
    except EngineError as error:
        _log.error("the engine is not ready: %s", error)
        engine.registry.trouble = error.detail
        return False
    engine.registry.trouble = None
    _log.info("the engine is up: %s/docs", engine.settings.external_url)
    return True


async def start_later(engine: Engine, outside: Outside) -> None:
    """Try to begin until the stores are there."""
    pause = FIRST_PAUSE
    while not await try_to_start(engine, outside):
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def stop(engine: Engine, outside: Outside) -> None:
    """End; what was under way stands in the stores."""
    await engine.health.stop()
    await engine.census.close()
    await engine.admission.close()
    await engine.guard.close()
    await engine.limits.close()
    await engine.runner.close()
    await engine.sweeper.stop()
    await outside.close()
    with contextlib.suppress(EngineError):  # the others find out by themselves
        await engine.members.leave()
    await engine.binaries.close()
    await engine.store.close()
    await asyncio.to_thread(engine.traces.close)


def make_app(settings: Settings) -> HotPath:
    """The HTTP application. Its engine starts and stops with it."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(note_unheard)
        engine, outside = make_engine(settings)
        app.state.engine = engine
        app.state.openapi = OpenApi(app, engine.registry)
        engine.health.start()
        pace = Pace(engine.metrics.late)
        pace.start()
        starting = None
        if not await try_to_start(engine, outside):
            starting = asyncio.create_task(start_later(engine, outside))
        yield
        if starting is not None:
            starting.cancel()
        pace.stop()
        await stop(engine, outside)

    return HotPath(make_routes(lifespan))


def make_routes(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """All routes and their documentation. They answer once `lifespan` has started an engine."""
    app = FastAPI(
        title="Engine",
        version=VERSION,
        description="Chains AI microservices into pipelines.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses={"default": PROBLEM},
    )
    problems.install(app)
    routers = [
        module.router
        for module in (services, tasks, nodes, binaries_api, events, system, keys, sessions, audit_api, page)
    ]
    for router in routers:
        app.include_router(router)
    app.state.routes = [route for router in routers for route in router.routes]
    return app
