"""Discrete events: processes that wait for work, and share the cores of a machine while they do it.

A `Station` is a process that does one thing at a time. As many as there are cores run at full speed; where more have
work at the same moment, each gets an equal share of the cores (processor sharing, as a fair scheduler gives over times
longer than its slices). A `Journey` is a generator of steps that one customer makes: `Work` at a station, or a number
of seconds that pass without using a core. All is deterministic: equal moments are served in the order of their making.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Work:
    """So many seconds of a core at a station. The journey goes on when that is done."""

    station: Station
    seconds: float


Journey = Generator["Work | float", None, None]


@dataclass
class Lock:
    """What only one station at a time may hold. Who finds it taken sleeps and looks again (`pauses`, then the last)."""

    pauses: tuple[float, ...]
    holder: Station | None = None


@dataclass
class Station:
    """A process. `grouped`: it does all that waits for it together, at the price of one `fixed` and one `pause`.

    `fixed` are seconds of a core for each turn, `pause` seconds without one after it, before anybody goes on. `lock` is
    held during both; `gap` seconds lie between a turn and the next. `busy` are the seconds of a core that it has used,
    `turns` how often it began, `looks` how often it has found the lock taken.
    """

    name: str
    fixed: float = 0.0
    pause: float = 0.0
    gap: float = 0.0
    grouped: bool = False
    lock: Lock | None = None
    queue: deque[tuple[float, Journey]] = field(default_factory=deque)
    serving: list[Journey] = field(default_factory=list)
    left: float = 0.0
    busy: float = 0.0
    turns: int = 0
    looks: int = 0

    def __hash__(self) -> int:
        return id(self)


class Machine:
    """The cores, the clock (`now`, seconds) and everybody on their way."""

    def __init__(self, cores: float) -> None:
        self.now = 0.0
        self._cores = cores
        self._running: dict[Station, None] = {}
        self._timers: list[tuple[float, int, Station | Journey]] = []
        self._numbers = itertools.count()

    def start(self, journey: Journey, seconds: float = 0.0) -> None:
        """Let a customer begin, after some time."""
        self._later(seconds, journey)

    def run(self, until: float) -> None:
        """Let time pass until that moment, or until nothing happens any more."""
        while True:
            speed = min(1.0, self._cores / len(self._running)) if self._running else 1.0
            first = min(self._running, key=_left, default=None)
            done = self.now + first.left / speed if first is not None else float("inf")
            timer = self._timers[0][0] if self._timers else float("inf")
            moment = min(done, timer)
            if moment > until:
                if until < float("inf"):
                    self._pass(until, speed)
                return
            if moment == float("inf"):
                return
            self._pass(moment, speed)
            if timer <= done:
                self._ring(heapq.heappop(self._timers)[2])
            elif first is not None:
                self._worked(first)

    def _pass(self, moment: float, speed: float) -> None:
        share = (moment - self.now) * speed
        self.now = moment
        for station in self._running:
            station.left -= share
            station.busy += share

    def _later(self, seconds: float, what: Station | Journey) -> None:
        heapq.heappush(self._timers, (self.now + seconds, next(self._numbers), what))

    def _ring(self, what: Station | Journey) -> None:
        if not isinstance(what, Station):
            self._go_on(what)
        elif what.serving:
            self._finish(what)
        else:
            self._begin(what)

    def _go_on(self, journey: Journey) -> None:
        step = next(journey, None)
        if step is None:
            return
        if isinstance(step, Work):
            step.station.queue.append((step.seconds, journey))
            if not step.station.serving and len(step.station.queue) == 1:
                self._begin(step.station)
        else:
            self._later(step, journey)

    def _begin(self, station: Station) -> None:
        lock = station.lock
        if lock is not None and lock.holder not in (None, station):
            pause = lock.pauses[min(station.looks, len(lock.pauses) - 1)]
            station.looks += 1
            self._later(pause, station)
            return
        if lock is not None:
            lock.holder, station.looks = station, 0
        taken = [station.queue.popleft() for _ in range(len(station.queue) if station.grouped else 1)]
        station.serving = [journey for _, journey in taken]
        station.left = station.fixed + sum(seconds for seconds, _ in taken)
        station.turns += 1
        self._running[station] = None

    def _worked(self, station: Station) -> None:
        del self._running[station]
        if station.pause > 0:
            self._later(station.pause, station)
        else:
            self._finish(station)

    def _finish(self, station: Station) -> None:
        served, station.serving = station.serving, []
        if station.lock is not None:
            station.lock.holder = None
        if station.queue and station.gap:
            self._later(station.gap, station)
        elif station.queue:
            self._begin(station)
        for journey in served:
            self._go_on(journey)


def _left(station: Station) -> float:
    return station.left
