"""Definitions and announcements that are wrong: a clear problem, and nothing is opened."""

import json
from typing import Any

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, entry, fresh_route, pipeline, pointers, problem, service_node

END: Json = {"id": "end", "type": "end"}
ENTRY = entry("never-opened", {}, "end")
URL = "http://127.0.0.1:9/x"


def entry_with(**api: Any) -> Json:
    """An entry with these fields in its api."""
    return {**ENTRY, "api": {"route": "never-opened", "body": {}, **api}}


def post(engine: Engine, content: bytes | str, kind: str = "application/json") -> httpx.Response:
    """Send a body as it is."""
    return engine.client.post("/services", content=content, headers={"Content-Type": kind})


DEEP = b'{"type": "pipeline", "nodes": ' + b"[" * 70 + b"]" * 70 + b"}"
UNREADABLE: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 400),
    "blank": (b"  \n ", 400),
    "null": (b"null", 422),
    "cut": (b"{", 400),
    "no json": (b"type=pipeline", 400),
    "bad utf-8": (b'{"type": "\xff\xfe"}', 400),
    "depth 70": (DEEP, 400),
    "depth 1000": (b"[" * 1000 + b"]" * 1000, 400),
    "depth 100000": (b"[" * 100_000, 400),
    "NaN": (b'{"type": "pipeline", "nodes": [NaN]}', 400),
    "Infinity": (b'{"a": -Infinity}', 400),
    "1e999": (b'{"a": 1e999}', 400),
    "doubled key": (b'{"type": "pipeline", "type": "pipeline", "nodes": []}', 400),
    "lone surrogate": (b'{"a": "\\ud800"}', 400),
    "NUL": (b'{"a": "\\u0000"}', 400),
    "65 bit": (b'{"a": 18446744073709551616}', 400),
    "1,000 digits": (b'{"a": ' + b"9" * 1000 + b"}", 400),
    "too large": (b'{"a": "' + b"x" * 1_100_000 + b'"}', 413),
    "300 kB of a number": (b'{"a": 0.' + b"1" * 300_000 + b"}", 422),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read(engine: Engine, case: str) -> None:
    content, status = UNREADABLE[case]
    problem(post(engine, content), status)


