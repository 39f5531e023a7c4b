"""What the other parts of an engine are built on: the stores as they are measured, and what is known of services."""

from dataclasses import dataclass

from engine.binaries.base import BinaryStore
from engine.breakers import Breakers
from engine.clock import Clock
from engine.health import BINARIES, DATABASE, Health
from engine.instances import Instances
from engine.measured import measured_binaries, measured_database
from engine.members import Members
from engine.metrics import Metrics
from engine.news import Hub
from engine.registry import Registry
from engine.settings import Settings
from engine.store.base import Store
from engine.turnstile import Turnstile
from engine.watch import Watch


@dataclass(frozen=True, slots=True)
class Core:
    """See the module."""

    clock: Clock
    metrics: Metrics
    hub: Hub
    watch: Watch
    binaries: BinaryStore
    store: Store
    members: Members
    instances: Instances
    registry: Registry
    turnstile: Turnstile
    health: Health


def make_core(settings: Settings, metrics: Metrics, database: Store, objects: BinaryStore) -> Core:
    """Put it together; nothing is started."""
    clock = Clock()
    store = measured_database(database, DATABASE, metrics.asked)
    binaries = measured_binaries(objects, BINARIES, metrics.asked)
    members = Members(store, clock)
    instances = Instances(store, clock)
    registry = Registry(store, clock, instances, members)
    turnstile = Turnstile(instances, Breakers(), settings.app_max_calls, settings.app_max_service_calls)
    health = Health({DATABASE: store.ping, BINARIES: binaries.ping}, clock)
    metrics.operation, turnstile.gates.on_lost = instances.operation, metrics.given_up
    return Core(clock, metrics, Hub(), Watch(), binaries, store, members, instances, registry, turnstile, health)
