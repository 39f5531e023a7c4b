"""The life of a service process: settings, load, announce, serve, drain, leave."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import aiohttp
import uvicorn
import uvloop
from prometheus_client.registry import Collector

from aiservice.announce import Announcer
from aiservice.app import Running, build_app
from aiservice.calls import Calls, Workspace
from aiservice.deliver import Courier, new_session
from aiservice.key import Key
from aiservice.metrics import Metrics
from aiservice.protocol.lines import configure
from aiservice.protocol.patience import Patience
from aiservice.protocol.slow import patient
from aiservice.queue import WorkQueue
from aiservice.receive import Limits
from aiservice.service import Service
from aiservice.settings import Settings, WrongSetting
from aiservice.worker import Loading, ProcessWorker, ThreadWorker

if TYPE_CHECKING:
    from aiservice.tracing import Tracing

log = logging.getLogger("aiservice")

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: longer than clients keep theirs, so that none is closed under a request."""
SLOWER = 10
"""Seconds that a body may be slow beyond the pause that its reader allows, who says better what is wrong."""
SWITCH_INTERVAL = 0.001
"""Seconds that a Python-bound worker thread may hold the interpreter while the event loop waits."""


def main(service: Service, settings: Settings) -> int:
    """Run a service to its end; return the exit code: 0, 1 after a failure, 2 for a wrong setting."""
    try:
        if not service.operations:
            raise WrongSetting(f"the service {service.name} has no operation: decorate one with @service.operation")
        listener = _listen(settings)
        workspace = _workspace(service, settings)
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return 2
    level = logging.getLevelName(settings.log.upper())
    configure(settings.log, settings.log_format)
    logging.getLogger("uvicorn").setLevel(max(level, logging.WARNING))
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        return uvloop.run(_Life(service, settings, workspace).run(listener))
    finally:
        workspace.close()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise WrongSetting(f"APP_HOST or APP_PORT is wrong: cannot listen on {where}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def _workspace(service: Service, settings: Settings) -> Workspace:
    try:
        return Workspace(service.name, settings.tmp)
    except OSError as error:
        raise WrongSetting(f"APP_TMP is wrong: no folder can be made there: {error.strerror}") from error


class _Server(uvicorn.Server):
    """Leaves the signals to `_Life`: what was taken is finished before the HTTP side ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Life:
    def __init__(self, service: Service, settings: Settings, workspace: Workspace) -> None:
        self._service = service
        self._settings = settings
        self._workspace = workspace
        self._workers = _make_workers(service, settings)
        self._tracing, self._figures = _make_tracing(service, settings)
        self._stop = asyncio.Event()
        self._force = asyncio.Event()

    async def run(self, listener: socket.socket) -> int:
        settings, service = self._settings, self._service
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        collectors = [*service.collectors, *self._figures]
        metrics = Metrics([operation.route for operation in service.operations], collectors)
        queue = WorkQueue(self._workers, settings.queue, metrics)
        async with new_session() as session:
            calls = Calls(Courier(session, metrics), settings.lifespan)
            limits = Limits(settings.max_body, settings.max_json, settings.upload_pause)
            running = Running(service, queue, calls, self._workspace, metrics, limits, self._tracing)
            server = _Server(_config(running))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            host, port = listener.getsockname()[:2]
            log.info("%s listens on http://%s:%d, documentation at /docs", service.name, host, port)
            announcing = asyncio.create_task(self._announce(session, queue))
            failed = await self._until_stopped(queue, announcing, serving)
            running.draining = True
            announcing.cancel()
            finished = await self._drain(calls)
            server.should_exit = True
            server.force_exit = not finished
            await serving
            calls.close()
        return self._leave(queue, finished, failed)

    def _on_signal(self) -> None:
        (self._force if self._stop.is_set() else self._stop).set()

    async def _announce(self, session: aiohttp.ClientSession, queue: WorkQueue) -> None:
        settings = self._settings
        await queue.start()
        log.info("%s is ready", self._service.name)
        if settings.engine and settings.service:
            key = Key(None if settings.key is None else settings.key.get_secret_value(), settings.key_file)
            announcer = Announcer(session, self._service, settings.engine, settings.service, settings.notify_cron, key)
            await announcer.run()
        elif settings.engine or settings.service:
            missing = "APP_SERVICE" if settings.engine else "APP_ENGINE"
            log.warning("nothing is announced: %s is not set", missing)
        await asyncio.Event().wait()

    async def _until_stopped(
        self, queue: WorkQueue, announcing: "asyncio.Task[None]", serving: "asyncio.Task[None]"
    ) -> bool:
        """Wait for a signal; True where the service ended by itself: it could not load, or not serve."""
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait((stopping, announcing, serving), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if announcing.done():
            log.error("%s cannot be loaded: %s", self._service.name, announcing.exception())
        return announcing.done() or serving.done()

    async def _drain(self, calls: Calls) -> bool:
        """Finish what was taken; False where that did not work in time, or a second signal came."""
        if calls.unfinished:
            log.info("%s stops; finishing %d calls", self._service.name, calls.unfinished)
        settled = asyncio.create_task(calls.settled())
        forced = asyncio.create_task(self._force.wait())
        done, _ = await asyncio.wait(
            (settled, forced), timeout=self._settings.grace, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (settled, forced):
            task.cancel()
        if settled not in done:
            log.error("%s leaves with %d unfinished calls", self._service.name, calls.unfinished)
        return settled in done

    def _leave(self, queue: WorkQueue, finished: bool, failed: bool) -> int:
        code = 0 if finished and not failed else 1
        if self._tracing is not None:
            self._tracing.close()
        idle = finished and queue.stop()
        log.info("%s has ended", self._service.name)
        if idle:
            return code
        for worker in self._workers:
            if isinstance(worker, ProcessWorker):
                worker.kill()
        # A thread that still works cannot be stopped; an orderly end of the interpreter would wait or crash in it.
        self._workspace.close()
        logging.shutdown()
        os._exit(code)


def _make_tracing(service: Service, settings: Settings) -> "tuple[Tracing | None, list[Collector]]":
    """What traces calls, and what Prometheus is told of that. Nothing where no receiver is named."""
    if settings.otel_endpoint is None:
        return None, []
    from aiservice.protocol.export import Exporter
    from aiservice.tracing import Figures, Tracing

    resource = {"service.name": settings.otel_name or service.name}
    exporter = Exporter(settings.otel_endpoint, settings.otel_headers, resource, "aiservice")
    return Tracing(exporter), [Figures(exporter)]


def _make_workers(service: Service, settings: Settings) -> list[ThreadWorker] | list[ProcessWorker]:
    count = settings.workers or service.workers
    if service.processes:
        return [ProcessWorker(service, settings.max_pixels, settings.log, settings.log_format) for _ in range(count)]
    loading = Loading(service)
    return [ThreadWorker(service, loading, settings.max_pixels) for _ in range(count)]


def _config(running: Running) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(running),
        loop="none",
        http=patient(Patience(body=running.limits.pause + SLOWER)),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=10,
    )
