"""Event streams: any cut gives the same events."""

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.client.sse import Message, Parser, event_of

STREAM = (
    b': hello\r\n\r\nid: 1\r\nevent: node\r\ndata: {"a": "\xe2\x80\xa8"}\r\n\r\n'
    b"event: task\ndata:one\ndata: two\nretry: 5\n\n"
    b"id: 3\revent: x\rdata\r\r"
    b"event: nothing\n\n"
    b"data: unfinished"
)
MESSAGES = [Message("1", "node", '{"a": "\u2028"}'), Message("1", "task", "one\ntwo"), Message("3", "x", "")]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_messages(cuts: list[int]) -> None:
    parser = Parser()
    places = [0, *sorted(cuts), len(STREAM)]
    found = [m for start, end in zip(places, places[1:], strict=False) for m in parser.feed(STREAM[start:end])]
    assert found == MESSAGES


def test_byte_by_byte() -> None:
    parser = Parser("7")
    assert [m for byte in STREAM for m in parser.feed(bytes([byte]))] == MESSAGES


def test_a_stream_keeps_the_id_that_it_went_on_after() -> None:
    assert list(Parser("7").feed(b"data: x\n\n")) == [Message("7", "message", "x")]


def test_only_changes_of_tasks_are_events() -> None:
    assert event_of(Message("1", "node", "no json")) is None
    assert event_of(Message("1", "node", "[1]")) is None
    assert event_of(Message("1", "other", '{"hello": 1}')) is None
    told = {"task": "t", "node": "loop", "item": 3, "state": "finished", "at": "2026-01-01T00:00:00Z", "more": 1}
    event = event_of(Message("9", "item", json.dumps(told)))
    assert event is not None
    assert (event.id, event.name, event.task, event.node, event.item) == ("9", "item", "t", "loop", 3)
    assert (event.state, event.detail, event.data["more"]) == ("finished", None, 1)
