"""Any binary of a task by its id: those of its nodes, of loops' bodies and of sub-pipelines, and of no other task."""

import httpx
import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, fresh_route, problem, raw, result, submit
from tests.language.conftest import LOOPBACK
from tests.language.test_binaries import BOXES, CONTENT, cropping, upload
from tests.language.toys import Book, end, loop, post
from tests.pictures.samples import GOOD, NONE, TOO_LARGE, brightness, opened, turned

FOR_EVER = "private, max-age=31536000, immutable"


def of(engine: Engine, job: str, binary: str, **options: object) -> httpx.Response:
    """A binary of a task."""
    return engine.client.get(f"/tasks/{job}/binaries/{binary}", **options)  # type: ignore[arg-type]


def sent(engine: Engine, content: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> tuple[str, str]:
    """A task that holds this binary, and the binary's id."""
    job = submit(engine, post(engine, "file", end()), files={"file": (name, content, kind)})
    result(engine, job)
    binary: str = raw(engine, job)["nodes"]["entry"]["out"]["file"]["binary"]
    return job, binary


def small(engine: Engine, content: bytes, side: int = 64) -> httpx.Response:
    """The small picture of a binary."""
    job, binary = sent(engine, content)
    return of(engine, job, binary, params={"thumbnail": side})


def test_of_a_node(system: Engine) -> None:
    job, binary = sent(system, CONTENT, "ä b.bin", "application/octet-stream")
    answer = of(system, job, binary)
    assert answer.status_code == 200 and answer.content == CONTENT
    head = answer.headers
    assert head["content-type"] == "application/octet-stream" and head["content-length"] == str(len(CONTENT))
    assert head["x-content-type-options"] == "nosniff" and head["content-security-policy"].startswith("default-src")
    assert head["content-disposition"].startswith("attachment") and "%C3%A4%20b.bin" in head["content-disposition"]
    assert head["cache-control"] == FOR_EVER
    part = of(system, job, binary, headers={"Range": "bytes=256-511"})
    assert part.status_code == 206 and part.content == CONTENT[256:512]
    assert part.headers["content-range"] == f"bytes 256-511/{len(CONTENT)}"
    problem(of(system, job, binary, headers={"Range": f"bytes={len(CONTENT)}-"}), 416)
    assert of(system, job, binary, headers={"If-None-Match": head["etag"]}).status_code == 304
    asked = system.client.head(f"/tasks/{job}/binaries/{binary}")
    assert asked.status_code == 200 and asked.content == b"" and asked.headers["content-length"] == str(len(CONTENT))
    assert of(system, job, binary.replace("/", "%2F")).content == CONTENT


def test_of_bodies_and_sub_pipelines(system: Engine, book: Book) -> None:
    """The bodies' binaries are found nowhere else, since nothing is collected."""
    crop = book.node("crop", "crop", "end", input={"image": "entry.out.image", "areas": "entry.out.areas"})
    inner = post(system, ["image", "areas"], crop, end())
    call: Json = {"id": "call", "type": "service", "service": inner, "next": ["loopEnd"]}
    call |= {"input": {"image": "entry.out.image"}, "before": "input['areas'] = [node._loop]"}
    first = {**cropping(book), "collect": {}, "next": ["more"]}
    more = loop("more", "entry.out.boxes", [call], "end", collect={})
    job = submit(system, post(system, ["image", "areas"], first, more, end()), files=upload(BOXES[:3]))
    result(system, job)
    table = raw(system, job)["binaries"]
    assert len(set(table.values())) == 7, "the picture, and a part of it from each body and each run"
    parts = [of(system, job, table[f"crop{index}.out.result"]).content for index in range(3)]
    assert parts == [CONTENT[start:stop] for start, stop in BOXES[:3]]
    for child, told in raw(system, job)["tasks"].items():
        assert told["node"].startswith("call")
        for binary in table.values():
            assert of(system, child, binary).status_code == 200, "they are one family"
        inside = raw(system, child)["binaries"]["crop.out.result"]
        assert of(system, job, inside).content in parts


def test_of_another_task(system: Engine) -> None:
    (job, binary), (other, foreign) = sent(system, CONTENT), sent(system, CONTENT)
    assert of(system, other, foreign).status_code == 200
    for params in ({}, {"thumbnail": 64}):
        problem(of(system, job, foreign, params=params), 404)
        problem(of(system, "0" * 40, binary, params=params), 404)
    secret = binary.rpartition("/")[2]
    for wrong in (
        secret,
        f"{other}/{secret}",
        f"{job}/{'0' * 32}",
        f"{job}/%2e%2e/{binary}",
        f"{binary}/",
        "%00",
        "x" * 3000,
    ):
        problem(of(system, job, wrong), 404)


def test_what_the_store_holds_besides_is_not_given_out(make_engine: MakeEngine) -> None:
    """A file that no value of the task refers to, although it lies in the task's own folder."""
    engine = make_engine(REG_STORAGE_TYPE="local", **LOOPBACK)
    job, binary = sent(engine, CONTENT)
    [folder] = engine.folders()
    (folder / ("f" * 32)).write_bytes(b"not yours")
    problem(of(engine, job, f"{job}/{'f' * 32}"), 404)
    assert of(engine, job, binary).status_code == 200


def test_one_that_is_gone(make_engine: MakeEngine) -> None:
    engine = make_engine(APP_LIFESPAN="1", APP_CRON="0.3", **LOOPBACK)
    job, binary = sent(engine, GOOD["jpeg"])
    assert of(engine, job, binary).status_code == 200
    assert of(engine, job, binary, params={"thumbnail": 64}).status_code == 200
    wait_for(lambda: of(engine, job, binary).status_code == 404, "the task is removed")
    problem(of(engine, job, binary, params={"thumbnail": 64}), 404)


def test_a_small_picture(system: Engine) -> None:
    job, binary = sent(system, turned("JPEG", 6), "holiday in ü.jpg")
    answer = of(system, job, binary, params={"thumbnail": 128})
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == FOR_EVER and answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith('inline; filename="holiday in u.webp"')
    picture = opened(answer.content)
    assert picture.size == (96, 128) and brightness(picture, 0.5, 0.8) > 215
    etag = answer.headers["etag"]
    assert of(system, job, binary, params={"thumbnail": 128}, headers={"If-None-Match": etag}).status_code == 304
    assert of(system, job, binary, params={"thumbnail": 64}, headers={"If-None-Match": etag}).status_code == 200
    of_result = system.client.get(f"/tasks/{job}/files/file", params={"thumbnail": 128})
    assert of_result.content == answer.content, "a file of the result, by its name"
    assert "max-age=0" in of_result.headers["cache-control"], "which may name another one after a retry"
    head = system.client.head(f"/tasks/{job}/binaries/{binary}", params={"thumbnail": 128})
    assert head.status_code == 200 and head.content == b"" and head.headers["etag"] == etag


def test_every_kind_over_http(system: Engine) -> None:
    for kind, content in GOOD.items():
        answer = small(system, content)
        assert answer.status_code == 200, (kind, answer.text)
        assert opened(answer.content).size == (64, 48), kind


def test_hostile_pictures_over_http(system: Engine) -> None:
    for name, content in (NONE | TOO_LARGE).items():
        if content:
            told = problem(small(system, content), 413 if name in TOO_LARGE else 415)
            assert told["detail"].startswith("there is no small picture of this binary: "), name
    assert small(system, GOOD["jpeg"]).status_code == 200
    assert system.client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("side", ["15", "513", "0", "-1", "x", "", "64.5", "9" * 400])
def test_sides_that_are_not_made(system: Engine, side: str) -> None:
    job, binary = sent(system, GOOD["jpeg"])
    told = problem(of(system, job, binary, params={"thumbnail": side}), 422)
    assert "thumbnail" in str(told["errors"])


def test_a_picture_in_a_body_that_still_runs(system: Engine, book: Book) -> None:
    """As a page asks for it while the loop is under way."""
    book.set(hold=True, mode="callback")
    body = [
        {"id": "mark", "input": {"image": "entry.out.image"}, "next": ["wait"]},
        book.node("wait", "echo", "loopEnd", input={"n": "node._loop"}),
    ]
    each = loop("each", "entry.out.boxes", body, "end", collect={})
    form = {**upload(BOXES[:2]), "image": ("a.jpg", GOOD["jpeg"], "image/jpeg")}
    job = submit(system, post(system, ["image", "areas"], each, end()), files=form)
    wait_for(lambda: "mark1" in (nodes := raw(system, job)["nodes"]) and nodes["mark1"]["out"], "both bodies run")
    binary = raw(system, job)["nodes"]["mark1"]["out"]["image"]["binary"]
    assert opened(of(system, job, binary, params={"thumbnail": 32}).content).size == (32, 24)
    book.set(hold=False)
    result(system, job)


def test_an_unknown_task(system: Engine) -> None:
    problem(of(system, fresh_route(), "x"), 404)
