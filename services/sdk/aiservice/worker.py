"""Where functions run: in a thread of this process, or in a process of their own that is replaced when it dies."""

import logging
import multiprocessing
import signal
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from aiservice.errors import InputError, InputTooLarge, TryAgain
from aiservice.files import enter_folder
from aiservice.images import decode_image, inspect_image
from aiservice.protocol.lines import Format, Ids, bind, configure
from aiservice.protocol.trace_context import parse_traceparent
from aiservice.results import Outcome
from aiservice.service import Operation, Service, declared

log = logging.getLogger("aiservice.worker")

CRASH_RETRY = 1.0
"""Seconds after which a call whose worker process died may be made again."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a function: which operation, its arguments (binaries as File), and the folder for its files. `task`
    is the engine's task that it belongs to, where it does: for the log alone. `trace` is the `traceparent` for what the
    function traces by itself, where its call is traced."""

    route: str
    arguments: dict[str, Any]
    folder: Path
    task: str = ""
    trace: str | None = None


class Worker(Protocol):
    """Runs one job at a time; all its methods block, and are called from one thread."""

    def load(self) -> None:
        """Make it ready. Raises what the service's own loading raises."""

    def perform(self, job: Job) -> Outcome:
        """Run a job to its end, whatever that is."""

    def close(self) -> None:
        """End it."""


def perform(service: Service, job: Job, max_pixels: int) -> Outcome:
    """Call the function of a job; every error becomes an outcome."""
    enter_folder(job.folder)
    context = parse_traceparent(job.trace)
    bind(
        Ids(task=job.task, route=job.route, service=service.name, trace=context.trace if context is not None else None)
    )
    try:
        operation = service.find(job.route)
        with _traced(job.trace):
            value = operation.function(**_prepared(operation, job.arguments, max_pixels))
        return operation.writer.outcome(value)
    except InputError as error:
        return Outcome.failed("input", str(error), too_large=isinstance(error, InputTooLarge))
    except TryAgain as error:
        return Outcome.failed("again", str(error), error.retry_after)
    except BaseException as error:
        log.exception("%s failed", job.route)
        text = str(error)
        return Outcome.failed("failed", f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _traced(trace: str | None) -> AbstractContextManager[None]:
    if trace is None:
        return nullcontext()
    from aiservice.tracing import within

    return within(trace)


def _prepared(operation: Operation, arguments: dict[str, Any], max_pixels: int) -> dict[str, Any]:
    ready = dict(arguments)
    for parameter in operation.parameters:
        file = ready.get(parameter.name)
        if file is not None and parameter.kind == "image_array":
            ready[parameter.name] = decode_image(file, parameter.name, max_pixels)
        elif file is not None and parameter.kind == "image_file":
            ready[parameter.name] = inspect_image(file, parameter.name, max_pixels)
    return ready


class Loading:
    """Runs a service's loaders once, in the first of several threads that ask; the others wait for it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._loaded = False
        self._error: BaseException | None = None

    def once(self) -> None:
        """Return when the loaders have run. Raises what they raised."""
        with self._lock:
            if not self._loaded:
                self._loaded = True
                try:
                    self._service.load()
                except BaseException as error:
                    self._error = error
        if self._error is not None:
            raise self._error


class ThreadWorker:
    """Runs jobs in the thread that calls it."""

    def __init__(self, service: Service, loading: Loading, max_pixels: int) -> None:
        self._service = service
        self._loading = loading
        self._max_pixels = max_pixels

    def load(self) -> None:
        self._loading.once()

    def perform(self, job: Job) -> Outcome:
        return perform(self._service, job, self._max_pixels)

    def close(self) -> None:
        return None


class ProcessWorker:
    """Runs jobs in a process; one that dies costs the job it had, and is replaced."""

    def __init__(self, service: Service, max_pixels: int, level: str = "info", form: Format = "text") -> None:
        self._name = service.name
        self._timeouts = {operation.route: operation.timeout for operation in service.operations}
        self._module = module_of(service)
        self._max_pixels = max_pixels
        self._lines = (level, form)
        self._process: BaseProcess | None = None
        self._connection: Connection[Any, Any] | None = None

    def load(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._module, self._name, self._max_pixels, *self._lines)
        process = context.Process(target=_child, args=arguments, name=f"{self._name} worker", daemon=True)
        process.start()
        theirs.close()
        self._process, self._connection = process, ours
        try:
            error: str | None = ours.recv()
        except EOFError:
            error = "the worker process ended while it was loading"
        if error is not None:
            self.close()
            raise RuntimeError(error)

    def perform(self, job: Job) -> Outcome:
        try:
            if self._connection is None:
                self.load()
            assert self._connection is not None
            self._connection.send(job)
            timeout = self._timeouts.get(job.route)
            if not self._connection.poll(timeout):
                return Outcome.failed("failed", self._overdue(job.route, timeout))
            outcome: Outcome = self._connection.recv()
            return outcome
        except (EOFError, ConnectionError, RuntimeError) as error:
            return Outcome.failed("again", self._died(error), CRASH_RETRY)
        except Exception as error:
            log.exception("%s cannot be handed to a worker process", job.route)
            return Outcome.failed("failed", f"{type(error).__name__}: {error}")

    def _died(self, error: Exception) -> str:
        process = self._process
        if process is None:
            return f"no worker process: {error}"
        process.join(5)
        text = f"the worker process ended in the middle of the work (exit code {process.exitcode})"
        log.error("%s: %s; it is replaced", self._name, text)
        self._replace()
        return text

    def _overdue(self, route: str, timeout: float | None) -> str:
        text = f"the work took longer than {timeout:g} seconds, the time limit of {route}, and was stopped"
        log.error("%s: %s; its worker process is replaced", self._name, text)
        self.kill()
        self._replace()
        return text

    def _replace(self) -> None:
        self.close()
        try:
            self.load()
        except Exception:
            log.exception("%s: a new worker process does not start; it is tried again with the next call", self._name)

    def close(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.join(1)
            if process.is_alive():
                process.kill()
                process.join()

    def kill(self) -> None:
        """End the process at once, from another thread; the job that it has fails."""
        process = self._process
        if process is not None:
            process.kill()


def module_of(service: Service) -> str:
    """Return the name under which another process can import the module that declares a service."""
    if service.module != "__main__":
        return service.module
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return service.module if spec is None else f"{spec.name}"


def _child(
    connection: "Connection[Any, Any]", module: str, name: str, max_pixels: int, level: str, form: Format
) -> None:
    # A signal to the whole group is for the server, which lets its workers finish; they end when their pipe closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    configure(level, form)
    try:
        imported = import_module(module)
        if module.endswith("__main__"):
            sys.modules["__main__"] = imported
        service = declared[name]
        service.load()
    except BaseException as error:
        log.exception("%s: loading failed", name)
        connection.send(f"{type(error).__name__}: {error}")
        return
    connection.send(None)
    while True:
        try:
            job: Job = connection.recv()
        except EOFError:
            return
        connection.send(perform(service, job, max_pixels))
