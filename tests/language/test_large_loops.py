"""Loops over thousands of items: all right, each called once; an error far behind, and going on after it; cancel."""

import time

from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import ended, raw, result, status_of, submit
from tests.language.toys import Book, end, loop, post

MANY = 10_000
BAD = 7_000
LONG = 120
"""Seconds that are enough on a machine that is busy with other things."""


def doubling(engine: Engine, book: Book) -> str:
    """A loop that has a service double every number."""
    body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
    each = loop("each", "entry.out.l", body, "end", collect={"n": "x.out.n"})
    return post(engine, {"l": []}, each, end())


def test_ten_thousand_items_with_an_error_in_the_7000th(system: Engine, book: Book) -> None:
    """The message names the item, the others are given up; after the service was mended a retry goes on, and what was
    finished is not called again."""
    book.set(bad=[BAD], mode="fast")
    started = time.monotonic()
    job = submit(system, doubling(system, book), {"l": list(range(MANY))})
    status = ended(system, job, LONG)
    assert status["status"] == "error"
    assert status["message"].startswith(f"node each: item {BAD}: node x{BAD}: ")
    assert "400" in status["message"] and "is refused" in status["message"]
    wait_for(lambda: book.heard()["working"] == 0, "calls under way end")
    before = book.numbers()
    assert before[BAD] == 1 and set(before.values()) == {1}
    done = status_of(system, job)["nodes"]["each"]["items"]["done"]
    assert 0 < done < MANY - 1
    time.sleep(0.3)  # nothing further is called, which no condition can be waited for
    assert book.count() == before.total() < MANY
    book.set(bad=[])
    assert system.client.post(f"/tasks/{job}/retry").status_code == 200
    assert result(system, job, LONG) == {f"n{index}": 2 * index for index in range(MANY)}
    after = book.numbers()
    assert after[BAD] == 2 and len(after) == MANY
    assert sum(count > 1 for count in after.values()) <= MANY - done
    assert after.total() - before.total() <= MANY - done
    assert status_of(system, job)["nodes"]["each"]["items"] == {"total": MANY, "done": MANY}
    assert time.monotonic() - started < LONG


def test_cancel_in_the_middle_of_a_loop(system: Engine, book: Book) -> None:
    """Nothing further is dispatched, all bodies end, and callbacks that come late change nothing."""
    book.set(hold=True, mode="callback")
    job = submit(system, doubling(system, book), {"l": list(range(2_000))})
    wait_for(lambda: book.heard()["working"] > 200, "calls are under way", 30)
    assert system.client.post(f"/tasks/{job}/cancel").json()["message"] == "cancelled"
    held = book.heard()["working"]
    wait_for(
        lambda: not any(node["state"] == "running" for node in raw(system, job)["nodes"].values()), "bodies end", 30
    )
    count = book.count()
    book.set(hold=False)
    wait_for(lambda: book.heard()["working"] == 0, "late callbacks have come", 30)
    assert held <= count == book.count() <= 1_000
    states = {node["state"] for name, node in raw(system, job)["nodes"].items() if name.startswith("x")}
    assert states <= {"cancelled", "finished"}
    assert status_of(system, job)["message"] == "cancelled"
    stats = system.client.get("/stats").json()["jobs"]
    assert stats["running"] == 0, stats
