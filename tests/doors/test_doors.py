"""Coming in: what a key opens and what it does not, on two engines that share a database."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from engine.doors.keys import read_key
from tests.e2e.processes import wait_for

from .conftest import ISSUER_KEY, Guarded, bearing
from .issuer import rsa_key

PIPELINE = {
    "type": "pipeline",
    "nodes": [
        {"id": "entry", "type": "entry", "api": {"route": "doors", "body": {"n": 1}}, "next": ["end"]},
        {"id": "end", "type": "end"},
    ],
}
ANNOUNCEMENT = {"type": "service", "url": "http://127.0.0.1:9/op", "api": {"route": "announced", "body": {"n": 1}}}


def moment(seconds: float) -> str:
    """A time so many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_key_is_shown_once_and_listed_without_its_secret(guarded: Guarded) -> None:
    made = guarded.make("submit", "read", name="batch", expires=moment(3_600), limits={"running": 3})
    key = made.pop("key")
    assert key.startswith(f"aim_{made['id']}_")
    assert made["scopes"] == ["submit", "read"] and made["state"] == "good" and made["revoked"] is None
    assert made["limits"] == {"running": 3, "per_second": None}
    listed = guarded.ask("GET", "/keys", guarded.keys["admin"])
    assert made in listed.json()["keys"]
    shown = read_key(key)
    assert shown is not None and key.split("_", 2)[2] not in listed.text and shown.passed not in listed.text
    identity = guarded.ask("GET", "/identity", key).json()
    assert identity == {"keys": True, "key": made["id"], "owner": "anna", "scopes": ["submit", "read"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": "x", "owner": "", "scopes": ["read"]}, "/owner"),
        ({"name": "x\n", "owner": "a", "scopes": ["read"]}, "/name"),
        ({"name": "x", "owner": "a", "scopes": []}, "/scopes"),
        ({"name": "x", "owner": "a", "scopes": ["root"]}, "/scopes/0"),
        ({"name": "x", "owner": "a", "scopes": ["read"], "expires": "tomorrow"}, "/expires"),
        ({"name": "x", "owner": "a", "scopes": ["read"], "expires": "2030-01-01T00:00:00"}, "/expires"),
        ({"name": "x", "owner": "a", "scopes": ["read"], "expires": "2020-01-01T00:00:00Z"}, "/expires"),
        ({"name": "x", "owner": "a", "scopes": ["read"], "expires": "0001-01-01T00:00:00+23:00"}, "/expires"),
        ({"name": "x", "owner": "a", "scopes": ["read"], "limits": {"running": 0}}, "/limits/running"),
        ({"name": "x", "owner": "a", "scopes": ["read"], "limits": {"per_second": True}}, "/limits/per_second"),
        ({"name": "x", "owner": "a", "scopes": ["read"], "secret": "mine"}, "/secret"),
        ([], ""),
    ],
)
def test_a_wrong_key_is_not_made(guarded: Guarded, body: object, pointer: str) -> None:
    answer = guarded.ask("POST", "/keys", guarded.keys["admin"], json=body)
    assert answer.status_code == 422 and pointer in [each["pointer"] for each in answer.json()["errors"]], answer.text


def test_who_posts_what_the_body_tells(guarded: Guarded) -> None:
    for document, scope, params in (
        (PIPELINE, "author", {}),
        (PIPELINE, "author", {"dry_run": "true"}),
        (ANNOUNCEMENT, "service", {}),
    ):
        other = "service" if scope == "author" else "author"
        refused = guarded.ask("POST", "/services", guarded.keys[other], json=document, params=params)
        assert refused.status_code == 403 and f"`{scope}`" in refused.json()["detail"]
        assert f'scope="{scope}"' in refused.headers["www-authenticate"]
        taken = guarded.ask("POST", "/services", guarded.keys[scope], json=document, params=params)
        assert taken.status_code == 200, taken.text
    refused = guarded.ask("POST", "/services", guarded.keys["service"], json=ANNOUNCEMENT, params={"dry_run": "true"})
    assert refused.status_code == 403


def test_another_definition_for_a_task_needs_an_author(guarded: Guarded) -> None:
    assert guarded.ask("POST", "/services", guarded.keys["author"], json=PIPELINE).status_code == 200
    job = guarded.ask("POST", "/services/doors", guarded.keys["submit"], json={"n": 1}).json()["jobId"]
    again = f"/tasks/{job}/retry?from=end"
    refused = guarded.ask("POST", again, guarded.keys["submit"], json={"definition": PIPELINE})
    assert refused.status_code == 403 and "author" in refused.json()["detail"]
    assert guarded.ask("POST", again, guarded.keys["author"], json={"definition": PIPELINE}).status_code != 403


