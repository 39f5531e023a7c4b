"""The spans of a task that has ended, from its document alone. Pure.

A task is a span; below it lies each turn of each node, below that each attempt to call a service, or the tasks that are
the items of a loop. Nothing of what a task works on stands in a span, and no id of a call.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from aiservice.protocol.otlp import CLIENT, INTERNAL, SERVER, Moment, Span, Value
from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.task.task import Attempt, NodeRun, Task
from engine.task.trace import call_span, node_span, parent_span, task_span, trace_id_of

MOST_MOMENTS = 20
"""How many things that a node waited for are told of each turn."""

CANCELLED = "cancelled"
_AFTER_QUERY = re.compile(r"(https?://[^\s?#\"']+)[?#][^\s\"']*")
_SAFE = re.compile(
    r"[A-Z]+ \S+(?: \(redirected to \S+\))? (?:answered [1-5]\d\d|failed: .*)"
    r"|\S+ did not (?:call back|answer) within [\d.e+]+ s"
    r"|\S+ took the call and stopped announcing itself"
    r"|\S+ has as much to do as it takes"
    r"|service \S+ is away|the engine was stopped .*|cancelled"
)
_OF_NODE = re.compile(r"(node [^:\s]+): (.*)", re.DOTALL)
_OF_ATTEMPT = re.compile(r"(attempt \d+) failed: (.*)(; the next follows in [\d.]+ s)", re.DOTALL)
_ANSWERED = re.compile(r"[A-Z]+ \S+(?: \(redirected to \S+\))? answered ([1-5]\d\d)\b")
_FAILED = "failed"


@dataclass(slots=True)
class Turn:
    """One activation of a node, in microseconds since 1970 UTC."""

    node: str
    number: int
    start: int
    end: int
    state: str = "running"
    error: str | None = None
    notes: list[tuple[int, str]] = field(default_factory=list)


def failed(task: Task) -> bool:
    """Whether the task failed, and not because somebody has stopped it."""
    return task.status == "error" and task.message != CANCELLED


def spans_of(task: Task, level: Pipeline | None, most: int) -> tuple[list[Span], int]:
    """The spans of the task itself, its own first, at most so many; and how many were left out. `level` is what the
    task runs, where that is known."""
    made = _Spans(task, level)
    spans: list[Span] = []
    left_out = 0
    for span in made.all():
        if len(spans) < most:
            spans.append(span)
        else:
            left_out += 1
    return spans, left_out


class _Spans:
    def __init__(self, task: Task, level: Pipeline | None) -> None:
        self._task = task
        self._level = level
        self._trace = trace_id_of(task)
        self._begin, self._turns = turns_of(task)
        self._end = task.ended or self._begin
        self._id = task_span(task.id, task.rounds)

    def all(self) -> Iterator[Span]:
        """Every span after the one that it lies in."""
        yield self._whole()
        for turn in self._turns:
            run = self._task.node(turn.node)
            span_id = node_span(self._task.id, turn.node, turn.number)
            yield self._node(turn, run, span_id)
            if run.attempts:
                attempts = [attempt for attempt in run.attempts if attempt.turn == turn.number]
                for number, attempt in enumerate(attempts):
                    yield self._attempt(turn, attempt, number, span_id)

    def _span(
        self,
        span_id: str,
        parent: str,
        name: str,
        kind: int,
        times: tuple[int, int],
        attributes: dict[str, Value],
        error: str | None,
        moments: tuple[Moment, ...] = (),
    ) -> Span:
        start, end = times
        told = None if error is None else told_of(error)
        return Span(self._trace, span_id, parent, name, kind, start * 1000, end * 1000, attributes, told, moments)

    def _whole(self) -> Span:
        task = self._task
        attributes: dict[str, Value] = {
            "engine.task.id": task.id,
            "engine.task.status": task.status,
            "engine.route": task.route,
        }
        if self._level is not None:
            attributes["engine.pipeline.version"] = self._level.version
        name, kind = f"POST /services/{task.route}", SERVER
        if task.origin is None:
            attributes["http.request.method"] = "POST"
            attributes["http.route"] = f"/services/{task.route}"
        else:
            kind = INTERNAL
            attributes["engine.root.id"] = task.root
            if task.origin.call is None:
                name = f"item of {task.origin.node}"
                attributes["engine.item.index"] = task.origin.index
            else:
                name = f"pipeline {task.route}"
        error = (task.message or "") if task.status == "error" else None
        return self._span(self._id, parent_span(task), name, kind, (self._begin, self._end), attributes, error)

    def _node(self, turn: Turn, run: NodeRun, span_id: str) -> Span:
        node = None if self._level is None else self._level.nodes.get(turn.node)
        attributes: dict[str, Value] = {
            "engine.node.id": turn.node,
            "engine.node.turn": turn.number,
            "engine.node.state": turn.state,
        }
        if node is not None:
            attributes["engine.node.type"] = node.type
        if run.extra is not None and run.extra.total is not None:
            attributes["engine.node.items"] = run.extra.total
        moments: tuple[Moment, ...] = ()
        if turn.notes:
            notes = turn.notes[:MOST_MOMENTS]
            moments = tuple(Moment(at * 1000, "waiting", {"engine.waiting": told_of(why)}) for at, why in notes)
        name = f"node {turn.node}"
        return self._span(span_id, self._id, name, INTERNAL, self._within(turn), attributes, turn.error, moments)

    def _within(self, turn: Turn) -> tuple[int, int]:
        return turn.start, self._end if turn.state == "running" else turn.end

    def _attempt(self, turn: Turn, attempt: Attempt, number: int, parent: str) -> Span:
        node = None if self._level is None else self._level.nodes.get(turn.node)
        attributes: dict[str, Value] = {"engine.node.id": turn.node}
        if number:
            attributes["http.request.resend_count"] = number
        url = attempt.url
        if isinstance(node, ServiceNode | HttpNode):
            url = url or node.url
        if isinstance(node, ServiceNode) and node.service is not None:
            attributes["engine.service"] = node.service
        name, kind = "call", CLIENT
        if attempt.task is not None:
            name, kind = "call of a pipeline", INTERNAL
        elif url is not None:
            verb = node.verb if isinstance(node, HttpNode) else "POST"
            name = f"{verb} {_place_of(url, attributes, isinstance(node, HttpNode))}"
            attributes["http.request.method"] = verb
        if attempt.error is not None:
            answered = _ANSWERED.match(attempt.error)
            if answered is not None:
                attributes["http.response.status_code"] = int(answered[1])
            attributes["error.type"] = answered[1] if answered is not None else "failed"
        elif attempt.ended is None:
            attributes["engine.call.given_up"] = True
        end = attempt.ended if attempt.ended is not None else self._within(turn)[1]
        accepted = attempt.accepted
        moments = () if accepted is None else (Moment(accepted * 1000, "accepted"),)
        times = (attempt.at, end)
        return self._span(call_span(attempt.id), parent, name, kind, times, attributes, attempt.error, moments)


def turns_of(task: Task) -> tuple[int, list[Turn]]:
    """When the task's last round began, and the turns of its nodes in that, in the order in which they began."""
    begin, turns = task.created, list[Turn]()
    numbers: dict[str, int] = {}
    last: dict[str, str] = {}
    under_way: dict[str, Turn] = {}
    for line in task.history:
        if line.node is None:
            if line.state == "running":
                begin, turns = line.at, []
                under_way.clear()
            continue
        turn = under_way.get(line.node)
        if turn is None and line.state in ("running", "finished", "error"):
            goes_on = last.get(line.node) in ("error", "cancelled")  # a loop, after a retry of the task
            number = numbers[line.node] = numbers.get(line.node, 0) + (not goes_on)
            turn = Turn(line.node, number, line.at, line.at)
            if line.state != "finished":  # else the task has taken it over from an earlier one
                turns.append(turn)
                under_way[line.node] = turn
        elif turn is not None and line.state == "running":
            turn.notes.append((line.at, line.detail or ""))
        if turn is not None and line.state != "running":
            turn.end, turn.state = line.at, "reset" if line.state == "pending" else line.state
            turn.error = (line.detail or "") if line.state == "error" else None
            under_way.pop(line.node, None)
        last[line.node] = line.state
    return begin, turns


