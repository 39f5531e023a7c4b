"""Where code is wrong or has failed, as members of their own: an editor marks the line without reading sentences."""

from typing import Any

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, ended, entry, fresh_route, pipeline, problem, raw, status_of, submit
from tests.language.toys import Book, branch, end, loop, plain, post

BAD = "x = 1\n\ny = x / 0"


def faults(engine: Engine, *nodes: Json) -> list[Json]:
    """What the check says of `entry -> first node -> ...`."""
    definition = pipeline(entry(fresh_route(), {}, nodes[0]["id"]), *nodes)
    told = problem(engine.client.post("/services", json=definition, params={"dry_run": True}), 422)
    errors: list[Json] = told["errors"]
    return errors


@pytest.mark.parametrize(
    ("fields", "pointer", "line", "column"),
    [
        ({"after": "x = 1\nif x:\n    y = nobody.out"}, "/nodes/1/after", 3, 9),
        ({"before": "x = ("}, "/nodes/1/before", 1, 5),
        ({"ready": "\n  entry.out.n +"}, "/nodes/1/ready", 2, 16),
        ({"after": "é = 'ü'; import os"}, "/nodes/1/after", 1, 10),
    ],
)
def test_code_that_cannot_be_taken(engine: Engine, fields: Json, pointer: str, line: int, column: int) -> None:
    [fault] = faults(engine, plain("work", "end", **fields), end())
    assert (fault["pointer"], fault["line"], fault["column"]) == (pointer, line, column)
    assert fault["detail"].startswith(f"line {line}, column {column}: ")


def test_sides_of_branches_and_bodies_of_loops(engine: Engine) -> None:
    choose = branch("choose", "1 +", {"next": ["each"], "exec": "a = 1\nb ="}, "c = 1\n\nd = e")
    each = loop("each", "entry.out.l", [plain("x", "loopEnd", after="\n\nimport os")], "end")
    found = {fault["pointer"]: fault["line"] for fault in faults(engine, choose, each, end()) if "line" in fault}
    assert found == {
        "/nodes/1/if": 1,
        "/nodes/1/then/exec": 2,
        "/nodes/1/else": 3,
        "/nodes/2/nodes/0/after": 3,
    }


def test_other_faults_have_no_line(engine: Engine) -> None:
    [fault] = faults(engine, plain("work", "nowhere"), end())[:1]
    assert set(fault) == {"pointer", "detail"}


def failed(engine: Engine, *nodes: Json, body: Any = None, data: Any = None) -> str:
    """A task that has failed."""
    job = submit(engine, post(engine, body or {}, *nodes), data or {})
    assert ended(engine, job)["status"] == "error"
    return job


def shown(engine: Engine, job: str, node: str) -> list[Json]:
    """The node in all three views."""
    alone = engine.client.get(f"/tasks/{job}/nodes/{node}").json()
    [short] = engine.client.get(f"/tasks/{job}/nodes", params={"of": alone.get("node", node)}).json()["nodes"]
    return [raw(engine, job)["nodes"][node], alone, short]


@pytest.mark.parametrize(
    ("node", "field", "line"),
    [
        (plain("work", "end", before=BAD), "before", 3),
        (plain("work", "end", after=BAD), "after", 3),
        (plain("work", "end", ready="1 / (len(entry.id) - 5)"), "ready", 1),
        (branch("work", "1 /\\\n (len(entry.id) - 5)", {"next": ["end"]}), "if", None),
        (branch("work", "True", {"next": ["end"], "exec": BAD}), "then.exec", 3),
        (branch("work", "False", {"next": ["end"]}, BAD, "end"), "else.exec", 3),
        (plain("work", "end", after="node.out = 1"), "after", None),
    ],
)
def test_code_that_has_failed(system: Engine, node: Json, field: str, line: int | None) -> None:
    job = failed(system, node, end())
    for view in [*shown(system, job, "work"), status_of(system, job)["nodes"]["work"]]:
        assert view["field"] == field and view["state"] == "error"
        if line is not None:
            assert view["line"] == line and f"line {line}: " in view["error"]
    assert set(raw(system, job)["nodes"]["entry"]) & {"field", "line"} == set()


def test_in_the_body_of_a_loop(system: Engine) -> None:
    each = loop("each", "entry.out.l", [plain("x", "loopEnd", after="y = 1\nz = y / node._loop")], "end")
    job = failed(system, each, end(), body={"l": []}, data={"l": [0]})
    for view in shown(system, job, "x0"):
        assert (view["field"], view["line"]) == ("after", 2)
    assert "field" not in raw(system, job)["nodes"]["each"], "the loop's own code has not failed"


def test_after_a_service_that_did_its_work(system: Engine, book: Book) -> None:
    job = failed(system, book.node("work", "echo", "end", after=BAD), end(), body={"n": 1}, data={"n": 1})
    assert [(view["field"], view["line"]) for view in shown(system, job, "work")] == [("after", 3)] * 3


def test_what_a_service_says_is_no_place_in_code(system: Engine, book: Book) -> None:
    """Its message looks like one of the engine's, and the node even has such a field."""
    node = book.node("work", "echo", "end", after="x = 1")
    lie = {"type": "error", "message": "`after`, line 3: ZeroDivisionError"}
    job = failed(system, node, end(), body={"type": "", "message": ""}, data=lie)
    for view in shown(system, job, "work"):
        assert view["error"].startswith("`after`, line 3: ") and "field" not in view and "line" not in view


def test_a_path_that_finds_nothing_is_no_fault_of_code(system: Engine) -> None:
    job = failed(system, plain("work", "end", input={"x": "entry.out.n"}, after="x = 1"), end())
    for view in shown(system, job, "work"):
        assert "field" not in view and view["error"]
