"""Tasks: status, result, raw, and the list of them."""

from typing import Any

import pytest

from tests.e2e.processes import Engine
from tests.e2e.raw_http import Field, form, post_form
from tests.e2e.scripts import PNG, Scripted, ended, fresh_route, open_chain, problem, raw, result, status_of, submit

UNKNOWN = ["0" * 32, "x", "0" * 31, "../etc", "%00", "a" * 3000, "%ff", "ä"]
PARTS = ["", "/status", "/raw", "/events", "/files/image"]


@pytest.mark.parametrize("job", UNKNOWN)
def test_unknown_tasks(engine: Engine, job: str) -> None:
    for part in PARTS:
        problem(engine.client.get(f"/tasks/{job}{part}"), 404)
    for verb in ("cancel", "retry"):
        problem(engine.client.post(f"/tasks/{job}/{verb}"), 404)


@pytest.mark.parametrize("path", ["/tasks", "/tasks/x/status", "/stats", "/health/live", "/events"])
def test_wrong_methods(engine: Engine, path: str) -> None:
    told = problem(engine.client.delete(path), 405)
    assert "DELETE" in told["detail"]


def test_an_unknown_address(engine: Engine) -> None:
    told = problem(engine.client.get("/no/such/place"), 404)
    assert "/no/such/place" in told["detail"]


def test_while_it_runs(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    job = submit(engine, open_chain(engine, {}, plan), {})
    plan.wait_calls(1)
    told = status_of(engine, job)
    assert told["status"] == "running" and "message" not in told
    assert told["progress"] == {"done": 1, "total": 3}
    assert {name: node["state"] for name, node in told["nodes"].items()} == {
        "entry": "finished",
        "s0": "running",
        "end": "pending",
    }
    assert "running" in problem(engine.client.get(f"/tasks/{job}"), 400)["detail"]


def test_after_it_failed(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 422, "body": "no face"})
    job = submit(engine, open_chain(engine, {}, plan), {})
    assert ended(engine, job)["message"]
    detail = problem(engine.client.get(f"/tasks/{job}"), 400)["detail"]
    assert "s0" in detail and "no face" in detail


def test_raw(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 503}, {"callbacks": [{"result": {"echo": True}}]})
    route = open_chain(engine, ["image", "areas"], plan)
    areas = Field("areas", b'{"n": 1}', "a.json", "application/json")
    job = post_form(engine, f"/services/{route}", form(Field("image", PNG, "a.png"), areas)).json()["jobId"]
    result(engine, job)
    whole = raw(engine, job)
    node = whole["nodes"]["s0"]
    assert node["state"] == "finished" and node["input"]["n"] == 1 and node["out"]["n"] == 1
    assert node["started"] < node["ended"] and node["seconds"] > 0
    first, second = node["attempts"]
    assert "503" in first["error"] and second["error"] is None and second["url"] == plan.url
    assert set(whole["binaries"]) == {"entry.out.image", "s0.out.image", "end.out.image"}
    assert (
        whole["binaries"]["s0.out.image"] == whole["binaries"]["end.out.image"] != whole["binaries"]["entry.out.image"]
    )
    secret = plan.calls[0]["id"]
    assert secret not in str(whole), "the id of a call is a capability"


def all_pages(engine: Engine, **query: Any) -> list[list[dict[str, Any]]]:
    """Every page of the list."""
    pages: list[list[dict[str, Any]]] = []
    while True:
        told = engine.client.get("/tasks", params=query).json()
        pages.append(told["tasks"])
        if told["next"] is None:
            return pages
        query["cursor"] = told["next"]


def test_the_list_is_newest_first_and_paged(engine: Engine) -> None:
    route = open_chain(engine, {"n": 1})
    jobs = [submit(engine, route, {"n": number}) for number in range(7)]
    pages = all_pages(engine, route=route, limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [task["jobId"] for page in pages for task in page] == jobs[::-1]
    assert pages[0][0]["route"] == route and pages[0][0]["status"] == "finished"


def test_a_page_that_is_just_full_has_no_next(engine: Engine) -> None:
    route = open_chain(engine, {"n": 1})
    for number in range(3):
        submit(engine, route, {"n": number})
    assert engine.client.get("/tasks", params={"route": route, "limit": 3}).json()["next"] is None


def test_pages_stand_still_while_tasks_come(engine: Engine) -> None:
    route = open_chain(engine, {"n": 1})
    jobs = [submit(engine, route, {"n": number}) for number in range(4)]
    first = engine.client.get("/tasks", params={"route": route, "limit": 2}).json()
    submit(engine, route, {"n": 9})
    second = engine.client.get("/tasks", params={"route": route, "limit": 2, "cursor": first["next"]}).json()
    assert [task["jobId"] for task in first["tasks"] + second["tasks"]] == jobs[::-1]


def test_filters(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 400}, {}, {"result": {"json": {}}})
    route = open_chain(engine, {}, plan)
    failed = submit(engine, route, {})
    ended(engine, failed)
    running = submit(engine, route, {})
    plan.wait_calls(2)
    finished = submit(engine, route, {})
    result(engine, finished)
    for status, job in (("error", failed), ("running", running), ("finished", finished)):
        told = engine.client.get("/tasks", params={"route": route, "status": status}).json()
        assert [task["jobId"] for task in told["tasks"]] == [job]
        everywhere = engine.client.get("/tasks", params={"status": status, "limit": 500}).json()["tasks"]
        assert job in [task["jobId"] for task in everywhere] and {task["status"] for task in everywhere} == {status}
    assert engine.client.get("/tasks", params={"route": fresh_route()}).json() == {"tasks": [], "next": None}


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("status=done", "status"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=1-", "cursor"),
        ("cursor=-x", "cursor"),
        ("cursor=99999999999999999999-x", "cursor"),
        ("cursor=%C2%B2-x", "cursor"),
        ("route=" + "x" * 300, "route"),
    ],
)
def test_wrong_queries(engine: Engine, query: str, place: str) -> None:
    told = problem(engine.client.get(f"/tasks?{query}"), 422)
    assert place in str(told["errors"])
