"""Downloads that are sent on to the object store."""

import httpx
import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, entry, fresh_route, open_route, raw, result, submit
from tests.servers import chosen
from tests.servers.s3 import S3


@pytest.fixture
def redirecting(make_engine: MakeEngine, s3: S3) -> Engine:
    """An engine with an object store that sends downloads on to it."""
    engine: Engine = make_engine(S3_REDIRECT="true", **chosen.s3_settings(s3))
    return engine


def test_a_download_is_sent_on(redirecting: Engine) -> None:
    route = open_route(redirecting, entry(fresh_route(), "image", "end"), {"id": "end", "type": "end"})
    job = submit(redirecting, route, files={"image": ("a face.png", PNG, "image/png")})
    url = result(redirecting, job)["image"]
    answer = httpx.get(url)
    assert answer.status_code == 307 and answer.headers["cache-control"] == "no-store"
    place = answer.headers["location"]
    assert place.startswith(redirecting.settings["S3_URL"]) and redirecting.settings["S3_SECRET_KEY"] not in place
    binary = raw(redirecting, job)["nodes"]["end"]["out"]["image"]["binary"]
    by_id = redirecting.client.get(f"/tasks/{job}/binaries/{binary}")
    assert by_id.status_code == 307 and httpx.get(by_id.headers["location"]).content == PNG
    for here in (url, str(by_id.url)):
        stays = httpx.get(here, params={"redirect": "false"})
        assert (stays.status_code, stays.content) == (200, PNG), "a page that may load nothing from elsewhere asks so"
    file = httpx.get(place)
    assert file.content == PNG and file.headers["content-type"] == "image/png"
    assert 'filename="a face.png"' in file.headers["content-disposition"]
    assert httpx.get(place, headers={"Range": "bytes=8-15"}).content == PNG[8:16]
    assert httpx.get(place.replace("Signature=", "Signature=0")).status_code == 403, "the URL is sealed"
    assert httpx.head(url).headers["content-length"] == str(len(PNG)), "what is only asked for is told here"
    assert (
        httpx.get(
            url, headers={"If-None-Match": answer.headers.get("etag", httpx.head(url).headers["etag"])}
        ).status_code
        == 304
    )


def test_files_of_its_own_are_not_sent_on(make_engine: MakeEngine) -> None:
    engine = make_engine(S3_REDIRECT="true", REG_STORAGE_TYPE="local")
    route = open_route(engine, entry(fresh_route(), "image", "end"), {"id": "end", "type": "end"})
    job = submit(engine, route, files={"image": ("a.png", PNG, "image/png")})
    answer = httpx.get(result(engine, job)["image"])
    assert (answer.status_code, answer.content) == (200, PNG)
