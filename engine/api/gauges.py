"""What Prometheus is shown of the state of the engine, as it is when somebody asks: tasks, calls, breakers, services,
stores, and the engines beside it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from engine.breakers import STATES
from engine.census import Census
from engine.health import Health
from engine.instances import Instances
from engine.members import Members
from engine.metrics import Metrics, gauge
from engine.turnstile import Turnstile

_LEVELS = {state: float(level) for level, state in enumerate(STATES)}
MOST_ADDRESSES = 200
"""How many breakers are shown; those that have failed last go first."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """See the module. `waiting` counts the events in the queues of tasks, `routes` are those that are open."""

    metrics: Metrics
    turnstile: Turnstile
    instances: Instances
    health: Health
    members: Members
    census: Census
    waiting: Callable[[], int]
    routes: Callable[[], Iterable[str]]

    def __call__(self) -> Iterable[Metric]:
        """All of it. What is not open any more drops out of the counters."""
        alive = Counter[str]()
        for instance in self.instances.all():
            alive[instance.route] += instance.alive
        self.metrics.drop({*self.routes(), *alive})
        yield from self._tasks()
        yield gauge("engine_service_alive", "Instances of an operation that are alive", alive, "route")
        yield from self._calls(alive)
        yield from self._breakers()
        yield from self._stores()
        about = "Engines on these stores that live, as this one sees it"
        yield GaugeMetricFamily("engine_members", about, value=self.members.living)

    def _tasks(self) -> Iterable[Metric]:
        census = self.census
        if census.running is not None:
            yield GaugeMetricFamily("engine_tasks_running", "Running tasks in the store", value=census.running)
            about = "Age of the oldest running task"
            yield GaugeMetricFamily("engine_tasks_oldest_seconds", about, value=census.oldest_seconds())
        about = "Events that wait for the task that they happen to"
        yield GaugeMetricFamily("engine_events_waiting", about, value=self.waiting())
        if census.room is not None:
            free, total = census.room
            yield GaugeMetricFamily("engine_disk_free_bytes", "Room on the disk of the embedded stores", value=free)
            yield GaugeMetricFamily("engine_disk_bytes", "Size of the disk of the embedded stores", value=total)

    def _calls(self, known: Iterable[str]) -> Iterable[Metric]:
        sending, waiting = Counter(dict.fromkeys(known, 0)), Counter(dict.fromkeys(known, 0))
        for url, count in self.turnstile.gates.counts():
            sending[self.metrics.service(url)] += count
        for name, count in self.turnstile.lengths():
            waiting[self.metrics.service(name)] += count
        yield gauge("engine_calls_under_way", "Calls sent and not answered", sending, "service")
        yield gauge("engine_calls_waiting", "Calls that wait for their turn", waiting, "service")

    def _breakers(self) -> Iterable[Metric]:
        breakers = self.turnstile.breakers
        states = {url.partition("?")[0]: _LEVELS[shown.breaker] for url, shown in breakers.all()}
        last = dict(list(states.items())[-MOST_ADDRESSES:])
        yield gauge("engine_breaker_state", "0 closed, 1 half-open, 2 open; addresses that have failed", last, "url")
        about = "Changes of breakers, by new state"
        transitions = CounterMetricFamily("engine_breaker_transitions", about, labels=["to"])
        for state, count in breakers.transitions.items():
            transitions.add_metric([state], count)
        yield transitions

    def _stores(self) -> Iterable[Metric]:
        seen = self.health.seen
        there = {name: float(store.why is None) for name, store in seen.items()}
        yield gauge("engine_store_up", "Whether the store is there", there, "store")
        away = {name: self.health.seconds(store) for name, store in seen.items()}
        yield gauge("engine_store_away_seconds", "For how long the store is away", away, "store")
