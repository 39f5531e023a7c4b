"""What can be seen of branches, loops and code while they run and afterwards: status, raw, events."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

import httpx

from tests.api.test_events import events, stream, whole
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, ended, raw, result, status_of, submit
from tests.language.toys import Book, branch, end, failure, loop, plain, post

LIST: Json = {"l": []}


def doubling(engine: Engine, book: Book, **fields: int) -> str:
    """A loop that doubles every number."""
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    return post(engine, LIST, loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n"}, **fields), end())


# Status


def test_the_status_counts_items(system: Engine, book: Book) -> None:
    book.set(hold=True, mode="callback")
    job = submit(system, doubling(system, book), {"l": [1, 2, 3]})
    book.wait_working(3)
    status = status_of(system, job)
    assert status["nodes"]["each"]["items"] == {"total": 3, "done": 0}
    assert (status["nodes"]["each"]["state"], status["progress"]) == ("running", {"done": 1, "total": 3})
    book.set(hold=False)
    result(system, job)
    status = status_of(system, job)
    assert status["nodes"]["each"]["items"] == {"total": 3, "done": 3}
    assert status["progress"] == {"done": 3, "total": 3}


def test_the_status_counts_items_that_are_done(system: Engine, book: Book) -> None:
    """Items 0 to 2 are refused none; the fourth is held."""
    fork = branch("fork", "node._loop == 4", {"next": ["x"]}, {"next": ["loopEnd"]})
    body = [fork, book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    book.set(hold=True)
    job = submit(system, post(system, LIST, loop("each", "entry.out.l", body, "end"), end()), {"l": [1, 2, 3, 4]})
    wait_for(lambda: status_of(system, job)["nodes"]["each"].get("items") == {"total": 4, "done": 3}, "three items")
    book.set(hold=False)
    assert result(system, job) == {}


# Raw


def test_raw_shows_every_node_of_every_instance(system: Engine, book: Book) -> None:
    """Inputs, outs, items, sides, params and attempts, of loops in loops too."""
    fork = branch("fork", "node._loop > 1", {"next": ["x"]}, {"next": ["loopEnd"]}, params={"p": [1]})
    x = book.node("x", "double", "loopEnd", input={"n": "node._loop", "p": "fork.params.p.0"})
    row = plain("row", "cells", after="node.out = {'l': node._loop}")
    cells = loop("cells", "row.out.l", [fork, x], "loopEnd", collect={"n": "x.out.n"})
    each = loop("rows", "entry.out.l", [row, cells], "end", collect={"row": "cells.out"})
    job = submit(system, post(system, LIST, each, end()), {"l": [[1, 2], [3]]})
    result(system, job)
    nodes = raw(system, job)["nodes"]
    of = defaultdict(list)
    for name, node in nodes.items():
        assert node["id"] == name
        of[node.get("node", name)].append(node)
    assert {name: len(found) for name, found in of.items()} == {
        **{"entry": 1, "rows": 1, "end": 1, "row": 2, "cells": 2},
        **{"fork": 3, "x": 3},
    }
    assert Counter(node["side"] for node in of["fork"]) == {"then": 2, "else": 1}
    assert Counter(node["state"] for node in of["x"]) == {"finished": 2, "skipped": 1}
    taken = sorted((node["input"]["n"], node["out"]["n"]) for node in of["x"] if node["state"] == "finished")
    assert taken == [(2, 4), (3, 6)] and all(node["input"]["p"] == 1 for node in of["x"] if node["out"])
    assert sorted(node["_loop"] for node in of["x"]) == [1, 2, 3]
    assert sorted(node["items"] for node in of["cells"]) == [1, 2]
    assert all(node["params"] == {"p": [1]} for node in of["fork"])
    attempts = [attempt for node in of["x"] for attempt in node["attempts"]]
    assert len(attempts) == 2 and all(attempt["url"] == book.op("double") for attempt in attempts)
    assert not any(call["id"] in str(raw(system, job)) for call in book.calls)


def test_raw_shows_times_and_errors_of_attempts(system: Engine, book: Book) -> None:
    book.set(flaky=1, bad=[2])
    _, job = failure(system, doubling(system, book, max_parallel=1), {"l": [1, 2]})
    nodes = raw(system, job)["nodes"]
    first, second = nodes["x0"], nodes["x1"]
    assert [("503" in (attempt["error"] or "")) for attempt in first["attempts"]] == [True, False]
    assert (first["state"], second["state"]) == ("finished", "error")
    assert "400" in second["attempts"][-1]["error"] and second["error"] == second["attempts"][-1]["error"]
    times = [datetime.fromisoformat(attempt["at"]) for attempt in first["attempts"]]
    assert times == sorted(times) and first["seconds"] >= 0
    assert nodes["each"]["state"] == "error" and nodes["end"]["state"] == "pending"


def test_raw_while_a_loop_runs(system: Engine, book: Book) -> None:
    book.set(hold=True)
    job = submit(system, doubling(system, book), {"l": [1, 2]})
    book.wait_working(2)
    nodes = raw(system, job)["nodes"]
    assert nodes["x0"]["state"] == nodes["x1"]["state"] == "running"
    assert nodes["x0"]["input"] == {"n": 1} and nodes["x1"]["out"] is None
    book.set(hold=False)
    result(system, job)


def test_a_wrong_value_can_be_found(system: Engine) -> None:
    """The error names node, field, line and exception; raw shows the value that was wrong."""
    body = [plain("x", "loopEnd", before="input['n'] = node._loop", after="half = 0\nhalf = 10 / input.n")]
    message, job = failure(system, post(system, LIST, loop("each", "entry.out.l", body, "end"), end()), {"l": [5, 0]})
    assert message.startswith("node each: item 1: node x1: `after`, line 2: ZeroDivisionError")
    assert raw(system, job)["nodes"]["x1"]["input"] == {"n": 0}
    answer = system.client.get(f"/tasks/{job}")
    assert answer.status_code == 400 and message in answer.json()["detail"]


# Events


def states_by_node(told: list[Json]) -> dict[str, list[str]]:
    """The states of each node in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    for event in told:
        if event["event"] == "node":
            found[event["data"]["node"]].append(event["data"]["state"])
    return found


