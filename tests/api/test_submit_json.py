"""Submissions of JSON: what fits, what does not."""

import gzip
import json
from typing import Any

import pytest

from tests.e2e.processes import Engine
from tests.e2e.raw_http import connect, exchange, head
from tests.e2e.scripts import Json, entry, fresh_route, open_chain, open_route, pointers, problem, result, submit

BODY: Json = {
    "name": "Myself",
    "age": 31,
    "size": 1.8,
    "here": True,
    "tags": ["a"],
    "deep": {"x": [{"y": 1}]},
    "list": [],
    "object": {},
    "any": None,
}
RIGHT: Json = {**BODY, "tags": [], "deep": {"x": []}, "list": [1, "a", None], "object": {"k": [1]}, "any": {"x": [1.5]}}


@pytest.fixture(scope="module")
def route(engine: Engine) -> str:
    """A pipeline that takes `BODY` and gives it back."""
    return open_route(engine, entry(fresh_route(), BODY, "end"), {"id": "end", "type": "end"})


def count(engine: Engine, route: str) -> int:
    """How many tasks the route has had."""
    number: int = engine.client.get("/stats").json()["services"][route]
    return number


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"age": 2**63 - 1},
        {"age": -(2**63)},
        {"size": 7},
        {"size": -1e-300},
        {"name": ""},
        {"name": "日本語 🎉 \u202e"},
        {"any": [[[[]]]]},
        {"tags": ["b"] * 1000},
        {"deep": {"x": [{"y": 5}, {"y": 6}]}},
    ],
)
def test_what_fits(engine: Engine, route: str, change: Json) -> None:
    sent = {**RIGHT, **change}
    assert result(engine, submit(engine, route, sent)) == sent


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": 7}, "/name"),
        ({"age": True}, "/age"),
        ({"age": "31"}, "/age"),
        ({"age": 31.5}, "/age"),
        ({"size": True}, "/size"),
        ({"size": "1.8"}, "/size"),
        ({"here": 1}, "/here"),
        ({"here": None}, "/here"),
        ({"tags": "a"}, "/tags"),
        ({"tags": ["a", 1]}, "/tags/1"),
        ({"deep": {}}, "/deep/x"),
        ({"deep": {"x": [{"y": 1, "z": 2}]}}, "/deep/x/0/z"),
        ({"deep": {"x": [{"y": 1}, {"y": "1"}]}}, "/deep/x/1/y"),
        ({"list": {}}, "/list"),
        ({"object": []}, "/object"),
        ({"more": 1}, "/more"),
        ({"a/b~c": 1}, "/a~1b~0c"),
    ],
)
def test_what_does_not_fit(engine: Engine, route: str, change: Json, pointer: str) -> None:
    before = count(engine, route)
    told = problem(engine.client.post(f"/services/{route}", json={**RIGHT, **change}), 422)
    assert pointers(told) == [pointer], told
    assert count(engine, route) == before


def test_all_that_is_wrong_at_once(engine: Engine, route: str) -> None:
    told = problem(engine.client.post(f"/services/{route}", json={"age": "x", "nam": 1}), 422)
    assert {"/age", "/nam", "/name", "/size"} <= set(pointers(told))
    assert "name" in next(fault["detail"] for fault in told["errors"] if fault["pointer"] == "/nam")


