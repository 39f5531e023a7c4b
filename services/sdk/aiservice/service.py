"""A service and its operations, as its author declares them; nothing here serves, listens or runs."""

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, TypeVar

from prometheus_client.registry import Collector

from aiservice.descriptions import result_of
from aiservice.parameters import Parameter, Received, bind, parameters_of
from aiservice.protocol import Api
from aiservice.results import Writer, writer_of
from aiservice.samples import sample_body
from aiservice.settings import Settings, WrongSetting, read_settings

Function = TypeVar("Function", bound=Callable[..., Any])

_PATH = re.compile(r"^(/[A-Za-z0-9._~-]+)+$")
_OWN = ("tasks", "health", "metrics", "docs", "openapi.json", "swagger")

LONGEST_WORK = 86_400
"""Seconds: the longest time limit of an operation."""

declared: dict[str, "Service"] = {}
"""Every service of this process by its name: a worker process finds its own here after it has imported the module."""


class Operation:
    """One operation: a function, where it is reached, and what its hints and its docstring say about it."""

    def __init__(
        self, function: Callable[..., Any], path: str, api: Api, parameters: list[Parameter], timeout: float | None
    ) -> None:
        self.function = function
        self.path = path
        self.api = api
        self.parameters = parameters
        self.timeout = timeout
        self.writer: Writer = writer_of(function)

    @property
    def route(self) -> str:
        """The operation's name, here and in the engine."""
        return self.api.route

    @property
    def takes_files(self) -> bool:
        """Whether its body is multipart: then at least one parameter is a binary."""
        return any(parameter.is_binary for parameter in self.parameters)

    def bind(self, received: Received) -> dict[str, Any]:
        """Return the arguments of one call. Raises Problem (400, 422)."""
        return bind(self.parameters, received)


@dataclass(frozen=True, slots=True)
class Page:
    """What `GET {path}` answers: the JSON object that a function gives."""

    path: str
    function: Callable[[], dict[str, Any]]
    summary: str
    description: str


class Service:
    """A set of operations that run in the same workers.

    `workers` calls run at the same time (the variable APP_WORKERS overrides it), each in a thread, or with `processes`
    each in a process of its own. It listens on `port`, where APP_PORT does not say another.
    """

    def __init__(
        self, name: str, summary: str = "", *, workers: int = 1, processes: bool = False, port: int = 8080
    ) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name):
            raise ValueError(f"the name of a service has letters, digits, `.`, `_` and `-` only, not {name!r}")
        if workers < 1:
            raise ValueError("a service needs at least one worker")
        if not 0 <= port <= 65_535:
            raise ValueError(f"a port is a number from 0 to 65535, not {port!r}")
        self.name = name
        self.summary = summary
        self.workers = workers
        self.processes = processes
        self.port = port
        self.operations: list[Operation] = []
        self.loaders: list[Callable[[], Any]] = []
        self.pages: list[Page] = []
        self.details: list[Callable[[], dict[str, Any]]] = []
        self.collectors: list[Collector] = []
        self.module: str = sys._getframe(1).f_globals.get("__name__", "__main__")
        declared[name] = self

    def operation(
        self,
        route: str,
        *,
        path: str,
        example: dict[str, Any] | None = None,
        summary: str | None = None,
        description: str | None = None,
        timeout: float | None = None,
    ) -> Callable[[Function], Function]:
        """Declare an operation; the function itself is left as it is.

        `example` is the body of an operation without binaries, with example values. `timeout` is the longest time, in
        seconds, that one call may work: its process is then killed and replaced, and the call fails for good. Raises
        TypeError or ValueError, at import, for what cannot work: a parameter without type, an async function, a path
        or route taken or wrong, a time limit where calls run in threads.
        """

        def declare(function: Function) -> Function:
            self._check(route, path, function)
            self._check_timeout(timeout, function)
            parameters = parameters_of(function)
            first, _, rest = cleandoc(function.__doc__ or "").partition("\n")
            api = Api(
                route=route,
                body=_body_of(function, parameters, example),
                summary=first.strip() if summary is None else summary,
                description=rest.strip() if description is None else description,
                result=result_of(function),
            )
            self.operations.append(Operation(function, path, api, parameters, timeout))
            return function

        return declare

    def on_load(self, function: Function) -> Function:
        """Run this function, which takes nothing, in the worker before the service is ready."""
        self.loaders.append(function)
        return function

    def page(self, path: str) -> Callable[[Function], Function]:
        """Answer `GET {path}` with the JSON object that this function gives, which takes nothing and may block.

        It runs in a thread of the server's process, with `processes` too: what workers know it must be told. Raises
        ValueError, at import, for a path that is taken or wrong.
        """

        def declare(function: Function) -> Function:
            self._check_path(path)
            first, _, rest = cleandoc(function.__doc__ or "").partition("\n")
            self.pages.append(Page(path, function, first.strip(), rest.strip()))
            return function

        return declare

    def on_ready(self, function: Function) -> Function:
        """Show what this function gives, a JSON object, in the answer of `GET /health/ready` too. It is called in the
        server's process, and must not block."""
        self.details.append(function)
        return function

    def collect(self, collector: Collector) -> None:
        """Show the figures of a collector of `prometheus_client` in `GET /metrics` too, from the server's process."""
        self.collectors.append(collector)

    def run(self) -> None:
        """Serve until a signal says to stop; exits with 0, 1 after a failure, 2 for a wrong setting."""
        settings = _settings_or_exit(self.port)
        # Only a service that runs needs the server: declaring one, and its worker processes, start faster without.
        from aiservice.server import main

        sys.exit(main(self, settings))

    def load(self) -> None:
        """Run what was declared with `on_load`, in order."""
        for loader in self.loaders:
            loader()

    def find(self, route: str) -> Operation:
        """Return an operation by its route. Raises KeyError."""
        for operation in self.operations:
            if operation.route == route:
                return operation
        raise KeyError(route)

    def _check(self, route: str, path: str, function: Callable[..., Any]) -> None:
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__qualname__}: an operation is a plain function (def); it runs in a worker")
        self._check_path(path)
        if any(operation.route == route for operation in self.operations):
            raise ValueError(f"the route {route!r} is declared twice")

    def _check_path(self, path: str) -> None:
        if not _PATH.match(path) or path.split("/")[1] in _OWN or {".", ".."} & set(path.split("/")):
            raise ValueError(f"the path {path!r} cannot be used; take one like '/blur' (not {', '.join(_OWN)})")
        if path in {each.path for each in self.operations} | {each.path for each in self.pages}:
            raise ValueError(f"the path {path!r} is declared twice")

    def _check_timeout(self, timeout: float | None, function: Callable[..., Any]) -> None:
        if timeout is None:
            return
        if not 0 < timeout <= LONGEST_WORK:
            raise ValueError(f"{function.__qualname__}: a time limit is more than 0 and at most {LONGEST_WORK} seconds")
        if not self.processes:
            raise ValueError(
                f"{function.__qualname__}: a time limit needs Service(..., processes=True): a thread cannot be stopped"
            )


def _settings_or_exit(port: int) -> Settings:
    try:
        return read_settings(port)
    except WrongSetting as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _body_of(function: Callable[..., Any], parameters: list[Parameter], example: dict[str, Any] | None) -> Any:
    if any(parameter.is_binary for parameter in parameters):
        if example is not None:
            raise TypeError(f"{function.__qualname__}: an example is for operations without binaries")
        return [parameter.name for parameter in parameters if parameter.required]
    return sample_body(parameters) if example is None else example