def told_of(message: str) -> str:
    """What may be told of an error or a wait: what the engine says of requests by itself, without the queries of URLs.
    What services and code say may hold what they were given, and is told to the task's clients alone."""
    of_node, of_attempt = _OF_NODE.fullmatch(message), _OF_ATTEMPT.fullmatch(message)
    if of_node is not None:
        return f"{of_node[1]}: {told_of(of_node[2])}"
    if of_attempt is not None:
        return f"{of_attempt[1]}: {told_of(of_attempt[2])}{of_attempt[3]}"
    safe = _SAFE.match(_AFTER_QUERY.sub(r"\1", message))
    return _FAILED if safe is None else safe[0]


def _place_of(url: str, attributes: dict[str, Value], whole: bool) -> str:
    """What a URL says into the attributes; returns what names the request: the path, or the host of a `whole` URL that
    is anybody's and may differ with each request."""
    told, host, path = _parts_of(url)
    attributes.update(told)
    return host if whole else path


@lru_cache(1_000)
def _parts_of(url: str) -> tuple[dict[str, Value], str, str]:
    """The attributes, the host and the path."""
    told: dict[str, Value] = {"url.full": url.partition("?")[0].partition("#")[0]}
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return told, "", ""
    told["server.address"] = parts.hostname or ""
    if port is not None:
        told["server.port"] = port
    return told, parts.hostname or "", parts.path or "/"
