"""The discrete events of the simulation, held against results of queueing theory."""

import random

import pytest

from benchmarks.queueing import Journey, Lock, Machine, Station, Work

CUSTOMERS = 10_000


class Queue:
    """One station that customers come to by chance, `rate` a second; `mean` seconds of work for each."""

    def __init__(self, rate: float, mean: float, exponential: bool) -> None:
        self.machine, self.station = Machine(cores=1.0), Station("one")
        self.times: list[float] = []
        self._present = self.area = 0.0
        self._seen = 0.0
        chance, at = random.Random(7), 0.0
        for _ in range(CUSTOMERS):
            at += chance.expovariate(rate)
            self.machine.start(self._customer(chance.expovariate(1 / mean) if exponential else mean), at)
        self.machine.run(float("inf"))

    def _customer(self, seconds: float) -> Journey:
        begin = self.machine.now
        self._count(1)
        yield Work(self.station, seconds)
        self._count(-1)
        self.times.append(self.machine.now - begin)

    def _count(self, change: int) -> None:
        self.area += self._present * (self.machine.now - self._seen)
        self._seen = self.machine.now
        self._present += change

    @property
    def mean(self) -> float:
        return sum(self.times) / len(self.times)


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7])
def test_exponential_work_takes_as_long_as_an_m_m_1_queue_says(load: float) -> None:
    queue = Queue(load, 1.0, exponential=True)
    assert queue.mean == pytest.approx(1 / (1 - load), rel=0.08)


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7])
def test_constant_work_takes_as_long_as_an_m_d_1_queue_says(load: float) -> None:
    """Pollaczek and Khinchine: the wait is load / (2 (1 - load)) of the work."""
    queue = Queue(load, 1.0, exponential=False)
    assert queue.mean == pytest.approx(1 + load / (2 * (1 - load)), rel=0.08)


def test_littles_law_holds() -> None:
    """The mean number of customers that are there is their rate times the mean time that each stays: exactly."""
    queue = Queue(0.6, 1.0, exponential=True)
    rate = CUSTOMERS / queue.machine.now
    assert queue.area / queue.machine.now == pytest.approx(rate * queue.mean, rel=1e-9)


def test_a_station_is_busy_for_the_work_that_it_was_given() -> None:
    queue = Queue(0.6, 1.0, exponential=False)
    assert queue.station.busy == pytest.approx(CUSTOMERS * 1.0, rel=1e-9)
    assert queue.station.turns == CUSTOMERS


def run(cores: float, stations: list[Station], seconds: float) -> float:
    """When all of them have done so many seconds of work that begin at once."""
    machine = Machine(cores)

    def journey(station: Station) -> Journey:
        yield Work(station, seconds)

    for station in stations:
        machine.start(journey(station))
    machine.run(float("inf"))
    return machine.now


def test_stations_share_the_cores() -> None:
    assert run(2.0, [Station("a"), Station("b")], 1.0) == pytest.approx(1.0)
    assert run(2.0, [Station(name) for name in "abcd"], 1.0) == pytest.approx(2.0)
    assert run(0.5, [Station("a")], 1.0) == pytest.approx(2.0)


def test_one_station_uses_one_core_at_most() -> None:
    station = Station("a")
    assert run(8.0, [station, station, station], 1.0) == pytest.approx(3.0)


def test_what_waits_together_pays_for_one_turn() -> None:
    machine, station, ends = Machine(1.0), Station("writer", fixed=1.0, pause=2.0, grouped=True), list[float]()

    def journey() -> Journey:
        yield Work(station, 0.5)
        ends.append(machine.now)

    for at in (0.0, 0.1, 0.2):
        machine.start(journey(), at)
    machine.run(float("inf"))
    # The first has a turn of its own (1 + 0.5, then the pause of 2); the two that came meanwhile share the next.
    assert ends == pytest.approx([3.5, 7.5, 7.5])
    assert station.turns == 2 and station.busy == pytest.approx(3.5)


def test_a_lock_is_held_by_one_and_looked_at_again_after_pauses() -> None:
    lock = Lock((0.3, 0.4))
    stations = [Station(name, pause=1.0, lock=lock) for name in "ab"]
    machine, ends = Machine(2.0), list[float]()

    def journey(station: Station) -> Journey:
        yield Work(station, 0.0)
        ends.append(machine.now)

    for station in stations:
        machine.start(journey(station))
    machine.run(float("inf"))
    # The second looks at 0, 0.3, 0.7 and 1.1: at the last of them the first has let go.
    assert ends == pytest.approx([1.0, 2.1])


def test_time_stops_where_it_is_told_to() -> None:
    machine, station = Machine(1.0), Station("a")

    def journey() -> Journey:
        yield Work(station, 10.0)

    machine.start(journey())
    machine.run(4.0)
    assert machine.now == 4.0 and station.busy == pytest.approx(4.0)