def test_a_revoked_key_opens_nothing_here_and_soon_elsewhere(guarded: Guarded) -> None:
    made = guarded.make("read")
    key = bearing(made["key"])
    for engine in (guarded.engine, guarded.other):  # the other has never heard of it
        assert engine.client.get("/tasks", headers=key).status_code == 200
    revoked = guarded.ask("DELETE", f"/keys/{made['id']}", guarded.admin)
    assert revoked.status_code == 200 and revoked.json()["state"] == "revoked"
    at = time.monotonic()
    answer = guarded.engine.client.get("/tasks", headers=key)
    assert answer.status_code == 401 and "revoked" in answer.json()["detail"]
    wait_for(lambda: guarded.other.client.get("/tasks", headers=key).status_code == 401, "the other engine knows", 10)
    assert time.monotonic() - at < 5
    assert guarded.ask("DELETE", f"/keys/{made['id']}", guarded.admin).json()["revoked"] == revoked.json()["revoked"]
    assert guarded.ask("DELETE", "/keys/0123456789abcdef", guarded.admin).status_code == 404


def test_a_key_expires(guarded: Guarded) -> None:
    made = guarded.make("read", expires=moment(1.0))
    assert guarded.ask("GET", "/tasks", made["key"]).status_code == 200
    answer = wait_for(
        lambda: (answer := guarded.ask("GET", "/tasks", made["key"])).status_code == 401 and answer, "it has expired", 5
    )
    assert isinstance(answer, httpx.Response) and "expired" in answer.json()["detail"]
    states = {each["id"]: each["state"] for each in guarded.ask("GET", "/keys", guarded.admin).json()["keys"]}
    assert states[made["id"]] == "expired"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Basic YTpi",
        "aim_0123456789abcdef_" + "x" * 43,
        "Bearer x",
        "Bearer \xe4" * 3,
        "Bearer a.b.c",
    ],
)
def test_what_is_no_key_is_401(guarded: Guarded, header: str) -> None:
    answer = guarded.engine.client.get("/tasks", headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_two_keys_at_once_are_none(guarded: Guarded) -> None:
    twice = [("Authorization", f"Bearer {guarded.keys[scope]}") for scope in ("read", "admin")]
    assert guarded.engine.client.get("/tasks", headers=twice).status_code == 401


def test_a_key_with_another_secret_is_401(guarded: Guarded) -> None:
    key = guarded.keys["admin"]
    for wrong in (key[:-1] + ("a" if key[-1] != "a" else "b"), key.upper(), key + "a", key[:-1]):
        assert guarded.ask("GET", "/tasks", wrong).status_code == 401
    assert guarded.ask("GET", "/tasks", f"  {key}").status_code == 200


def test_where_a_request_says_it_comes_from_opens_nothing(guarded: Guarded) -> None:
    for name in ("Host", "Origin", "Referer", "X-Forwarded-For", "X-Forwarded-User", "Forwarded", "X-Original-URL"):
        answer = guarded.ask("GET", "/keys", headers={name: "localhost"})
        assert answer.status_code == 401, name
        assert guarded.ask("GET", "/keys", guarded.keys["admin"], headers={name: "evil.example"}).status_code == 200


@contextmanager
def half_sent(guarded: Guarded, head: str) -> Iterator[bytes]:
    """What is answered to a request of which only the head was sent."""
    with socket.create_connection(("127.0.0.1", guarded.engine.port), timeout=5) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        yield connection.recv(10_000)


@pytest.mark.parametrize("path", ["/services", "/services/doors", "/keys", "/tasks/x/retry", "/nothing"])
@pytest.mark.parametrize(
    "more", ["Content-Length: 300000000000", "Transfer-Encoding: chunked", "Content-Length: 9\nExpect: 100-continue"]
)
def test_the_answer_comes_before_the_body(guarded: Guarded, path: str, more: str) -> None:
    for key, status in ((None, b"401"), (guarded.keys["read"], b"403")):
        if key is not None and path == "/nothing":
            continue
        sent = "" if key is None else f"\nAuthorization: Bearer {key}"
        with half_sent(
            guarded, f"POST {path} HTTP/1.1\nHost: x\nContent-Type: application/json\n{more}{sent}"
        ) as answer:
            assert answer.startswith(b"HTTP/1.1 " + status), answer


def test_a_session_reads_and_changes_nothing(guarded: Guarded) -> None:
    key = guarded.keys["admin"]
    begun = guarded.ask("POST", "/session", key)
    cookie = begun.headers["set-cookie"]
    value = cookie.partition(";")[0]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", "max-age=43200"} == parts, "http: not Secure"
    assert key.split("_", 2)[2] not in cookie and begun.headers["cache-control"] == "no-store"
    session = {"Cookie": f"other=1; {value}; more=2"}
    assert guarded.ask("GET", "/identity", headers=session).json()["scopes"][0] == "admin"
    for path in ("/tasks", "/keys", "/openapi.json", "/metrics"):
        assert guarded.ask("GET", path, headers=session).status_code == 200
    for method, path in (
        ("POST", "/services"),
        ("POST", "/keys"),
        ("POST", "/session"),
        ("DELETE", "/services/x"),
        ("PUT", "/services/x"),
        ("POST", "/services/doors"),
        ("POST", "/tasks/x/cancel"),
    ):
        answer = guarded.ask(method, path, headers=session)
        assert answer.status_code == 401 and "reading only" in answer.json()["detail"], path
    passed = value.partition("=")[2]
    for stolen in (passed, passed.replace(".", "_"), f"aim_{passed.replace('.', '_')}"):
        assert guarded.ask("GET", "/tasks", stolen).status_code == 401, "it is no key"
    assert guarded.ask("GET", "/tasks", "x", headers=session).status_code == 401, "the header goes before the cookie"
    ended = guarded.ask("DELETE", "/session", headers=session)
    assert ended.status_code == 204 and "max-age=0" in ended.headers["set-cookie"].lower()
    for wrong in ("engine_session=", "engine_session=x", f"engine_session=0123456789abcdef.{'0' * 64}", f"{value}0"):
        assert guarded.ask("GET", "/tasks", headers={"Cookie": wrong}).status_code == 401
    guarded.engine.client.cookies.clear()


def test_a_session_ends_with_its_key(guarded: Guarded) -> None:
    made = guarded.make("read")
    value = guarded.ask("POST", "/session", made["key"]).headers["set-cookie"].partition(";")[0]
    assert guarded.ask("GET", "/tasks", headers={"Cookie": value}).status_code == 200
    guarded.ask("DELETE", f"/keys/{made['id']}", guarded.admin)
    assert guarded.ask("GET", "/tasks", headers={"Cookie": value}).status_code == 401
    guarded.engine.client.cookies.clear()


def test_a_stream_ends_with_its_key(guarded: Guarded) -> None:
    made = guarded.make("read")
    with guarded.engine.client.stream("GET", "/events", headers=bearing(made["key"]), timeout=10) as answer:
        assert answer.status_code == 200
        guarded.ask("DELETE", f"/keys/{made['id']}", guarded.admin)
        assert "revoked" not in "".join(answer.iter_text()), "it ends, in order"


def test_the_first_key_changes_with_its_file(guarded: Guarded) -> None:
    old, new = guarded.admin, "another-first-key-" + "n" * 20
    session = {"Cookie": guarded.ask("POST", "/session", old).headers["set-cookie"].partition(";")[0]}
    guarded.engine.client.cookies.clear()
    assert guarded.ask("GET", "/keys", headers=session).status_code == 200
    try:
        guarded.admin_file.write_text(new)
        wait_for(lambda: guarded.ask("GET", "/keys", new).status_code == 200, "the new one is taken", 5)
        assert (
            guarded.ask("GET", "/keys", old).status_code
            == guarded.ask("GET", "/keys", headers=session).status_code
            == 401
        )
        guarded.admin_file.write_text("short")
        wait_for(lambda: guarded.ask("GET", "/keys", new).status_code == 401, "nobody comes in", 5)
        assert guarded.ask("GET", "/keys", "short").status_code == 401
    finally:
        guarded.admin_file.write_text(old + "\n")
    wait_for(lambda: guarded.ask("GET", "/keys", old).status_code == 200, "the old one is taken again", 5)


def test_tokens_come_in_beside_keys(guarded: Guarded) -> None:
    token = guarded.issuer.token(ISSUER_KEY, "k1", scope="submit", sub="bert")
    assert guarded.ask("GET", "/identity", token).json() == {
        "keys": True,
        "key": "oidc:bert",
        "owner": "bert",
        "scopes": ["submit", "read"],
    }
    assert guarded.ask("GET", "/keys", token).status_code == 403
    forged = guarded.issuer.token(rsa_key(), "k1", scope="admin")
    answer = guarded.ask("GET", "/keys", forged)
    assert answer.status_code == 401 and "signature" in answer.json()["detail"] and forged not in answer.text
    session = {"Cookie": guarded.ask("POST", "/session", token).headers["set-cookie"].partition(";")[0]}
    guarded.engine.client.cookies.clear()
    assert guarded.ask("GET", "/tasks", headers=session).status_code == 200
    assert guarded.ask("POST", "/services/doors", headers=session).status_code == 401
    long = guarded.issuer.token(ISSUER_KEY, "k1", scope="read", more="x" * 4_000)
    assert guarded.ask("POST", "/session", long).status_code == 413
