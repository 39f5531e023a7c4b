"""What Prometheus is told of models, answers and drift."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prometheus_client import Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from .recognizer import Recognizer

ANSWERS = Counter("digit_answers", "Digits read, by the model that answered", ["role", "digit"], registry=None)
WITHOUT = Counter("digit_without", "Pictures that were refused", ["reason"], registry=None)
FEEDBACK = Counter("digit_feedback", "Right answers that were sent", ["model"], registry=None)
KEPT_NOT = Counter("digit_keep_failed", "Pictures that could not be kept", registry=None)

for _role in ("served", "candidate"):
    for _digit in range(10):
        ANSWERS.labels(_role, str(_digit))
for _reason in ("blank", "several"):
    WITHOUT.labels(_reason)
for _model in ("right", "wrong", "not asked"):
    FEEDBACK.labels(_model)

COUNTERS: tuple[Collector, ...] = (ANSWERS, WITHOUT, FEEDBACK, KEPT_NOT)


class State(Collector):
    """Figures that are read when they are asked for; none before the models are loaded."""

    def __init__(self, find: Callable[[], Recognizer | None]) -> None:
        self._find = find

    def describe(self) -> Iterable[Metric]:
        """Nothing: no name is known before the models are."""
        return []

    def collect(self) -> Iterable[Metric]:
        found = self._find()
        if found is None:
            return
        yield from self._models(found)
        yield from self._drift(found)
        if found.keeper is not None:
            yield GaugeMetricFamily("digit_kept", "Pictures kept for labelling", value=len(found.keeper))

    def _models(self, found: Recognizer) -> Iterable[Metric]:
        now = found.registry.serving
        info = GaugeMetricFamily("digit_model", "The models that answer", labels=["role", "model", "version"])
        info.add_metric(["served", now.served.name, now.served.version], 1)
        if now.candidate is not None:
            info.add_metric(["candidate", now.candidate.name, now.candidate.version], 1)
        yield info
        both = CounterMetricFamily(
            "digit_candidate_calls", "Calls that candidate and served model were asked", labels=["outcome"]
        )
        for outcome, count in found.registry.compared_calls.items():
            both.add_metric([outcome], count)
        yield both
        refused = CounterMetricFamily("digit_model_refused", "Published models that were not taken up", labels=["role"])
        for role, count in found.registry.refused.items():
            refused.add_metric([role], count)
        yield refused
        yield CounterMetricFamily("digit_model_swaps", "New models that have been taken up", value=found.registry.swaps)

    def _drift(self, found: Recognizer) -> Iterable[Metric]:
        watch = found.watch
        index = GaugeMetricFamily(
            "digit_drift_psi", "Population stability index to the training data", labels=["feature"]
        )
        for name, reading in watch.readings().items():
            index.add_metric([name], reading.value)
        yield index
        yield GaugeMetricFamily(
            "digit_drift_alert", "1 while the pictures have drifted", value=int(watch.alert is not None)
        )
        yield CounterMetricFamily("digit_drift_alerts", "Alerts that have begun", value=watch.alerts)
