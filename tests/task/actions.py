"""What may happen in the world of a task, drawn by chance; and what helps, so that all comes to an end.

Chance leans to what has an effect: what is under way, the calls that are open, the services that are waited for. A part
of it does not, and there is an adversary who makes up call ids.
"""

from collections.abc import Callable
from typing import Any

from engine.pipeline.nodes import ServiceNode
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallHeld,
    CallReturned,
    CallSent,
    Cancelled,
    ChildStarted,
    CodeFailed,
    CodeRan,
    Event,
    InstanceLost,
    ItemFailed,
    ItemsEnded,
    Resumed,
    Retried,
    ServiceAway,
    ServiceBack,
    Submitted,
    TimerDue,
)
from tests.task.outs import OUTS, steady_out
from tests.task.scenes import SECOND
from tests.task.world import World

URLS = ("http://one/work", "http://two/work")
UNKNOWN = "f" * 64
LATE = (CallReturned, CallFailed, ChildStarted, CodeRan, CodeFailed, ItemsEnded, ItemFailed)
"""Events that may come again at any time, when nobody waits for them any more."""

UNREST = 0.2
"""How often something happens to an engine while all that helps goes on, until it has happened often enough."""

ANSWERED = 0.4
"""What is above that is how often a service answers meanwhile, although more is under way."""

MOST_STEPS = 4_000
"""A task that has not ended after so many things that help hangs."""


def act(world: World, number: int) -> None:
    """Let one thing happen; `number` chooses what, and what it is about."""
    number, kind = divmod(number, len(KINDS))
    name = KINDS[kind]
    if name == "bag" and world.bag:
        world.happen(number)
    elif name == "twice" and world.bag:
        world.bag.append(world.bag[number % len(world.bag)])
        world.happen(number)
    elif name in ("bag", "twice", "call"):
        _of_call(world, number)
    else:
        _WORLD[name](world, number)


# What comes of calls


