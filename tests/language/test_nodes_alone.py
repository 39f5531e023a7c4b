"""One node of a task by the id of its instance, and the instances of a loop body's node page by page."""

import re
from typing import Any

import pytest

from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, ended, problem, raw, result, submit
from tests.language.toys import Book, end, loop, plain, post

ITEMS = 23


def node(engine: Engine, job: str, instance: str) -> Any:
    """One node."""
    answer = engine.client.get(f"/tasks/{job}/nodes/{instance}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def page(engine: Engine, job: str, of: str, **query: Any) -> Json:
    """A page of instances."""
    answer = engine.client.get(f"/tasks/{job}/nodes", params={"of": of, **query})
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def all_of(engine: Engine, job: str, of: str, limit: int = 5) -> list[Json]:
    """Every instance, page by page."""
    found: list[Json] = []
    told = page(engine, job, of, limit=limit)
    while told["next"] is not None:
        assert len(told["nodes"]) == limit
        found += told["nodes"]
        told = page(engine, job, of, limit=limit, cursor=told["next"])
    found += told["nodes"]
    return found


def nested(engine: Engine, items: list[list[list[int]]]) -> str:
    """A task of three loops within each other, whose ids differ in the digits at their end alone."""
    inmost = loop("x11", "node._loop", [plain("x", "loopEnd", after="node.out = {'v': node._loop}")], "loopEnd")
    middle = loop("x1", "node._loop", [inmost], "loopEnd")
    route = post(engine, {"l": []}, loop("outer", "entry.out.l", [middle], "end"), end())
    job = submit(engine, route, {"l": items})
    result(engine, job, 60)
    return job


NESTED = [[[row * 100 + cell * 10 + n for n in range(3)] for cell in range(row % 4)] for row in range(12)]


def test_each_node_alone_is_what_raw_shows(system: Engine) -> None:
    job = nested(system, NESTED)
    nodes = raw(system, job)["nodes"]
    assert len(nodes) > 60
    for name, shown in nodes.items():
        assert node(system, job, name) == shown, name


def test_nodes_of_a_body_that_is_asked_for_as_a_task(system: Engine) -> None:
    """A body is a task too, with bodies below."""
    job = nested(system, NESTED)
    nodes = raw(system, job)["nodes"]
    body = next(shown["task"] for shown in nodes.values() if shown.get("node") == "x1" and shown["index"] == 7)
    inner = {
        name: shown for name, shown in nodes.items() if shown.get("_loop") in [c for row in NESTED[7] for c in row]
    }
    assert len(inner) == 9
    for name, shown in inner.items():
        assert node(system, body, name) == shown
    other = next(name for name, shown in nodes.items() if shown.get("_loop") == NESTED[6][0][0])
    problem(system.client.get(f"/tasks/{body}/nodes/{other}"), 404)


@pytest.mark.parametrize(
    "instance",
    ["nobody", "loopEnd", "loopEnd0", "x", "x1", "outer0", "entry0", "x99999", "%00", "x" * 3000, "x" + "9" * 6000],
)
def test_nodes_that_are_not_there(system: Engine, instance: str) -> None:
    job = nested(system, [[[1]]])
    problem(system.client.get(f"/tasks/{job}/nodes/{instance}"), 404)
    problem(system.client.get(f"/tasks/{'0' * 40}/nodes/{instance}"), 404)


def test_numbers_are_written_in_one_way(system: Engine) -> None:
    """`x0` is there; what only looks like it is not."""
    job = submit(
        system, post(system, {"l": []}, loop("each", "entry.out.l", [plain("x", "loopEnd")], "end"), end()), {"l": [1]}
    )
    result(system, job)
    assert node(system, job, "x0")["index"] == 0
    for wrong in ("x00", "x-0", "x+0", "x%C2%B2", "x0%20", "X0", "x1"):
        problem(system.client.get(f"/tasks/{job}/nodes/{wrong}"), 404)
    job = nested(system, [[[1]]])
    [inmost] = [name for name, shown in raw(system, job)["nodes"].items() if shown.get("node") == "x11"]
    assert inmost.startswith("x11001") and node(system, job, inmost)["index"] == 0
    problem(system.client.get(f"/tasks/{job}/nodes/{inmost.replace('x11001', 'x110002')}"), 404)


def test_instances_come_in_the_order_of_the_items(system: Engine, book: Book) -> None:
    book.set(bad=[13], mode="fast")
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    each = loop("each", "entry.out.l", body, "end", max_parallel=1)
    job = submit(system, post(system, {"l": []}, each, end()), {"l": list(range(ITEMS))})
    ended(system, job)
    found = all_of(system, job, "x")
    assert [each["index"] for each in found] == list(range(14)), "the bodies after the one that failed were not made"
    assert [each["id"] for each in found] == [f"x{index}" for index in range(14)]
    assert [each["state"] for each in found] == ["finished"] * 13 + ["error"]
    assert "is refused" in found[-1]["error"] and found[0]["error"] is None
    assert found[0]["started"] <= found[0]["ended"] and found[0]["seconds"] >= 0
    whole = raw(system, job)["nodes"]
    for each in found:
        known = whole[each["id"]]
        assert {name: each[name] for name in ("index", "task", "state", "started", "ended", "seconds", "error")} == {
            name: known[name] for name in ("index", "task", "state", "started", "ended", "seconds", "error")
        }
    assert page(system, job, "x")["total"] == ITEMS
    problem(system.client.get(f"/tasks/{job}/nodes/x14"), 404)


def test_loops_within_each_other(system: Engine) -> None:
    job = nested(system, NESTED)
    wanted = [
        [row, cell, n]
        for row, cells in enumerate(NESTED)
        for cell, values in enumerate(cells)
        for n, _ in enumerate(values)
    ]
    for limit in (1, 4, 200):
        found = all_of(system, job, "x", limit)
        assert [each["indexes"] for each in found] == wanted
        assert [each["index"] for each in found] == [places[-1] for places in wanted]
    values = [NESTED[row][cell][n] for row, cell, n in wanted]
    assert [node(system, job, each["id"])["out"]["v"] for each in found] == values
    assert page(system, job, "x")["total"] is None
    assert [each["indexes"] for each in all_of(system, job, "x1", 5)] == [[row] for row in range(12)]


def test_a_node_in_no_loop_and_one_whose_loop_has_not_begun(system: Engine, book: Book) -> None:
    book.set(hold=True, mode="callback")
    first = book.node("first", "echo", "each")
    each = loop("each", "entry.out.l", [plain("x", "loopEnd")], "end")
    job = submit(system, post(system, {"l": []}, first, each, end()), {"l": [1]})
    wait_for(lambda: book.heard()["working"] == 1, "it is called")
    told = page(system, job, "first")
    assert [told["nodes"][0][name] for name in ("id", "index", "indexes", "state")] == ["first", None, [], "running"]
    assert told["next"] is None and told["total"] == 1
    assert page(system, job, "x") == {"nodes": [], "next": None, "total": None}
    problem(system.client.get(f"/tasks/{job}/nodes/x0"), 404)
    assert node(system, job, "each")["state"] == "pending"
    book.set(hold=False)
    result(system, job)
    assert page(system, job, "x")["total"] == 1 == len(page(system, job, "x")["nodes"])


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("of=loopEnd", "/of"),
        ("of=y", "/of"),
        ("of=", "/of"),
        ("", "of"),
        ("of=x&limit=0", "limit"),
        ("of=x&limit=201", "limit"),
        ("of=x&cursor=", "/cursor"),
        ("of=x&cursor=1.2", "/cursor"),
        ("of=x&cursor=-1", "/cursor"),
        ("of=x&cursor=%C2%B2", "/cursor"),
        ("of=x&cursor=9999999999", "/cursor"),
        ("of=each&cursor=1", "/cursor"),
    ],
)
def test_wrong_queries(system: Engine, query: str, place: str) -> None:
    each = loop("each", "entry.out.l", [plain("x", "loopEnd")], "end")
    job = submit(system, post(system, {"l": []}, each, end()), {"l": [1, 2]})
    result(system, job)
    told = problem(system.client.get(f"/tasks/{job}/nodes?{query}"), 422)
    assert place in str(told["errors"])
    problem(system.client.get(f"/tasks/{'0' * 40}/nodes?of=x"), 404)


def test_a_nearby_name_is_offered(system: Engine) -> None:
    job = submit(system, post(system, {}, plain("blurred", "end"), end()), {})
    result(system, job)
    told = problem(system.client.get(f"/tasks/{job}/nodes?of=blured"), 422)
    assert re.search("did you mean `blurred`", told["errors"][0]["detail"])
