"""Versions of a pipeline, checks without storing, and running a task again from one of its nodes."""

from typing import Any

import httpx
import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import PNG, Json, ended, entry, fresh_route, pipeline, pointers, problem, raw, result, submit
from tests.language.conftest import LOOPBACK
from tests.language.toys import Book, branch, end, failure, loop, plain, post, run

NUMBER = {"n": 1}


def put(engine: Engine, route: str, body: Any, *nodes: Json) -> None:
    """Replace a pipeline."""
    definition = pipeline(entry(route, body, nodes[0]["id"]), *nodes)
    answer = engine.client.put(f"/services/{route}", json=definition)
    assert answer.status_code == 200, answer.text


def test_tasks_finish_on_the_version_that_they_started_with(system: Engine, book: Book) -> None:
    """A loop is under way when its pipeline is replaced twice; bodies that start later run the old one as well."""
    book.set(hold=True)
    body = [book.node("x", "double", "y", input={"n": "node._loop"}), plain("y", "loopEnd", after="node.out.v = 1")]
    each = loop("each", "entry.out.l", body, "end", max_parallel=1, collect={"n": "x.out.n", "v": "y.out.v"})
    route = post(system, {"l": []}, each, end())
    old = submit(system, route, {"l": [1, 2, 3]})
    book.wait_working(1)
    for version in (2, 3):
        node = plain("other", "end", after=f"node.out = {{'version': {version}}}")
        put(system, route, {"l": []}, node, end())
        assert run(system, route, {"l": []}) == {"version": version}
    book.set(hold=False)
    assert result(system, old) == {"n0": 2, "v0": 1, "n1": 4, "v1": 1, "n2": 6, "v2": 1}
    assert raw(system, old)["version"] == 1
    versions = system.client.get(f"/services/{route}/versions").json()
    assert [(each["version"], each["open"]) for each in versions] == [(3, True), (2, False), (1, False)]
    assert [node["id"] for node in versions[2]["nodes"]] == ["entry", "each", "end"]


def test_versions_of_an_unknown_route(system: Engine) -> None:
    problem(system.client.get(f"/services/{fresh_route()}/versions"), 404)


def test_a_version_with_faults_changes_nothing(system: Engine) -> None:
    route = post(system, NUMBER, plain("a", "end"), end())
    definition = pipeline(entry(route, NUMBER, "a"), plain("a", "ende"), end())
    assert "/nodes/1/next/0" in pointers(problem(system.client.put(f"/services/{route}", json=definition), 422))
    assert run(system, route, NUMBER) == NUMBER
    assert len(system.client.get(f"/services/{route}/versions").json()) == 1


def test_a_sub_pipeline_is_the_version_that_is_open_when_it_starts(system: Engine, book: Book) -> None:
    inner = post(system, NUMBER, plain("a", "end", after="node.out = {'n': 1}"), end())
    call = {"id": "call", "type": "service", "service": inner, "next": ["end"]}
    outer = post(system, NUMBER, book.node("wait", "double", "call"), call, end())
    book.set(hold=True)
    job = submit(system, outer, {"n": 7})
    book.wait_working(1)
    put(system, inner, NUMBER, plain("a", "end", after="node.out = {'n': 2}"), end())
    book.set(hold=False)
    assert result(system, job) == {"n": 2}


def test_a_check_stores_nothing(system: Engine) -> None:
    route = fresh_route()
    good = pipeline(entry(route, NUMBER, "end"), end())
    answer = system.client.post("/services", params={"dry_run": "true"}, json=good)
    assert answer.status_code == 200, answer.text
    problem(system.client.get(f"/services/{route}"), 404)
    wrong = pipeline(entry(route, NUMBER, "a"), plain("a", "end", after="x ="), end())
    told = problem(system.client.post("/services", params={"dry_run": "true"}, json=wrong), 422)
    assert pointers(told) == ["/nodes/1/after"] and "line 1, column" in told["errors"][0]["detail"]
    report = system.client.post("/services", params={"dry_run": "report"}, json=wrong)
    assert (report.status_code, report.json()["ok"]) == (200, False) and report.json()["faults"] == told["errors"]
    report = system.client.post("/services", params={"dry_run": "report"}, json=good)
    assert (report.status_code, report.json()) == (200, {"ok": True, "faults": []})
    system.client.post("/services", json=good).raise_for_status()
    put_away = system.client.post("/services", params={"dry_run": "true"}, json=good)
    assert put_away.status_code in (200, 409), put_away.text


# Running again


def chain(engine: Engine, book: Book, **more: Any) -> str:
    """entry -> one (double) -> two (add params.k) -> three (double) -> end."""
    two = plain("two", "three", params={"k": 10}, after="node.out = {'n': input.n + node.params.k}")
    nodes = [book.node("one", "double", "two"), two, book.node("three", "double", "end", **more), end()]
    return post(engine, NUMBER, *nodes)


