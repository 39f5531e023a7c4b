"""Definitions and announcements, each with one fault."""

from collections.abc import Iterator
from typing import Any


def _each(*values: Any) -> tuple[Any, ...]:
    """Values of any kinds."""
    return values


def definitions() -> Iterator[Any]:
    """Definitions, each with a fault, and announcements."""
    entry: dict[str, Any] = {"id": "entry", "type": "entry", "api": {"route": "wrong", "body": {}}, "next": ["end"]}
    end: dict[str, Any] = {"id": "end", "type": "end"}
    yield from ({}, {"type": "pipeline"}, {"type": "other", "nodes": []}, {"nodes": [entry, end]})
    yield from ({"type": "pipeline", "nodes": nodes} for nodes in _each([], {}, None, 1, "x", [1], [None], [[]], [{}]))
    yield from (
        {"type": "pipeline", "nodes": nodes} for nodes in _each([entry], [end], [entry, entry, end], [entry, end, end])
    )
    for change in (
        *({"id": name} for name in _each("", "a b", "../x", "x" * 500, 1, None, "end", "entry", "\u202e")),
        *({"type": kind} for kind in _each("", "nothing", 1, None, "Node")),
        *({"next": next_} for next_ in _each("end", 1, [1], ["nothing"], ["x", "x"], ["entry"], [], None)),
        *(
            {"input": taken}
            for taken in _each(1, [], {"a": 1}, {"a": ""}, {"a": "nothing.out"}, {"a": "x."}, {"": "x"})
        ),
        *(
            {"before": code}
            for code in _each("(", "import os", "open('x')", "x" * 20_000, 1, "while", "a.b.c = 1", "\x01")
        ),
        *(
            {"type": "service", "url": url}
            for url in _each("", "x", "ftp://a", "http://", "http://a:b@c", 1, None, "http://[")
        ),
        *({"type": "http", "verb": verb, "url": "http://a"} for verb in _each("", "BREW", 1, "get\r\n", "CONNECT")),
        *(
            {"type": "http", "url": "http://a", "headers": told}
            for told in _each({"A": "b\r\nc"}, {"a b": "c"}, [], {"A": 1})
        ),
        *(
            {"type": "branch", **way}
            for way in _each({}, {"if": "("}, {"if": "1"}, {"if": "True", "then": 1}, {"if": 1})
        ),
        *({"type": "loop", "items": items, "nodes": []} for items in _each("", "nothing.out", 1, None)),
        *({"retry": retry} for retry in _each(1, {"attempts": 0}, {"attempts": "x"}, {"nothing": 1})),
        *({"timeout": seconds} for seconds in _each(0, -1, "x", 10**12)),
        {"nothing": 1},
        {"params": 1},
        {"ready": "("},
    ):
        node = {"id": "x", "type": "node", "next": ["end"], **change}
        yield {"type": "pipeline", "nodes": [{**entry, "next": [node["id"] if node["id"] else "x"]}, node, end]}
    for api in _each({}, {"route": "a/b", "body": {}}, {"route": "", "body": {}}, {"route": "w", "body": 1}, 1, None):
        yield {"type": "pipeline", "nodes": [{**entry, "api": api}, end]}
        yield {"type": "service", "url": "http://a", "api": api}
    for url in _each("", "a", "ftp://a", "http://a b", "http://me@a", 1, None, "http://" + "a" * 3_000):
        yield {"type": "service", "url": url, "api": {"route": "wrong", "body": {}}}
    for interval in _each(0, -1, "x", 10**9):
        yield {"type": "service", "url": "http://a", "api": {"route": "wrong", "body": {}}, "interval": interval}
