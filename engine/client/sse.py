"""Server-Sent Events, from bytes to events (WHATWG HTML, section 9.2). Pure.

Lines end with CR LF, LF or CR and with nothing else: JSON may hold the other characters that count as line ends in
Unicode (U+2028), so this works on bytes.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.client.shapes import Event

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it stands in the stream; `id` is the last one that was given, here or before."""

    id: str
    name: str
    data: str


class Parser:
    """Takes a stream in pieces of any size."""

    def __init__(self, last_id: str = "") -> None:
        self._rest = b""
        self._id = last_id
        self._name = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that are complete with this piece."""
        text = self._rest + chunk
        # A CR at the end may be the first half of a line end.
        held = len(text) - 1 if text.endswith(b"\r") else len(text)
        start = 0
        for end in _LINE_END.finditer(text, 0, held):
            message = self._take(text[start : end.start()])
            start = end.end()
            if message is not None:
                yield message
        self._rest = text[start:]

    def _take(self, line: bytes) -> Message | None:
        if not line:
            return self._dispatch()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> Message | None:
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return Message(self._id, name, "\n".join(data)) if data else None


def event_of(message: Message) -> Event | None:
    """The change that a message tells of; None for one that is no change of a task."""
    try:
        data = json.loads(message.data)
    except ValueError:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("task"), str) or "state" not in data:
        return None
    return Event(
        id=message.id,
        name=message.name,
        task=data["task"],
        node=data.get("node"),
        state=str(data["state"]),
        item=data.get("item"),
        route=data.get("route") or "",
        at=data.get("at") or "",
        detail=data.get("detail"),
        data=data,
    )
