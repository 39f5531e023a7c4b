"""The calls of a node whose work is a request: its attempts, their pauses and deadlines."""

from dataclasses import replace

from engine.pipeline.nodes import HttpNode, Retry, ServiceNode
from engine.task.attempt import Attempt, call_id
from engine.task.draft import Draft
from engine.task.events import EndChild, MakeCall
from engine.task.task import NodeRun, Phase

MAX_RETRY_AFTER = 3_600.0
"""Seconds: a service cannot put a node off for longer than this at a time."""

GRACE = 5.0
"""Seconds for which the end of a request that keeps its timeout by itself is waited for beyond that."""

KEPT_ATTEMPTS = 20
"""How many attempts of earlier turns a node remembers."""

_ONCE = Retry()
_UNSAFE = ("POST", "PATCH")


def node_of(draft: Draft, node_id: str) -> ServiceNode | HttpNode:
    """The node, whose work is a request."""
    node = draft.pipeline.nodes[node_id]
    assert isinstance(node, ServiceNode | HttpNode)
    return node


def is_unsafe(node: ServiceNode | HttpNode) -> bool:
    """Whether the request must not be made again where it may have been processed (RFC 9110, 9.2.2)."""
    return isinstance(node, HttpNode) and node.verb in _UNSAFE and node.retry is None


def name_of(node: ServiceNode | HttpNode) -> str:
    """What is called: an address, or the route of an operation."""
    return node.url or (node.service if isinstance(node, ServiceNode) else None) or ""


def call(draft: Draft, node_id: str) -> None:
    """Make the next attempt of a running node."""
    run = draft.change(node_id)
    number = sum(attempt.turn == run.turn for attempt in run.attempts)
    call_name = call_id(draft.given.id, draft.given.seal, node_id, run.turn, number)
    attempt = Attempt(call_name, run.turn, draft.now, engine=draft.engine)
    if len(run.attempts) - number > KEPT_ATTEMPTS:
        run.attempts = run.attempts[len(run.attempts) - number - KEPT_ATTEMPTS :]
    run.attempts = (*run.attempts, attempt)
    run.tried += 1
    expect(draft, node_id)
    draft.commands.append(MakeCall(node_id, attempt.id))


def make_again(draft: Draft, node_id: str) -> None:
    """Let this engine make the last attempt of a node, under the same id."""
    last = draft.node(node_id).attempts[-1]
    if last.engine != draft.engine:
        set_attempt(draft, node_id, replace(last, engine=draft.engine))
    draft.commands.append(MakeCall(node_id, last.id))


def expect(draft: Draft, node_id: str) -> None:
    """Expect the last attempt of a node to come back in time."""
    run, node = draft.change(node_id), node_of(draft, node_id)
    seconds = node.timeout + (GRACE if isinstance(node, HttpNode) else 0.0)
    run.phase, run.due, run.waiting = "calling", draft.now + int(seconds * 1_000_000), None


def hold(draft: Draft, node_id: str, url: str) -> None:
    """The last attempt waits for room in the service, unless that has taken it, from another engine."""
    if draft.node(node_id).attempts[-1].accepted is None:
        draft.note(node_id, f"{url} has as much to do as it takes").phase = "held"


def hold_again(draft: Draft, node_id: str) -> None:
    """Look after an attempt that waits for room: the engine that made it is told once more. Another one leaves it."""
    node, last = node_of(draft, node_id), draft.node(node_id).attempts[-1]
    draft.change(node_id).due = draft.now + int(node.timeout * 1_000_000)
    if last.engine == draft.engine:
        draft.commands.append(MakeCall(node_id, last.id))


def attempt_of(run: NodeRun, call: str) -> Attempt:
    """The attempt of this id."""
    return next(attempt for attempt in run.attempts if attempt.id == call)


def is_under_way(run: NodeRun, call: str, phase: Phase) -> bool:
    """Whether this is the last attempt, and the node in this phase."""
    return run.phase == phase and run.attempts[-1].id == call


def set_attempt(draft: Draft, node_id: str, attempt: Attempt) -> None:
    """Put the changed attempt in the place of the one that had its id."""
    run = draft.change(node_id)
    run.attempts = tuple(attempt if known.id == attempt.id else known for known in run.attempts)


def lost(draft: Draft, node_id: str, message: str) -> None:
    """The last attempt will not come back; a late callback of it is still taken."""
    last = draft.node(node_id).attempts[-1]
    set_attempt(draft, node_id, replace(last, ended=draft.now, error=message))
    if last.task is not None:
        draft.commands.append(EndChild(last.task))
    draft.change(node_id).patience = None
    again(draft, node_id, message, at_once=True)


def again(draft: Draft, node_id: str, message: str, after: float | None = None, at_once: bool = False) -> None:
    """Make another attempt, after a pause or at once, or fail where there were enough."""
    retry = node_of(draft, node_id).retry or _ONCE
    run = draft.node(node_id)
    if run.tried >= retry.attempts:
        count = f" ({run.tried} attempts)" if run.tried > 1 else ""
        draft.fail(node_id, f"{message}{count}")
    elif at_once:
        call(draft, node_id)
    else:
        asked = (after or 0.0) * (1 + 0.2 * _spread(run))
        pause = max(_pause(retry, run), min(asked, MAX_RETRY_AFTER))
        waiting = f"attempt {run.tried} failed: {message}; the next follows in {pause:.1f} s"
        due = draft.now + int(pause * 1_000_000)
        run = draft.note(node_id, waiting)
        run.phase, run.due = "pausing", due


def _pause(retry: Retry, run: NodeRun) -> float:
    """Seconds until the next attempt: they grow, give or take a fifth, so that many tasks do not come back at once."""
    steady: float = min(retry.delay * retry.factor ** (run.tried - 1), retry.max_delay)
    return steady * (0.8 + 0.4 * _spread(run))


def _spread(run: NodeRun) -> float:
    """Between 0 and 1, from the id of the last call: that is random enough, and no decision differs when repeated."""
    return int(run.attempts[-1].id[-4:], 16) / 0xFFFF
