"""The lines that engine and services write into their logs, so that one search finds a task in all of them.

A line has ids of what it is about (`task`, `node`, `service`, `route`, `key`, `attempt`, `trace`): what was given to
`bind`, what is given as `extra`, and what `sources` tell. As JSON it is one object; as text, the ids stand at the end.
Nothing that comes from outside can end a line or begin another one. The id of a call never belongs here: it is the
capability that its callback shows.
"""

import logging
import re
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, Protocol

import orjson

Format = Literal["text", "json"]
IDS = ("task", "node", "service", "route", "key", "attempt", "trace")

# C0 and C1 controls and what some viewers take for the end of a line or for an order to write backwards.
_UNSAFE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
_QUOTED = re.compile(r'[\s"=\\]')
_MAX_MESSAGE, _MAX_ID = 8_000, 200


class Bound(Protocol):
    """What is at work. It is asked only where a line is written."""

    def log_ids(self) -> Mapping[str, object]:
        """The ids by their names; None and "" stand for none."""


_bound: ContextVar[Bound | None] = ContextVar("bound", default=None)

bind = _bound.set
"""Say what the current asyncio task, or thread, is at work on from now on; so do those that it starts."""

sources: list[Callable[[], Mapping[str, object]]] = []
"""Asked for more ids at every line: what traces calls adds itself here."""


class Ids(dict[str, object]):
    """Ids that are known already."""

    def log_ids(self) -> Mapping[str, object]:
        """See `Bound`."""
        return self


def ids_of(record: logging.LogRecord) -> dict[str, str]:
    """The ids that belong to a line."""
    bound = _bound.get()
    found = dict(bound.log_ids()) if bound is not None else {}
    for source in sources:
        found |= source()
    found |= {name: getattr(record, name) for name in IDS if hasattr(record, name)}
    return {name: str(found[name])[:_MAX_ID] for name in IDS if found.get(name) not in (None, "")}


def safe(text: str) -> str:
    """The text with what could end a line, or mislead who reads it, as escapes."""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}... ({len(text)} characters)"


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message", ids..., "exception"}`; the time as in RFC 3339, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, str] = {"time": time.replace("+00:00", "Z"), "level": record.levelname.lower()}
        line |= {"logger": record.name, "message": _message(record)} | ids_of(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps({name: _unicode(text) for name, text in line.items()}).decode()


class TextLines(logging.Formatter):
    """`time LEVEL logger: message [task=... node=...]`; the lines of a traceback begin with ` | `."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        ids = " ".join(f"{name}={_value(text)}" for name, text in ids_of(record).items())
        head = f"{self.formatTime(record)} {record.levelname:<7} {safe(record.name)}: {safe(_message(record))}"
        lines = [f"{head} [{ids}]" if ids else head]
        if record.exc_info:
            lines += [f" | {safe(line)}" for line in self.formatException(record.exc_info).split("\n")]
        return "\n".join(lines)


def _unicode(text: str) -> str:
    """The text without lone surrogates, which JSON does not hold; what ends lines JSON escapes by itself."""
    return text.encode(errors="backslashreplace").decode()


def _value(text: str) -> str:
    text = safe(text)
    return text if not _QUOTED.search(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def configure(level: str, form: Format) -> None:
    """Write all lines of this process to standard error: those of uvicorn and the warnings of Python too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.captureWarnings(True)
