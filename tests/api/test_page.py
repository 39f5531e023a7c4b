"""The web page, as the engine serves it: its own files, and what keeps a browser from loading anything else."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import Engine

SCRIPT = b"console.log('page')"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """An engine with a built page."""
    folder = tmp_path_factory.mktemp("page")
    dist = folder / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>Pipelines</title>")
    (dist / "icon.svg").write_text("<svg/>")
    (dist / "assets" / "index-abc.js").write_bytes(SCRIPT)
    (dist / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    (dist / "assets" / "notes.txt").write_text("not served")
    (folder / "secret.js").write_text("no")
    engine = Engine(folder / "engine", {"APP_WEB": str(dist)})
    engine.start()
    with httpx.Client(base_url=engine.url) as client:
        yield client
    engine.kill()


def test_the_page_is_the_first_that_a_visitor_sees(site: httpx.Client) -> None:
    answer = site.get("/")
    assert answer.status_code == 200 and "Pipelines" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "script-src" not in policy and "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy and answer.headers["x-content-type-options"] == "nosniff"


def test_what_it_consists_of_is_kept_for_ever_and_sent_compressed(site: httpx.Client) -> None:
    packed = site.get("/assets/index-abc.js")
    assert packed.headers["content-encoding"] == "gzip" and packed.content == SCRIPT
    plain = site.get("/assets/index-abc.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.content == SCRIPT
    for answer in (packed, plain):
        assert "immutable" in answer.headers["cache-control"] and answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"].startswith("text/javascript")
    assert site.get("/icon.svg").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/notes.txt",
        "/assets/none.js",
        "/assets/..%2f..%2fsecret.js",
        "/assets/%2e%2e/secret.js",
        "/assets/.hidden.js",
        "/assets/index-abc.js.gz",
        "/assets/",
        "/assets/a%00.js",
        "/index.html",
    ],
)
def test_nothing_else_is_served(site: httpx.Client, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json", answer.text


def test_the_routes_of_the_engine_are_where_they_were(site: httpx.Client) -> None:
    assert site.get("/services").json() == []
    assert site.post("/", json={}).status_code == 405
    assert site.post("/nowhere", json={}).status_code == 404


def test_without_a_page_the_documentation_is_shown(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "engine", {"APP_WEB": str(tmp_path / "none")})
    engine.start()
    answer = engine.client.get("/", follow_redirects=True)
    assert answer.status_code == 200 and answer.url.path == "/docs"
    assert engine.client.get("/icon.svg").status_code == 404
    engine.kill()
