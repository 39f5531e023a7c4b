"""The errors that the guide explains: each message in its table is one that the engine really gives."""

import re
from collections.abc import Callable

import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, ended, fresh_route, submit
from tests.language.test_docs import GUIDE
from tests.language.toys import Book, branch, end, failure, loop, plain, post, service

NUMBER: Json = {"n": 1}
Given = tuple[str, Json, list[Json]]
"""What a body looks like, what is sent, and the nodes."""


def wrong_path(book: Book) -> list[Json]:
    """A path that finds nothing."""
    return [
        plain("b", "a", after="node.out.deep = {'one': 1, 'two': 2}"),
        plain("a", "end", input={"x": "b.out.deep.wrong"}),
    ]


def outside(book: Book) -> list[Json]:
    """A body that changes a node around it."""
    b = plain("b", "each", after="node.out = {'l': [1]}")
    return [b, loop("each", "b.out.l", [plain("x", "loopEnd", after="b.out.l = []")], "end")]


def failing_item(book: Book) -> list[Json]:
    """The last of some items."""
    code = "y = 10 / (node._loop - 9)"
    start = plain("start", "each", after="node.out.l = list(range(10))")
    return [start, loop("each", "start.out.l", [plain("x", "loopEnd", after=code)], "end")]


def no_list(book: Book) -> list[Json]:
    """Items that are an object."""
    return [plain("a", "each", after="node.out = {'l': {}}"), loop("each", "a.out.l", [plain("x", "loopEnd")], "end")]


def refusing(book: Book) -> list[Json]:
    """A service that says no."""
    book.set(bad=[1])
    return [book.node("s", "double", "end")]


def away(book: Book) -> list[Json]:
    """A service that nobody offers."""
    node = service("s", "", "end", service="image-blur-of-nobody", timeout=0.3)
    del node["url"]
    return [node]


Make = Callable[[Book], list[Json]]
MAKERS: dict[str, Make] = {
    "a path": wrong_path,
    "code": lambda book: [plain("a", "end", after="x = 1\nx = input['m']")],
    "an item": failing_item,
    "no list": no_list,
    "outside": outside,
    "turns": lambda book: [branch("back", "True", {"next": ["back"]}, {"next": ["end"]})],
    "stuck": lambda book: [plain("join", "end", ready="False")],
    "refused": refusing,
    "nobody there": lambda book: [service("s", f"http://127.0.0.1:{free_port()}", "end")],
    "away": away,
    "code without end": lambda book: [plain("a", "end", after="while True:\n    pass")],
    "too heavy": lambda book: [plain("b", "a", after="node.out.s = 'x' * 9000000"), plain("a", "end")],
}


def rows() -> list[str]:
    """The messages of the guide's table, as patterns: `...` is anything, numbers and names of services are any."""
    table = GUIDE.split("## Errors and what they mean")[1].split("## Finding mistakes")[0]
    found = []
    for line in table.splitlines():
        if line.startswith("| `") and (text := re.match(r"\| (``(.+?)``|`([^`]+)`) \|", line)):
            escaped = re.escape((text[2] or text[3]).strip()).replace(r"\.\.\.", ".*")
            escaped = re.sub(r"\d[\d,]*", r"[\\d.,]+", escaped)
            found.append(escaped.replace(r"image\-blur", r"\S+").replace(r"hello", r"\S+"))
    return found


def explained(message: str) -> list[str]:
    """The rows that fit a message."""
    return [row for row in rows() if re.fullmatch(row, message, re.DOTALL)]


@pytest.mark.parametrize("name", MAKERS)
def test_the_guide_explains(system: Engine, book: Book, name: str) -> None:
    message, _ = failure(system, post(system, NUMBER, *MAKERS[name](book), end()), NUMBER, seconds=60)
    assert explained(message), message


def test_the_guide_explains_a_sub_pipeline(system: Engine) -> None:
    inner = post(system, NUMBER, plain("greet", "end", after="x = 1 / 0"), end())
    call: Json = {"id": "call", "type": "service", "service": inner, "next": ["end"]}
    message, _ = failure(system, post(system, NUMBER, call, end()), NUMBER)
    assert explained(message), message


def test_the_guide_explains_an_address_that_is_not_allowed(engine: Engine) -> None:
    node: Json = {"id": "h", "type": "http", "url": "http://10.1.2.3/x", "next": ["end"]}
    message, _ = failure(engine, post(engine, NUMBER, node, end()), NUMBER)
    assert explained(message), message


def test_the_guide_explains_cancelled(system: Engine, book: Book) -> None:
    book.set(hold=True)
    job = submit(system, post(system, NUMBER, book.node("s", "double", "end"), end()), NUMBER)
    system.client.post(f"/tasks/{job}/cancel").raise_for_status()
    assert explained(ended(system, job)["message"])
    book.set(hold=False)


def test_each_row_is_tried() -> None:
    assert len(rows()) == len(MAKERS) + 3


def test_the_guide_shows_a_fault_as_it_is(system: Engine) -> None:
    start = {"id": "entry", "type": "entry", "api": {"route": fresh_route(), "body": {}}, "next": ["end"]}
    nodes = [{**start, "next": ["a"]}, plain("a", "ende"), end()]
    answer = system.client.post("/services", json={"type": "pipeline", "nodes": nodes})
    shown = re.search(r'^\{"pointer": .*\}$', GUIDE, re.MULTILINE)
    assert shown is not None and answer.status_code == 422
    assert any(
        f'"detail": "{fault["detail"]}"' in shown[0] and f'"{fault["pointer"]}"' in shown[0]
        for fault in answer.json()["errors"]
    )
