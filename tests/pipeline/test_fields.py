"""The faults of a node by itself: its type and its fields."""

from typing import Any

import pytest

from tests.pipeline.definitions import Faults, chain, node, service, verify, with_entry

NODES: list[tuple[Any, Faults]] = [
    (node("b", type="servce"), [("/nodes/2/type", "did you mean `service`?")]),
    (node("b", type="loop"), [("/nodes/2/type", "this engine knows `entry`, `end`, `node` and `service`")]),
    (node("b", type=["node"]), [("/nodes/2/type", "must be a string, not a list")]),
    (node("b", type="loop", next=3, items="x"), [("/nodes/2/next", "must be a list"), ("/nodes/2/type", "`loop`")]),
    (node("b", inptu={}), [("/nodes/2/inptu", "did you mean `input`?")]),
    (node("b", zzz=1), [("/nodes/2/zzz", "known are `id`, `params`, `type`, `input` and `next`")]),
    (node("b", url="http://a/b"), [("/nodes/2/url", "no field of type `node`")]),
    (node("b", ready="True"), [("/nodes/2/ready", "this engine runs no code in definitions yet")]),
    (node("b", before="x = 1"), [("/nodes/2/before", "runs no code")]),
    (node("b", after="x = 1"), [("/nodes/2/after", "runs no code")]),
    (node("b", params=[]), [("/nodes/2/params", "must be an object, not a list")]),
    (node("b", input=[]), [("/nodes/2/input", "must be an object, not a list")]),
    (node("b", input={"x": 3}), [("/nodes/2/input/x", "must be a string, not an integer")]),
    (node("b", input={"x": ""}), [("/nodes/2/input/x", "must not be empty")]),
    (node("b", input={"x": "a.out." + "y" * 1_000}), [("/nodes/2/input/x", "the limit is 1,000")]),
    (node("b", input={"": "a.out"}), [("/nodes/2/input/", "must not be empty")]),
    (node("b", input={"a\r\nb": "a.out"}), [("/nodes/2/input/a\r\nb", "control characters")]),
    (node("b", input={"../x/..": "a.out", "..": "a.out"}), [("/nodes/2/input/..", "folder")]),
    (node("b", input={"x" * 201: "a.out"}), [("/nodes/2/input/" + "x" * 201, "the limit is 200")]),
    (node("b", next="end"), [("/nodes/2/next", "must be a list, not a string")]),
    (node("b", next=[3]), [("/nodes/2/next/0", "must be a string, not an integer")]),
    (node("b", next=["end"] * 1_001), [("/nodes/2/next", "1,001 items; the limit is 1,000")]),
]


@pytest.mark.parametrize(("wrong", "expected"), NODES)
def test_a_node_by_itself(wrong: Any, expected: Faults) -> None:
    verify(chain(node("a", "b", "end"), wrong), expected)


NAMELESS: list[tuple[Any, Faults]] = [
    (7, [("/nodes/2", "must be an object, not an integer")]),
    ({"next": ["end"]}, [("/nodes/2/id", "`id` is missing; add it")]),
    ({"id": 3}, [("/nodes/2/id", "must be a string, not an integer")]),
    ({"zzz": 1}, [("/nodes/2/id", "`id` is missing"), ("/nodes/2/zzz", "no field")]),
]


@pytest.mark.parametrize(("wrong", "expected"), NAMELESS)
def test_a_node_that_cannot_be_named_is_not_said_to_be_out_of_reach(wrong: Any, expected: Faults) -> None:
    verify(chain(node("a", "end"), wrong), expected)


@pytest.mark.parametrize("node_id", ["", "a b", "a.b", "ä", "a/b", "x" * 101, "a\n"])
def test_ids_are_letters_digits_underscore_and_hyphen(node_id: str) -> None:
    verify(chain(node(node_id, "end")), [("/nodes/1/id", "must be 1 to 100 letters, digits, `_` and `-`")])


@pytest.mark.parametrize("node_id", ["node", "pipeline", "input", "loop"])
def test_words_of_paths_and_code_are_no_ids(node_id: str) -> None:
    verify(chain(node(node_id, "end")), [("/nodes/1/id", "meaning of its own")])


URLS = [
    ("ftp://a/b", "must begin with http:// or https://"),
    ("a/b", "must begin with"),
    ("", "must begin with"),
    ("file:///etc/passwd", "must begin with"),
    ("http://user:secret@a/b", "user name or a password"),
    ("http://user@a/b", "user name"),
    ("http:///b", "must name a host"),
    ("http://a:0/b", "must name a host"),
    ("http://a:99999/", "no URL"),
    ("http://[::1/", "no URL"),
    ("http://a/b c", "spaces"),
    ("http://a/\r\nX: y", "line breaks"),
    ("http://a/\x00", "control characters"),
    ("http:\\\\a\\b", "backslashes"),
    ("http://a/" + "x" * 2_000, "the limit is 2,000"),
    (7, "must be a string, not an integer"),
]


