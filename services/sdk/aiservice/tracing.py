"""OpenTelemetry's traces of calls: what came with a call, how long it waited, how long it worked, and its callback.

Only calls whose `traceparent` asks for it are traced, so that the engine decides which. All spans of a call lie in one
that lasts until its result has arrived. Nothing of this is loaded where OTEL_EXPORTER_OTLP_ENDPOINT is not set.
"""

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from aiservice.protocol.export import Exporter
from aiservice.protocol.otlp import CLIENT, INTERNAL, SERVER, Moment, Span, Value
from aiservice.protocol.trace_context import SPAN_DIGITS, TraceContext, parse_traceparent, trace_of, traceparent

# A failure's own words may hold what the call was given, so they are not told.
_ERRORS = {
    "input": "the input was not taken",
    "again": "it may work later",
    "failed": "the work failed",
    "refused": "the call was not taken",
}


def new_span() -> str:
    """A random id of a span."""
    return secrets.token_hex(SPAN_DIGITS // 2)


class Tracing:
    """Makes a trace for each call that is to have one, and sends what they tell."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    def begin(self, headers: Iterable[tuple[bytes, bytes]], path: str, route: str) -> "CallTrace | None":
        """A call has come in; None where it is not traced."""
        found = trace_of(headers)
        return CallTrace(self._exporter, found, path, route) if found is not None and found.sampled else None

    def close(self) -> None:
        """Send what waits (this blocks, a few seconds at most)."""
        self._exporter.close()


class CallTrace:
    """The spans of one call. All methods are for the event loop's thread."""

    __slots__ = ("_acknowledged", "_begin", "_context", "_exporter", "_name", "_put", "_route", "id", "work")

    def __init__(self, exporter: Exporter, context: TraceContext, path: str, route: str) -> None:
        self._exporter = exporter
        self._context = context
        self._name = f"POST {path}"
        self._route = route
        self.id = new_span()
        self.work = new_span()
        self._begin = time.time_ns()
        self._put = 0
        self._acknowledged = 0

    @property
    def header(self) -> str:
        """The `traceparent` for what is done within the work: a job carries it to its worker."""
        return traceparent(self._context.trace, self.work, True)

    def queued(self) -> None:
        """The call has a place in the queue, with all that it brought."""
        self._put = time.time_ns()

    def acknowledged(self) -> None:
        """The caller was told that its call was taken."""
        self._acknowledged = self._acknowledged or time.time_ns()

    def worked(self, seconds: float, kind: str) -> None:
        """The work has ended just now, and took so long; the `kind` of its outcome says how."""
        end = time.time_ns()
        begin = max(end - int(seconds * 1e9), self._put)
        self._tell(new_span(), "wait in the queue", INTERNAL, self._put, begin, {})
        self._tell(
            self.work,
            f"work {self._route}",
            INTERNAL,
            begin,
            end,
            {"aiservice.operation": self._route},
            _ERRORS.get(kind),
        )

    def callback(self) -> "CallbackTrace":
        """The result is about to be brought to the caller."""
        return CallbackTrace(self)

    def end(self, kind: str, status: int = 200) -> None:
        """The call is over: its result has arrived, or nobody wants it, or it was not taken."""
        error = _ERRORS.get(kind)
        attributes: dict[str, Value] = {
            "http.request.method": "POST",
            "http.route": self._name.partition(" ")[2],
            "http.response.status_code": status,
            "aiservice.operation": self._route,
        }
        if error is not None:
            attributes["error.type"] = kind
        moments = (Moment(self._acknowledged, "acknowledged"),) if self._acknowledged else ()
        name, begin, end = self._name, self._begin, time.time_ns()
        span = Span(
            *(self._context.trace, self.id, self._context.span, name, SERVER, begin, end, attributes, error, moments)
        )
        self._exporter.put(lambda: [span])

    def brought(self, span: str, begin: int, attributes: dict[str, Value], error: str | None) -> None:
        """An attempt to bring the result has ended."""
        self._tell(span, "POST callback", CLIENT, begin, time.time_ns(), attributes, error)

    def parent(self, span: str) -> str:
        """The `traceparent` that says that something follows from this span."""
        return traceparent(self._context.trace, span, True)

    def _tell(
        self,
        span_id: str,
        name: str,
        kind: int,
        begin: int,
        end: int,
        attributes: dict[str, Value],
        error: str | None = None,
    ) -> None:
        span = Span(self._context.trace, span_id, self.id, name, kind, begin, end, attributes, error)
        self._exporter.put(lambda: [span])


class CallbackTrace:
    """One attempt to bring a result."""

    __slots__ = ("_begin", "_call", "_id")

    def __init__(self, call: CallTrace) -> None:
        self._call = call
        self._id = new_span()
        self._begin = time.time_ns()

    @property
    def header(self) -> str:
        """The `traceparent` that the attempt carries."""
        return self._call.parent(self._id)

    def end(self, origin: str, status: int | None, error: str | None = None) -> None:
        """It has ended with this status; None where no answer came."""
        attributes: dict[str, Value] = {"http.request.method": "POST", "url.full": origin}
        if status is not None:
            attributes["http.response.status_code"] = status
        if error is not None:
            attributes["error.type"] = str(status) if status is not None else "failed"
        self._call.brought(self._id, self._begin, attributes, error)


@contextmanager
def within(header: str) -> Iterator[None]:
    """Let what a function traces by itself, with OpenTelemetry's API, belong to the work of its call."""
    found = parse_traceparent(header)
    assert found is not None
    ids: dict[str, Any] = {"trace_id": int(found.trace, 16), "span_id": int(found.span, 16)}
    span = NonRecordingSpan(SpanContext(**ids, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)))
    token = otel_context.attach(set_span_in_context(span))
    try:
        yield
    finally:
        otel_context.detach(token)


class Figures(Collector):
    """How many spans were sent, and dropped because the receiver did not take them."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        yield CounterMetricFamily("aiservice_spans_sent", "Spans that were sent", self._exporter.sent)
        dropped = "Spans that the receiver of traces did not take in time"
        yield CounterMetricFamily("aiservice_spans_dropped", dropped, self._exporter.dropped)
