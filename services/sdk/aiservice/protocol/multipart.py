"""multipart/form-data (RFC 7578) in chunks, without I/O: the reader is fed bytes, the writer yields them.

Neither side ever holds a part as a whole. The reader is strict where common servers are not: a body that stops
before its closing boundary is an error, never a shorter body.
"""

import logging
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

MAX_PARTS = 1_000
MAX_HEADER_BYTES = 16_384
MAX_NAME = 1_000

# Who sends a body that cannot be read is told so; a log that tells it too is one that anybody can fill.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class Malformed(ValueError):
    """The body is no multipart/form-data, is cut off, or has too many or too large part headers."""


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A part starts. `name` is its field; `filename` and `content_type` (lower case, no parameters) may be missing."""

    name: str
    filename: str | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class PartData:
    """The next bytes of the part that has started."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part that has started is complete."""


Event = PartBegin | PartData | PartEnd


def boundary_of(content_type: str | None) -> bytes | None:
    """Return the boundary of a `multipart/form-data` content type; None for any other type.

    Raises Malformed where the type is multipart/form-data and the boundary is missing or longer than 200 bytes.
    """
    if not content_type:
        return None
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return None
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise Malformed("the content type multipart/form-data needs a boundary")
    return boundary


class PartReader:
    """Turns the chunks of one multipart body into events, in order."""

    def __init__(self, boundary: bytes) -> None:
        self._events: list[Event] = []
        self._headers: dict[bytes, bytes] = {}
        self._field = bytearray()
        self._value = bytearray()
        self._parts = 0
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes of the body; return what they complete. Raises Malformed."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise Malformed(f"the multipart body cannot be read: {error}") from error
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Say that the body has ended. Raises Malformed where its closing boundary has not been seen."""
        if not self._complete:
            raise Malformed("the multipart body is cut off: its closing boundary is missing")

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise Malformed(f"the multipart body has more than {MAX_PARTS} parts")
        self._headers = {}

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._check_header_size()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header_size()

    def _check_header_size(self) -> None:
        known = sum(len(name) + len(value) for name, value in self._headers.items())
        if known + len(self._field) + len(self._value) > MAX_HEADER_BYTES:
            raise Malformed(f"the headers of a part are larger than {MAX_HEADER_BYTES} bytes")

    def _header_end(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"name")
        if kind != b"form-data" or not name:
            raise Malformed("a part has no name: it needs `Content-Disposition: form-data; name=...`")
        if len(name) > MAX_NAME:
            raise Malformed(f"the name of a part is longer than {MAX_NAME} bytes")
        filename = options.get(b"filename")
        content_type, _ = parse_options_header(self._headers.get(b"content-type"))
        self._events.append(
            PartBegin(
                _text(name),
                None if filename is None else _text(filename),
                content_type.decode("latin-1").lower() or None,
            )
        )

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(data[start:end]))

    def _part_end(self) -> None:
        self._events.append(PartEnd())

    def _end(self) -> None:
        self._complete = True


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class FilePart:
    """One part to be sent: `size` bytes, given in chunks by a call of `chunks`."""

    name: str
    filename: str
    content_type: str
    size: int
    chunks: Callable[[], AsyncIterator[bytes]]

    @classmethod
    def of_bytes(cls, name: str, filename: str, content_type: str, data: bytes) -> "FilePart":
        """A part whose bytes are in hand, say a small JSON document."""

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        return cls(name, filename, content_type, len(data), chunks)

    def head(self, boundary: str) -> bytes:
        """The part's boundary line and headers."""
        return (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(self.name)}"; '
            f'filename="{_quoted(self.filename)}"\r\nContent-Type: {self.content_type}\r\n\r\n'
        ).encode()


def _quoted(text: str) -> str:
    """Escape a name for Content-Disposition as browsers do (WHATWG, multipart/form-data), and the backslash too."""
    return text.translate(_ESCAPES)


_ESCAPES = str.maketrans({"\r": "%0D", "\n": "%0A", '"': "%22", "\\": "%5C"})


def new_boundary() -> str:
    """Return a boundary that no body contains but by malice or a chance of 2**-128."""
    return secrets.token_hex(16)


def content_type(boundary: str) -> str:
    """Return the Content-Type header of a body with this boundary."""
    return f"multipart/form-data; boundary={boundary}"


def encode(parts: list[FilePart], boundary: str) -> tuple[int, Callable[[], AsyncIterator[bytes]]]:
    """Return the size of the whole body in bytes, and a function that yields it; it can be called again for a retry."""
    heads = [part.head(boundary) for part in parts]
    tail = f"--{boundary}--\r\n".encode()
    size = sum(len(head) + part.size + 2 for head, part in zip(heads, parts, strict=True)) + len(tail)

    async def body() -> AsyncIterator[bytes]:
        for head, part in zip(heads, parts, strict=True):
            yield head
            async for chunk in part.chunks():
                yield chunk
            yield b"\r\n"
        yield tail

    return size, body