@pytest.mark.parametrize(("url", "words"), URLS)
def test_urls_of_services(url: Any, words: str) -> None:
    verify(chain(service("a", "end", url=url)), [("/nodes/1/url", words)])


SERVICES: list[tuple[dict[str, Any], Faults]] = [
    ({"url": None}, [("/nodes/1", "needs a `url`, or a `service`")]),
    ({"service": "image-blur"}, [("/nodes/1", "either `url` or `service`")]),
    ({"url": None, "service": "a/b"}, [("/nodes/1/service", "must be 1 to 200 letters")]),
    ({"url": None, "service": ".."}, [("/nodes/1/service", "folder")]),
    ({"retry": 3}, [("/nodes/1/retry", "must be an object, not an integer")]),
    ({"retry": {"attempt": 3}}, [("/nodes/1/retry/attempt", "no field of `retry`; did you mean `attempts`?")]),
    ({"retry": {"attempts": 0}}, [("/nodes/1/retry/attempts", "must be at least 1")]),
    ({"retry": {"attempts": 101}}, [("/nodes/1/retry/attempts", "must be at most 100")]),
    ({"retry": {"attempts": 2.5}}, [("/nodes/1/retry/attempts", "must be an integer, not 2.5")]),
    ({"retry": {"attempts": True}}, [("/nodes/1/retry/attempts", "must be an integer, not a boolean")]),
    ({"retry": {"delay": -1}}, [("/nodes/1/retry/delay", "must be at least 0")]),
    ({"retry": {"factor": 0.5}}, [("/nodes/1/retry/factor", "must be at least 1")]),
    ({"retry": {"max_delay": 86_401}}, [("/nodes/1/retry/max_delay", "must be at most 86,400")]),
    ({"timeout": 0}, [("/nodes/1/timeout", "must be more than 0")]),
    ({"timeout": 2_592_001}, [("/nodes/1/timeout", "must be at most 2,592,000")]),
    ({"timeout": "60"}, [("/nodes/1/timeout", "must be a number, not a string")]),
    ({"timeuot": 60}, [("/nodes/1/timeuot", "did you mean `timeout`?")]),
]


@pytest.mark.parametrize(("fields", "expected"), SERVICES)
def test_services(fields: dict[str, Any], expected: Faults) -> None:
    verify(chain(service("a", "end", **fields)), expected)


API = {"route": "r", "body": "image"}

ENTRIES: list[tuple[dict[str, Any], Faults]] = [
    ({"api": 3}, [("/nodes/0/api", "must be an object, not an integer")]),
    ({"api": {}}, [("/nodes/0/api/route", "missing"), ("/nodes/0/api/body", "missing")]),
    ({"api": {**API, "sumary": ""}}, [("/nodes/0/api/sumary", "no field of `api`; did you mean `summary`?")]),
    ({"api": {**API, "summary": "x" * 501}}, [("/nodes/0/api/summary", "the limit is 500")]),
    ({"api": {**API, "body": None}}, [("/nodes/0/api/body", "an object (an example), a string or a list of strings")]),
    ({"api": {**API, "body": []}}, [("/nodes/0/api/body", "at least one")]),
    (
        {"api": {**API, "body": ["a", 1, "a"]}},
        [("/nodes/0/api/body/1", "must be a string"), ("/nodes/0/api/body/2", "twice")],
    ),
    ({"input": {"x": "end.out"}}, [("/nodes/0/input", "an entry has no `input`")]),
    *(
        ({"api": {**API, "route": route}}, [("/nodes/0/api/route", words)])
        for route, words in [
            ("", "must be 1 to 200 letters, digits, `.`, `_` and `-`"),
            ("a/b", "must be 1 to 200"),
            ("a%2eb", "must be 1 to 200"),
            ("ä", "must be 1 to 200"),
            ("a\n", "must be 1 to 200"),
            ("x" * 201, "must be 1 to 200"),
            (".", "folder"),
            ("..", "folder"),
            (3, "must be a string, not an integer"),
        ]
    ),
]


@pytest.mark.parametrize(("fields", "expected"), ENTRIES)
def test_entries(fields: dict[str, Any], expected: Faults) -> None:
    verify(with_entry(**fields), expected)
