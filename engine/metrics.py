"""What is counted for Prometheus. One registry per engine, so that several can live in one process."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from engine.task.events import CallAccepted, CallFailed, CallReturned, Event
from engine.task.task import Task

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Metrics:
    """The counters and how they are fed."""

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
        self._outcomes: dict[str, Counter] = {}

    def submitted(self, route: str) -> None:
        """A task was created."""
        self._submitted.labels(route).inc()

    def ended(self, task: Task) -> None:
        """A task has ended."""
        self._ended.labels(task.route, task.status).inc()
        if task.ended is not None:
            self._seconds.labels(task.route).observe((task.ended - task.created) / 1_000_000)

    def called(self, event: Event) -> None:
        """A call was made, and this came of it."""
        if isinstance(event, CallFailed):
            outcome = "retry" if event.again else "failed"
        else:
            outcome = {CallAccepted: "accepted", CallReturned: "returned"}.get(type(event), "away")
        counter = self._outcomes.get(outcome)
        if counter is None:
            counter = self._outcomes[outcome] = self._calls.labels(outcome)
        counter.inc()

    def text(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self._registry)