def again(engine: Engine, job: str, node: str, **body: Any) -> str:
    """Run a task again from a node; the id of the new one."""
    answer = engine.client.post(f"/tasks/{job}/retry", params={"from": node}, json=body or None)
    assert answer.status_code == 200, answer.text
    new: str = answer.json()["jobId"]
    assert answer.headers["location"].endswith(f"/tasks/{new}/status")
    return new


def test_from_a_node_keeps_what_came_before(system: Engine, book: Book) -> None:
    job = submit(system, chain(system, book), {"n": 1})
    assert result(system, job) == {"n": 24}
    new = again(system, job, "three")
    assert new != job and result(system, new) == {"n": 24}
    assert book.numbers() == {1: 1, 12: 2}
    assert result(system, job) == {"n": 24}
    assert raw(system, new)["nodes"]["one"]["out"] == {"n": 2}


def test_from_the_entry_with_another_input(system: Engine, book: Book) -> None:
    job = submit(system, chain(system, book), {"n": 1})
    result(system, job)
    assert result(system, again(system, job, "entry", input={"n": 2})) == {"n": 28}
    assert result(system, again(system, job, "entry")) == {"n": 24}
    assert book.numbers() == {1: 2, 2: 1, 12: 2, 14: 1}


def test_from_a_node_with_changed_input(system: Engine, book: Book) -> None:
    job = submit(system, chain(system, book), {"n": 1})
    result(system, job)
    new = again(system, job, "two", input={"n": 100})
    assert result(system, new) == {"n": 220}
    assert book.numbers("double") == {1: 1, 12: 1, 110: 1}
    assert raw(system, new)["nodes"]["two"]["input"] == {"n": 100}


def test_from_a_node_with_a_new_definition(system: Engine, book: Book) -> None:
    """A failed task goes on in a mended definition, which opens no route and is no version."""
    route = post(system, NUMBER, book.node("one", "double", "two"), plain("two", "end", after="x = input.m"), end())
    _, job = failure(system, route, {"n": 4})
    nodes = [book.node("one", "double", "two"), plain("two", "end", after="node.out.x = input.n"), end()]
    new = again(system, job, "two", definition=pipeline(entry(route, NUMBER, "one"), *nodes))
    assert result(system, new) == {"n": 8, "x": 8}
    assert book.numbers() == {4: 1}
    assert len(system.client.get(f"/services/{route}/versions").json()) == 1
    assert failure(system, route, {"n": 4})[0].startswith("node two: ")


def test_from_a_loop_runs_all_of_it_again(system: Engine, book: Book) -> None:
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    each = loop("each", "one.out.l", body, "last", collect={"n": "x.out.n"})
    nodes = [plain("one", "each", after="node.out = {'l': [1, 2]}"), each, book.node("last", "echo", "end"), end()]
    job = submit(system, post(system, NUMBER, *nodes), NUMBER)
    assert result(system, job) == {"n0": 2, "n1": 4}
    assert result(system, again(system, job, "last")) == {"n0": 2, "n1": 4}
    assert (book.numbers(), book.count("echo")) == ({1: 1, 2: 1}, 2)
    assert result(system, again(system, job, "each")) == {"n0": 2, "n1": 4}
    assert (book.numbers(), book.count("echo")) == ({1: 2, 2: 2}, 3)


def test_from_a_node_behind_a_branch(system: Engine, book: Book) -> None:
    """The way that was not taken is not waited for in the new task either."""
    fork = branch("fork", "input.n > 1", {"next": ["a"]}, {"next": ["b"]})
    nodes = [fork, book.node("a", "double", "join"), book.node("b", "double", "join"), plain("join", "end"), end()]
    job = submit(system, post(system, NUMBER, *nodes), {"n": 3})
    assert result(system, job) == {"n": 6}
    assert result(system, again(system, job, "join")) == {"n": 6}
    assert result(system, again(system, job, "a")) == {"n": 6}
    assert result(system, again(system, job, "fork", input={"n": 1})) == {"n": 2}
    assert book.numbers() == {3: 2, 1: 1}


def test_from_one_of_two_parallel_ways(system: Engine, book: Book) -> None:
    nodes = [plain("start", "a", "b"), book.node("a", "double", "join"), book.node("b", "add", "join", input={})]
    nodes[2]["input"] = {"a": "entry.out.n", "b": "entry.out.n"}
    join = plain("join", "end", input={"a": "a.out.n", "b": "b.out.n"})
    job = submit(system, post(system, NUMBER, *nodes, join, end()), {"n": 3})
    assert result(system, job) == {"a": 6, "b": 6}
    assert result(system, again(system, job, "b")) == {"a": 6, "b": 6}
    assert (book.count("double"), book.count("add")) == (1, 2)