def test_events_of_a_loop_while_it_runs(system: Engine, book: Book) -> None:
    """Every state of every instance comes once and in order; each item begins and ends once."""
    book.set(hold=True)
    job = submit(system, doubling(system, book), {"l": list(range(20))})
    told: list[Json] = []

    def listen() -> None:
        with stream(system, f"/tasks/{job}/events") as answer:
            told.extend(events(answer.iter_lines()))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    book.wait_working(20)
    book.set(hold=False)
    thread.join(20)
    found = states_by_node(told)
    assert set(found) == {"entry", "each", "end", *(f"x{index}" for index in range(20))}
    for name, states in found.items():
        assert [state for state in states if state != "running"] == ["finished"] and states[0] == "running", (
            name,
            states,
        )
    items = [(event["data"]["item"], event["data"]["state"]) for event in told if event["event"] == "item"]
    assert Counter(items) == {(index, state): 1 for index in range(20) for state in ("running", "finished")}
    assert all(event["data"]["node"] == "each" for event in told if event["event"] == "item")
    of = {(event["event"], event["data"]["node"]): event["data"].get("of") for event in told}
    assert {name for (_, name), node in of.items() if node == "x"} == {f"x{index}" for index in range(20)}
    assert of["item", "each"] == "each" and of["node", "each"] is None
    assert {event["data"]["task"] for event in told} == {job}
    assert [event["data"]["state"] for event in told if event["event"] == "task"] == ["running", "finished"]
    assert told[-1]["event"] == "task" and len({event["id"] for event in told}) == len(told)
    assert whole(system, job) == told


def test_events_of_a_loop_resumed_from_every_place(system: Engine, book: Book) -> None:
    job = submit(system, doubling(system, book), {"l": [1, 2, 3, 4]})
    result(system, job)
    told = whole(system, job)
    assert len(told) > 20
    for number in range(0, len(told), 3):
        assert whole(system, job, told[number]["id"]) == told[number + 1 :]


