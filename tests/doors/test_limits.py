"""How much a key may take: requests a second, running tasks of its owner; and that others do not feel it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from engine.buckets import FORGET
from engine.errors import Overloaded, StoreAway
from engine.identity import Identity
from engine.limits import Limits
from engine.store.base import KeyLimits, Stats, Store, TaskRow
from engine.store.sqlite import SqliteStore
from engine.task.task import Task, new_task
from tests.e2e.processes import wait_for
from tests.store.rows import finished, task

from .conftest import Guarded
from .people import WAITS, Person, person


class Bench:
    """Limits whose clock stands still, on a store in memory."""

    def __init__(self, **limits: KeyLimits) -> None:
        self.now = 100.0
        self.store: Store = SqliteStore(None, "full")
        self.limits = Limits(self.store, limits.get, lambda: self.now)

    def requests(self, key: str, owner: str = "anna") -> int:
        """How many requests are taken until one is refused; what its error says is checked."""
        for count in range(1_000):
            try:
                self.limits.request(Identity(key, owner, frozenset()))
            except Overloaded as error:
                assert key in error.detail and error.retry_after is not None and error.retry_after >= 1
                return count
        return 1_000

    async def take(self, key: str, owner: str = "anna") -> bool:
        """Whether one more task is taken; if so it begins."""
        try:
            with await self.limits.task(Identity(key, owner, frozenset())):
                self.limits.began(owner)
        except Overloaded as error:
            assert owner in error.detail and error.retry_after
            return False
        return True


def rate(per_second: float) -> KeyLimits:
    """A bound on requests."""
    return KeyLimits(running=None, per_second=per_second)


def bound(running: int) -> KeyLimits:
    """A bound on running tasks."""
    return KeyLimits(running=running, per_second=None)


@pytest.mark.parametrize(
    ("per_second", "first", "after_one", "after_ten"), [(5, 5, 5, 5), (0.5, 1, 0, 1), (2.5, 2, 2, 2)]
)
def test_requests_of_a_second(per_second: float, first: int, after_one: int, after_ten: int) -> None:
    bench = Bench(key=rate(per_second), other=rate(3))
    assert bench.requests("key") == first and bench.requests("key") == 0
    assert bench.requests("other") == 3, "another key of the same owner"
    assert bench.requests("unbound") == bench.requests("unknown") == 1_000
    bench.now += 1
    assert bench.requests("key") == after_one
    bench.now += 10
    assert bench.requests("key") == after_ten


def test_when_to_come_again_is_when_there_is_room() -> None:
    bench = Bench(key=rate(0.1))
    identity = Identity("key", "anna", frozenset())
    bench.limits.request(identity)
    with pytest.raises(Overloaded) as refused:
        bench.limits.request(identity)
    assert refused.value.retry_after == 10
    bench.now += 9
    with pytest.raises(Overloaded):
        bench.limits.request(identity)
    bench.now += 1
    bench.limits.request(identity)


def test_buckets_that_are_full_again_are_forgotten() -> None:
    keys = {f"key{number}": rate(0.5) for number in range(FORGET + 2)}
    bench = Bench(**keys)
    assert all(bench.requests(key) == 1 for key in list(keys)[:FORGET])
    bench.now += 1
    assert bench.requests(f"key{FORGET}") == 1 and len(bench.limits._buckets) == FORGET + 1
    assert bench.requests("key0") == 0, "one that is not full is kept"
    bench.now += 2
    assert bench.requests(f"key{FORGET + 1}") == 1 and len(bench.limits._buckets) == 1


async def test_running_tasks_of_an_owner() -> None:
    bench = Bench(key=bound(2), wide=bound(3), bens=bound(1))
    await bench.store.open()
    row, ours = row_of("anna"), new_task("x", "s", "r", "d", 1, "anna")
    await bench.store.create(row)
    await bench.store.create(row_of("ben"))
    assert await bench.take("key") and not await bench.take("key")
    assert await bench.take("wide") and not await bench.take(
        "wide"
    ), "the tasks are the owner's, the bound is the key's"
    assert not await bench.take("bens", "ben") and await bench.take("unbound")
    for _ in range(3):
        bench.limits.ended(ours)
    assert await bench.take("key") and not await bench.take("key")
    bench.limits.ended(Task("y", "s", "r", "d", 1, nodes={}, owner="somebody else"))
    await bench.limits.close()
    await bench.store.close()


def row_of(owner: str) -> TaskRow:
    """A running task."""
    return replace(task(), owner=owner)


async def test_what_the_store_tells_a_second_later_holds() -> None:
    bench = Bench(key=bound(2))
    await bench.store.open()
    rows = [row_of("anna") for _ in range(2)]
    for row in rows:
        await bench.store.create(row)
    assert not await bench.take("key")
    for row in rows:
        await bench.store.save(finished(row))
    assert not await bench.take("key"), "another engine's tasks end unheard"
    bench.now += 1
    await bench.take("key")
    await asyncio.wait([count.looking for count in bench.limits._counts.values() if count.looking])
    assert await bench.take("key")
    await bench.limits.close()
    await bench.store.close()


async def test_where_the_store_is_away_the_next_one_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(key=bound(1))
    await bench.store.open()
    await bench.store.create(row_of("anna"))
    stats = bench.store.stats

    async def away(owner: str | None = None) -> Stats:
        raise StoreAway("it is away")

    monkeypatch.setattr(bench.store, "stats", away)
    await bench.take("key")
    monkeypatch.setattr(bench.store, "stats", stats)
    bench.now += 1
    assert not await bench.take("key")
    await bench.limits.close()
    await bench.store.close()


async def test_who_is_being_taken_counts() -> None:
    bench = Bench(key=bound(1))
    await bench.store.open()
    with await bench.limits.task(Identity("key", "anna", frozenset())):
        assert not await bench.take("key")
    assert await bench.take("key"), "it was given up"
    await bench.limits.close()
    await bench.store.close()


def statuses(who: Person, count: int, path: str = "/identity") -> list[int]:
    """What so many requests at once are answered."""
    return [who.ask("GET", path).status_code for _ in range(count)]


def test_who_sends_too_much_is_told_when_to_come_again(guarded: Guarded) -> None:
    slow = person(guarded, "submit", limits={"per_second": 1})
    other = person(guarded, "submit", owner=slow.owner)
    answers = [slow.ask("GET", "/identity") for _ in range(20)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200 and refused, "20 requests in far less than 20 s"
    assert refused[0].headers["retry-after"] == "1" and "1 requests a second" in refused[0].json()["detail"]
    assert refused[0].headers["content-type"] == "application/problem+json"
    assert statuses(other, 20) == [200] * 20
    assert slow.ask("GET", "/health/live").status_code == 200, "what needs no key is not counted"
    assert wait_for(lambda: slow.ask("GET", "/identity").status_code == 200, "room again")


def test_an_owner_runs_so_many_tasks_and_others_more(guarded: Guarded) -> None:
    author = person(guarded, "author")
    bound_key = person(guarded, "submit", limits={"running": 2})
    free, route = person(guarded, "submit", owner=bound_key.owner), author.open(WAITS)
    jobs = [bound_key.submit(route) for _ in range(2)]
    refused: Any = bound_key.ask("POST", f"/services/{route}", json={"n": 1})
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
    assert bound_key.owner in refused.json()["detail"]
    assert bound_key.ask("POST", f"/tasks/{jobs[0]}/retry", params={"from": "s"}).status_code == 429
    jobs.append(free.submit(route))
    author.submit(route)
    for job in jobs:
        assert bound_key.ask("POST", f"/tasks/{job}/cancel").status_code == 200
    jobs = [bound_key.submit(route) for _ in range(2)]
    assert bound_key.ask("POST", f"/services/{route}", json={"n": 1}).status_code == 429
    for job in jobs:
        free.ask("POST", f"/tasks/{job}/cancel")
