"""The composition root: settings become stores, registry, dispatcher, runner, sweeper and the HTTP application.

The only file that names a backend.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI

from engine.api import events, problems, services, system, tasks
from engine.api.deps import Engine
from engine.api.hot import HotPath
from engine.api.openapi import PROBLEM, OpenApi
from engine.binaries.base import BinaryStore
from engine.binaries.files import FileBinaries
from engine.clock import Clock
from engine.dispatch import Dispatcher
from engine.errors import EngineError
from engine.instances import Instances
from engine.metrics import Metrics
from engine.news import Hub
from engine.registry import Registry
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


def make_engine(settings: Settings) -> tuple[Engine, Dispatcher]:
    """Put the parts together; nothing is started."""
    clock, metrics, hub, watch = Clock(), Metrics(), Hub(), Watch()
    store, binaries = make_store(settings), make_binaries(settings)
    instances = Instances(store, clock)
    registry = Registry(store, clock, instances)
    dispatcher = Dispatcher(instances, binaries, clock, metrics, watch, settings.engine_url)
    runner = Runner(store, registry, instances, dispatcher, clock, hub, metrics)
    sweeper = Sweeper(
        store, binaries, registry, instances, runner, clock, watch, settings.app_cron, settings.app_lifespan
    )
    loop = asyncio.get_running_loop()
    engine = Engine(settings, store, binaries, registry, instances, runner, sweeper, hub, metrics, clock, watch, loop)
    return engine, dispatcher


async def start(engine: Engine, dispatcher: Dispatcher) -> None:
    """Open the stores, read what they know, and begin. Raises StoreAway, StoreFull."""
    await engine.store.open()
    await engine.binaries.open()
    newest = await engine.store.page(None, None, None, 1)
    if newest:
        engine.clock.not_before(newest[0].created)
    await engine.registry.load()
    await dispatcher.open()
    engine.sweeper.start()


async def try_to_start(engine: Engine, dispatcher: Dispatcher) -> bool:
    """Begin. False where a store is away; then requests are told why."""
    try:
        await start(engine, dispatcher)
    except EngineError as error:
        _log.error("the engine is not ready: %s", error)
        engine.registry.trouble = error.detail
        return False
    engine.registry.trouble = None
    _log.info("the engine is up: %s/docs", engine.settings.external_url)
    return True


async def start_later(engine: Engine, dispatcher: Dispatcher) -> None:
    """Try to begin until the stores are there."""
    pause = FIRST_PAUSE
    while not await try_to_start(engine, dispatcher):
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def stop(engine: Engine, dispatcher: Dispatcher) -> None:
    """End; what was under way stands in the stores."""
    await engine.runner.close()
    await engine.sweeper.stop()
    await dispatcher.close()
    await engine.binaries.close()
    await engine.store.close()


def make_app(settings: Settings) -> HotPath:
    """The HTTP application. Its engine starts and stops with it."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine, dispatcher = make_engine(settings)
        app.state.engine = engine
        app.state.openapi = OpenApi(app, engine.registry)
        starting = None
        if not await try_to_start(engine, dispatcher):
            starting = asyncio.create_task(start_later(engine, dispatcher))
        yield
        if starting is not None:
            starting.cancel()
        await stop(engine, dispatcher)

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