@pytest.mark.parametrize("sent", [[], "text", 7, True, [1, 2]])
def test_what_is_no_object(engine: Engine, route: str, sent: Any) -> None:
    problem(
        engine.client.post(
            f"/services/{route}", content=json.dumps(sent), headers={"Content-Type": "application/json"}
        ),
        422,
    )


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": "a", "name": "b"}', 400),
        (b'{"name": "\\udc00"}', 400),
        (b'{"name": "\\u0000"}', 400),
        (b'{"age": 9223372036854775808}', 400),
        (b'{"any": ' + b"[" * 1000 + b"]" * 1000 + b"}", 400),
        (b'{"name": "' + b"x" * 1_000_001 + b'"}', 413),
    ],
)
def test_what_cannot_be_read(engine: Engine, route: str, content: bytes, status: int) -> None:
    before = count(engine, route)
    headers = {"Content-Type": "application/json"}
    problem(engine.client.post(f"/services/{route}", content=content, headers=headers), status)
    assert count(engine, route) == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_content_type(engine: Engine, route: str, kind: str) -> None:
    headers = {"Content-Type": kind}
    problem(engine.client.post(f"/services/{route}", content=json.dumps(RIGHT), headers=headers), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"])
def test_forms_of_the_content_type(engine: Engine, route: str, kind: str) -> None:
    answer = engine.client.post(f"/services/{route}", content=json.dumps(RIGHT), headers={"Content-Type": kind})
    assert answer.status_code == 200


def test_a_compressed_body(engine: Engine, route: str) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    problem(engine.client.post(f"/services/{route}", content=bomb, headers=headers), 415)


@pytest.mark.parametrize("length", ["-1", "abc", "1, 2", "99999999999999999999999"])
def test_a_wrong_content_length(engine: Engine, route: str, length: str) -> None:
    request = head("POST", f"/services/{route}", {"Content-Type": "application/json", "Content-Length": length})
    status, _ = exchange(engine, request + b"{}", end=True)
    assert status in (0, 400, 413)


def test_a_body_that_is_shorter_than_announced(engine: Engine, route: str) -> None:
    before = count(engine, route)
    sent = json.dumps(RIGHT).encode()
    kind = {"Content-Type": "application/json", "Content-Length": str(len(sent) + 10)}
    status, _ = exchange(engine, head("POST", f"/services/{route}", kind) + sent, end=True)
    assert status in (0, 400)
    assert count(engine, route) == before


def test_300_megabytes_of_json_are_refused_and_not_kept(engine: Engine, route: str) -> None:
    before = engine.peak_memory()
    size = 300 * 1024**2
    kind = {"Content-Type": "application/json", "Content-Length": str(size)}
    with connect(engine) as connection:
        connection.sendall(head("POST", f"/services/{route}", kind) + b'{"name": "')
        connection.sendall(b"x" * 8 * 1024**2)
        answer = connection.recv(1000)
        assert answer.startswith(b"HTTP/1.1 413"), answer
        try:
            for _ in range(size // 1024**2 - 10):
                connection.sendall(b"x" * 1024**2)
        except ConnectionError:
            pass  # it has heard enough
    assert engine.peak_memory() < before + 20 * 1024**2


def test_chunked_bodies(engine: Engine, route: str) -> None:
    def pieces() -> Any:
        raw = json.dumps(RIGHT).encode()
        yield from (raw[start : start + 7] for start in range(0, len(raw), 7))

    headers = {"Content-Type": "application/json"}
    answer = engine.client.post(f"/services/{route}", content=pieces(), headers=headers)
    assert result(engine, answer.json()["jobId"]) == RIGHT


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_of_an_unknown_route(engine: Engine, method: str) -> None:
    answer = engine.client.request(method, f"/services/{fresh_route()}", json={} if method == "PUT" else None)
    assert answer.status_code in (404, 405, 422), answer.text


def test_the_answer(engine: Engine, route: str) -> None:
    answer = engine.client.post(f"/services/{route}", json=RIGHT)
    assert answer.status_code == 200 and list(answer.json()) == ["jobId"]
    job = answer.json()["jobId"]
    assert answer.headers["location"] == f"{engine.url}/tasks/{job}/status"
    assert engine.client.get(answer.headers["location"]).json()["status"] in ("running", "finished")


def test_an_entry_without_keys(engine: Engine) -> None:
    free = open_chain(engine, {})
    for sent in ({}, {"any": [1]}):
        assert result(engine, submit(engine, free, sent)) == sent