def test_the_place_is_named(engine: Engine) -> None:
    told = problem(post(engine, b'{"type": "pipeline",\n  "nodes": [,]}'), 400)
    assert "line 2" in told["detail"] and "column" in told["detail"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_another_content_type(engine: Engine, kind: str) -> None:
    problem(post(engine, json.dumps(pipeline(ENTRY, END)), kind), 415)


def test_a_compressed_body(engine: Engine) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    problem(engine.client.post("/services", content=b"\x1f\x8b\x08", headers=headers), 415)


WRONG: dict[str, tuple[Any, str]] = {
    "a list": ([], ""),
    "a string": ("pipeline", ""),
    "no type": ({"nodes": [ENTRY, END]}, "/type"),
    "another type": ({"type": "pipelin", "nodes": [ENTRY, END]}, "/type"),
    "type no string": ({"type": 7, "nodes": [ENTRY, END]}, "/type"),
    "unknown field": ({"type": "pipeline", "nodes": [ENTRY, END], "node": []}, "/node"),
    "no nodes": ({"type": "pipeline"}, "/nodes"),
    "nodes empty": ({"type": "pipeline", "nodes": []}, "/nodes"),
    "nodes no list": ({"type": "pipeline", "nodes": {"a": 1}}, "/nodes"),
    "node no object": (pipeline(ENTRY, END, "x"), "/nodes/2"),  # type: ignore[arg-type]
    "doubled id": (pipeline(entry("never-opened", {}, "end", "a"), {"id": "a"}, {"id": "a"}, END), "/nodes/2/id"),
    "id with a space": (pipeline(entry("never-opened", {}, "a b", "end"), {"id": "a b"}, END), "/nodes/1/id"),
    "id of 101": (pipeline(entry("never-opened", {}, "a" * 101, "end"), {"id": "a" * 101}, END), "/nodes/1/id"),
    "id reserved": (pipeline(entry("never-opened", {}, "loop", "end"), {"id": "loop"}, END), "/nodes/1/id"),
    "id missing": (pipeline(ENTRY, END, {"type": "node"}), "/nodes/2/id"),
    "no entry": (pipeline(END), "/nodes"),
    "two entries": (pipeline(ENTRY, {**ENTRY, "id": "second"}, END), "/nodes/1"),
    "no end": (pipeline(entry("never-opened", {}, "a"), {"id": "a"}), "/nodes"),
    "two ends": (pipeline(entry("never-opened", {}, "end", "e"), END, {**END, "id": "e"}), "/nodes/2"),
    "next unknown": (pipeline(entry("never-opened", {}, "ende", "end"), END), "/nodes/0/next/0"),
    "next no list": (pipeline({**ENTRY, "next": "end"}, END), "/nodes/0/next"),
    "next of numbers": (pipeline({**ENTRY, "next": [1, "end"]}, END), "/nodes/0/next/0"),
    "unreachable": (pipeline(ENTRY, {"id": "alone", "next": ["end"]}, END), "/nodes/1"),
    "end unreachable": (pipeline(entry("never-opened", {}, "a"), {"id": "a"}, END), "/nodes/2"),
    "cycle": (
        pipeline(entry("never-opened", {}, "a"), {"id": "a", "next": ["b"]}, {"id": "b", "next": ["a", "end"]}, END),
        "/nodes/2/next/0",
    ),
    "next to itself": (
        pipeline(entry("never-opened", {}, "a"), {"id": "a", "next": ["a", "end"]}, END),
        "/nodes/1/next/0",
    ),
    "loopEnd outside": (pipeline(entry("never-opened", {}, "loopEnd", "end"), END), "/nodes/0/next/0"),
    "type of node": (pipeline(ENTRY, END, {"id": "a", "type": "servic"}), "/nodes/2/type"),
    "field of node": (
        pipeline(entry("never-opened", {}, "a"), {"id": "a", "nxt": [], "next": ["end"]}, END),
        "/nodes/1/nxt",
    ),
    "path of nobody": (pipeline(ENTRY, {**END, "input": {"x": "nobody.out.x"}}), "/nodes/1/input/x"),
    "path no string": (pipeline(ENTRY, {**END, "input": {"x": 1}}), "/nodes/1/input/x"),
    "path without field": (pipeline(ENTRY, {**END, "input": {"x": "entry"}}), "/nodes/1/input/x"),
    "path empty": (pipeline(ENTRY, {**END, "input": {"x": ""}}), "/nodes/1/input/x"),
    "params no object": (pipeline(ENTRY, {**END, "params": []}), "/nodes/1/params"),
    "no url": (
        pipeline(entry("never-opened", {}, "s"), {"id": "s", "type": "service", "next": ["end"]}, END),
        "/nodes/1",
    ),
    "url and service": (pipeline(entry("never-opened", {}, "s"), service_node("s", URL, service="x"), END), "/nodes/1"),
    "timeout 0": (pipeline(entry("never-opened", {}, "s"), service_node("s", URL, timeout=0), END), "/nodes/1/timeout"),
    "attempts 0": (
        pipeline(entry("never-opened", {}, "s"), service_node("s", URL) | {"retry": {"attempts": 0}}, END),
        "/nodes/1/retry/attempts",
    ),
    "route missing": (pipeline({**ENTRY, "api": {"body": {}}}, END), "/nodes/0/api/route"),
    "api missing": (pipeline({"id": "entry", "type": "entry", "next": ["end"]}, END), "/nodes/0/api"),
    "body missing": (pipeline({**ENTRY, "api": {"route": "never-opened"}}, END), "/nodes/0/api/body"),
    "body a number": (pipeline(entry_with(body=7), END), "/nodes/0/api/body"),
    "body null": (pipeline(entry_with(body=None), END), "/nodes/0/api/body"),
    "body empty list": (pipeline(entry_with(body=[]), END), "/nodes/0/api/body"),
    "body doubled field": (pipeline(entry_with(body=["a", "a"]), END), "/nodes/0/api/body/1"),
    "body of numbers": (pipeline(entry_with(body=[1]), END), "/nodes/0/api/body/0"),
    "summary a number": (pipeline(entry_with(summary=1), END), "/nodes/0/api/summary"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_definitions(engine: Engine, case: str) -> None:
    document, pointer = WRONG[case]
    told = problem(engine.client.post("/services", json=document), 422)
    found = pointers(told)
    assert found and any(place == pointer or place.startswith(f"{pointer}/") for place in found), told
    problem(engine.client.get("/services/never-opened"), 404)


@pytest.mark.parametrize("route", ["a/b", "..", ".", "", "a b", "a%2eb", "ü", "a?b", "a#b", "x" * 201, 7, None])
def test_wrong_routes(engine: Engine, route: Any) -> None:
    told = problem(engine.client.post("/services", json=pipeline(entry_with(route=route), END)), 422)
    assert "/nodes/0/api/route" in pointers(told)


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://h/x", "http://", "http:///x", "http://user:secret@h/x", "http://h:99999/x", "http://h/a\r\nX: y"]
    + ["http://h/a b", "javascript:alert(1)", "http://[::1/x", 7, None, "http://" + "h" * 3000],
)
def test_wrong_urls(engine: Engine, url: Any) -> None:
    document = pipeline(entry("never-opened", {}, "s"), service_node("s", url), END)
    told = problem(engine.client.post("/services", json=document), 422)
    assert any(place.startswith("/nodes/1") for place in pointers(told)), told


def test_all_faults_at_once(engine: Engine) -> None:
    document = pipeline(
        entry("a route", {}, "nowhere"),
        {"id": "a", "type": "nodee"},
        {"id": "a", "colour": 1},
        {"id": "s", "type": "service", "url": "ftp://x"},
        END,
    )
    told = problem(engine.client.post("/services", json=document), 422)
    wanted = {
        "/nodes/0/api/route",
        "/nodes/0/next/0",
        "/nodes/1/type",
        "/nodes/2/id",
        "/nodes/2/colour",
        "/nodes/3/url",
    }
    assert wanted <= set(pointers(told)), told


def test_the_nearest_name_is_offered(engine: Engine) -> None:
    document = pipeline(entry("never-opened", {}, "ende", "x"), {"id": "x", "type": "servise", "inputt": {}}, END)
    text = json.dumps(problem(engine.client.post("/services", json=document), 422))
    assert "`end`" in text and "`service`" in text


def test_more_than_a_thousand_nodes(engine: Engine) -> None:
    nodes = [{"id": f"n{number}", "next": ["end"]} for number in range(1_000)]
    problem(engine.client.post("/services", json=pipeline(ENTRY, *nodes, END)), 422)


API = {"route": "never-announced", "body": {}}
WRONG_ANNOUNCEMENTS: dict[str, Any] = {
    "no url": {"type": "service", "api": API},
    "no api": {"type": "service", "url": URL},
    "no route": {"type": "service", "url": URL, "api": {"body": {}}},
    "no body": {"type": "service", "url": URL, "api": {"route": "never-announced"}},
    "body a number": {"type": "service", "url": URL, "api": {**API, "body": 7}},
    "body empty": {"type": "service", "url": URL, "api": {**API, "body": []}},
    "route with a slash": {"type": "service", "url": URL, "api": {**API, "route": "a/b"}},
    "route of dots": {"type": "service", "url": URL, "api": {**API, "route": ".."}},
    "url of another scheme": {"type": "service", "url": "ftp://h/x", "api": API},
    "url with a password": {"type": "service", "url": "http://a:b@h/x", "api": API},
    "url with a line break": {"type": "service", "url": "http://h/x\r\nX: y", "api": API},
    "url without a host": {"type": "service", "url": "http:///x", "api": API},
    "url with a wrong port": {"type": "service", "url": "http://h:99999/x", "api": API},
    "unknown field": {"type": "service", "url": URL, "api": API, "colour": "red"},
    "interval 0": {"type": "service", "url": URL, "api": API, "interval": 0},
    "interval a word": {"type": "service", "url": URL, "api": API, "interval": "often"},
    "interval without an end": {"type": "service", "url": URL, "api": API, "interval": 1e300},
}


@pytest.mark.parametrize("case", WRONG_ANNOUNCEMENTS)
def test_wrong_announcements(engine: Engine, case: str) -> None:
    message = json.loads(json.dumps(WRONG_ANNOUNCEMENTS[case]).replace("never-announced", route := fresh_route()))
    problem(engine.client.post("/services", json=message), 422)
    problem(engine.client.get(f"/services/{route}"), 404)
