"""Cancel and retry of tasks with loops, branches and code, at awkward moments."""

import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, ended, problem, raw, result, status_of, submit
from tests.language.conftest import LOOPBACK
from tests.language.toys import Book, Toys, branch, end, failure, loop, plain, post

LIST: Json = {"l": []}


def doubling(engine: Engine, book: Book, **fields: int) -> str:
    """A loop that doubles every number."""
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    return post(engine, LIST, loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n"}, **fields), end())


def doubled(count: int) -> Json:
    """What it gives for the first numbers."""
    return {f"n{index}": 2 * index for index in range(count)}


def retry(engine: Engine, job: str) -> None:
    """Let a failed task go on."""
    answer = engine.client.post(f"/tasks/{job}/retry")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("limit", [None, 3])
def test_a_retry_at_once(system: Engine, book: Book, limit: int | None) -> None:
    """While the other bodies are still being given up; again and again, until nothing is refused any more."""
    count, bad = 60, [5, 25, 40, 59]
    book.set(bad=bad, delay=0.005)
    fields = {} if limit is None else {"max_parallel": limit}
    job = submit(system, doubling(system, book, **fields), {"l": list(range(count))})
    for index, left in enumerate(bad):
        for _ in range(3):
            message = ended(system, job)["message"]
            assert "is refused" in message and message.startswith("node each: item "), (index, message)
            if limit == 3:
                assert f"item {left}: " in message
            retry(system, job)
        assert ended(system, job)["status"] == "error"
        book.set(bad=bad[index + 1 :])
        retry(system, job)
    assert result(system, job) == doubled(count)
    if limit == 3:  # with each refusal two others are given up at the most
        assert book.count() <= count + 3 * 4 * len(bad)


@pytest.mark.parametrize("calls", [0, 1, 10, 60, 130])
def test_a_retry_right_after_a_cancel(system: Engine, book: Book, calls: int) -> None:
    """Bodies that are still being stopped are not taken for failures of the new round."""
    book.set(delay=0.01)
    job = submit(system, doubling(system, book), {"l": list(range(200))})
    book.wait_calls(calls)
    for _ in range(3):
        if system.client.post(f"/tasks/{job}/cancel").status_code == 200:
            retry(system, job)
    assert result(system, job) == doubled(200)


def test_a_retry_in_nested_loops_repeats_only_what_failed(system: Engine, book: Book) -> None:
    book.set(bad=[11], mode="fast")
    cells = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    row = loop("cells", "node._loop", cells, "loopEnd", collect={"n": "x.out.n"}, max_parallel=1)
    rows = loop("rows", "entry.out.l", [row], "end", collect={"row": "cells.out"}, max_parallel=1)
    job = submit(system, post(system, LIST, rows, end()), {"l": [[1, 2], [10, 11, 12], [20]]})
    assert ended(system, job)["message"].startswith("node rows: item 1: node cells1: item 1: node x")
    book.set(bad=[])
    retry(system, job)
    assert result(system, job) == {
        "row0": {"n0": 2, "n1": 4},
        "row1": {"n0": 20, "n1": 22, "n2": 24},
        "row2": {"n0": 40},
    }
    assert book.numbers() == {1: 1, 2: 1, 10: 1, 11: 2, 12: 1, 20: 1}


def test_a_retry_behind_a_branch_and_a_way_back(system: Engine, book: Book) -> None:
    """The failure comes in the third turn; the retry goes on in that turn."""
    book.set(bad=[3])
    start = plain("start", "x", before="pipeline.turn = pipeline.get('turn', 0) + 1\ninput['n'] = pipeline.turn")
    back = branch("back", "pipeline.turn < 4", {"next": ["start"]}, {"next": ["end"]})
    job = submit(system, post(system, {"n": 1}, start, book.node("x", "double", "back"), back, end()), {"n": 1})
    assert ended(system, job)["status"] == "error"
    assert raw(system, job)["pipeline"] == {"turn": 3}
    book.set(bad=[])
    retry(system, job)
    assert result(system, job)["n"] == 8
    assert book.numbers() == {1: 1, 2: 1, 3: 2, 4: 1}


def test_a_retry_after_the_code_of_a_loop_failed(system: Engine, book: Book) -> None:
    """All items are done: no service is called again."""
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    each = loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n"})
    each |= {"params": {"tries": 0}, "after": "node.out.total = 1 / (node.out.n0 - 2)"}
    message, job = failure(system, post(system, LIST, each, end()), {"l": [1, 2]})
    assert message.startswith("node each: `after`, line 1: ZeroDivisionError")
    retry(system, job)
    assert ended(system, job)["message"] == message
    assert book.numbers() == {1: 1, 2: 1}


def test_a_retry_goes_on_with_parallel_ways_that_were_given_up(system: Engine, book: Book) -> None:
    book.set(bad=[7], mode="callback")
    ways = [book.node("slow", "echo", "join"), book.node("bad", "double", "join"), plain("join", "end")]
    start = plain("start", "slow", "bad")
    job = submit(system, post(system, {"n": 1}, start, *ways, end()), {"n": 7})
    assert "is refused" in ended(system, job)["message"]
    book.set(bad=[])
    retry(system, job)
    assert result(system, job) == {"n": 14}
    assert book.count("double") == 2 and book.count("echo") <= 2


def test_a_body_cannot_be_run_again_from(system: Engine, book: Book) -> None:
    """The task of a body is part of another one."""
    job = submit(system, doubling(system, book), {"l": [1]})
    result(system, job)
    child = raw(system, job)["nodes"]["x0"]["task"]
    problem(system.client.post(f"/tasks/{child}/retry", params={"from": "x"}), 409)


def test_the_task_of_a_body_can_be_looked_at(system: Engine, book: Book) -> None:
    book.set(bad=[2])
    job = submit(system, doubling(system, book, max_parallel=1), {"l": [1, 2]})
    ended(system, job)
    nodes = raw(system, job)["nodes"]
    good, bad = nodes["x0"]["task"], nodes["x1"]["task"]
    assert status_of(system, good)["status"] == "finished" and status_of(system, bad)["status"] == "error"
    assert set(status_of(system, good)["nodes"]) == {"x0"}
    assert system.client.get(f"/tasks/{good}").json() == {"n": 2}
    assert raw(system, bad)["nodes"]["x1"]["state"] == "error"
    listed = {task["jobId"] for task in system.client.get("/tasks", params={"limit": 500}).json()["tasks"]}
    assert job in listed and not {good, bad} & listed
    stats = system.client.get("/stats").json()
    assert stats["jobs"]["total"] == len(listed) or len(listed) == 500


def test_the_first_of_several_failures_is_told(system: Engine, book: Book) -> None:
    book.set(bad=list(range(50)), mode="fast")
    message, job = failure(system, doubling(system, book), {"l": list(range(50))})
    index = int(message.removeprefix("node each: item ").partition(":")[0])
    assert message.startswith(f"node each: item {index}: node x{index}: ")
    ends = [line for line in raw(system, job)["history"] if line["node"] is None]
    assert [line["state"] for line in ends] == ["running", "error"]


def test_a_route_is_closed_while_its_loop_runs(make_engine: MakeEngine, toys: Toys) -> None:
    """The clean-up goes over the definitions meanwhile; bodies that start later still have theirs."""
    engine, book = make_engine(APP_CRON="0.2", APP_LIFESPAN="30", **LOOPBACK), toys.book(delay=0.1)
    route = doubling(engine, book, max_parallel=1)
    job = submit(engine, route, {"l": list(range(12))})
    book.wait_calls(1)
    engine.client.delete(f"/services/{route}").raise_for_status()
    engine.kill()
    engine.start()
    assert result(engine, job) == doubled(12)
    problem(engine.client.get(f"/services/{route}"), 404)


def test_cancelling_many_at_once(system: Engine, book: Book) -> None:
    book.set(hold=True, mode="callback")
    route = doubling(system, book)
    jobs = [submit(system, route, {"l": list(range(10))}) for _ in range(10)]
    book.wait_working(100)
    for job in jobs:
        system.client.post(f"/tasks/{job}/cancel").raise_for_status()
    for job in jobs:
        assert ended(system, job)["message"] == "cancelled"
        problem(system.client.get(f"/tasks/{job}"), 400)
    book.set(hold=False)
    wait_for(lambda: book.heard()["working"] == 0, "late callbacks")
    for job in jobs:
        assert status_of(system, job)["message"] == "cancelled"
        states = {node["state"] for name, node in raw(system, job)["nodes"].items() if name.startswith("x")}
        assert states == {"cancelled"}
