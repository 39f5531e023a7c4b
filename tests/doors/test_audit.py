"""Who changed what: what is noted and what is not, that nothing is changed that could not be noted, and how long."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.api.deps import Engine
from engine.app import make_app
from engine.audit import Actor
from engine.errors import StoreAway, StoreFull
from engine.identity import Identity
from engine.settings import Settings
from engine.store.base import AuditRow
from tests.e2e.scripts import Json, entry, fresh_route, pipeline

from .conftest import Guarded
from .people import END, WAITS, Person, admin, person

BROKEN = {"id": "s", "type": "http", "url": "http://127.0.0.1:9/", "next": ["end"], "retry": {"attempts": 1}}
"""A node that fails."""


def audit(guarded: Guarded, **filters: Any) -> list[Json]:
    """The rows that fit, oldest first."""
    found: list[Json] = []
    cursor: str | None = None
    while True:
        params = {**filters, "limit": 3, **({"cursor": cursor} if cursor else {})}
        answer = guarded.ask("GET", "/audit", guarded.admin, params=params)
        assert answer.status_code == 200, answer.text
        found += answer.json()["changes"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found[::-1]


def changes(anna: Person, service: Person, root: Person) -> list[tuple[Person, str, str]]:
    """Change all that can be changed: who changed, how, and what."""
    waiting, broken = anna.open(WAITS), anna.open(BROKEN)
    version = pipeline(entry(broken, {"n": 1}, "s"), {**BROKEN, "params": {"v": 2}}, END)
    assert anna.ask("PUT", f"/services/{broken}", json=version).status_code == 200
    job, failed = anna.submit(waiting), anna.submit(broken)
    assert root.ask("POST", f"/tasks/{job}/cancel").status_code == 200
    assert anna.ended(failed) == "error"
    assert anna.ask("POST", f"/tasks/{failed}/retry").status_code == 200
    assert anna.ended(failed) == "error"
    again = anna.ask("POST", f"/tasks/{failed}/retry", params={"from": "s"}).json()["jobId"]
    assert anna.ask("DELETE", f"/services/{waiting}").status_code == 200
    operation = {"type": "service", "url": "http://127.0.0.1:9/x", "api": {"route": fresh_route(), "body": {"n": 1}}}
    for _ in range(2):
        assert service.ask("POST", "/services", json=operation).status_code == 200
    made = root.guarded.make("read", owner=anna.owner)["id"]
    for _ in range(2):
        assert root.ask("DELETE", f"/keys/{made}").status_code == 200
    return [
        (anna, "pipeline.stored", waiting),
        (anna, "pipeline.stored", broken),
        (anna, "pipeline.replaced", broken),
        (root, "task.cancelled", job),
        (anna, "task.retried", failed),
        (anna, "task.rerun", again),
        (anna, "route.closed", waiting),
        (service, "route.announced", operation["api"]["route"]),  # type: ignore[index]
        (root, "key.made", made),
        (root, "key.revoked", made),
    ]


def test_every_change_is_noted_with_who_and_whence(guarded: Guarded) -> None:
    anna, service, root = person(guarded, "author"), person(guarded, "service"), admin(guarded)
    before = {row["id"] for row in audit(guarded)}
    wanted = [(who.id, action, subject) for who, action, subject in changes(anna, service, root)]
    rows = [row for row in audit(guarded) if row["id"] not in before]
    found = [(row["key"] if row["key"] != "admin" else "", row["action"], row["subject"]) for row in rows]
    assert found == wanted
    assert {row["address"] for row in rows} == {"127.0.0.1"}
    assert [row["owner"] for row in rows if row["key"] == anna.id] == [anna.owner] * 6
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert audit(guarded, owner=anna.owner) == [row for row in rows if row["owner"] == anna.owner]
    assert audit(guarded, owner=anna.owner, action="task.rerun") == [
        row for row in rows if row["action"] == "task.rerun"
    ]
    for row in rows:
        assert (
            f"{row['action']} {row['subject']} by key={row['key']} owner={row['owner']} from=127.0.0.1"
            in guarded.engine.log
        )


def test_what_is_refused_or_changes_nothing_is_not_noted(guarded: Guarded) -> None:
    anna, ben, root = person(guarded, "author"), person(guarded, "author"), admin(guarded)
    route = anna.open()
    job = anna.submit(route)
    assert anna.ended(job) == "finished"
    before = len(audit(guarded))
    same = anna.ask("GET", f"/services/{route}").json()
    attempts: list[tuple[Person, str, str, Json, int]] = [
        (ben, "DELETE", f"/services/{route}", {}, 403),
        (ben, "POST", f"/tasks/{job}/cancel", {}, 404),
        (anna, "POST", f"/tasks/{job}/cancel", {}, 409),
        (anna, "POST", f"/tasks/{job}/retry", {}, 409),
        (anna, "POST", f"/tasks/{job}/retry", {"params": {"from": "nothing"}}, 422),
        (anna, "PUT", f"/services/{route}", {"json": {"type": "pipeline", "nodes": []}}, 422),
        (anna, "PUT", f"/services/{route}", {"json": {"type": "pipeline", "nodes": same["nodes"]}}, 200),
        (anna, "POST", "/keys", {"json": {}}, 403),
        (root, "POST", "/keys", {"json": {}}, 422),
        (root, "DELETE", "/keys/0123456789abcdef", {}, 404),
    ]
    for who, method, path, more, status in attempts:
        answer = who.ask(method, path, **more)
        assert answer.status_code == status, (method, path, answer.text)
    assert len(audit(guarded)) == before
    log = guarded.engine.log
    assert f"refused 403: DELETE /services/{route} by key={ben.id} owner={ben.owner} from=127.0.0.1" in log
    assert "refused 403: POST /keys by key= owner= from=127.0.0.1: this needs a key with the scope `admin`" in log


@pytest.mark.parametrize("params", [{"action": "nothing"}, {"cursor": "x"}, {"limit": 0}, {"owner": "x" * 201}])
def test_filters_that_are_wrong(guarded: Guarded, params: dict[str, Any]) -> None:
    answer = guarded.ask("GET", "/audit", guarded.admin, params=params)
    assert answer.status_code == 422 and answer.json()["errors"]


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[tuple[Engine, httpx.AsyncClient]]:
    """An engine in this process that asks for no keys, and a client."""
    app = make_app(Settings(reg_local_data=tmp_path, app_audit_days=1e-9))
    inner = app._app
    async with inner.router.lifespan_context(inner):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine") as client:
            yield inner.state.engine, client


@pytest.mark.parametrize(("error", "status"), [(StoreAway("it is away"), 503), (StoreFull("it is full"), 507)])
async def test_what_cannot_be_noted_is_not_changed(
    engine: tuple[Engine, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    made, client = engine
    definition = pipeline(entry("kept", {"n": 1}, "s"), WAITS, END)
    assert (await client.post("/services", json=definition)).status_code == 200
    job = (await client.post("/services/kept", json={"n": 1})).json()["jobId"]
    failed = (await client.post("/services/kept", json={"n": 2})).json()["jobId"]
    await client.post(f"/tasks/{failed}/cancel")
    key = (await client.post("/keys", json={"name": "k", "owner": "o", "scopes": ["read"]})).json()["id"]

    async def everything() -> list[Any]:
        paths = ["/services", "/tasks", "/keys", f"/tasks/{job}/status", f"/tasks/{failed}/raw"]
        return [(await client.get(path)).json() for path in paths]

    async def refuse(row: AuditRow, frees: bool = False) -> None:
        raise error

    before = await everything()
    monkeypatch.setattr(made.store.trail, "add", refuse)
    other = pipeline(entry("other", {"n": 1}, "end"), END)
    operation = {"type": "service", "url": "http://127.0.0.1:9/x", "api": {"route": "op", "body": {"n": 1}}}
    for method, path, body in [
        ("POST", "/services", other),
        ("POST", "/services", operation),
        ("PUT", "/services/kept", pipeline(entry("kept", {"n": 1}, "end"), END)),
        ("DELETE", "/services/kept", None),
        ("POST", f"/tasks/{job}/cancel", None),
        ("POST", f"/tasks/{failed}/retry", None),
        ("POST", f"/tasks/{failed}/retry?from=entry", None),
        ("POST", "/keys", {"name": "k", "owner": "o", "scopes": ["read"]}),
        ("DELETE", f"/keys/{key}", None),
    ]:
        answer = await client.request(method, path, json=body)
        assert answer.status_code == status, (method, path, answer.text)
    assert await everything() == before
    assert [row async for row in made.binaries.owners(0)] == []


async def test_rows_go_when_their_time_is_over(engine: tuple[Engine, httpx.AsyncClient]) -> None:
    made, client = engine
    await client.post("/services", json=pipeline(entry("gone", {"n": 1}, "end"), END))
    (row,) = (await client.get("/audit")).json()["changes"]
    assert (row["action"], row["subject"], row["key"], row["owner"]) == ("pipeline.stored", "gone", "", "")
    await made.sweeper.clean_up()
    assert (await client.get("/audit")).json() == {"changes": [], "next": None}


async def test_what_a_row_says_fits_in_a_line(engine: tuple[Engine, httpx.AsyncClient]) -> None:

    made, _ = engine
    who = Identity("oidc:a\nb\ud800" + "x" * 1_000, "o", frozenset())
    await Actor(who, "127.0.0.1", made.audit).note("route.closed", "r", "d\r\n\x00")
    (row,) = await made.store.trail.page(None, None, None, 5)
    assert row.key.startswith("oidc:a?b?xx") and len(row.key) == 500 and row.detail == "d???"