def test_code_state_is_taken_over(system: Engine, book: Book) -> None:
    """Params that code has changed, and fields on the pipeline."""
    one = plain("one", "two", params={"k": 1}, after="node.params.k = 5\npipeline.seen = ['one']")
    two = plain("two", "end", after="node.out = {'k': one.params.k, 'seen': pipeline.seen + ['two']}")
    job = submit(system, post(system, NUMBER, one, two, end()), NUMBER)
    assert result(system, job) == {"k": 5, "seen": ["one", "two"]}
    assert result(system, again(system, job, "two")) == {"k": 5, "seen": ["one", "two"]}


def test_binaries_are_copied(make_engine: MakeEngine, book: Book) -> None:
    """They are there when the first task and its files are gone."""
    engine = make_engine(APP_LIFESPAN="2", APP_CRON="0.3", **LOOPBACK)
    nodes = [
        book.node("turn", "reverse", "wait"),
        book.node("wait", "echo", "end"),
        end(input={"f": "wait.out.result", "kept": "turn.out.result"}),
    ]
    job = submit(engine, post(engine, "file", *nodes), files={"file": ("a.png", PNG, "image/png")})
    assert httpx.get(result(engine, job)["f"]).content == PNG[::-1]
    book.set(hold=True)
    new = again(engine, job, "wait")
    wait_for(lambda: engine.client.get(f"/tasks/{job}/status").status_code == 404, "the first task is removed")
    book.set(hold=False)
    told = result(engine, new)
    assert httpx.get(told["f"]).content == httpx.get(told["kept"]).content == PNG[::-1]
    assert book.count("reverse") == 1


@pytest.mark.parametrize(
    ("node", "body", "pointer"),
    [
        ("thre", {}, "/from"),
        ("x", {}, "/from"),
        ("each", {"input": [1]}, "/input"),
        ("each", {"definition": {"type": "pipeline", "nodes": []}}, None),
        ("each", {"nodes": []}, "/nodes"),
    ],
)
def test_wrong_ways_to_run_again(system: Engine, node: str, body: Json, pointer: str | None) -> None:
    each = loop("each", "entry.out.l", [plain("x", "loopEnd")], "three")
    job = submit(system, post(system, {"l": []}, each, plain("three", "end"), end()), {"l": [1]})
    result(system, job)
    told = problem(system.client.post(f"/tasks/{job}/retry", params={"from": node}, json=body or None), 422)
    if pointer is not None:
        assert pointers(told) == [pointer]
    text = str(told)
    if node == "thre":
        assert "did you mean `three`?" in text
    if node == "x":
        assert "body of the loop `each`" in text


def test_from_a_node_whose_predecessor_has_given_nothing(system: Engine, book: Book) -> None:
    """It would work on nothing, and give a wrong result."""
    book.set(bad=[12])
    job = submit(system, chain(system, book), {"n": 1})
    assert ended(system, job)["status"] == "error"
    told = problem(system.client.post(f"/tasks/{job}/retry", params={"from": "end"}), 409)
    assert "`three`" in told["detail"] and "has not finished" in told["detail"]
    book.set(bad=[])
    assert result(system, again(system, job, "three")) == {"n": 24}
    nodes = [
        plain("start", "a", "b"),
        plain("a", "join"),
        book.node("b", "double", "join"),
        plain("join", "end"),
        end(),
    ]
    book.set(hold=True)
    job = submit(system, post(system, NUMBER, *nodes), NUMBER)
    book.wait_working(1)
    problem(system.client.post(f"/tasks/{job}/retry", params={"from": "join"}), 409)
    problem(system.client.post(f"/tasks/{job}/retry", params={"from": "end"}), 409)
    book.set(hold=False)
    assert result(system, again(system, job, "b"))["n"] == 2


def test_from_a_side_that_was_not_taken(system: Engine) -> None:
    fork = branch("fork", "input.n > 1", {"next": ["a"]}, {"next": ["b"]})
    ways = [plain("a", "join", after="node.out = {'a': 1}"), plain("b", "join", after="node.out = {'b': 1}")]
    job = submit(system, post(system, NUMBER, fork, *ways, plain("join", "end"), end()), {"n": 3})
    assert result(system, job) == {"a": 1}
    assert result(system, again(system, job, "b"))["b"] == 1


def test_a_task_that_runs_can_be_run_again_from_what_is_done(system: Engine, book: Book) -> None:
    book.set(hold=True)
    job = submit(system, chain(system, book), NUMBER)
    book.wait_working(1)
    new = again(system, job, "one")
    book.wait_working(2)
    book.set(hold=False)
    assert result(system, job) == result(system, new) == {"n": 24}


def test_a_retry_keeps_what_succeeded(system: Engine, book: Book) -> None:
    book.set(bad=[12])
    job = submit(system, chain(system, book), NUMBER)
    assert ended(system, job)["status"] == "error"
    book.set(bad=[])
    assert system.client.post(f"/tasks/{job}/retry").status_code == 200
    assert result(system, job) == {"n": 24}
    assert book.numbers() == {1: 1, 12: 2}
    problem(system.client.post(f"/tasks/{job}/retry"), 409)
