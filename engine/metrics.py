"""What is counted for Prometheus, and how it is fed. One object per engine, so that several can live in one process.

The methods are called by the event loop alone, many of them for every task: none waits, reads or asks.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.accounts import Counts, Names, Spread
from engine.pipeline.flow import Pipeline
from engine.task.events import CallAccepted, CallFailed, CallReturned, Event, ServiceAway
from engine.task.task import Task

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
SHORT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def gauge(name: str, about: str, values: Mapping[str, float], label: str) -> Metric:
    """A gauge as it is now: one value for each value of `label`."""
    family = GaugeMetricFamily(name, about, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


@lru_cache(4_096)
def place_of(url: str) -> str:
    """The host and port of a URL, and nothing else of it; a route as it is."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "unknown"
    host = parts.hostname or "unknown"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _One(Collector):
    """One family, as the library wants it for writing."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        return [self._family]


class Metrics:
    """See the module. `balance`: how many more root tasks this engine has seen begin than end. `operation` tells the
    route of the operation that is called by an address, and is given any other name back. `on_end` is told of
    every root task that has ended."""

    def __init__(self) -> None:
        self.balance = 0
        self.on_end: Callable[[Task], None] = lambda task: None
        self.operation: Callable[[str], str] = lambda name: name
        self._routes, self._services = Names(), Names()
        self._looks: list[Callable[[], Iterable[Metric]]] = []
        self._process = ProcessCollector(registry=CollectorRegistry())
        self._submitted = Counts("engine_tasks_submitted", "Tasks created", "route")
        self._ended = Counts("engine_tasks_ended", "Tasks ended", "route", "status")
        self._seconds = Spread("engine_task_seconds", "From submission to end", SECONDS, "route")
        self._nodes = Counts("engine_nodes", "States that nodes of tasks have taken on", "type", "state")
        self._node_seconds = Spread("engine_node_seconds", "From a node's start to its end", SECONDS, "type")
        self._calls = Counts("engine_calls", "Calls, by what came of them", "service", "outcome")
        about = "From sending a call to its result, where it brought one"
        self._call_seconds = Spread("engine_call_seconds", about, SECONDS, "service")
        self._retries = Counts("engine_retries", "Further attempts of calls that had failed", "service")
        about = "Submissions refused, by what there were too many of"
        self._refused = Counts("engine_tasks_refused", about, "of")
        self._turned_away = Counts("engine_requests_refused", "Requests answered 401, 403 and 429", "status")
        self._sandbox_seconds = Spread("engine_sandbox_seconds", "Runs of code, with their waiting", SHORT_SECONDS)
        self._sandbox = Counts("engine_sandbox_runs", "Runs of code, by how they ended", "outcome")
        self._lag = Spread("engine_loop_lag_seconds", "How late the event loop came to a timer", SHORT_SECONDS)
        about = "Operations of the stores, by how long they took"
        self._store_seconds = Spread("engine_store_seconds", about, SHORT_SECONDS, "store", "operation")
        self._by_route = (self._submitted, self._ended, self._seconds)
        self._by_service = (self._calls, self._call_seconds, self._retries)
        for counts, values in (
            (self._refused, ("requests", "tasks")),
            (self._turned_away, ("401", "403", "429")),
            (self._sandbox, ("ok", "error", "timeout", "killed")),
        ):
            for value in values:
                counts.add((value,), 0)

    # Tasks

    def refused(self, of: str) -> None:
        """A submission was not taken."""
        self._refused.add((of,))

    def submitted(self, route: str) -> None:
        """A task was created that has no parent."""
        self.balance += 1
        self._submitted.add((self._routes.of(route),))

    def saved(self, pipeline: Pipeline, task: Task, known: int) -> None:
        """A task was saved, whose history had `known` lines before. Lines that only tell what a node waits for, or what
        was taken over from another task, are no new states."""
        nodes, count = pipeline.nodes, self._nodes.add
        for line in task.history[known:]:
            state = line.state
            if line.node is None:
                if known and state == "running" and task.origin is None:
                    self.balance += 1  # it was retried, and will end again
            elif line.detail is None or state == "error":
                node = nodes.get(line.node)
                kind = node.type if node is not None else "unknown"
                count((kind, state))
                if state != "running":
                    started = task.node(line.node).started
                    if started is not None and line.at >= started:
                        self._node_seconds.note((kind,), (line.at - started) / 1_000_000)

    def ended(self, task: Task) -> None:
        """A task has ended that has no parent."""
        self.balance -= 1
        self.on_end(task)
        route = self._routes.of(task.route)
        self._ended.add((route, task.status))
        if task.ended is not None:
            self._seconds.note((route,), (task.ended - task.created) / 1_000_000)

    # Calls

    def called(self, event: Event, seconds: float | None = None, name: str | None = None) -> None:
        """A call was made, and this came of it after so many seconds, where that is known. `name` is what was called,
        where the event does not tell."""
        if isinstance(event, CallReturned):
            service = self._service(name or event.url)
            self._calls.add((service, "returned"))
            if seconds is not None:
                self._call_seconds.note((service,), seconds)
        elif isinstance(event, CallAccepted):
            self._calls.add((self._service(event.url), "accepted"))
        elif isinstance(event, CallFailed):
            self._calls.add((self._service(name or event.url), "retry" if event.again else "failed"))
        elif isinstance(event, ServiceAway):
            self._calls.add((self._service(event.service), "away"))

    def given_up(self, name: str, outcome: str) -> None:
        """A call was not sent (`refused`), brought nothing in time (`timeout`), or went with its instance (`lost`)."""
        self._calls.add((self._service(name), outcome))

    def retried(self, name: str) -> None:
        """A further attempt of a call is made."""
        self._retries.add((self._service(name),))

    def _service(self, name: str | None) -> str:
        return self._services.of(place_of(self.operation(name or "")))

    def service(self, name: str) -> str:
        """What a route or an address is counted as."""
        return self._service(name)

    # What it runs on

    def turned_away(self, status: int) -> None:
        """A request was answered 401, 403 or 429."""
        self._turned_away.add((str(status),))

    def ran_code(self, seconds: float, outcome: str) -> None:
        """The sandbox has run code: `ok`, `error`, `timeout` or `killed`."""
        self._sandbox_seconds.note((), seconds)
        self._sandbox.add((outcome,))

    def late(self, seconds: float) -> None:
        """The event loop came so late to a timer."""
        self._lag.note((), seconds)

    def asked(self, store: str, operation: str, seconds: float) -> None:
        """A store has done an operation, or failed to."""
        self._store_seconds.note((store, operation), seconds)

    # Shown

    def show(self, look: Callable[[], Iterable[Metric]]) -> None:
        """Show this too, whenever somebody asks."""
        self._looks.append(look)

    def drop(self, kept: Collection[str]) -> None:
        """Forget the routes and services that are neither among `kept` nor were heard of for a while."""
        now = time.monotonic()
        for names, accounts in ((self._routes, self._by_route), (self._services, self._by_service)):
            gone = frozenset(names.drop(kept, now))
            for account in accounts if gone else ():
                account.drop(gone)

    def families(self) -> Iterator[Metric]:
        """All there is, one after the other."""
        for account in vars(self).values():
            if isinstance(account, Counts | Spread):
                yield account.family()
        for look in self._looks:
            yield from look()
        yield from self._process.collect()

    async def text(self) -> bytes:
        """The Prometheus text format. Others have their turn in between: there may be thousands of lines."""
        parts = []
        for family in self.families():
            parts.append(generate_latest(_One(family)))
            await asyncio.sleep(0)
        return b"".join(parts)
