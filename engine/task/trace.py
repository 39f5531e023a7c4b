"""The trace of a task, and the ids of its spans. Pure.

All of it follows from the task's document: so whoever makes a call, or repeats it after a crash on another engine, says
the same `traceparent`, and the spans that are told in the end fit to it. Ids of spans come from ids by BLAKE2b, so
that a span's id, which services and receivers of traces see, tells nothing of the call id that it comes from.
"""

from hashlib import blake2b

from aiservice.protocol.trace_context import SPAN_DIGITS, TRACE_DIGITS, is_chosen, parse_traceparent, traceparent
from engine.task.task import Task

_NONE = "0" * SPAN_DIGITS
_TASK, _NODE, _CALL = b"task", b"node", b"call"


def trace_id_of(task: Task) -> str:
    """The id of the task's trace, 32 hexadecimal digits: that of the client's trace, where it has sent a `traceparent`;
    else the random part of the root task's id."""
    client = None if task.trace is None else parse_traceparent(task.trace)
    return task.root[-TRACE_DIGITS:] if client is None else client.trace


def is_sampled(task: Task, ratio: float) -> bool:
    """Whether spans of the task are wanted: as the client has said, else so many of all (0 to 1)."""
    return _trace_of(task, ratio)[1]


def call_header(task: Task, call: str, ratio: float) -> str:
    """The `traceparent` that a call of the task carries. Where no spans are wanted it names none: whoever gets it must
    only know the trace and that it is not looked at, and an id must be there."""
    trace, sampled = _trace_of(task, ratio)
    own = trace[-SPAN_DIGITS:]
    return traceparent(trace, call_span(call) if sampled or own == _NONE else own, sampled)


def _trace_of(task: Task, ratio: float) -> tuple[str, bool]:
    """The id of the task's trace, and whether spans of it are wanted."""
    client = None if task.trace is None else parse_traceparent(task.trace)
    if client is not None:
        return client.trace, client.sampled
    own = task.root[-TRACE_DIGITS:]
    return own, is_chosen(own, ratio)


def task_span(task_id: str, number: int) -> str:
    """The id of the span of a task; `number` counts the rounds in which it ran."""
    return _digest(_TASK, task_id if number <= 1 else f"{task_id}/{number}")


def node_span(task_id: str, node_id: str, turn: int) -> str:
    """The id of the span of a node in one of its turns."""
    return _digest(_NODE, f"{task_id}/{node_id}/{turn}")


def call_span(call: str) -> str:
    """The id of the span of a call, from the call's id."""
    return _digest(_CALL, call)


def parent_span(task: Task) -> str:
    """The id of the span that the task's own belongs to: of its loop's node, of the call that it answers, or the
    client's; empty where there is none."""
    origin = task.origin
    if origin is not None:
        return node_span(origin.parent, origin.node, origin.turn) if origin.call is None else call_span(origin.call)
    client = None if task.trace is None else parse_traceparent(task.trace)
    return "" if client is None else client.span


def _digest(kind: bytes, name: str) -> str:
    return blake2b(name.encode(), digest_size=SPAN_DIGITS // 2, person=kind).hexdigest()
