"""Spans, and how OpenTelemetry's protocol writes them: OTLP 1 in Protocol Buffers, `opentelemetry/proto/trace/v1`.

Written out here, not with OpenTelemetry's own exporter: that needs another `protobuf` than models that pin theirs, and
five times the work a span. The tests hold every field against OpenTelemetry's own description of the messages.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from struct import Struct, pack
from types import MappingProxyType
from typing import NamedTuple

Value = str | bool | int | float

INTERNAL, SERVER, CLIENT = 1, 2, 3
"""Kinds of spans."""

LONGEST_TEXT = 500
"""Characters of a text in a span; what is longer is cut off."""

_ERROR = b"\x18\x02"  # Status.code = STATUS_CODE_ERROR
_SAMPLED = b"\x85\x01" + pack("<I", 1)  # Span.flags, number 16
_KINDS = {kind: bytes((0x30, kind, 0x39)) for kind in (INTERNAL, SERVER, CLIENT)}  # and the tag of what follows it
_time = Struct("<Q").pack
_NOTHING: Mapping[str, Value] = MappingProxyType({})


class Moment(NamedTuple):
    """Something that happened within a span, at a time in nanoseconds since 1970 UTC."""

    at: int
    name: str
    attributes: Mapping[str, Value] = _NOTHING


class Span(NamedTuple):
    """One piece of work in a trace. Ids are in hex (`parent` is empty for the first of all), times in nanoseconds since
    1970 UTC. `error` says why it failed; None where it did not."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    start: int
    end: int
    attributes: Mapping[str, Value] = _NOTHING
    error: str | None = None
    moments: tuple[Moment, ...] = ()


def encode_spans(spans: Iterable[Span], resource: Mapping[str, str], scope: str) -> bytes:
    """An `ExportTraceServiceRequest`: these spans, all of one program (`resource`) and one part of it (`scope`)."""
    about = _part(1, b"".join(_attribute(1, name, value) for name, value in resource.items()))
    told = _part(1, _text(1, scope)) + b"".join([_part(2, _span(span)) for span in spans])
    return _part(1, about + _part(2, told))


def _span(span: Span) -> bytes:
    trace, own, parent, name, kind, start, end, attributes, error, moments = span
    parts = [b"\x0a\x10", _id(trace), b"\x12\x08", bytes.fromhex(own)]
    if parent:
        parts += (b"\x22\x08", _id(parent))
    parts += (_name(5, name), _KINDS[kind], _time(start), b"\x41", _time(max(end, start)))
    parts += [_attribute(9, key, value) for key, value in attributes.items()]
    if moments:
        parts += [_moment(moment) for moment in moments]
    if error is not None:
        parts.append(_part(15, _text(2, error) + _ERROR))
    parts.append(_SAMPLED)
    return b"".join(parts)


@lru_cache(100)
def _id(text: str) -> bytes:
    # Those of a trace, and of what others lie in, come several times, one soon after the other.
    return bytes.fromhex(text)


@lru_cache(1_000)
def _name(number: int, text: str) -> bytes:
    return _text(number, text)


def _moment(moment: Moment) -> bytes:
    at, name, attributes = moment
    told = b"".join([_attribute(3, key, value) for key, value in attributes.items()]) if attributes else b""
    return _part(11, b"\x09" + _time(at) + _name(2, name) + told)


@lru_cache(1_000, typed=True)
def _attribute(number: int, name: str, value: Value) -> bytes:
    # Most are the same from span to span: names and types of nodes, verbs, addresses.
    return _part(number, _text(1, name) + _part(2, _any(value)))


def _any(value: Value) -> bytes:
    if isinstance(value, str):
        return _text(1, value)
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, int):
        return b"\x18" + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    return b"\x21" + pack("<d", value)


def _text(number: int, text: str) -> bytes:
    return _part(number, text[:LONGEST_TEXT].encode("utf-8", "replace"))


def _part(number: int, content: bytes) -> bytes:
    """A field with a length, of a number below 16 (all that are used here)."""
    size = len(content)
    if size < 0x80:
        return bytes((number << 3 | 2, size)) + content
    if size < 0x4000:
        return bytes((number << 3 | 2, size & 0x7F | 0x80, size >> 7)) + content
    return bytes((number << 3 | 2,)) + _varint(size) + content


def _varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
