"""The composition root: settings become stores, registry, dispatcher, runner, sweeper and the HTTP application.

The only file that names a backend.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import FastAPI

from engine.api import events, problems, services, system, tasks
from engine.api.deps import Engine
from engine.api.hot import HotPath
from engine.api.openapi import PROBLEM, OpenApi
from engine.binaries.base import BinaryStore
from engine.binaries.files import FileBinaries
from engine.clock import Clock
from engine.code.monty import MontySandbox
from engine.dispatch import Dispatcher
from engine.errors import EngineError
from engine.instances import Instances
from engine.metrics import Metrics
from engine.news import Hub
from engine.outbound.client import Outbound
from engine.registry import Registry
from engine.rerun import Reruns
from engine.runner import Runner
from engine.settings import Settings
from engine.store.base import Store
from engine.store.sqlite import SqliteStore
from engine.sweeper import Sweeper
from engine.watch import Watch

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two attempts to reach the stores at start."""

DATABASE = "engine.sqlite"
BINARIES = "binaries"
_log = logging.getLogger(__name__)


def make_store(settings: Settings) -> Store:
    """The store of tasks that the settings name."""
    path = None if settings.reg_db_type == "memory" else settings.reg_local_data / DATABASE
    return SqliteStore(path, settings.reg_sqlite_sync)


def make_binaries(settings: Settings) -> BinaryStore:
    """The store of binaries that the settings name."""
    return FileBinaries(settings.reg_local_data / BINARIES)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the engine works with beside its stores: services, other hosts, and processes that run code."""

    dispatcher: Dispatcher
    outbound: Outbound
    sandbox: MontySandbox

    async def open(self) -> None:
        """Begin. Code's processes start with the first code."""
        await self.dispatcher.open()
        await self.outbound.open()

    async def close(self) -> None:
        """End."""
        await self.dispatcher.close()
        await self.outbound.close()
        await self.sandbox.close()


def make_engine(settings: Settings) -> tuple[Engine, Outside]:
    """Put the parts together; nothing is started."""
    clock, metrics, hub, watch = Clock(), Metrics(), Hub(), Watch()
    store, binaries = make_store(settings), make_binaries(settings)
    instances = Instances(store, clock)
    registry = Registry(store, clock, instances)
    dispatcher = Dispatcher(instances, binaries, clock, metrics, watch, settings.engine_url)
    outbound = Outbound(binaries, clock, metrics, watch, settings.app_allowed_networks)
    sandbox = MontySandbox()
    runner = Runner(store, registry, instances, dispatcher, outbound, sandbox, clock, hub, metrics)
    reruns = Reruns(binaries, registry, runner, clock)
    sweeper = Sweeper(
        store, binaries, registry, instances, runner, clock, watch, settings.app_cron, settings.app_lifespan
    )
    loop = asyncio.get_running_loop()
    engine = Engine(
        settings, store, binaries, registry, instances, runner, reruns, sweeper, hub, metrics, clock, watch, loop
    )
    return engine, Outside(dispatcher, outbound, sandbox)


async def start(engine: Engine, outside: Outside) -> None:
    """Open the stores, read what they know, and begin. Raises StoreAway, StoreFull."""
    await engine.store.open()
    await engine.binaries.open()
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
    await engine.runner.close()
    await engine.sweeper.stop()
    await outside.close()
    await engine.binaries.close()
    await engine.store.close()


def make_app(settings: Settings) -> HotPath:
    """The HTTP application. Its engine starts and stops with it."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine, outside = make_engine(settings)
        app.state.engine = engine
        app.state.openapi = OpenApi(app, engine.registry)
        starting = None
        if not await try_to_start(engine, outside):
            starting = asyncio.create_task(start_later(engine, outside))
        yield
        if starting is not None:
            starting.cancel()
        await stop(engine, outside)

    app = FastAPI(
        title="Engine",
        version="0.1.0",
        description="Chains AI microservices into pipelines.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses={"default": PROBLEM},
    )
    problems.install(app)
    for module in (services, tasks, events, system):
        app.include_router(module.router)
    return HotPath(app)
