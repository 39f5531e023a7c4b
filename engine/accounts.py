"""Numbers that grow, by labels: cheap enough for the path of every request, and bounded in how many there can be.

The counters of prometheus_client take a lock for each number, since there any thread may count. Here only the event
loop counts, so a number is an entry of a dictionary; the library writes them out (`family`).
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

MOST_NAMES = 200
"""How many routes or services are told apart; what comes above that is counted as `OTHER`."""

OTHER = "other"
FORGOTTEN_SECONDS = 900.0
"""After so long without an event what is not open any more drops out; by then every Prometheus has read it."""

Key = tuple[str, ...]


class Names:
    """The values that a label takes: the most recent of them, and no more than `MOST_NAMES`."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._used: set[str] = set()

    def of(self, name: str) -> str:
        """What the name is counted as."""
        if name not in self._seen:
            if len(self._seen) >= MOST_NAMES:
                return OTHER
            self._seen[name] = 0.0
        self._used.add(name)
        return name

    def drop(self, kept: Collection[str], now: float) -> list[str]:
        """Forget, and return, the names that are neither among `kept` nor were used for a while."""
        self._seen.update(dict.fromkeys(self._used, now))
        self._used.clear()
        gone = [n for n, seen in self._seen.items() if n not in kept and now - seen > FORGOTTEN_SECONDS]
        for name in gone:
            del self._seen[name]
        return gone


class Counts:
    """How often something happened."""

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._rows: dict[Key, int] = {}

    def add(self, key: Key, number: int = 1) -> None:
        """It happened, under these values of the labels."""
        rows = self._rows
        rows[key] = rows.get(key, 0) + number

    def drop(self, names: Collection[str]) -> None:
        """Forget what was counted under these values of the first label."""
        self._rows = {key: number for key, number in self._rows.items() if key[0] not in names}

    def family(self) -> Metric:
        """As Prometheus is shown it."""
        family = CounterMetricFamily(self._name, self._about, labels=self._labels)
        for key, number in self._rows.items():
            family.add_metric(key, number)
        return family


class Spread:
    """How long something took, in seconds: a histogram. `bounds` are the upper ends of its buckets."""

    def __init__(self, name: str, about: str, bounds: Sequence[float], *labels: str) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._bounds = tuple(bounds)
        self._shown = [*map(floatToGoString, bounds), "+Inf"]
        self._rows: dict[Key, list[float]] = {}
        if not labels:
            self._rows[()] = self._empty()

    def _empty(self) -> list[float]:
        """A number for each bucket, one for what is above them, and the sum."""
        return [0.0] * (len(self._bounds) + 2)

    def note(self, key: Key, seconds: float) -> None:
        """It took so long, under these values of the labels."""
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._empty()
        row[bisect_left(self._bounds, seconds)] += 1.0
        row[-1] += seconds

    def drop(self, names: Collection[str]) -> None:
        """Forget what was noted under these values of the first label."""
        self._rows = {key: row for key, row in self._rows.items() if key[0] not in names}

    def family(self) -> Metric:
        """As Prometheus is shown it."""
        family = HistogramMetricFamily(self._name, self._about, labels=self._labels)
        for key, row in self._rows.items():
            buckets = list(zip(self._shown, accumulate(row[:-1]), strict=True))
            family.add_metric(key, buckets, sum_value=row[-1])
        return family
