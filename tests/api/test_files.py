"""The binaries of a result."""

import secrets

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.raw_http import Field, form, post_form
from tests.e2e.scripts import PNG, entry, fresh_route, open_route, problem, result

DATA = PNG + secrets.token_bytes(3_000_000)


@pytest.fixture(scope="module")
def route(engine: Engine) -> str:
    """A pipeline whose results have names of many kinds."""
    names = {"blurred.jpg": "entry.out.file", "a b/ü&?#%.png": "entry.out.file", "all": "entry.out"}
    return open_route(engine, entry(fresh_route(), "file", "end"), {"id": "end", "type": "end", "input": names})


@pytest.fixture(scope="module")
def url(engine: Engine, route: str) -> str:
    """The address of a picture."""
    return upload(engine, route, Field("file", DATA, "my picture.png", "image/png"))


def upload(engine: Engine, route: str, field: Field) -> str:
    """Send a file through; its address in the result."""
    answer = post_form(engine, f"/services/{route}", form(field))
    found: str = result(engine, answer.json()["jobId"])["blurred.jpg"]
    return found


def test_the_whole_file(url: str) -> None:
    answer = httpx.get(url)
    assert answer.status_code == 200 and answer.content == DATA
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["content-disposition"] == 'inline; filename="my picture.png"'


def test_names_of_any_kind(engine: Engine, route: str) -> None:
    job = post_form(engine, f"/services/{route}", form(Field("file", PNG))).json()["jobId"]
    out = result(engine, job)
    for address in (out["blurred.jpg"], out["a b/ü&?#%.png"], out["all"]["file"]):
        assert address.startswith(f"{engine.url}/tasks/{job}/files/") and address.isascii()
        assert httpx.get(address).content == PNG
    assert out["blurred.jpg"].endswith("/files/blurred.jpg")


def test_head(url: str) -> None:
    whole, answer = httpx.get(url), httpx.head(url)
    assert answer.status_code == 200 and answer.content == b""
    for name in ("content-length", "content-type", "etag", "content-disposition", "accept-ranges"):
        assert answer.headers[name] == whole.headers[name]


def test_if_none_match(url: str) -> None:
    etag = httpx.head(url).headers["etag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = httpx.get(url, headers={"If-None-Match": sent})
        assert answer.status_code == 304 and answer.content == b"" and answer.headers["etag"] == etag, sent
    assert httpx.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(DATA)),
        ("bytes=-7", len(DATA) - 7, len(DATA)),
        (f"bytes=-{len(DATA) * 2}", 0, len(DATA)),
        (f"bytes=1000000-{len(DATA) * 2}", 1_000_000, len(DATA)),
        (f"bytes={len(DATA) - 1}-", len(DATA) - 1, len(DATA)),
        ("bytes=524287-524289", 524_287, 524_290),
    ],
)
def test_ranges(url: str, asked: str, start: int, end: int) -> None:
    answer = httpx.get(url, headers={"Range": asked})
    assert answer.status_code == 206 and answer.content == DATA[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={len(DATA)}-", "bytes=99999999999-", "bytes=-0"])
def test_ranges_outside(url: str, asked: str) -> None:
    answer = httpx.get(url, headers={"Range": asked})
    problem(answer, 416)
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=", "bytes=a-b", "lines=0-1", "bytes=5-2", "bytes=0-1,3-4", "bytes=--1", "0-1"]
)
def test_ranges_that_are_none_give_the_whole(url: str, asked: str) -> None:
    answer = httpx.get(url, headers={"Range": asked})
    assert answer.status_code == 200 and len(answer.content) == len(DATA)


def test_if_range(url: str) -> None:
    etag = httpx.head(url).headers["etag"]
    assert httpx.get(url, headers={"Range": "bytes=0-3", "If-Range": etag}).status_code == 206
    assert httpx.get(url, headers={"Range": "bytes=0-3", "If-Range": '"old"'}).status_code == 200


@pytest.mark.parametrize(
    ("field", "kind", "shown"),
    [
        (Field("file", PNG, "a.png", "image/png"), "image/png", True),
        (Field("file", b"<html><script>1</script>", "a.html", "text/html"), "text/html", False),
        (Field("file", b"<svg onload='x'/>", "a.svg", "image/svg+xml"), "image/svg+xml", False),
        (Field("file", b"%PDF-1.4", "a.pdf", "application/pdf"), "application/pdf", False),
        (Field("file", b"plain", "a.txt", "text/plain"), "text/plain", False),
        (Field("file", b"<html><script>1</script>", "a.png", "image/png"), "application/octet-stream", False),
    ],
)
def test_only_pictures_are_shown(engine: Engine, route: str, field: Field, kind: str, shown: bool) -> None:
    answer = httpx.get(upload(engine, route, field))
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.headers["content-disposition"].startswith("inline" if shown else "attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["other", "", "../status", "%2e%2e/raw", "blurred.jpg/x", "x" * 3000, "%00", "entry.out.file"]
)
def test_names_that_are_not_there(url: str, name: str) -> None:
    answer = httpx.get(url.removesuffix("blurred.jpg") + name)
    if "status" in name:
        assert answer.status_code == 200, "the client has resolved the dots itself"
    else:
        problem(answer, 404)


def test_files_of_another_task(engine: Engine, url: str) -> None:
    binary = engine.client.get(url.partition("/files/")[0] + "/raw").json()["binaries"]["entry.out.file"]
    problem(httpx.get(url.removesuffix("blurred.jpg") + binary), 404)


def test_a_download_that_is_given_up_harms_nobody(engine: Engine, url: str) -> None:
    for _ in range(20):
        with httpx.stream("GET", url) as answer:
            next(answer.iter_raw(1000))
    assert httpx.get(url).content == DATA