def _of_call(world: World, number: int) -> None:
    """Mostly of one that is open, sometimes of any that was ever made."""
    number, chance = divmod(number, 8)
    known = list(world.open if chance and world.open else world.calls)
    if not known:
        return
    call = known[-1 - number // 16 % len(known)]
    task_id, node, _ = world.calls[call]
    answer = _ANSWERS[number % 16]
    event = answer(call, number // 16)
    by_request = world.place(world.tasks[task_id]).pipeline.nodes[node].type != "service"
    if isinstance(event, CallAccepted | ServiceAway) and by_request:
        event = CallReturned(call, OUTS[number % 8])
    given = world.open.get(call)
    engine = None if given is None or not (by_request or isinstance(event, _OWN)) else given[2]
    world.hear(task_id, event, engine)
    if isinstance(event, CallReturned | CallFailed | ServiceAway) and not _waits(world, call):
        world.open.pop(call, None)


def _waits(world: World, call: str) -> bool:
    """Whether the last attempt of a node is this one, and under way."""
    task_id, node, _ = world.calls[call]
    run = world.tasks[task_id].node(node)
    return run.phase in ("calling", "held") and run.attempts[-1].id == call


_OWN = (CallHeld, CallSent, CallAccepted, ServiceAway)
"""What the engine that makes a call hears or finds itself."""

_ANSWERS: tuple[Callable[[str, int], Event], ...] = (
    *[lambda call, n: CallReturned(call, OUTS[n % 8], URLS[n % 2] if n % 3 else None)] * 6,
    *[lambda call, n: CallFailed(call, f"broken {n % 9}", True, (None, 0.0, 3.0, 1e9)[n // 16 % 4])] * 2,
    *[lambda call, n: CallAccepted(call, URLS[n % 2], n)] * 2,
    *[lambda call, n: ServiceAway(call, "blur")] * 2,
    lambda call, n: CallHeld(call, URLS[n % 2]),
    lambda call, n: CallSent(call),
    lambda call, n: CallFailed(call, "refused", n % 3 > 0, url=URLS[n % 2]),
    lambda call, n: CallReturned(call, OUTS[n % 8]),
)


# What comes of time, services, crashes and clients


def _timer(world: World, number: int) -> None:
    """Time passes until the next timer, and those that are due go off."""
    due = next_due(world)
    if due is not None:
        world.now = max(world.now, due)
        ring(world)


def ring(world: World) -> None:
    """Tell all tasks whose timers are due."""
    for task in world.running():
        if task.due is not None and task.due <= world.now:
            world.hear(task.id, TimerDue())


def next_due(world: World) -> int | None:
    """The earliest timer."""
    return min((task.due for task in world.running() if task.due is not None), default=None)


def back(world: World, number: int) -> None:
    """Services that are waited for, or some of them, are back."""
    names = set()
    for task in world.running():
        level = world.place(task).pipeline
        nodes = [level.nodes[node_id] for node_id, run in task.nodes.items() if run.phase == "away"]
        names |= {node.service or node.url or "" for node in nodes if isinstance(node, ServiceNode)}
    chosen = frozenset(name for place, name in enumerate(sorted(names)) if (number >> place) % 4)
    for task in world.running():
        world.hear(task.id, ServiceBack(chosen))


def _lost(world: World, number: int) -> None:
    for task in world.running():
        world.hear(task.id, InstanceLost(URLS[number % 2]))


def _resumed(world: World, number: int) -> None:
    """Code is left to be run, or somebody finds late that engines have died."""
    world.hear(world.root, Resumed(frozenset(world.engines.dead if number % 3 else ())))


def _forged(world: World, number: int) -> None:
    call = next(reversed(world.calls), UNKNOWN)
    made_up = (call[:-1] + "g", call[:32] + "0" * 32, call[32:] * 2, "", call.upper() + "0", UNKNOWN)
    forged = made_up[number % len(made_up)]
    events: tuple[Event, ...] = (
        CallReturned(forged, {"a": 666}),
        CallFailed(forged, "forged", False),
        CallAccepted(forged, "x", world.now),
    )
    for task in world.tasks.values():
        before = world.tasks[task.id]
        world.hear(task.id, events[number % 3])
        assert world.tasks[task.id] is before, "a call that was made up changed a task"


def _to_root(event: Callable[[int], Event]) -> Callable[[World, int], Any]:
    return lambda world, number: world.hear(world.root, event(number))


def _late(world: World, number: int) -> None:
    """Something that has happened before happens again. The answer to a question that was asked again is one to it."""
    if not world.past:
        return
    task_id, event = world.past[-1 - number % min(len(world.past), 40)]
    if not isinstance(event, LATE):
        return
    task = world.tasks[task_id]
    if isinstance(event, CodeRan) and (task.node(event.node).more.step, task.node(event.node).turn) == (
        event.step,
        event.turn,
    ):
        return
    world.hear(task_id, event)


def _tick(world: World, number: int) -> None:
    world.now += number % 200 * SECOND // 20


_WORLD: dict[str, Callable[[World, int], Any]] = {
    "timer": _timer,
    "tick": _tick,
    "back": back,
    "lost": _lost,
    "crash": lambda world, number: world.engines.crash(number),
    "sleep": lambda world, number: world.engines.stop(number),
    "wake": lambda world, number: world.engines.wake(number),
    "look": lambda world, number: world.engines.look(number),
    "reconcile": lambda world, number: world.engines.reconcile(),
    "late": _late,
    "forged": _forged,
    "resumed": _resumed,
    "cancelled": lambda world, number: number % 4 == 0 and world.hear(world.root, Cancelled()),
    "retried": _to_root(lambda number: Retried()),
    "submitted": _to_root(lambda number: Submitted(OUTS[number % 8])),
}

KINDS = (
    *["bag"] * 20,
    *["call"] * 14,
    *["timer"] * 3,
    *["back", "twice", "late"] * 2,
    *["tick", "lost", "crash", "look", "forged", "resumed", "cancelled", "retried", "submitted"],
    *["sleep", "wake", "reconcile"],
)
"""What may happen, by how often it is drawn."""


# What helps


def drive(world: World, answer: bool) -> None:
    """Let all that is under way happen, all services answer, or with `answer` False all timers go off, until nothing
    runs any more."""
    for _ in range(MOST_STEPS):
        chance = world.rng.random() if world.unrest else 1.0
        if chance < UNREST:
            world.unrest -= 1
            world.engines.disturb()
        elif chance < ANSWERED and world.open and answer:
            _return(world)
        elif world.bag:
            world.happen(world.rng.getrandbits(16))
        elif world.engines.reconcile() or (world.rng.random() < 0.3 and world.engines.settle()):
            continue
        elif not world.running():
            if not world.engines.settle():
                return
        else:
            world.engines.all_is_in_hand()
            _outside(world, answer)
    raise AssertionError("the task does not come to an end")


def _outside(world: World, answer: bool) -> None:
    """What goes on is outside of the engines: services answer, or time passes."""
    if world.open and (answer or next_due(world) is None):
        _return(world)
    elif not _go_on(world, answer):
        raise AssertionError(f"the task hangs: {[task.id[:4] for task in world.running()]}")


def _return(world: World) -> None:
    call = world.rng.choice(list(world.open))
    task_id, node, engine = world.open.pop(call)
    task = world.tasks[task_id]
    out = steady_out(world.place(task).frame(task), node) if world.steady else OUTS[0]
    world.hear(task_id, CallReturned(call, out), engine if world.rng.random() < 0.5 else None)


def _go_on(world: World, answer: bool) -> bool:
    """Nothing is in the bag: time has to pass, or a service to come back."""
    due = next_due(world)
    if due is None:
        return False
    if answer and any(task.waiting for task in world.running()):
        back(world, 2**30 - 1)
        return True
    for task in world.running():
        for run in task.nodes.values():
            if run.phase == "held":
                world.hear(task.id, CallSent(run.attempts[-1].id), run.attempts[-1].engine)
                return True
    world.now = max(world.now, due)
    ring(world)
    return True
