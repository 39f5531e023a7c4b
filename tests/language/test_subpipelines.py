"""Pipelines in pipelines: in loops, with loops, failing, cancelled, without end, and away."""

from typing import Any

import httpx

from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import PNG, Json, ended, entry, fresh_route, pipeline, raw, result, status_of, submit
from tests.language.toys import Book, end, failure, loop, plain, post, run

NUMBER = {"n": 1}


def calls(route: str, node_id: str = "call", following: str = "end", **fields: Any) -> Json:
    """A node that runs the pipeline of a route."""
    return {"id": node_id, "type": "service", "service": route, "next": [following], **fields}


def doubling(engine: Engine, book: Book, **fields: Any) -> str:
    """A pipeline that doubles."""
    return post(engine, NUMBER, book.node("work", "double", "end", **fields), end())


def test_its_result_is_the_out(system: Engine, book: Book) -> None:
    node = calls(doubling(system, book), before="input['n'] += 1", after="node.out['more'] = len(node.out)")
    job = submit(system, post(system, NUMBER, node, end()), {"n": 4})
    assert result(system, job) == {"n": 10, "more": 1}
    whole = raw(system, job)
    assert list(whole["nodes"]) == ["entry", "call", "end"]
    [(child, told)] = whole["tasks"].items()
    assert told["node"] == "call" and told["status"] == "finished"
    assert whole["nodes"]["call"]["attempts"][0]["task"] == child
    assert raw(system, child)["nodes"]["work"]["out"] == {"n": 10}
    assert "root" not in whole and raw(system, child)["root"] == job


def test_a_task_that_is_a_child_is_not_in_the_list(system: Engine, book: Book) -> None:
    inner = doubling(system, book)
    job = submit(system, outer := post(system, NUMBER, calls(inner), end()), NUMBER)
    result(system, job)
    assert system.client.get("/tasks", params={"route": inner}).json()["tasks"] == []
    assert [task["jobId"] for task in system.client.get("/tasks", params={"route": outer}).json()["tasks"]] == [job]


def test_binaries_go_in_and_come_out(system: Engine, book: Book) -> None:
    inner = post(system, "file", book.node("turn", "reverse", "end"), end(input={"back.bin": "turn.out.result"}))
    again = calls(inner, "again", input={"file": "call.out.back.bin"})
    last = end(input={"once": "call.out.back.bin", "twice": "again.out.back.bin"})
    told = run(
        system,
        post(system, "file", calls(inner, following="again"), again, last),
        files={"file": ("a.png", PNG, "image/png")},
    )
    assert httpx.get(told["once"]).content == PNG[::-1]
    assert httpx.get(told["twice"]).content == PNG


