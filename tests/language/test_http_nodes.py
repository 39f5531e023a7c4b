"""Http nodes: all verbs, JSON and binaries both ways, what is no success, and their place among other nodes."""

import time
from typing import Any

import httpx
import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, QUICK, Json, raw, result, submit
from tests.language.toys import Book, end, failure, loop, plain, post, run
from tests.language.web_pages import PICTURE

NUMBER = {"n": 1}


def asks(url: str, node_id: str = "ask", following: str = "end", **fields: Any) -> Json:
    """An http node."""
    return {"id": node_id, "type": "http", "url": url, "next": [following], **fields}


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
def test_verbs_with_a_body(system: Engine, book: Book, verb: str) -> None:
    route = post(system, NUMBER, asks(book.web("mirror"), verb=verb, headers={"X-Mark": "m"}), end())
    told = run(system, route, {"n": 5})
    assert (told["verb"], told["json"], told["mark"]) == (verb, {"n": 5}, "m")
    assert book.count() == 1


@pytest.mark.parametrize("verb", ["GET", "POST", "OPTIONS"])
def test_without_input_there_is_no_body(system: Engine, book: Book, verb: str) -> None:
    route = post(system, NUMBER, asks(f"{book.web('mirror')}?q=1&r=%20", verb=verb, input={}), end())
    told = run(system, route, NUMBER)
    assert (told["verb"], told["json"], told["query"]) == (verb, None, "q=1&r=%20")


def test_get_is_the_verb_where_none_is_given(system: Engine, book: Book) -> None:
    assert run(system, post(system, NUMBER, asks(book.web("mirror"), input={}), end()), NUMBER)["verb"] == "GET"


def test_head_gives_an_empty_out(system: Engine, book: Book) -> None:
    assert run(system, post(system, NUMBER, asks(book.web("mirror"), verb="HEAD", input={}), end()), NUMBER) == {}
    assert book.calls[0]["verb"] == "HEAD"


def test_a_json_object_is_the_out(system: Engine, book: Book) -> None:
    route = post(system, NUMBER, asks(book.web("double"), verb="POST"), end(input={"m": "ask.out.n"}))
    assert run(system, route, {"n": 4}) == {"m": 8}


@pytest.mark.parametrize(("page", "value"), [("list", [1, {"two": 2}, [3]]), ("null", None)])
def test_other_json_is_the_value(system: Engine, book: Book, page: str, value: Any) -> None:
    assert run(system, post(system, NUMBER, asks(book.web(page), input={}), end()), NUMBER) == {"value": value}


def test_a_list_can_be_looped_over(system: Engine, book: Book) -> None:
    body = [plain("x", "loopEnd", after="node.out['item'] = node._loop")]
    each = loop("each", "ask.out.value", body, "end", collect={"i": "x.out.item"})
    route = post(system, NUMBER, asks(book.web("list"), following="each", input={}), each, end())
    assert run(system, route, NUMBER) == {"i0": 1, "i1": {"two": 2}, "i2": [3]}


def test_a_picture_is_the_binary_raw(system: Engine, book: Book) -> None:
    """It can be downloaded, measured by a service, and posted to another page, where it arrives byte for byte."""
    size = book.node("size", "measure", "send", input={"f": "ask.out.raw"})
    send = asks(book.web("mirror"), "send", verb="POST", input={"picture": "ask.out.raw", "n": "entry.out.n"})
    last = end(input={"p.png": "ask.out.raw", "size": "size.out.n", "sent": "send.out"})
    nodes = [asks(book.web("picture"), following="size", input={}), size, send, last]
    told = run(system, post(system, NUMBER, *nodes), NUMBER)
    answer = httpx.get(told["p.png"])
    assert answer.content == PICTURE and answer.headers["content-type"] == "image/png"
    assert told["size"] == len(PICTURE)
    assert told["sent"]["parts"] == {"picture": PICTURE.hex(), "data": {"n": 1}}


def test_text_is_a_binary_too(system: Engine, book: Book) -> None:
    told = run(system, post(system, NUMBER, asks(book.web("text"), input={}), end()), NUMBER)
    assert httpx.get(told["raw"]).text == "plain words"


def test_a_binary_of_the_client_is_posted(system: Engine, book: Book) -> None:
    route = post(system, "image", asks(book.web("mirror"), verb="PUT"), end())
    told = run(system, route, files={"image": ("a.png", PNG, "image/png")})
    assert told["parts"] == {"image": PNG.hex(), "data": {}}


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_ends_at_once(system: Engine, book: Book, status: int) -> None:
    message, job = failure(system, post(system, NUMBER, asks(book.web(str(status)), input={}), end()), NUMBER)
    assert message.startswith("node ask: ") and f"this is a {status} page" in message
    assert book.web(str(status)) in message and str(status) in message
    assert book.count() == 1 and len(raw(system, job)["nodes"]["ask"]["attempts"]) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again(system: Engine, book: Book, status: int) -> None:
    route = post(system, NUMBER, asks(book.web(str(status)), input={}, retry=QUICK), end())
    message, job = failure(system, route, NUMBER)
    assert str(status) in message and f"this is a {status} page" in message
    assert book.count() == QUICK["attempts"] == len(raw(system, job)["nodes"]["ask"]["attempts"])


