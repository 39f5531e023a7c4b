"""What is more than a task may hold is refused before there is a task, or ends in an error of the node that made it."""

import json

from tests.e2e.processes import Engine
from tests.e2e.raw_http import Field, form, post_form
from tests.e2e.scripts import entry, fresh_route, open_route, problem, status_of, submit

MEGABYTE = 1_000_000


def test_json_parts_that_are_too_heavy_together(engine: Engine) -> None:
    names = [f"part{number}" for number in range(20)]
    route = open_route(engine, entry(fresh_route(), names, "end"), {"id": "end", "type": "end"})
    before = engine.client.get("/stats").json()["jobs"]["total"]
    values = [json.dumps({name: "x" * (MEGABYTE - 100)}).encode() for name in names]
    fields = [Field(name, value, "a.json", "application/json") for name, value in zip(names, values, strict=True)]
    told = problem(post_form(engine, f"/services/{route}", form(*fields)), 413)
    assert "16 MB" in told["detail"]
    assert engine.client.get("/stats").json()["jobs"]["total"] == before


def test_a_definition_that_doubles_its_values(engine: Engine) -> None:
    nodes = [entry(fresh_route(), {"x": "a"}, "n0")]
    for number in range(30):
        last = nodes[-1]["id"]
        twice = {"x": f"{last}.out", "y": f"{last}.out"}
        following = f"n{number + 1}" if number < 29 else "end"
        nodes.append({"id": f"n{number}", "type": "node", "input": twice, "next": [following]})
    route = open_route(engine, *nodes, {"id": "end", "type": "end"})
    told = status_of(engine, submit(engine, route, {"x": "a"}))
    assert told["status"] == "error" and "grow beyond 16 MB" in told["message"]
