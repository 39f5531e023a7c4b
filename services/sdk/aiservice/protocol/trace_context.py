"""Which trace a request belongs to, as its headers say: `traceparent` of W3C Trace Context, level 1."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

TRACEPARENT = "traceparent"
TRACE_DIGITS, SPAN_DIGITS = 32, 16
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE, _NO_SPAN = "0" * TRACE_DIGITS, "0" * SPAN_DIGITS
_RANDOM_BITS = 2**64


@dataclass(frozen=True, slots=True)
class TraceContext:
    """The trace, the span that caused the request (both in hex), and whether spans of it are wanted."""

    trace: str
    span: str
    sampled: bool

    @property
    def header(self) -> str:
        """The `traceparent` that says it."""
        return traceparent(self.trace, self.span, self.sampled)


def traceparent(trace: str, span: str, sampled: bool) -> str:
    """The header's value."""
    return f"00-{trace}-{span}-{'01' if sampled else '00'}"


def parse_traceparent(value: str | None) -> TraceContext | None:
    """What a header says; None for one that is missing or says nothing that holds, which counts as missing."""
    found = None if value is None else _FORM.fullmatch(value.strip(" \t"))
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == "ff" or (version == "00" and more is not None) or trace == _NO_TRACE or span == _NO_SPAN:
        return None
    return TraceContext(trace, span, bool(int(flags, 16) & 1))


def trace_of(headers: Iterable[tuple[bytes, bytes]]) -> TraceContext | None:
    """The same of the headers of an ASGI request. One that comes twice says nothing."""
    found = [value for name, value in headers if name == b"traceparent"]
    return parse_traceparent(found[0].decode("latin-1")) if len(found) == 1 else None


def is_chosen(trace: str, ratio: float) -> bool:
    """Whether a trace is one of the share from 0 to 1 that is looked at. The last 64 bits of its id decide, as in
    OpenTelemetry's `TraceIdRatioBased`, so that whoever asks is told the same."""
    return int(trace[-16:], 16) < ratio * _RANDOM_BITS
