"""`aim services`, `push`, `check`, `delete`, as processes."""

import json
from pathlib import Path

import pytest

from aiservice.testing import free_port
from tests.client.aim import aim, on_terminal, process
from tests.conftest import MakeEngine
from tests.e2e.processes import Engine
from tests.e2e.scripts import Scripted, entry, fresh_route, open_chain

END = {"id": "end", "type": "end"}


def write(folder: Path, route: str, body: object = "image", following: str = "end") -> Path:
    """A file with a definition, a line for each node."""
    nodes = ",\n".join(json.dumps(node) for node in (entry(route, body, following), END))
    path = folder / f"{route}.json"
    path.write_text('{"type": "pipeline", "nodes": [\n' + nodes + "\n]}\n")
    return path


def test_services_lists_what_each_route_takes(engine: Engine, service: Scripted) -> None:
    form = open_chain(engine, ["image", "areas"], service.plan())
    values = open_chain(engine, {"n": 1, "name": "x"}, service.plan())
    rows = {line.split("\t")[0]: line.split("\t") for line in aim(engine.url, "services").lines}
    assert rows[form][1:4] == ["pipeline", "image, areas", "version 1"]
    assert rows[values][2] == "{n, name}"
    machine = aim("http://wrong.invalid", "services", "--json", "--engine", engine.url).json
    assert form in [each["state"]["route"] for each in machine]
    assert aim("http://wrong.invalid", "--json", "--engine", engine.url, "services").json == machine


def test_push_and_push_again(engine: Engine, tmp_path: Path) -> None:
    first, second = fresh_route("a"), fresh_route("b")
    write(tmp_path, first), write(tmp_path, second)
    ran = aim(engine.url, "push", tmp_path / "*.json")
    assert ran.code == 0, ran.err
    assert [line.split()[1:3] for line in ran.err.splitlines()] == [[first, "new"], [second, "new"]]
    assert "unchanged" in aim(engine.url, "push", tmp_path / f"{first}.json").err
    changed = write(tmp_path, first, ["other"])
    taken = aim(engine.url, "push", changed)
    assert taken.code == 1 and "--replace" in taken.err
    replaced = aim(engine.url, "push", "--json", "--replace", changed)
    assert replaced.json[0] | {"url": ""} == {
        "file": str(changed),
        "route": first,
        "outcome": "new version",
        "version": 2,
        "url": "",
    }


def test_faults_are_shown_at_their_line(engine: Engine, tmp_path: Path) -> None:
    good = write(tmp_path, fresh_route("good"))
    bad = write(tmp_path, fresh_route("bad"), following="ennd")
    no_json = tmp_path / "broken.json"
    no_json.write_text('{"type": "pipeline",\n "nodes": [,]}')
    ran = aim(engine.url, "push", bad, no_json, good)
    assert ran.code == 1
    column = bad.read_text().splitlines()[1].index('"ennd"') + 1
    assert f"{bad}:2:{column}  /nodes/0/next/0" in ran.err
    assert "did you mean `end`?" in ran.err
    marks = [line for line in ran.err.splitlines() if "^" in line]
    shown = next(line for line in ran.err.splitlines() if '"ennd"' in line)
    assert marks[0].index("^") == shown.index('"ennd"')
    assert f"{no_json}:2:12" in ran.err and "not JSON" in ran.err
    assert "new" in ran.err
    machine = aim(engine.url, "push", "--json", bad)
    assert machine.code == 1
    assert machine.json[0]["errors"][0] | {"detail": "", "text": ""} == {
        "pointer": "/nodes/0/next/0",
        "detail": "",
        "line": 2,
        "column": column,
        "text": "",
    }


def test_delete_closes_the_route(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, "image", service.plan())
    assert aim(engine.url, "delete", route).code == 0
    again = aim(engine.url, "delete", route)
    assert again.code == 1 and route in again.err


@pytest.mark.parametrize("arguments", [["push", "nothing-*.json"], ["run"], ["fly"], ["tasks", "--status", "lost"]])
def test_wrong_usage_is_exit_code_2(engine: Engine, arguments: list[str]) -> None:
    assert aim(engine.url, *arguments).code == 2


def test_an_engine_that_is_away_is_exit_code_3() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ran = process(url, "services")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith(f"error: the engine at {url} cannot be reached")
    told = aim(url, "services", "--json")
    assert told.code == 3 and json.loads(told.err)["title"] == "Unreachable"


def test_on_a_terminal_it_is_a_table(make_engine: MakeEngine, service: Scripted) -> None:
    engine = make_engine()  # one of its own: the widths of columns follow from all that is there
    route = open_chain(engine, ["image"], service.plan())
    code, written = on_terminal(engine.url, "services")
    lines = written.splitlines()
    assert code == 0
    assert lines[0].split() == ["ROUTE", "TYPE", "TAKES", "STATE", "SUMMARY"]
    row = next(line for line in lines if line.startswith(route))
    assert row.index("pipeline") == lines[0].index("TYPE")
