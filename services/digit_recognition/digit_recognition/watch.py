"""What the service sees, in a sliding window, beside what its model was trained with: drift."""

from __future__ import annotations

import math
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .features import CONFIDENCE, PREDICTED, WATCHED
from .manifest import Manifest
from .psi import SIGNIFICANT, Level, level_of, psi, smoothed

NEEDED = 100
"""Pictures in the window before anything is said of drift."""

STEP = 10
"""The index is computed for every tenth picture."""

IN_A_ROW = 3
"""An alert begins and ends when this many computations in a row say so."""

CALM = 0.2
"""An alert ends when all indices are below this."""

CHANCE = 5.0
"""Standard deviations of an index above its mean, both without any drift, that chance is not believed to reach."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The index of one feature; `chance` is what it may reach without any drift, for so few pictures."""

    value: float
    chance: float

    @property
    def alarming(self) -> bool:
        return self.value >= SIGNIFICANT and self.value > self.chance

    @property
    def level(self) -> Level:
        return level_of(self.value)


@dataclass(frozen=True, slots=True)
class Alert:
    """`number` counts the alerts of this process; `features` are those that raised it."""

    number: int
    since: str
    features: tuple[str, ...]


class _Column:
    """How often each bin of a feature was met within the window."""

    def __init__(self, expected: list[float]) -> None:
        self.expected = expected
        self.counts = [0] * len(expected)

    def reading(self, pictures: int, reference: int) -> Reading:
        value = psi(self.expected, smoothed(self.counts))
        free = len(self.expected) - 1
        chance = (free + CHANCE * math.sqrt(2 * free)) * (1 / pictures + 1 / max(reference, 1))
        return Reading(value, chance)


class Watch:
    """Statistics for one model; methods may be called from any thread. Of a picture nothing is kept but its bins."""

    def __init__(self, manifest: Manifest, window: int, alerts: int = 0) -> None:
        """`alerts` is the number of alerts that there were before, with other models."""
        self.manifest = manifest
        self._lock = threading.Lock()
        self._window: deque[tuple[int, ...]] = deque(maxlen=window)
        references = {name: part for name, part in manifest.distributions().items() if name in WATCHED}
        self._edges = {name: part.edges for name, part in references.items()}
        self._columns = {name: _Column(part.shares) for name, part in references.items()}
        classes = manifest.classes()
        self._labels = {} if classes is None else {label: at for at, label in enumerate(classes.labels)}
        if classes is not None:
            self._columns[PREDICTED] = _Column(classes.shares)
        self._reference = manifest.dataset.test
        self._readings: dict[str, Reading] = {}
        self._row = 0
        self.seen = 0
        self.alerts = alerts
        self.alert: Alert | None = None

    def add(self, features: Mapping[str, float], confidence: float, digit: int) -> None:
        """Take a picture into the window, the oldest leaving it."""
        values = {**features, CONFIDENCE: confidence}
        bins = tuple(
            self._labels.get(digit, -1) if name == PREDICTED else bisect_right(self._edges[name], values[name])
            for name in self._columns
        )
        with self._lock:
            if len(self._window) == self._window.maxlen:
                self._count(self._window[0], -1)
            self._window.append(bins)
            self._count(bins, 1)
            self.seen += 1
            if self.seen % STEP == 0 and len(self._window) >= NEEDED:
                self._measure()

    def _count(self, bins: tuple[int, ...], by: int) -> None:
        for column, at in zip(self._columns.values(), bins, strict=True):
            if at >= 0:
                column.counts[at] += by

    def _measure(self) -> None:
        pictures = len(self._window)
        self._readings = {name: column.reading(pictures, self._reference) for name, column in self._columns.items()}
        alarming = tuple(name for name, reading in self._readings.items() if reading.alarming)
        if self.alert is None:
            self._row = self._row + 1 if alarming else 0
        else:
            self._row = self._row + 1 if all(reading.value < CALM for reading in self._readings.values()) else 0
        if self._row < IN_A_ROW:
            return
        self._row = 0
        if self.alert is None:
            self.alerts += 1
            self.alert = Alert(self.alerts, now_text(), alarming)
        else:
            self.alert = None

    def readings(self) -> dict[str, Reading]:
        """Return the last index of each feature; nothing before there are enough pictures."""
        return dict(self._readings)

    def view(self) -> dict[str, Any]:
        """Return the state as JSON."""
        with self._lock:
            alert, readings = self.alert, self._readings
            return {
                "model": self.manifest.name,
                "version": self.manifest.version,
                "window": self._window.maxlen,
                "pictures": len(self._window),
                "needed": NEEDED,
                "seen": self.seen,
                "features": {name: self._feature(name, readings.get(name)) for name in self._columns},
                "alert": alert is not None,
                "since": None if alert is None else alert.since,
                "because": [] if alert is None else list(alert.features),
                "alerts": self.alerts,
            }

    def _feature(self, name: str, reading: Reading | None) -> dict[str, Any]:
        column = self._columns[name]
        return {
            "psi": None if reading is None else round(reading.value, 4),
            "chance": None if reading is None else round(reading.chance, 4),
            "level": None if reading is None else reading.level,
            "counts": list(column.counts),
            "expected": [round(share, 4) for share in column.expected],
            **({"labels": list(self._labels)} if name == PREDICTED else {"edges": self._edges[name]}),
        }


def now_text() -> str:
    """Return the time, UTC, as ISO 8601 writes it, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
