"""OpenTelemetry's traces of tasks: what is kept of a client's, what calls carry, and the spans of what has ended.
Loaded where a receiver is named.

No span is held while a task runs. When it ends, its spans are made from its document, by the engine that has ended it:
so a task that has survived a crash, or moved between engines, has the same tree as any other. Making and sending them
is done in the thread of the exporter; here it is only noted that a task has ended.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from prometheus_client.core import CounterMetricFamily, Metric
from starlette.types import Scope

from aiservice.protocol.export import Exporter
from aiservice.protocol.otlp import SERVER, Span, Value
from aiservice.protocol.trace_context import trace_of
from engine.ids import new_id
from engine.pipeline.flow import Pipeline
from engine.task.spans import failed, spans_of
from engine.task.task import Task
from engine.task.trace import call_header, is_sampled, trace_id_of
from engine.traces import Traces

MOST_SPANS = 1_000
"""Spans of the items and sub-pipelines of one root task, and of each task by itself. Those above are left out, but for
tasks below which some were told."""

KEPT_ROOTS = 1_000
_OF_A_NODE = 2


@dataclass(slots=True)
class _Below:
    """What was told of the children of one root task. `parents` must be told, or the tree would break."""

    spans: int = 0
    left_out: int = 0
    parents: set[str] = field(default_factory=set)


class Told(Traces):
    """See the module. `ratio` is the share of the traces that is looked at, where no client has decided."""

    def __init__(self, exporter: Exporter, ratio: float) -> None:
        self._exporter = exporter
        self._ratio = ratio
        self._told: OrderedDict[str, _Below] = OrderedDict()  # by root; the exporter's thread alone uses it

    def kept(self, scope: Scope) -> str | None:
        """See `Traces`."""
        context = trace_of(scope["headers"])
        return None if context is None else context.header

    def header(self, task: Task, call: str) -> str | None:
        """See `Traces`."""
        return call_header(task, call, self._ratio)

    def ended(self, task: Task, level: Pipeline) -> None:
        """See `Traces`. One that has failed is told of in any case."""
        if is_sampled(task, self._ratio) or failed(task):
            self._exporter.put(partial(self._spans, task, level), 1 + _OF_A_NODE * len(task.nodes), task.weight)

    def heard(self, scope: Scope, task: Task, began: int, ended: int, taken: bool) -> None:
        """See `Traces`."""
        if not is_sampled(task, self._ratio):
            return
        context = trace_of(scope["headers"])
        if context is None or not context.sampled or context.trace != trace_id_of(task):
            return
        attributes: dict[str, Value] = {
            "http.request.method": "POST",
            "http.route": "/processing",
            "http.response.status_code": 200,
            "engine.task.id": task.id,
            "engine.result.taken": taken,
        }
        times = (began * 1000, ended * 1000)
        span = Span(context.trace, new_id()[:16], context.span, "POST /processing", SERVER, *times, attributes)
        self._exporter.put(lambda: [span])

    def figures(self) -> Iterable[Metric]:
        """See `Traces`."""
        yield CounterMetricFamily("engine_spans_sent", "Spans that were sent", self._exporter.sent)
        dropped = "Spans that the receiver of traces did not take in time"
        yield CounterMetricFamily("engine_spans_dropped", dropped, self._exporter.dropped)

    def close(self) -> None:
        """See `Traces`."""
        self._exporter.close()

    # In the exporter's thread

    def _spans(self, task: Task, level: Pipeline) -> list[Span]:
        told = self._told_of(task.root)
        if task.origin is None:
            spans, left_out = spans_of(task, level, MOST_SPANS)
            self._told.pop(task.root, None)
            left_out += told.left_out
            if left_out:
                spans[0] = spans[0]._replace(attributes={**spans[0].attributes, "engine.spans.left_out": left_out})
            return spans
        room = MOST_SPANS if task.id in told.parents else max(MOST_SPANS - told.spans, 0)
        spans, left_out = spans_of(task, level, room)
        told.left_out += left_out
        told.spans += len(spans)
        if spans:
            told.parents.add(task.origin.parent)
        return spans

    def _told_of(self, root: str) -> _Below:
        told = self._told.get(root)
        if told is None:
            told = self._told[root] = _Below()
            if len(self._told) > KEPT_ROOTS:
                self._told.popitem(last=False)
        return told


def told_to(endpoint: str, headers: Mapping[str, str], name: str, version: str, ratio: float) -> Traces:
    """Traces that this receiver is told."""
    resource = {"service.name": name, "service.version": version}
    return Told(Exporter(endpoint, headers, resource, "engine"), ratio)
