"""What may happen around a task, drawn as pairs of a name and a number that chooses what it is about.

The choice leans to what has an effect: the calls that are open, the services that are waited for. A part of it does
not, and there is an adversary who makes up call ids.
"""

from collections.abc import Callable

from engine.pipeline.nodes import ServiceNode
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallHeld,
    CallReturned,
    CallSent,
    Cancelled,
    Event,
    InstanceLost,
    Resumed,
    Retried,
    ServiceAway,
    ServiceBack,
    Submitted,
    TimerDue,
)
from tests.task.scenes import SECOND
from tests.task.world import OUTS, World

_URLS = ("http://one/work", "http://two/work")
_UNKNOWN = "f" * 64


def act(world: World, action: str, number: int) -> None:
    """Let one drawn action happen; `number` is 0 to 255."""
    if world.task.status == "error" and number % 2:
        action = "retried"
    if action == "tick":
        world.now += number * SECOND // 50
    elif action == "wait":
        world.now = max(world.now, world.task.due or 0)
        world.tell(TimerDue())
    else:
        world.tell(_EVENTS[action](world, number))


def _any_call(world: World, number: int) -> str:
    """Any call that was ever made, the last ones first."""
    calls = list(world.calls) or [_UNKNOWN]
    return calls[-1 - number // 4 % len(calls)]


def _open_call(world: World, number: int) -> str:
    """Mostly the last call of a node that is being called, sometimes any."""
    runs = [run for run in world.task.nodes.values() if run.phase in ("calling", "held")]
    return runs[number // 4 % len(runs)].attempts[-1].id if runs and number % 4 else _any_call(world, number)


def _late_call(world: World, number: int) -> str:
    """Mostly a call that another attempt has followed, of a node that is not settled."""
    runs = [run for run in world.task.nodes.values() if run.state == "running"]
    calls = [attempt.id for run in runs for attempt in run.attempts[:-1] if attempt.turn == run.turn]
    return calls[number // 4 % len(calls)] if calls and number % 4 else _any_call(world, number)


def _back(world: World, number: int) -> Event:
    """The services that are waited for, or any."""
    ids = [node_id for node_id, run in world.task.nodes.items() if run.phase == "away" or not number % 4]
    nodes = [node for node in map(world.pipeline.nodes.get, ids) if isinstance(node, ServiceNode)]
    return ServiceBack(frozenset(node.service or node.url or "" for node in nodes[number // 4 % 2 :] or nodes))


def _lost(world: World, number: int) -> Event:
    """An instance that has taken a call, or any."""
    runs = [run for run in world.task.nodes.values() if run.phase == "calling" and run.attempts[-1].accepted]
    url = runs[number // 4 % len(runs)].attempts[-1].url if runs and number % 4 else None
    return InstanceLost(url or _URLS[number % 2])


def _forged(world: World, number: int) -> Event:
    call = _any_call(world, number)
    made_up = (call[:-1] + "g", call[:32] + "0" * 32, call[32:] * 2, "", call.upper() + "0", _UNKNOWN)
    forged = made_up[number % len(made_up)]
    events = (
        CallReturned(forged, {"a": 666}),
        CallFailed(forged, "forged", False),
        CallAccepted(forged, "x", world.now),
    )
    return events[number % 3]


_EVENTS: dict[str, Callable[[World, int], Event]] = {
    "returned": lambda world, n: CallReturned(_open_call(world, n), OUTS[n % 8], _URLS[n % 2] if n % 3 else None),
    "late": lambda world, n: CallReturned(_late_call(world, n), OUTS[n % 8]),
    "failed": lambda world, n: CallFailed(
        _open_call(world, n), f"broken {n}", True, (None, 0.0, 3.0, 1e9)[n // 16 % 4]
    ),
    "failed late": lambda world, n: CallFailed(_late_call(world, n), f"late {n}", n % 3 == 0),
    "failed for good": lambda world, n: CallFailed(_open_call(world, n), "refused", False, url=_URLS[n % 2]),
    "accepted": lambda world, n: CallAccepted(_open_call(world, n), _URLS[n % 2], world.now),
    "held": lambda world, n: CallHeld(_open_call(world, n), _URLS[n % 2]),
    "sent": lambda world, n: CallSent(_open_call(world, n)),
    "away": lambda world, n: ServiceAway(_open_call(world, n), "blur"),
    "back": _back,
    "lost": _lost,
    "timer": lambda world, n: TimerDue(),
    "resumed": lambda world, n: Resumed(world.now + n % 3 - 1),
    "cancelled": lambda world, n: Cancelled(),
    "retried": lambda world, n: Retried(),
    "submitted": lambda world, n: Submitted(OUTS[n % 8]),
    "forged": _forged,
    "again": lambda world, n: world.last,
}

ACTIONS = (
    *("returned", "failed", "accepted", "wait", "away", "back") * 3,
    *("late", "lost", "tick", "timer", "resumed", "forged", "held", "sent") * 2,
    *("failed late", "failed for good", "cancelled", "retried", "submitted", "again"),
)
"""Actions, by how often they are drawn."""
