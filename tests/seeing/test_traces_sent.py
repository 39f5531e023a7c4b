"""What is sent is what OpenTelemetry's own description of the messages says; and nobody is harmed who cannot send."""

import signal
import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiservice.protocol.export import MOST_WAITING, Exporter
from aiservice.protocol.otlp import CLIENT, INTERNAL, SERVER, Moment, Span, Value, encode_spans
from aiservice.protocol.receiver import check_endpoint, parse_headers
from aiservice.protocol.trace_context import TraceContext, parse_traceparent, trace_of
from aiservice.testing import free_port
from tests.conftest import MakeEngine
from tests.e2e.processes import wait_for
from tests.e2e.scripts import entry, fresh_route, metric, open_route, result, submit
from tests.seeing.receiver import KINDS, Receiver, Told, read

TRACE, SPAN = "1a" * 16, "2b" * 8
GOOD = f"00-{TRACE}-{SPAN}-01"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
plain_values = texts | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
values = st.dictionaries(texts, plain_values, max_size=4)
times = st.integers(0, 2**63 - 1)
spans = st.builds(
    Span,
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.binary(min_size=8, max_size=8).map(bytes.hex),
    st.sampled_from(["", SPAN]),
    texts,
    st.sampled_from([INTERNAL, SERVER, CLIENT]),
    times,
    times,
    values,
    st.none() | texts,
    st.lists(st.builds(Moment, times, texts, values), max_size=2).map(tuple),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(spans, max_size=3))
def test_every_span_is_read_as_it_was_written(made: list[Span]) -> None:
    found = read(encode_spans(made, {"service.name": "x" * 200}, "engine"))

    assert [told.service for told in found] == ["x" * 200] * len(made)
    for span, told in zip(made, found, strict=True):
        ends = max(span.end, span.start) / 1e9
        moments = tuple((moment.name, dict(moment.attributes)) for moment in span.moments)
        assert told == Told(
            *("x" * 200, span.trace, span.id, span.parent, span.name, KINDS[span.kind], span.start / 1e9, ends),
            dict(span.attributes),
            span.error,
            moments,
        )


def test_values_keep_their_kind() -> None:
    given: list[Value] = [True, 1, 1.0, "1", 0, False, -1, 2**63 - 1, "", "x" * 600]
    made = [Span(TRACE, SPAN, "", "x", INTERNAL, 1, 2, {"n": value}) for value in given]

    found = [told.attributes["n"] for told in read(encode_spans(made, {"service.name": "x"}, "engine"))]

    assert [(type(n), n) for n in found] == [(type(n), n) for n in [*given[:-1], "x" * 500]]


@pytest.mark.parametrize(
    ("value", "sampled"),
    [
        *((GOOD, True), (f"00-{TRACE}-{SPAN}-00", False), (f"00-{TRACE}-{SPAN}-03", True), (f" {GOOD}\t", True)),
        *((f"01-{TRACE}-{SPAN}-01", True), (f"cc-{TRACE}-{SPAN}-01-more", True)),
    ],
)
def test_headers_that_hold(value: str, sampled: bool) -> None:
    assert parse_traceparent(value) == TraceContext(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "00", f"{GOOD}-more", f"{GOOD}x", GOOD.upper(), f"ff{GOOD[2:]}", f"0{GOOD}", GOOD[:-1]),
        *(f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-{SPAN}-0g", f"00-{TRACE}{SPAN}-01"),
        *(f"01-{TRACE}-{SPAN}-01more", f"{GOOD}\n", f"00-{TRACE[:-1]}\xe9-{SPAN}-01"),
    ],
)
def test_headers_that_say_nothing(value: str | None) -> None:
    assert parse_traceparent(value) is None


def test_a_header_that_comes_twice_says_nothing() -> None:
    one = (b"traceparent", GOOD.encode())
    assert trace_of([(b"host", b"x"), one]) == TraceContext(TRACE, SPAN, True)
    assert trace_of([one, one]) is None and trace_of([]) is None


def test_what_settings_say() -> None:
    assert parse_headers("a=b, c=d%20e,") == {"a": "b", "c": "d e"} and parse_headers("") == {}
    assert check_endpoint("http://jaeger:4318/") == "http://jaeger:4318"
    for wrong in ("a", "=b", "a=b%0d%0aX: y"):
        with pytest.raises(ValueError, match="name=value"):
            parse_headers(wrong)
    for wrong in ("jaeger:4318", "ftp://jaeger", "http://", "http://x:99999", "http://u:p@x", "http://x/?q"):
        with pytest.raises(ValueError, match="must be a URL"):
            check_endpoint(wrong)


def span() -> Span:
    """Any."""
    return Span(TRACE, SPAN, "", "x", INTERNAL, 1, 2)


@pytest.fixture
def silent() -> Iterator[str]:
    """A receiver that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_receiver_that_never_answers_holds_nobody_up(silent: str) -> None:
    """What is too much is dropped and counted, without waiting; and the end is not held up for long."""
    exporter = Exporter(silent, {}, {"service.name": "x"}, "engine")
    begin = time.monotonic()
    for _ in range(3 * MOST_WAITING):
        exporter.put(lambda: [span()])
    exporter.put(lambda: [span()], weight=10**9)

    assert exporter.dropped >= MOST_WAITING and exporter.sent == 0
    exporter.close(0.2)
    assert time.monotonic() - begin < 2.0


def test_what_waits_is_sent_at_the_end_and_a_fault_ends_nothing() -> None:
    receiver = Receiver()
    exporter = Exporter(receiver.url, {}, {"service.name": "x"}, "engine")
    exporter.put(lambda: [span(), span()], 2)
    exporter.put(lambda: [span()] * (1 // 0))
    exporter.close()

    assert (exporter.sent, exporter.dropped, len(receiver.spans)) == (2, 1, 2)
    receiver.close()


def test_an_engine_whose_receiver_is_away(make_engine: MakeEngine) -> None:
    """It works as ever, counts what it drops, says so once, and ends as soon as it is told to."""
    endpoint = f"http://127.0.0.1:{free_port()}"
    engine = make_engine(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_TRACES_SAMPLER_ARG="1", APP_LOG="info")
    route = open_route(engine, entry(fresh_route(), {"n": 1}, "end"), {"id": "end", "type": "end"})

    jobs = [submit(engine, route, {"n": number}) for number in range(20)]

    assert [result(engine, job) for job in jobs] == [{"n": number} for number in range(20)]
    wait_for(lambda: metric(engine, "engine_spans_dropped_total") >= 60, "dropped spans are counted")
    assert metric(engine, "engine_spans_sent_total") == 0
    assert engine.stop() in (0, -signal.SIGTERM)
    assert engine.log.count("traces are dropped: the receiver cannot be reached") == 1 and "Traceback" not in engine.log
