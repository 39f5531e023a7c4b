"""What the pipeline language adds for clients: checking, versions, running again from a node, items of loops."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.client import AimError, Client
from tests.client.aim import aim, on_terminal
from tests.e2e.processes import Engine
from tests.e2e.scripts import Scripted, entry, fresh_route, pipeline, service_node

END = {"id": "end", "type": "end"}
SLOW = {"callbacks": [{"sleep": 0.5, "result": {"echo": True}}]}


def loop_over(url: str, route: str) -> dict[str, Any]:
    """A pipeline that calls a service for each number of a list."""
    each = {"id": "each", "type": "service", "url": url, "input": {"n": "node._loop"}, "next": ["loopEnd"]}
    loop = {"id": "all", "type": "loop", "items": "entry.out.numbers", "nodes": [each], "max_parallel": 2}
    loop |= {"collect": {"n": "each.out.n"}, "next": ["end"]}
    return pipeline(entry(route, {"numbers": [1]}, "all"), loop, END)


def test_check_finds_faults_and_stores_nothing(client: Client, engine: Engine, tmp_path: Path) -> None:
    route = fresh_route()
    good = pipeline(entry(route, {"n": 1}, "end"), END)
    assert client.check(good) == []
    bad = pipeline(entry(route, {"n": 1}, "ennd"), END)
    assert "/nodes/0/next/0" in [fault.pointer for fault in client.check(bad)]
    with pytest.raises(AimError):
        client.service(route)
    (tmp_path / "good.json").write_text(json.dumps(good))
    (tmp_path / "bad.json").write_text(json.dumps(bad, indent=1))
    ran = aim(engine.url, "check", "good.json", "bad.json", folder=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "good.json  no fault" in ran.err and "did you mean `end`?" in ran.err
    assert aim(engine.url, "check", "good.json", folder=tmp_path).code == 0
    machine = aim(engine.url, "check", "--json", "bad.json", "good.json", folder=tmp_path).json
    assert [each["ok"] for each in machine] == [False, True]
    fault = next(each for each in machine[0]["faults"] if each["pointer"] == "/nodes/0/next/0")
    assert fault["text"].strip() == '"ennd"'


def test_versions(client: Client, engine: Engine) -> None:
    route = fresh_route()
    for name in ("a", "b"):
        middle = {"id": name, "next": ["end"]}
        client.push(pipeline(entry(route, {"n": 1}, name), middle, END), replace=True)
    found = client.versions(route)
    assert [(each["version"], each["open"]) for each in found] == [(2, True), (1, False)]
    rows = [line.split("\t") for line in aim(engine.url, "versions", route).lines]
    assert [[row[0], *row[2:]] for row in rows] == [["2", "open", "entry, b, end"], ["1", "old", "entry, a, end"]]
    assert aim(engine.url, "versions", route, "--json").json == found


def test_running_again_from_a_node(client: Client, engine: Engine, service: Scripted, tmp_path: Path) -> None:
    first, second = service.plan(), service.plan()
    route = fresh_route()
    nodes = [service_node("one", first.url, "two"), service_node("two", second.url)]
    client.push(pipeline(entry(route, {"n": 1}, "one"), *nodes, END))
    task = client.submit(route, {"n": 1})
    assert task.result() == {"n": 1}
    again = task.retry(from_="two", input={"n": 5})
    assert again.id != task.id
    assert again.result() == {"n": 5}
    assert (len(first.calls), len(second.calls)) == (1, 2)
    ran = aim(engine.url, "retry", task.id, "--from", "two", "--input", '{"n": 6}', "--json")
    assert (ran.code, ran.json["result"]) == (0, {"n": 6})
    other = pipeline(entry(route, {"n": 1}, "one"), nodes[0], {"id": "two", "next": ["end"]}, END)
    (tmp_path / "other.json").write_text(json.dumps(other))
    changed = aim(engine.url, "retry", task.id, "--from", "two", "--definition", tmp_path / "other.json", "--json")
    assert (changed.code, changed.json["result"]) == (0, {"n": 1})
    assert (len(first.calls), len(second.calls)) == (1, 3)
    other["nodes"][2]["next"] = ["ennd"]
    (tmp_path / "other.json").write_text(json.dumps(other, indent=1))
    wrong = aim(engine.url, "retry", task.id, "--from", "two", "--definition", tmp_path / "other.json")
    assert wrong.code == 1 and '"ennd"' in wrong.err and "^" in wrong.err
    assert aim(engine.url, "retry", task.id, "--input", "{}").code == 2


def test_items_of_a_loop_are_told_and_counted(client: Client, engine: Engine, service: Scripted) -> None:
    plan = service.plan(SLOW)
    route = fresh_route()
    client.push(loop_over(plan.url, route))
    task = client.submit(route, {"numbers": [3, 4, 5, 6]})
    events = list(task.events())
    finished = [event.item for event in events if event.name == "item" and event.state == "finished"]
    assert sorted(each for each in finished if each is not None) == [0, 1, 2, 3]
    assert {event.node for event in events if event.name == "item"} == {"all"}
    assert task.status()["nodes"]["all"]["items"] == {"total": 4, "done": 4}
    assert task.result() == {f"n{index}": index + 3 for index in range(4)}
    code, written = on_terminal(engine.url, "run", route, "numbers=[1,2,3,4,5,6]")
    assert code == 0 and "6/6 items" in written and "2/6 items" in written


def test_a_failure_in_a_loop_shows_the_item(client: Client, engine: Engine, service: Scripted) -> None:
    plan = service.plan({"result": {"json": {"n": 1}}}, {"status": 400, "body": "no such number"})
    route = fresh_route()
    definition = loop_over(plan.url, route)
    definition["nodes"][1]["max_parallel"] = 1
    client.push(definition)
    ran = aim(engine.url, "run", route, "numbers=[70,80]")
    assert ran.code == 1
    assert "item 1: 80" in ran.err and "no such number" in ran.err