def test_in_a_loop_with_a_loop_in_it(system: Engine, book: Book) -> None:
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    inner = post(system, {"l": []}, loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n"}), end())
    call = calls(inner, following="loopEnd", input={"l": "node._loop"})
    each = loop("rows", "entry.out.l", [call], "end", collect={"row": "call.out"})
    job = submit(system, post(system, {"l": []}, each, end()), {"l": [[1, 2], [], [3]]})
    assert result(system, job) == {"row0": {"n0": 2, "n1": 4}, "row1": {}, "row2": {"n0": 6}}
    assert book.numbers() == {1: 1, 2: 1, 3: 1}
    assert len(raw(system, job)["tasks"]) == 3


def test_one_that_fails(system: Engine, book: Book) -> None:
    book.set(bad=[2])
    inner = doubling(system, book)
    message, job = failure(system, post(system, NUMBER, calls(inner), end()), {"n": 2})
    [child] = raw(system, job)["tasks"]
    assert message.startswith(f"node call: pipeline {inner}: node work: ") and "is refused" in message
    assert child in message
    assert book.count() == 1 and status_of(system, child)["status"] == "error"


def test_one_that_fails_and_is_retried(system: Engine, book: Book) -> None:
    """After the service was mended the outer task goes on."""
    book.set(bad=[2])
    job = submit(system, post(system, NUMBER, calls(doubling(system, book)), end()), {"n": 2})
    assert ended(system, job)["status"] == "error"
    book.set(bad=[])
    assert system.client.post(f"/tasks/{job}/retry").status_code == 200
    assert result(system, job) == {"n": 4}


def test_input_that_does_not_fit_its_body(system: Engine, book: Book) -> None:
    call = calls(doubling(system, book), input={"n": "entry.out.t", "m": "entry.out.t"})
    message, _ = failure(system, post(system, {"t": "x"}, call, end()), {"t": "text"})
    assert message.startswith("node call: the input does not fit the body of the pipeline")
    assert "/n" in message and "/m" in message
    assert book.count() == 0


def test_cancelling_stops_it(system: Engine, book: Book) -> None:
    book.set(hold=True)
    two = post(system, NUMBER, calls(doubling(system, book)), end())
    job = submit(system, post(system, NUMBER, calls(two), end()), NUMBER)
    book.wait_working(1)
    [child, grandchild] = wait_for(lambda: t if len(t := list(raw(system, job)["tasks"])) == 2 else None, "children")
    assert system.client.post(f"/tasks/{job}/cancel").status_code == 200
    for each in (child, grandchild):
        assert ended(system, each)["message"] == "cancelled"
    book.set(hold=False)
    assert status_of(system, job)["message"] == "cancelled"


def test_cancelling_it_fails_the_outer_one(system: Engine, book: Book) -> None:
    book.set(hold=True)
    job = submit(system, post(system, NUMBER, calls(doubling(system, book)), end()), NUMBER)
    book.wait_working(1)
    [child] = wait_for(lambda: list(raw(system, job)["tasks"]) or None, "the child")
    assert system.client.post(f"/tasks/{child}/cancel").status_code == 200
    status = ended(system, job)
    assert status["status"] == "error" and "cancelled" in status["message"] and "node call" in status["message"]
    book.set(hold=False)


def test_one_that_calls_itself_without_end(system: Engine) -> None:
    route = fresh_route()
    definition = pipeline(entry(route, NUMBER, "call"), calls(route), end())
    assert system.client.post("/services", json=definition).status_code == 200
    message, _ = failure(system, route, NUMBER)
    assert "pipelines call each other more than 32 deep" in message
    assert message.startswith("node call: ") and len(message) < 5_000, len(message)


def test_one_that_calls_itself_until_it_is_done(system: Engine, book: Book) -> None:
    """Recursion with an end: n + (n - 1) + ... + 1."""
    route = fresh_route()
    fork: Json = {"id": "fork", "type": "branch", "if": "input.n > 1", "then": {"next": ["call"]}}
    fork |= {"else": "node.out = {'sum': 1}", "next": ["end"]}
    call = calls(route, before="input['n'] -= 1", after="node.out = {'sum': node.out.sum + entry.out.n}")
    definition = pipeline(entry(route, NUMBER, "fork"), fork, call, end())
    assert system.client.post("/services", json=definition).status_code == 200
    assert run(system, route, {"n": 6})["sum"] == 21


def test_one_whose_route_is_opened_later(system: Engine, book: Book) -> None:
    """The node waits, says so, and goes on."""
    inner = fresh_route()
    definition = pipeline(entry(inner, NUMBER, "work"), book.node("work", "double", "end"), end())
    job = submit(system, post(system, NUMBER, calls(inner), end()), {"n": 3})
    waiting = wait_for(lambda: status_of(system, job)["nodes"]["call"].get("waiting"), "it says what it waits for")
    assert inner in waiting
    assert system.client.post("/services", json=definition).status_code == 200
    assert result(system, job) == {"n": 6}


def test_one_whose_route_is_closed_and_opened_again(system: Engine, book: Book) -> None:
    inner = doubling(system, book)
    outer = post(system, NUMBER, calls(inner), end())
    definition = system.client.get(f"/services/{inner}").json()
    assert run(system, outer, {"n": 3}) == {"n": 6}
    assert system.client.delete(f"/services/{inner}").status_code == 200
    job = submit(system, outer, {"n": 4})
    wait_for(lambda: status_of(system, job)["nodes"]["call"].get("waiting"), "it says what it waits for")
    again = {"type": "pipeline", "nodes": definition["nodes"]}
    assert system.client.post("/services", json=again).status_code == 200
    assert result(system, job) == {"n": 8}


def test_one_that_stays_away(system: Engine) -> None:
    inner = fresh_route()
    message, _ = failure(system, post(system, NUMBER, calls(inner, timeout=0.5), end()), NUMBER)
    assert inner in message and "0.5 s" in message and "away" in message


def test_one_that_waits_in_a_loop_is_told_by_the_status(system: Engine, book: Book) -> None:
    inner = fresh_route()
    call = calls(inner, following="loopEnd", input={"n": "node._loop"})
    each = loop("each", "entry.out.l", [plain("x", "call"), call], "end", collect={"n": "call.out.n"})
    job = submit(system, post(system, {"l": []}, each, end()), {"l": [1, 2]})
    waiting = wait_for(lambda: status_of(system, job)["nodes"]["each"].get("waiting"), "it says what it waits for")
    assert inner in waiting and waiting.startswith("call")
    definition = pipeline(entry(inner, NUMBER, "work"), book.node("work", "double", "end"), end())
    assert system.client.post("/services", json=definition).status_code == 200
    assert result(system, job) == {"n0": 2, "n1": 4}


def test_one_that_takes_longer_than_the_node_allows(system: Engine, book: Book) -> None:
    """The node's time is over, so it is run again, up to its attempts; what ran before is stopped."""
    book.set(hold=True)
    inner = doubling(system, book)
    node = calls(inner, timeout=0.4, retry={"attempts": 2, "delay": 0.05})
    message, job = failure(system, post(system, NUMBER, node, end()), NUMBER)
    assert "0.4 s" in message and inner in message
    children = list(raw(system, job)["tasks"])
    assert len(children) == 2
    for child in children:
        assert ended(system, child)["message"] == "cancelled"
    book.set(hold=False)


def test_one_of_many_that_fails_is_run_again_alone(system: Engine, book: Book) -> None:
    book.set(bad=[3])
    call = calls(doubling(system, book), following="loopEnd", input={"n": "node._loop"})
    each = loop("each", "entry.out.l", [call], "end", collect={"n": "call.out.n"}, max_parallel=1)
    job = submit(system, post(system, {"l": []}, each, end()), {"l": [1, 2, 3, 4]})
    assert ended(system, job)["message"].startswith("node each: item 2: node call2: pipeline ")
    book.set(bad=[])
    assert system.client.post(f"/tasks/{job}/retry").status_code == 200
    assert result(system, job) == {"n0": 2, "n1": 4, "n2": 6, "n3": 8}
    assert book.numbers() == {1: 1, 2: 1, 3: 2, 4: 1}
