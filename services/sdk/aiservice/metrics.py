"""What Prometheus is told."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The figures of one service, in a registry of their own."""

    def __init__(self, operations: Iterable[str], collectors: Iterable[Collector] = ()) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        for collector in collectors:
            self.registry.register(collector)
        self._calls = Counter(
            "aiservice_calls", "Calls that have ended, by how", ["operation", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "aiservice_call_seconds", "Time in the worker", ["operation"], registry=self.registry, buckets=_BUCKETS
        )
        self._callbacks = Counter(
            "aiservice_callback_attempts", "Callbacks that were tried", ["outcome"], registry=self.registry
        )
        self.rejected = Counter("aiservice_rejected", "Calls refused: the queue was full", registry=self.registry)
        self.queue = Gauge("aiservice_queue", "Calls taken and not worked off", registry=self.registry)
        self.waiting = Gauge("aiservice_waiting", "Requests that wait for a result", registry=self.registry)
        self.delivering = Gauge("aiservice_delivering", "Callbacks on their way", registry=self.registry)
        for operation in operations:
            self._seconds.labels(operation)
            for outcome in ("done", "input", "again", "failed"):
                self._calls.labels(operation, outcome)

    def call(self, operation: str, outcome: str, seconds: float) -> None:
        """Count a call that has ended."""
        self._calls.labels(operation, outcome).inc()
        self._seconds.labels(operation).observe(seconds)

    def callback(self, outcome: str) -> None:
        """Count an attempt to deliver a callback: `delivered`, `refused` or `failed`."""
        self._callbacks.labels(outcome).inc()

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self.registry)
