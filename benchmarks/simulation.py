"""A simulation of engines, their store and services: how many tasks a second, and how long each takes.

The model. A task is a walk: the client sends it, an engine decides and saves it, and for each node the engine makes a
call, the service answers, the engine decides and saves; then the client hears. Each process is a station
(`benchmarks/queueing.py`) and all of them share the cores of the machine. An engine's event loop takes all that waits
for it in one turn, so a turn costs `wake` and each event in it `event`. The writer of SQLite takes all saves that wait
into one transaction, which holds the lock of the file: so much for the transaction, for each save, and for the disk.
MongoDB's server gets `commands` for each save, one after the other. How much work each is, is measured; nothing in
here is fitted to a throughput.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.queueing import Journey, Lock, Machine, Station, Work
from benchmarks.rows import percentile

NODES = 3
VISITS = 2 + 2 * NODES
"""How often a task comes to an engine's loop: its submission, each call, each answer, and the reply to the client."""

SAVES = 1 + NODES
_SHAPE = 4.0
"""Of the gamma distribution of each piece of work: its standard deviation is half of its mean."""

_LOCK_PAUSES = (0.001, 0.002, 0.005, 0.010, 0.015, 0.020, 0.025, 0.025, 0.025, 0.050, 0.050, 0.100)
"""Seconds that SQLite sleeps before it looks at a lock again (sqliteDefaultBusyCallback in its source)."""

_WARM = 0.2
"""The share of the tasks at the start that is not counted."""


@dataclass(frozen=True)
class Costs:
    """Seconds of a core: `client` and `balancer` for a task, `service` for a call, `wake` and `event` as above.

    SQLite: `commit` for a transaction and `save` for each save in it, `sync` seconds without a core. MongoDB:
    `commands` for each save, `command` seconds of the server's for one; 0 commands: SQLite.
    """

    client: float
    balancer: float
    service: float
    wake: float
    event: float
    commit: float = 0.0
    save: float = 0.0
    sync: float = 0.0
    commands: float = 0.0
    command: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where it runs: engines behind a balancer, clients that each have one task under way, cores for all of it."""

    engines: int
    clients: int
    cores: float
    shards: int = 1
    services: int = 1


@dataclass
class Outcome:
    """What comes of it: tasks a second, seconds a task, `busy`: cores used by each station, events in a turn."""

    rate: float
    p50: float
    p95: float
    busy: dict[str, float]
    together: float


@dataclass
class _Parts:
    """The stations."""

    clients: Station
    balancer: Station
    services: list[Station]
    engines: list[Station]
    writers: list[Station]
    servers: list[Station]

    def all(self) -> Iterator[Station]:
        """Every one of them."""
        yield from (self.clients, self.balancer, *self.services, *self.engines)
        yield from (*self.writers, *self.servers)


@dataclass
class _Run:
    """One simulation under way."""

    costs: Costs
    place: Place
    tasks: int
    random: random.Random
    machine: Machine
    parts: _Parts
    times: list[tuple[float, float]] = field(default_factory=list)
    begun: int = 0

    def client(self, number: int) -> Journey:
        """One client, task after task."""
        while self.begun < self.tasks:
            self.begun += 1
            begin = self.machine.now
            yield from self._task(number % self.place.engines)
            self.times.append((self.machine.now, self.machine.now - begin))

    def _task(self, engine: int) -> Journey:
        costs, parts = self.costs, self.parts
        loop = parts.engines[engine]
        shard = self.random.randrange(self.place.shards)
        yield self._work(parts.clients, costs.client / 2)
        yield self._work(parts.balancer, costs.balancer / 2)
        yield self._work(loop, costs.event)
        yield from self._save(engine, shard)
        for _ in range(NODES):
            yield self._work(loop, costs.event)
            yield self._work(self.random.choice(parts.services), costs.service)
            yield self._work(loop, costs.event)
            yield from self._save(engine, shard)
        yield self._work(loop, costs.event)
        yield self._work(parts.balancer, costs.balancer / 2)
        yield self._work(parts.clients, costs.client / 2)

    def _save(self, engine: int, shard: int) -> Journey:
        if not self.costs.commands:
            yield self._work(self.parts.writers[engine], self.costs.save)
            return
        for _ in range(3):  # the counter, the change, the task: one waits for the other
            yield self._work(self.parts.servers[shard], self.costs.command * self.costs.commands / 3)

    def _work(self, station: Station, seconds: float) -> Work:
        return Work(station, self.random.gammavariate(_SHAPE, seconds / _SHAPE) if seconds > 0 else 0.0)


def simulate(costs: Costs, place: Place, tasks: int, seed: int = 1) -> Outcome:
    """Let so many tasks happen. The same arguments give the same outcome."""
    lock = Lock(_LOCK_PAUSES)
    engines = range(place.engines)
    parts = _Parts(
        Station("clients"),
        Station("balancer"),
        [Station(f"service {number}") for number in range(place.services)],
        [Station(f"engine {number}", fixed=costs.wake, grouped=True) for number in engines],
        [_writer(number, costs, lock) for number in engines],
        [Station(f"server {number}") for number in range(place.shards)],
    )
    run = _Run(costs, place, tasks, random.Random(seed), Machine(place.cores), parts)
    for number in range(place.clients):
        run.machine.start(run.client(number))
    run.machine.run(float("inf"))
    return _outcome(run)


def _writer(number: int, costs: Costs, lock: Lock) -> Station:
    """Between two transactions its thread waits for the interpreter's lock, which the loop holds for a turn."""
    gap = costs.wake + costs.event
    return Station(f"writer {number}", fixed=costs.commit, pause=costs.sync, gap=gap, grouped=True, lock=lock)


def _outcome(run: _Run) -> Outcome:
    skipped = int(len(run.times) * _WARM)
    counted = run.times[skipped:]
    seconds = counted[-1][0] - run.times[skipped - 1][0] if skipped else counted[-1][0]
    turns = sum(station.turns for station in run.parts.engines)
    return Outcome(
        len(counted) / seconds,
        percentile([each for _, each in counted], 0.5),
        percentile([each for _, each in counted], 0.95),
        {station.name: station.busy / run.machine.now for station in run.parts.all() if station.busy},
        len(run.times) * VISITS / turns,
    )


def wake_and_event(costs: Costs, place: Place, alone: float, together: float, tasks: int = 1_000) -> Costs:
    """The costs with `wake` and `event`, from an engine's measured seconds a task: with one client, and with those of
    `place`. How many events share a turn is what the simulation itself finds, so it is asked until that stands still.
    """
    shared = 4.0
    for _ in range(8):
        wake = max((alone - together) / VISITS / (1.0 - 1.0 / shared), 0.0)
        event = max(alone / VISITS - wake, 0.1 * alone / VISITS)
        costs = _with(costs, wake, event)
        shared = 0.5 * shared + 0.5 * max(simulate(costs, place, tasks).together, 1.05)
    return costs


def _with(costs: Costs, wake: float, event: float) -> Costs:
    return Costs(**{**costs.__dict__, "wake": wake, "event": event})
