"""What is counted for Prometheus. One registry per engine, so that several can live in one process."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.task.events import CallAccepted, CallFailed, CallReturned, Event
from engine.task.task import Task

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Look(Collector):
    """What is not counted but looked at, when somebody asks."""

    def __init__(self, look: Callable[[], Iterable[Metric]]) -> None:
        self._look = look

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        return self._look()

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that nothing is looked at before somebody asks."""
        return []


def gauge(name: str, about: str, values: Iterable[tuple[str, float]], label: str | None = None) -> Metric:
    """A gauge as it is now: one value for each `label`, or the only one under any."""
    family = GaugeMetricFamily(name, about, labels=[label] if label else None)
    for key, value in values:
        family.add_metric([key] if label else [], value)
    return family


def counter(name: str, about: str, values: Iterable[tuple[str, float]], label: str) -> Metric:
    """A counter as it is now: one value for each `label`."""
    family = CounterMetricFamily(name, about, labels=[label])
    for key, value in values:
        family.add_metric([key], value)
    return family


class Metrics:
    """The counters and how they are fed. `balance`: how many more root tasks this engine has seen begin than end."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._submitted = Counter("engine_tasks_submitted", "Tasks created", ["route"], registry=self._registry)
        self._ended = Counter("engine_tasks_ended", "Tasks ended", ["route", "status"], registry=self._registry)
        self._seconds = Histogram(
            "engine_task_seconds",
            "From submission to end",
            ["route"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._calls = Counter("engine_calls", "Calls made, by what they brought", ["outcome"], registry=self._registry)
        self._refused = Counter(
            "engine_tasks_refused",
            "Submissions refused, by what there were too many of",
            ["of"],
            registry=self._registry,
        )
        for of in ("requests", "tasks"):
            self._refused.labels(of)
        self._outcomes = {"refused": self._calls.labels("refused")}
        self.balance = 0

    def show(self, look: Callable[[], Iterable[Metric]]) -> None:
        """Show this too, whenever somebody asks."""
        self._registry.register(Look(look))

    def refused(self, of: str) -> None:
        """A submission was not taken."""
        self._refused.labels(of).inc()

    def submitted(self, route: str) -> None:
        """A task was created."""
        self.balance += 1
        self._submitted.labels(route).inc()

    def ended(self, task: Task) -> None:
        """A task has ended."""
        self.balance -= 1
        self._ended.labels(task.route, task.status).inc()
        if task.ended is not None:
            self._seconds.labels(task.route).observe((task.ended - task.created) / 1_000_000)

    def called(self, event: Event) -> None:
        """A call was made, and this came of it."""
        if isinstance(event, CallFailed):
            outcome = "retry" if event.again else "failed"
        else:
            outcome = {CallAccepted: "accepted", CallReturned: "returned"}.get(type(event), "away")
        self._outcome(outcome)

    def not_sent(self) -> None:
        """A call was not sent, because those before it have failed."""
        self._outcome("refused")

    def _outcome(self, outcome: str) -> None:
        counted = self._outcomes.get(outcome)
        if counted is None:
            counted = self._outcomes[outcome] = self._calls.labels(outcome)
        counted.inc()

    def text(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self._registry)
