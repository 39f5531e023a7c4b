"""The table of `docs/security.md` is what the engine does: every route, without a key, with a wrong one, with each
scope."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute, APIRouter
from starlette.routing import Route

from engine.app import make_routes
from engine.doors.table import TABLE, need_of

from .conftest import SCOPES, Guarded, bearing

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "security.md"
SENDERS = ("no key", "wrong key", *SCOPES)
WRONG = "aim_0123456789abcdef_" + "x" * 43
NOT_ROUTED = {("POST", "/processing"), ("POST", "/services/{route}")}
"""They are answered before the router (`engine/api/hot.py`)."""


def rows() -> dict[tuple[str, str], dict[str, str]]:
    """The table: method and path, and what each sender gets."""
    found = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"`(GET|POST|PUT|DELETE) /\S*`", cells[0]) and len(cells) == 2 + len(SENDERS):
            method, path = cells[0].strip("`").split(" ")
            found[method, path] = {"needs": cells[1], **dict(zip(SENDERS, cells[2:], strict=True))}
    return found


ROWS = rows()


def test_the_table_has_every_route_of_the_application_and_of_the_code() -> None:
    routes = NOT_ROUTED | set(_routes(make_routes().router))
    listed = set(ROWS)
    assert routes <= listed, f"not in docs/security.md: {sorted(routes - listed)}"
    assert {(method, path): _words(need) for method, path, need in TABLE} == {
        row: told["needs"] for row, told in ROWS.items()
    }


def _routes(router: APIRouter) -> Iterator[tuple[str, str]]:
    """Method and path of every route, also of the routers that were included."""
    for route in router.routes:
        if isinstance(route, Route | APIRoute):
            yield from ((method, route.path) for method in route.methods or () if method != "HEAD")
        else:
            yield from _routes(route.original_router)  # type: ignore[attr-defined]


def _words(need: str) -> str:
    if need == "key":
        return "any key"
    return need if need in ("open", "capability") else " or ".join(f"`{scope}`" for scope in need.split(" or "))


@pytest.mark.parametrize(("method", "path"), ROWS)
def test_the_engine_answers_as_the_table_says(guarded: Guarded, method: str, path: str) -> None:
    real = re.sub(r"\{[^}]*\}", "x", path)
    for sender in SENDERS:
        key = {"no key": None, "wrong key": WRONG}.get(sender, guarded.keys.get(sender))
        for verb in [method, "HEAD"] if method == "GET" and sender in ("no key", "service") else [method]:
            with guarded.engine.client.stream(verb, real, headers=bearing(key)) as answer:
                _hold(answer, ROWS[method, path][sender], f"{verb} {path} with {sender}")


def _hold(answer: httpx.Response, told: str, what: str) -> None:
    if told == "in":
        assert answer.status_code not in (401, 403) and answer.status_code < 500, f"{what}: {answer.status_code}"
        return
    assert answer.status_code == int(told), f"{what}: {answer.status_code}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith('Bearer realm="engine"')


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("POST", "/services/a/b"), ("PATCH", "/tasks"), ("OPTIONS", "/")]
)
def test_without_a_key_nobody_is_told_what_there_is(guarded: Guarded, method: str, path: str) -> None:
    assert guarded.ask(method, path).status_code == 401
    assert guarded.ask(method, path, WRONG).status_code == 401
    assert guarded.ask(method, path, guarded.keys["read"]).status_code in (404, 405)


@pytest.mark.parametrize(
    ("method", "path", "need"),
    [
        ("POST", "/tasks/x/cancel\n", "submit"),
        ("DELETE", "/services/x\n", "author"),
        ("DELETE", "/keys/..", "admin"),
        ("GET", "/tasks/x/files/../../keys", "read"),
        ("HEAD", "/keys", "admin"),
        ("PUT", "/services/x y", "author"),
        ("POST", "//services", "key"),
        ("get", "/keys", "key"),
    ],
)
def test_a_path_is_taken_as_the_router_takes_it(method: str, path: str, need: str) -> None:
    assert need_of(method, path) == need
