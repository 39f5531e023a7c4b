"""The faults of a node by itself: its type and its fields."""

from typing import Any

import pytest

from tests.pipeline.definitions import Faults, branch, chain, http, loop, node, service, verify, with_entry

NODES: list[tuple[Any, Faults]] = [
    (node("b", type="servce"), [("/nodes/2/type", "did you mean `service`?")]),
    (node("b", type="filter"), [("/nodes/2/type", "this engine knows `entry`, `end`, `node`, `service`, `http`")]),
    (node("b", type=["node"]), [("/nodes/2/type", "must be a string, not a list")]),
    (node("b", type="lambda", next=3, fn="x"), [("/nodes/2/next", "must be a list"), ("/nodes/2/type", "`lambda`")]),
    (node("b", inptu={}), [("/nodes/2/inptu", "did you mean `input`?")]),
    (
        node("b", zzz=1),
        [("/nodes/2/zzz", "known are `id`, `params`, `before`, `after`, `ready`, `input`, `type` and `next`")],
    ),
    (node("b", url="http://a/b"), [("/nodes/2/url", "no field of type `node`, but of `service` and `http`; change")]),
    (node("b", items="a.out"), [("/nodes/2/items", "no field of type `node`, but of `loop`; change the `type`")]),
    (node("b", ready=True), [("/nodes/2/ready", "must be code in a string, not a boolean")]),
    (node("b", before=["x = 1"]), [("/nodes/2/before", "must be code in a string, not a list")]),
    (node("b", after=""), [("/nodes/2/after", "must not be empty; write code, or remove this field")]),
    (node("b", after="x = 1#" + "x" * 10_000), [("/nodes/2/after", "is 10,006 characters long; the limit is 10,000")]),
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


@pytest.mark.parametrize("node_id", ["node", "pipeline", "input", "loop", "loopEnd"])
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
    ({"ready": "if ("}, [("/nodes/0/ready", "an entry has no `ready`, since it starts with the task; remove it")]),
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


HTTP: list[tuple[dict[str, Any], Faults]] = [
    ({"url": "ftp://a"}, [("/nodes/1/url", "must begin with http:// or https://")]),
    (
        {"verb": "PSOT"},
        [("/nodes/1/verb", "must be one of `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`, not `PSOT`")],
    ),
    ({"verb": "get"}, [("/nodes/1/verb", "did you mean `GET`?")]),
    ({"verb": 3}, [("/nodes/1/verb", "not an integer")]),
    ({"headers": ["x"]}, [("/nodes/1/headers", "must be an object, not a list")]),
    ({"headers": {"X-A": 3}}, [("/nodes/1/headers/X-A", "must be a string, not an integer")]),
    ({"headers": {"X A": "1"}}, [("/nodes/1/headers/X A", "is no name of a header")]),
    ({"headers": {"X": "1\r\nY: 2"}}, [("/nodes/1/headers/X", "line breaks")]),
    (
        {"headers": {"Host": "a", "x-b": "1", "X-B": "2"}},
        [("/nodes/1/headers", "are the same one"), ("/nodes/1/headers/Host", "is set by the engine")],
    ),
    ({"timeout": 0}, [("/nodes/1/timeout", "must be more than 0")]),
    ({"retry": {"attempts": 0}}, [("/nodes/1/retry/attempts", "must be at least 1")]),
    ({"retry": 3}, [("/nodes/1/retry", "must be an object")]),
    ({"service": "x"}, [("/nodes/1/service", "no field of type `http`, but of `service`")]),
    ({"body": {}}, [("/nodes/1/body", "`body` is no field of type `http`; known are")]),
]


@pytest.mark.parametrize(("fields", "expected"), HTTP)
def test_http_nodes(fields: dict[str, Any], expected: Faults) -> None:
    verify(chain(http("a", "end", **fields)), expected)


def test_an_http_node_needs_a_url() -> None:
    verify(chain({"id": "a", "type": "http", "next": ["end"]}), [("/nodes/1/url", "`url` is missing; add it")])


CODE_OR_OBJECT = "must be an object with any of `next`, `out` and `exec`, or a string of code"
BRANCHES: list[tuple[Any, Faults]] = [
    ({"id": "a", "type": "branch"}, [("/nodes/1/if", "add the expression that decides"), ("/nodes/1/then", "add it")]),
    (branch("a", ["end"], **{"if": True}), [("/nodes/1/if", "must be code in a string, not a boolean")]),
    (branch("a", ["end"], **{"if": ""}), [("/nodes/1/if", "must not be empty; write code")]),
    (branch("a", 3, ["end"]), [("/nodes/1/then", f"{CODE_OR_OBJECT}, not an integer")]),
    (branch("a", ["end"], 3), [("/nodes/1/else", f"{CODE_OR_OBJECT}, not an integer")]),
    (branch("a", "", ["end"]), [("/nodes/1/then", "must not be empty; write code, or remove this field")]),
    (branch("a", {"exec": "", "next": ["end"]}), [("/nodes/1/then/exec", "must not be empty; write code")]),
    (branch("a", {"exec": 1, "next": ["end"]}), [("/nodes/1/then/exec", "must be code in a string, not an integer")]),
    (branch("a", {"nxt": ["end"]}, ["end"]), [("/nodes/1/then/nxt", "no field of `then`; did you mean `next`?")]),
    (branch("a", ["end"], {"input": {}}), [("/nodes/1/else/input", "known are `next`, `out` and `exec`")]),
    (branch("a", ["b c"], ["end"]), [("/nodes/1/then/next/0", "there is no node `b c`")]),
    (branch("a", {"next": "end"}), [("/nodes/1/then/next", "must be a list, not a string")]),
    (branch("a", {"next": ["end", 3]}), [("/nodes/1/then/next/1", "must be a string, not an integer")]),
    (branch("a", {"next": ["end"], "out": ["x"]}), [("/nodes/1/then/out", "must be an object, not a list")]),
    (branch("a", {"next": ["end"], "out": {"x": 1}}), [("/nodes/1/then/out/x", "must be a string, not an integer")]),
    (branch("a", ["end"], max_turns=0), [("/nodes/1/max_turns", "must be at least 1")]),
    (branch("a", ["end"], els={}), [("/nodes/1/els", "no field of type `branch`; did you mean `else`?")]),
    (branch("a", ["end"], if_="x"), [("/nodes/1/if_", "did you mean `if`?")]),
]


@pytest.mark.parametrize(("wrong", "expected"), BRANCHES)
def test_branches(wrong: Any, expected: Faults) -> None:
    verify(chain(wrong), expected)


BODY = node("b", "loopEnd")
LOOPS: list[tuple[Any, Faults]] = [
    (
        {"id": "a", "type": "loop", "next": ["end"]},
        [("/nodes/1/items", "add the path to the list"), ("/nodes/1/nodes", "add the list of the nodes that run")],
    ),
    (loop("a", BODY, items=["x"]), [("/nodes/1/items", "must be a string, not a list")]),
    (loop("a", BODY, items=""), [("/nodes/1/items", "must not be empty")]),
    (loop("a"), [("/nodes/1/nodes", "is empty; add at least one")]),
    (loop("a", nodes={"b": BODY}), [("/nodes/1/nodes", "must be a list, not an object")]),
    (loop("a", 3), [("/nodes/1/nodes/0", "a node must be an object, not an integer")]),
    (loop("a", BODY, collect=["b.out"]), [("/nodes/1/collect", "must be an object, not a list")]),
    (loop("a", BODY, collect={"x": 1}), [("/nodes/1/collect/x", "must be a string, not an integer")]),
    (loop("a", BODY, collect={"": "b.out"}), [("/nodes/1/collect/", "a name must not be empty")]),
    (loop("a", BODY, max_parallel=0), [("/nodes/1/max_parallel", "must be at least 1")]),
    (loop("a", BODY, max_parallel="x"), [("/nodes/1/max_parallel", "must be an integer, not a string")]),
    (loop("a", BODY, item="x"), [("/nodes/1/item", "no field of type `loop`; did you mean `items`?")]),
    (loop("a", node("b", "loopEnd", inptu={})), [("/nodes/1/nodes/0/inptu", "did you mean `input`?")]),
    (loop("a", {**BODY, "id": "b.c"}), [("/nodes/1/nodes/0/id", "must be 1 to 100 letters")]),
    (loop("a", {**BODY, "type": "serv"}), [("/nodes/1/nodes/0/type", "did you mean `service`?")]),
    (loop("a", {**BODY, "type": "http"}), [("/nodes/1/nodes/0/url", "`url` is missing")]),
    (loop("a", service("b", "loopEnd", service="x")), [("/nodes/1/nodes/0", "either `url` or `service`")]),
]


@pytest.mark.parametrize(("wrong", "expected"), LOOPS)
def test_loops(wrong: Any, expected: Faults) -> None:
    verify(chain(wrong), expected)
