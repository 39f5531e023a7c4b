"""Whose tasks are whose: every route that names a task, lists, events, idempotency keys, children."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from engine.doors.table import TABLE
from engine.errors import NotFound
from engine.identity import Identity, Scope, with_implied
from engine.owners import Owners
from engine.reading import GONE
from engine.store.sqlite import SqliteStore
from engine.task.task import new_task
from tests.e2e.processes import wait_for
from tests.e2e.scripts import PNG, entry, pipeline
from tests.language.toys import loop
from tests.store.rows import task as row_of_task

from .conftest import Guarded, bearing
from .people import END, WAITS, Person, admin, person

OF_TASKS = [(method, path) for method, path, _ in TABLE if "{task_id}" in path]
"""`test_table.py` holds that the table has every route."""

WHO: list[tuple[str, Scope]] = [("anna", "read"), ("ben", "read"), ("root", "admin")]


@pytest.fixture(scope="module")
def anna(guarded: Guarded) -> Person:
    """An author."""
    return person(guarded, "author")


@pytest.fixture(scope="module")
def ben(guarded: Guarded) -> Person:
    """Another one."""
    return person(guarded, "author")


@pytest.fixture(scope="module")
def root(guarded: Guarded) -> Person:
    """An admin."""
    return admin(guarded)


@pytest.fixture(scope="module")
def task(anna: Person) -> dict[str, str]:
    """A finished task of Anna's with a file, and what fills the paths of its routes."""
    job = anna.submit(anna.open(body=["image"]), files={"image": ("a.png", PNG, "image/png")})
    assert anna.ended(job) == "finished"
    binaries = anna.ask("GET", f"/tasks/{job}/raw").json()["binaries"]
    return {"task_id": job, "instance": "entry", "name": "image", "binary_id": next(iter(binaries.values()))}


def test_no_route_names_a_task_in_another_way() -> None:
    names = {name for _, path, _ in TABLE for name in re.findall(r"\{(\w+)", path)}
    assert names == {"task_id", "route", "name", "binary_id", "instance", "key_id"}
    assert len(OF_TASKS) >= 10


def asked(who: Person, method: str, path: str, task: dict[str, str], other: bool = False) -> httpx.Response:
    """Ask for what a task has."""
    real = re.sub(r"\{(\w+)(:path)?\}", lambda found: task[found[1]], path)
    engine = who.guarded.other if other else who.guarded.engine
    params = {"of": "entry"} if path.endswith("/nodes") else {}
    return engine.client.request(method, real, headers=bearing(who.key), params=params)


@pytest.mark.parametrize(("method", "path"), OF_TASKS)
def test_a_task_is_its_owners_and_an_admins(
    anna: Person, ben: Person, root: Person, task: dict[str, str], method: str, path: str
) -> None:
    unknown = task | {"task_id": "0" * len(task["task_id"])}
    for other in (False, True):
        wanted, nothing = asked(ben, method, path, task, other), asked(ben, method, path, unknown, other)
        assert wanted.status_code == nothing.status_code == 404
        assert wanted.content == nothing.content and "no such task" in wanted.text
        assert {name for name in wanted.headers} == {name for name in nothing.headers}
    for who in (anna, root):
        assert asked(who, method, path, task).status_code in (200, 409), f"{method} {path} by {who.owner}"
    if method == "GET":
        assert asked(ben, "HEAD", path, task).status_code in (404, 405)


def test_who_only_reads_and_who_only_announces(guarded: Guarded, anna: Person, task: dict[str, str]) -> None:
    reader, service = person(guarded, "read", owner=anna.owner), person(guarded, "service", owner=anna.owner)
    assert asked(reader, "GET", "/tasks/{task_id}/status", task).status_code == 200
    assert asked(reader, "POST", "/tasks/{task_id}/cancel", task).status_code == 403
    assert asked(service, "GET", "/tasks/{task_id}/status", task).status_code == 403


def test_lists_and_numbers_show_ones_own(anna: Person, ben: Person, root: Person) -> None:
    route = anna.open()
    mine, his = [anna.submit(route) for _ in range(3)], [ben.submit(route) for _ in range(2)]
    for who, jobs in ((anna, mine), (ben, his)):
        for job in jobs:
            assert who.ended(job) == "finished"
        assert who.tasks(route=route) == jobs[::-1] == who.tasks(route=route, status="finished")
        assert set(jobs) <= set(who.tasks()) and who.tasks(route=route, owner=who.owner) == jobs[::-1]
        numbers = who.ask("GET", "/stats").json()
        assert numbers["services"][route] == numbers["routes"][route]["finished"] == len(jobs)
        assert numbers["jobs"]["total"] == sum(numbers["services"].values()) == len(who.tasks())
    assert not set(his) & set(anna.tasks()) and anna.tasks(owner=ben.owner) == []
    assert root.tasks(route=route) == [*his[::-1], *mine[::-1]]
    assert root.tasks(route=route, owner=ben.owner) == his[::-1]
    assert root.ask("GET", "/stats").json()["services"][route] == 5
    rows = root.ask("GET", "/tasks", params={"route": route}).json()["tasks"]
    assert [row["owner"] for row in rows] == [ben.owner] * 2 + [anna.owner] * 3


def read_events(who: Person, after: str | None, last: str) -> Iterator[Any]:
    """What the stream of all tells, up to the end of a task."""
    headers = bearing(who.key) | ({"Last-Event-ID": after} if after else {})
    with who.guarded.engine.client.stream("GET", "/events", headers=headers, timeout=20) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                told = json.loads(line.removeprefix("data: "))
                yield told
                if told["task"] == last and told["node"] is None and told["state"] != "running":
                    return