def test_a_page_that_comes_back(system: Engine, book: Book) -> None:
    book.set(flaky_web=2)
    retry = {"attempts": 5, "delay": 0.05}
    assert (
        run(system, post(system, NUMBER, asks(book.web("mirror"), input={}, retry=retry), end()), NUMBER)["verb"]
        == "GET"
    )
    assert book.count() == 3


@pytest.mark.parametrize(("verb", "calls"), [("POST", 1), ("PATCH", 1), ("PUT", 2)])
def test_a_post_is_repeated_only_where_it_was_surely_not_processed(
    system: Engine, book: Book, verb: str, calls: int
) -> None:
    """A 500 may come after the work was done."""
    node = asks(book.web("500"), verb=verb)
    if verb == "PUT":
        node["retry"] = {"attempts": 2, "delay": 0.05}
    failure(system, post(system, NUMBER, node, end()), NUMBER)
    assert book.count() == calls


def test_a_slow_answer(system: Engine, book: Book) -> None:
    book.set(delay=0.5)
    assert run(system, post(system, NUMBER, asks(book.web("slow"), input={}), end()), NUMBER) == {"late": True}


def test_an_answer_that_is_too_slow(system: Engine, book: Book) -> None:
    node = asks(book.web("slow"), input={}, timeout=0.3, retry={"attempts": 2, "delay": 0.05})
    started = time.monotonic()
    message, job = failure(system, post(system, NUMBER, node, end()), NUMBER)
    assert "0.3 s" in message and "2 attempts" in message, message
    assert time.monotonic() - started < 10
    assert book.count() == 2
    errors = [attempt["error"] for attempt in raw(system, job)["nodes"]["ask"]["attempts"]]
    assert len(errors) == 2 and all("0.3 s" in error for error in errors)


def test_nobody_listens(system: Engine) -> None:
    url = f"http://127.0.0.1:{free_port()}/x"
    message, _ = failure(system, post(system, NUMBER, asks(url, input={}, retry=QUICK), end()), NUMBER)
    assert url in message and "refused" in message.lower()


def test_an_address_that_is_not_public(engine: Engine, book: Book) -> None:
    """The common engine of the tests has no `APP_ALLOWED_NETWORKS`."""
    message, _ = failure(engine, post(engine, NUMBER, asks(book.web("mirror"), input={}), end()), NUMBER)
    assert "not allowed" in message
    assert book.count() == 0


def test_a_request_for_each_item(system: Engine, book: Book) -> None:
    """Input from the item, code around the request, a binary of each answer."""
    ask = asks(book.web("mirror"), "ask", "get", verb="POST", input={"n": "node._loop"})
    ask |= {"before": "input['m'] = input.n + 1", "after": "node.out = {'sum': node.out.json.n + node.out.json.m}"}
    get = asks(book.web("picture"), "get", "loopEnd", input={})
    collect = {"s": "ask.out.sum", "p": "get.out.raw"}
    each = loop("each", "entry.out.l", [ask, get], "end", collect=collect)
    told = run(system, post(system, {"l": []}, each, end()), {"l": [1, 2, 3]})
    assert {name: told[name] for name in ("s0", "s1", "s2")} == {"s0": 3, "s1": 5, "s2": 7}
    assert all(httpx.get(told[f"p{index}"]).content == PICTURE for index in range(3))
    assert book.count() == 6


def test_a_refusal_in_a_loop_names_the_item(system: Engine, book: Book) -> None:
    body = [asks(book.web("404"), following="loopEnd", input={})]
    route = post(system, {"l": []}, loop("each", "entry.out.l", body, "end", max_parallel=1), end())
    message, _ = failure(system, route, {"l": [1, 2]})
    assert message.startswith("node each: item 0: node ask0: ") and "404" in message
    assert book.count() == 1


def test_an_out_of_http_with_binaries_and_code(system: Engine, book: Book) -> None:
    node = asks(book.web("picture"), input={}, after="node.out = {'copy': node.out.raw, 'n': len(node.out)}")
    told = run(system, post(system, NUMBER, node, end()), NUMBER)
    assert told["n"] == 1 and httpx.get(told["copy"]).content == PICTURE


def test_results_are_finished_once(system: Engine, book: Book) -> None:
    job = submit(system, post(system, NUMBER, asks(book.web("double"), verb="POST"), end()), NUMBER)
    assert result(system, job) == {"n": 2}
    attempt = raw(system, job)["nodes"]["ask"]["attempts"][0]
    assert attempt["error"] is None and attempt["seconds"] >= 0 and attempt["url"] == book.web("double")
