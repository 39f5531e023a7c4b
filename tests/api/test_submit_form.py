"""Submissions of forms: binaries and JSON fields; refused ones leave nothing behind."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.e2e.processes import Engine, wait_for
from tests.e2e.raw_http import BOUNDARY, FORM_TYPE, Field, connect, exchange, form, head, post_form
from tests.e2e.scripts import PNG, open_chain, pointers, problem, raw, result, submit

IMAGE = Field("image", PNG, "a.png", "image/png")
AREAS = Field("areas", b'{"areas": [[1, 2, 3, 4]]}', "areas.json", "application/json")


@pytest.fixture(scope="module")
def route(engine: Engine) -> str:
    """A pipeline that takes `image` and `areas` and gives them back."""
    return open_chain(engine, ["image", "areas"])


@pytest.fixture(scope="module")
def single(engine: Engine) -> str:
    """A pipeline that takes `image` alone."""
    return open_chain(engine, "image")


def assert_nothing_left(engine: Engine, before: int) -> None:
    """No file more than before, once the engine has noticed."""
    wait_for(lambda: len(engine.files()) == before, f"{before} files: {engine.files()}", 10)
    assert all(list(folder.iterdir()) for folder in engine.folders()), engine.folders()


def test_a_binary_and_json(engine: Engine, route: str) -> None:
    answer = post_form(engine, f"/services/{route}", form(IMAGE, AREAS))
    assert answer.status_code == 200, answer.text
    job = answer.json()["jobId"]
    out = result(engine, job)
    assert out["areas"] == [[1, 2, 3, 4]] and out["image"] == f"{engine.url}/tasks/{job}/files/image"
    assert httpx.get(out["image"]).content == PNG
    assert set(raw(engine, job)["binaries"]) >= {"entry.out.image"}


def test_any_field_may_be_a_binary(engine: Engine, route: str) -> None:
    job = submit(
        engine, route, files={"image": ("a", b"not a picture", "text/plain"), "areas": ("b", b"{", "text/plain")}
    )
    assert set(result(engine, job)) == {"image", "areas"}


def test_a_field_without_a_file_name_is_a_binary_too(engine: Engine, single: str) -> None:
    answer = post_form(engine, f"/services/{single}", form(Field("image", b"abc", None, None)))
    assert httpx.get(result(engine, answer.json()["jobId"])["image"]).content == b"abc"


def test_bytes_that_look_like_a_boundary(engine: Engine, single: str) -> None:
    data = f"\r\n--{BOUNDARY}x\r\n--{BOUNDARY[:-1]}\r\n\r\n--\r--\n".encode() * 1000 + b"\r\n\r\n"
    answer = post_form(engine, f"/services/{single}", form(Field("image", data)))
    assert httpx.get(result(engine, answer.json()["jobId"])["image"]).content == data


def test_a_preamble_and_an_epilogue(engine: Engine, single: str) -> None:
    body = form(Field("image", b"abc")) + b"an epilogue, which RFC 2046 allows"
    answer = post_form(engine, f"/services/{single}", body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert httpx.get(result(engine, answer.json()["jobId"])["image"]).content == b"abc"


WHOLE = form(IMAGE, AREAS)
REFUSED: dict[str, tuple[bytes, int, str | None]] = {
    "empty body": (b"", 400, None),
    "no parts": (f"--{BOUNDARY}--\r\n".encode(), 422, "/image"),
    "field missing": (form(IMAGE), 422, "/areas"),
    "field unknown": (form(IMAGE, AREAS, Field("more")), 422, "/more"),
    "field doubled": (form(IMAGE, AREAS, IMAGE), 422, "/image"),
    "empty file": (form(Field("image", b""), AREAS), 422, "/image"),
    "json that is none": (form(IMAGE, Field("areas", b"{", None, "application/json")), 400, None),
    "json that is empty": (form(IMAGE, Field("areas", b"", None, "application/json")), 400, None),
    "json that is a list": (form(IMAGE, Field("areas", b"[]", None, "application/json")), 422, "/areas"),
    "json with NaN": (form(IMAGE, Field("areas", b'{"a": NaN}', None, "application/json")), 400, None),
    "json of 2 MB": (form(IMAGE, Field("areas", b'"' + b"x" * 2_000_000 + b'"', None, "application/json")), 413, None),
    "json takes a key twice": (form(IMAGE, Field("areas", b'{"image": 1}', None, "application/json")), 422, "/areas"),
    "no name": (f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), 400, None),
    "name empty": (form(Field(""), IMAGE, AREAS), 400, None),
    "1,001 parts": (form(*(Field(f"f{number}", b"x") for number in range(1_001))), 400, None),
    "headers of 20 kB": (form(IMAGE, Field("areas", b"x", "n" * 20_000)), 400, None),
    "cut in the last boundary": (WHOLE[:-5], 400, None),
    "cut before the last boundary": (WHOLE[: -len(BOUNDARY) - 8], 400, None),
    "cut in the second part": (WHOLE[:-60], 400, None),
    "cut in the first part": (WHOLE[:300], 400, None),
    "cut in a header": (WHOLE[:50], 400, None),
    "another boundary": (WHOLE.replace(BOUNDARY.encode(), b"another"), 400, None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_forms(engine: Engine, route: str, case: str) -> None:
    before = len(engine.files())
    body, status, pointer = REFUSED[case]
    told = problem(post_form(engine, f"/services/{route}", body), status)
    if pointer is not None:
        assert pointer in pointers(told), told
    assert_nothing_left(engine, before)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300]
)
def test_no_boundary(engine: Engine, route: str, kind: str) -> None:
    problem(engine.client.post(f"/services/{route}", content=WHOLE, headers={"Content-Type": kind}), 400)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/mixed; boundary=x", ""])
def test_another_content_type(engine: Engine, route: str, kind: str) -> None:
    told = problem(engine.client.post(f"/services/{route}", content=b"{}", headers={"Content-Type": kind}), 415)
    assert "image" in told["detail"] and "areas" in told["detail"]


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\x.png",
        "a" * 300 + ".png",
        "a\x00b.png",
        "/",
        "..",
        "",
        "ünï.png",
        "\udcff.png",
        "a;b=c.png",
    ],
)
def test_file_names_are_labels_only(engine: Engine, single: str, name: str) -> None:
    answer = post_form(engine, f"/services/{single}", form(Field("image", PNG, name, "image/png")))
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        file = httpx.get(result(engine, answer.json()["jobId"])["image"])
        assert file.content == PNG
        label = file.headers["content-disposition"]
        assert not set(label) & set("/\\\r\n\x00") and ".." not in label and len(label) < 500


@pytest.mark.parametrize("sent", [0, 10, 200, 400_000])
def test_a_client_that_hangs_up_in_the_middle(engine: Engine, route: str, sent: int) -> None:
    before = len(engine.files())
    body = form(Field("image", b"x" * 1_000_000), AREAS)
    start = head("POST", f"/services/{route}", FORM_TYPE | {"Content-Length": str(len(body))})
    with connect(engine) as connection:
        connection.sendall(start + body[:sent])
    assert_nothing_left(engine, before)


def test_a_client_that_hangs_up_in_the_middle_of_chunks(engine: Engine, route: str) -> None:
    before = len(engine.files())
    start = head("POST", f"/services/{route}", FORM_TYPE | {"Transfer-Encoding": "chunked"})
    piece = form(Field("image", b"x" * 500_000), AREAS)[:400_000]
    chunk = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    exchange(engine, start + chunk, end=True)
    assert_nothing_left(engine, before)


def test_a_truncated_chunked_body_that_ends_properly(engine: Engine, route: str) -> None:
    before = len(engine.files())
    start = head("POST", f"/services/{route}", FORM_TYPE | {"Transfer-Encoding": "chunked"})
    piece = WHOLE[:-30]
    status, _ = exchange(engine, start + f"{len(piece):x}\r\n".encode() + piece + b"\r\n0\r\n\r\n")
    assert status == 400
    assert_nothing_left(engine, before)


def test_a_stalled_upload_harms_no_other(engine: Engine, route: str) -> None:
    start = head("POST", f"/services/{route}", FORM_TYPE | {"Content-Length": "1000000"})
    with connect(engine) as connection:
        connection.sendall(start + WHOLE[:200])
        started = time.monotonic()
        result(engine, post_form(engine, f"/services/{route}", WHOLE).json()["jobId"])
        assert time.monotonic() - started < 5


def test_a_refused_upload_is_not_read_to_its_end(engine: Engine, route: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(10 * 1024**3)}
    status, body = exchange(engine, head("POST", f"/services/{route}", headers) + b"x" * 1000)
    assert status == 415, body


def test_an_unknown_route_does_not_read_the_body(engine: Engine) -> None:
    headers = FORM_TYPE | {"Content-Length": str(10 * 1024**3)}
    status, body = exchange(engine, head("POST", "/services/unknown", headers) + WHOLE[:100])
    assert status == 404 and json.loads(body)["status"] == 404


@pytest.mark.parametrize(
    ("data", "declared", "served"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "application/octet-stream", "image/png"),
        (b"<html><script>alert(1)</script>", "image/png", "application/octet-stream"),
        (b"<html>", "text/html", "text/html"),
        (b"abc", "text/plain", "text/plain"),
        (b"abc", "not a type", "application/octet-stream"),
    ],
)
def test_the_bytes_decide_what_a_file_is(engine: Engine, single: str, data: bytes, declared: str, served: str) -> None:
    job = post_form(engine, f"/services/{single}", form(Field("image", data, "noname", declared))).json()["jobId"]
    answer = httpx.get(result(engine, job)["image"])
    assert answer.headers["content-type"].partition(";")[0] == served
    inline: Any = answer.headers["content-disposition"].startswith("inline")
    assert inline == (served == "image/png")
