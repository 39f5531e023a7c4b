"""Services that answer with the result itself: `Preference-Applied: wait`."""

from typing import Any

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Json, Scripted, ended, open_chain, result, submit


def fast(result: Json, **more: Any) -> Json:
    """A step that answers with this result."""
    return {"result": result, **more}


def part(name: str, text: str, kind: str = "text/plain", filename: str | None = "file.txt") -> Json:
    """A part of a multipart result."""
    return {"name": name, "filename": filename, "type": kind, "text": text}


def test_json(engine: Engine, service: Scripted) -> None:
    plan = service.plan(fast({"json": {"answer": [1, 2.5, None, "ä"]}}))
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"answer": [1, 2.5, None, "ä"]}
    assert len(plan.calls) == 1


def test_one_binary(engine: Engine, service: Scripted) -> None:
    plan = service.plan(fast({"parts": [part("result", "some text")]}))
    out = result(engine, submit(engine, open_chain(engine, {}, plan), {}))
    answer = httpx.get(out["result"])
    assert answer.text == "some text" and answer.headers["content-type"].startswith("text/plain")


def test_several_binaries_and_values(engine: Engine, service: Scripted) -> None:
    values = part("values", '{"count": 2, "boxes": [[1, 2, 3, 4]]}', "application/json")
    plan = service.plan(fast({"parts": [part("result0", "first"), values, part("result1", "second")]}))
    out = result(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert out["count"] == 2 and out["boxes"] == [[1, 2, 3, 4]]
    assert [httpx.get(out[name]).text for name in ("result0", "result1")] == ["first", "second"]
    assert set(out) == {"count", "boxes", "result0", "result1"}


def test_a_binary_goes_on_to_the_next_service(engine: Engine, service: Scripted) -> None:
    first, second = service.plan(fast({"echo": True})), service.plan(fast({"echo": True}))
    job = submit(engine, open_chain(engine, "image", first, second), files={"image": ("a.png", PNG, "image/png")})
    assert httpx.get(result(engine, job)["image"]).content == PNG
    image = next(p for p in second.calls[0]["parts"] if p["name"] == "image")
    assert (image["size"], image["type"], image["filename"]) == (len(PNG), "image/png", "a.png")


def test_a_failure(engine: Engine, service: Scripted) -> None:
    plan = service.plan(fast({"json": {"type": "error", "message": "there is no face"}}))
    told = ended(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert told["status"] == "error" and "there is no face" in told["message"] and "s0" in told["message"]
    assert len(plan.calls) == 1


def test_a_failure_that_asks_for_another_attempt(engine: Engine, service: Scripted) -> None:
    plan = service.plan(
        fast({"json": {"type": "error", "message": "busy", "retry_after": 0.1}}), fast({"json": {"done": 1}})
    )
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"done": 1}


def test_a_callback_after_a_fast_answer_changes_nothing(engine: Engine, service: Scripted) -> None:
    late = {"sleep": 0.2, "result": {"json": {"n": "late"}}}
    plan = service.plan(fast({"json": {"n": "fast"}}, callbacks=[late]))
    job = submit(engine, open_chain(engine, {}, plan), {})
    assert result(engine, job) == {"n": "fast"}
    assert plan.wait_callbacks(1)[0]["status"] == 200
    assert result(engine, job) == {"n": "fast"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"body": "{", "type": "application/json"}, "JSON"),
        ({"body": "[1]", "type": "application/json"}, "object"),
        ({"body": "", "type": "application/json"}, "JSON"),
        ({"body": "hello", "type": "text/plain"}, "text/plain"),
        ({"body": "--x\r\n", "type": "multipart/form-data; boundary=x"}, "cut off"),
        ({"body": "x", "type": "multipart/form-data"}, "boundary"),
    ],
)
def test_a_result_that_cannot_be_read(engine: Engine, service: Scripted, given: Json, said: str) -> None:
    plan = service.plan(fast(given))
    told = ended(engine, submit(engine, open_chain(engine, {}, plan), {}))
    assert told["status"] == "error" and plan.url in told["message"] and said in told["message"], told


def test_another_preference_is_no_fast_answer(engine: Engine, service: Scripted) -> None:
    step = fast({"json": {"n": "ignored"}}, headers={"Preference-Applied": "respond-async"})
    plan = service.plan({**step, "callbacks": [{"sleep": 0.1, "result": {"json": {"n": "called back"}}}]})
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"n": "called back"}


def test_a_fast_answer_that_is_cut_is_tried_again(engine: Engine, service: Scripted) -> None:
    head = (
        "HTTP/1.1 200 OK\r\nPreference-Applied: wait\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    plan = service.plan({"raw": head}, fast({"json": {"n": "whole"}}))
    assert result(engine, submit(engine, open_chain(engine, {}, plan), {})) == {"n": "whole"}


def test_a_cut_binary_leaves_nothing_behind(engine: Engine, service: Scripted) -> None:
    body = '--b\r\nContent-Disposition: form-data; name="result"; filename="f"\r\n\r\n' + "x" * 5000
    head = "HTTP/1.1 200 OK\r\nPreference-Applied: wait\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    plan = service.plan({"raw": f"{head}Content-Length: 900000\r\n\r\n{body}"})
    job = submit(engine, open_chain(engine, {}, plan), {})
    assert ended(engine, job)["status"] == "error"
    assert [path for path in engine.files() if job in str(path)] == []