def test_events_resumed_while_the_loop_runs(system: Engine, book: Book) -> None:
    """Clients that lose their connections again and again miss nothing and see nothing twice."""
    job = submit(system, doubling(system, book, max_parallel=32), {"l": list(range(300))})
    heard: list[list[Json]] = []

    def listen(most: int) -> None:
        told: list[Json] = []
        while not (told and told[-1]["event"] == "task" and told[-1]["data"]["state"] == "finished"):
            with stream(system, f"/tasks/{job}/events", told[-1]["id"] if told else None) as answer:
                told.extend(first(events(answer.iter_lines()), most))
        heard.append(told)

    threads = [threading.Thread(target=listen, args=[most], daemon=True) for most in (7, 13, 17, 29, 41, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    everything = whole(system, job)
    assert len(heard) == len(threads) and all(told == everything for told in heard)
    items = Counter(event["data"]["item"] for event in everything if event["event"] == "item")
    assert items == dict.fromkeys(range(300), 2)


def first(found: Iterator[Json], count: int) -> Iterator[Json]:
    """So many of them at the most."""
    for _, event in zip(range(count), found, strict=False):
        yield event


def test_events_of_bodies_of_bodies(system: Engine) -> None:
    inner = loop("cells", "node._loop", [plain("x", "loopEnd")], "loopEnd")
    job = submit(system, post(system, LIST, loop("rows", "entry.out.l", [inner], "end"), end()), {"l": [[1], [2, 3]]})
    result(system, job)
    told = whole(system, job)
    items = Counter(event["data"]["node"] for event in told if event["event"] == "item")
    rows = [name for name in items if name.startswith("cells")]
    assert items["rows"] == 4 and sorted(items[name] for name in rows) == [2, 4]
    names = {name for name, node in raw(system, job)["nodes"].items()}
    assert {event["data"]["node"] for event in told if event["event"] != "task"} == names


def test_events_of_turns_and_of_failures(system: Engine, book: Book) -> None:
    count = "pipeline.turn = pipeline.get('turn', 0) + 1"
    back = branch("back", "pipeline.turn < 3", {"next": ["start"]}, {"next": ["fail"]})
    nodes = [plain("start", "back", before=count), back, plain("fail", "end", before="x = 1 / 0"), end()]
    _, job = failure(system, post(system, {"n": 1}, *nodes), {"n": 1})
    told = whole(system, job)
    assert states_by_node(told)["start"] == ["running", "finished", "pending"] * 2 + ["running", "finished"]
    last = [event["data"] for event in told if event["event"] == "node"][-1]
    assert (last["node"], last["state"]) == ("fail", "error") and "ZeroDivisionError" in last["detail"]
    assert told[-1]["data"]["state"] == "error" and "ZeroDivisionError" in told[-1]["data"]["detail"]


def test_events_of_all_tasks_have_those_of_bodies(system: Engine, book: Book) -> None:
    route = doubling(system, book)
    with stream(system, "/events") as answer:
        job = httpx.post(f"{system.url}/services/{route}", json={"l": [1, 2]}).json()["jobId"]
        told = []
        for event in events(answer.iter_lines()):
            told.append(event)
            if (event["event"], event["data"]["task"], event["data"]["state"]) == ("task", job, "finished"):
                break
    assert [event["data"] for event in told if event["data"]["task"] == job] == [e["data"] for e in whole(system, job)]


def test_cancel_shows_in_events_and_raw(system: Engine, book: Book) -> None:
    book.set(hold=True)
    job = submit(system, doubling(system, book), {"l": [1, 2]})
    book.wait_working(2)
    system.client.post(f"/tasks/{job}/cancel").raise_for_status()
    assert ended(system, job)["message"] == "cancelled"
    wait_for(lambda: {raw(system, job)["nodes"][x]["state"] for x in ("x0", "x1")} == {"cancelled"}, "bodies end")
    assert raw(system, job)["nodes"]["each"]["state"] == "cancelled"
    book.set(hold=False)
