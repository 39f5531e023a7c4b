"""What Prometheus is shown of the state of the engine: calls, breakers, stores, and the engines beside it."""

from collections.abc import Iterable

from prometheus_client.core import Metric

from engine.breakers import STATES
from engine.health import Health
from engine.members import Members
from engine.metrics import counter, gauge
from engine.turnstile import Turnstile

_LEVELS = {state: float(level) for level, state in enumerate(STATES)}


def gauges(turnstile: Turnstile, health: Health, members: Members) -> Iterable[Metric]:
    """All of it, as it is now."""
    yield gauge("engine_calls_under_way", "Calls sent and not answered", [("", turnstile.gates.sending)])
    yield gauge("engine_calls_waiting", "Calls that wait for their turn", [("", turnstile.waiting)])
    breakers = turnstile.breakers
    states = [(url, _LEVELS[shown.breaker]) for url, shown in breakers.all()]
    yield gauge("engine_breaker_state", "0 closed, 1 half-open, 2 open; addresses that have failed", states, "url")
    yield counter("engine_breaker_transitions", "Changes of breakers, by new state", breakers.transitions.items(), "to")
    stores = health.seen.items()
    yield gauge("engine_store_up", "Whether the store is there", [(n, s.why is None) for n, s in stores], "store")
    away = [(name, health.seconds(seen)) for name, seen in stores]
    yield gauge("engine_store_away_seconds", "For how long the store is away", away, "store")
    yield gauge("engine_members", "Engines on these stores that live, as this one sees it", [("", members.living)])