def test_events_tell_of_ones_own(anna: Person, ben: Person, root: Person) -> None:
    route = anna.open()
    mine, his = anna.submit(route), ben.submit(route)
    assert anna.ended(mine) == ben.ended(his) == "finished"
    last = ben.submit(route)
    tasks = {told["task"] for told in read_events(ben, "0-0", last)}
    assert {his, last} <= tasks and not tasks - set(ben.tasks())
    assert {mine, his, last} <= {told["task"] for told in read_events(root, "0-0", last)}


def test_events_that_come_tell_of_ones_own(anna: Person, ben: Person) -> None:
    waiting = anna.open(WAITS)
    mine, his = anna.submit(waiting), ben.submit(waiting)
    told: list[Any] = []
    headers = bearing(ben.key)
    with ben.guarded.engine.client.stream("GET", "/events", headers=headers, timeout=20) as stream:
        for who, job in ((anna, mine), (ben, his)):
            assert who.ask("POST", f"/tasks/{job}/cancel").status_code == 200
        for line in stream.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: ")))
                if told[-1]["node"] is None:
                    break
    assert {each["task"] for each in told} == {his}


def test_an_idempotency_key_is_its_owners(anna: Person, ben: Person) -> None:
    route, once = anna.open(), {"Idempotency-Key": "the same"}
    mine = anna.submit(route, json={"n": 1}, headers=once)
    his = ben.submit(route, json={"n": 2}, headers=once)
    assert mine != his
    assert anna.submit(route, json={"n": 1}, headers=once) == mine
    assert ben.ask("POST", f"/services/{route}", json={"n": 1}, headers=once).status_code == 422


def test_children_are_their_roots_owners(anna: Person, ben: Person, root: Person) -> None:
    inner = anna.open(WAITS)
    call = {"id": "call", "type": "service", "service": inner, "input": {"n": "node._loop"}, "next": ["loopEnd"]}
    job = ben.submit(anna.open(loop("each", "entry.out.l", [call], "end"), body={"l": []}), json={"l": [1]})

    def children() -> list[str] | None:
        """The body of the loop, and the run of the sub-pipeline in it."""
        node = ben.ask("GET", f"/tasks/{job}/nodes/call0").json()
        attempts = [attempt["task"] for attempt in node.get("attempts", []) if "task" in attempt]
        return [node["task"], attempts[-1]] if attempts else None

    for child in wait_for(children, "the sub-pipeline runs"):
        assert ben.status(child) == "running" and root.status(child) == "running"
        assert anna.ask("GET", f"/tasks/{child}/status").status_code == 404
        assert anna.ask("POST", f"/tasks/{child}/cancel").status_code == 404
    assert ben.ask("POST", f"/tasks/{job}/cancel").status_code == 200


def test_who_runs_a_task_again_owns_the_new_one(anna: Person, ben: Person, root: Person) -> None:
    job = anna.submit(anna.open())
    assert anna.ended(job) == "finished"
    again = root.ask("POST", f"/tasks/{job}/retry", params={"from": "entry"})
    assert again.status_code == 200, again.text
    assert root.ended(again.json()["jobId"]) == "finished"
    assert anna.ask("GET", f"/tasks/{again.json()['jobId']}").status_code == 404
    mine = anna.ask("POST", f"/tasks/{job}/retry", params={"from": "entry"}).json()["jobId"]
    assert anna.ended(mine) == "finished" and ben.ask("GET", f"/tasks/{mine}").status_code == 404


def test_a_definition_of_ones_own_needs_the_scope_of_an_author(guarded: Guarded, anna: Person) -> None:
    job = anna.submit(anna.open())
    assert anna.ended(job) == "finished"
    body = {"definition": pipeline(entry("x", {"n": 1}, "end"), END)}
    submitter = person(guarded, "submit", owner=anna.owner)
    asked = submitter.ask("POST", f"/tasks/{job}/retry", params={"from": "entry"}, json=body)
    assert asked.status_code == 403 and "`author`" in asked.json()["detail"]


async def test_who_is_refused_costs_the_same_as_who_asks_for_nothing() -> None:
    """One question to the store each, whatever the engine has at hand; who owns a task asks it once."""
    questions: list[str] = []

    class Asked(SqliteStore):
        async def owners(self, task_ids: Collection[str]) -> dict[str, str]:
            questions.extend(task_ids)
            return await super().owners(task_ids)

    store = Asked(None, "full")
    await store.open()
    rows = [replace(row_of_task(), owner="anna") for _ in range(2)]
    for row in rows:
        await store.create(row)
    at_hand = new_task(rows[0].id, "seal", "route", "definition", 1, "anna")
    owners = Owners(store, {at_hand.id: at_hand}.get)
    anna, ben, root = (Identity(name, name, with_implied([scope])) for name, scope in WHO)
    for task_id in (rows[0].id, rows[1].id, "unknown", rows[1].id):
        with pytest.raises(NotFound) as refused:
            await owners.admit(ben, task_id)
        assert refused.value.detail == GONE and questions == [task_id]
        questions.clear()
    for _ in range(3):
        await owners.admit(anna, rows[0].id)
        await owners.admit(anna, rows[1].id)
        await owners.admit(root, rows[0].id)
    assert questions == [rows[1].id]
    ids = [row.id for row in rows]
    assert await owners.seen(anna, ids) == await owners.seen(root, ids) == set(ids)
    assert await owners.seen(ben, ids) == set()
    await store.close()
