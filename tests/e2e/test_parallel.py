"""Much at once: what belongs to one task never races, and no call is made twice."""

import threading
from collections import Counter

import httpx

from tests.e2e.processes import Engine
from tests.e2e.scripts import (
    Scripted,
    ended,
    entry,
    fresh_route,
    open_chain,
    open_route,
    raw,
    result,
    service_node,
    submit,
)

WIDE = 40


def wide(engine: Engine, url: str) -> str:
    """A pipeline with many services beside each other that join; its route."""
    ids = [f"n{number}" for number in range(WIDE)]
    return open_route(
        engine,
        entry(fresh_route(), {"n": 1}, *ids),
        *(service_node(node_id, url, "join") for node_id in ids),
        {"id": "join", "next": ["end"], "input": {node_id: f"{node_id}.out.n" for node_id in ids}},
        {"id": "end", "type": "end"},
    )


def test_callbacks_of_one_task_at_the_same_time(engine: Engine, service: Scripted) -> None:
    plan = service.plan({})
    job = submit(engine, wide(engine, plan.url), {"n": 1})
    calls = [call["id"] for call in plan.wait_calls(WIDE)]
    assert len(set(calls)) == WIDE
    gate = threading.Barrier(8)
    statuses: list[int] = []

    def bring(own: list[str]) -> None:
        with httpx.Client(base_url=engine.url, timeout=30) as client:
            gate.wait()
            for call in own * 2:
                statuses.append(client.post("/processing", params={"task_id": call}, json={"n": call}).status_code)

    threads = [threading.Thread(target=bring, args=(calls[number::4],)) for number in range(4) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(statuses) == {200: 4 * WIDE}
    assert set(result(engine, job).values()) == set(calls)
    finished = Counter(line["node"] for line in raw(engine, job)["history"] if line["state"] == "finished")
    assert set(finished.values()) == {1} and len(finished) == WIDE + 4


def test_fast_answers_of_one_task_at_the_same_time(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"result": {"echo": True}})
    job = submit(engine, wide(engine, plan.url), {"n": 5})
    assert set(result(engine, job).values()) == {5}
    assert len(plan.calls) == WIDE


def test_many_tasks_at_once(engine: Engine, service: Scripted) -> None:
    plans = [service.plan(), service.plan({"result": {"echo": True}}), service.plan()]
    route = open_chain(engine, {"n": 1}, *plans)
    jobs: dict[int, str] = {}

    def send(first: int) -> None:
        with httpx.Client(base_url=engine.url, timeout=30) as client:
            for number in range(first, 100, 5):
                jobs[number] = client.post(f"/services/{route}", json={"n": number}).json()["jobId"]

    threads = [threading.Thread(target=send, args=(first,)) for first in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: result(engine, job)["n"] for number, job in jobs.items()} == {
        number: number for number in range(100)
    }
    assert [len(plan.calls) for plan in plans] == [100, 100, 100]


def test_a_burst_on_a_service_with_little_room(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"capacity": 4, "callbacks": [{"sleep": 0.2, "result": {"json": {"n": 1}}}]})
    route = open_chain(engine, {}, plan, retry={"attempts": 2, "delay": 0.05})
    jobs = [submit(engine, route, {}) for _ in range(60)]
    for job in jobs:
        assert result(engine, job, 30) == {"n": 1}
    assert len(plan.calls) == 60
    assert plan.refused <= 60, "the engine does not learn what the service takes"
    attempts = [len(raw(engine, job)["nodes"]["s0"]["attempts"]) for job in jobs]
    assert plan.refused and sum(attempts) <= 61, "to find out what the service takes costs attempts"


def test_a_full_service_is_obeyed_that_says_when_to_come_back(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"capacity": 1, "room_after": 2, "callbacks": [{"sleep": 0.2, "result": {"json": {"n": 1}}}]})
    route = open_chain(engine, {}, plan, retry={"attempts": 1})
    jobs = [submit(engine, route, {}) for _ in range(2)]
    for job in jobs:
        assert result(engine, job, 30) == {"n": 1}
    seconds = sorted(raw(engine, job)["nodes"]["s0"]["seconds"] for job in jobs)
    assert plan.refused == 1 and seconds[1] >= 2, seconds


def test_a_service_that_is_always_full_fails_its_tasks(engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 429, "headers": {"Retry-After": "0"}})
    route = open_chain(engine, {}, plan, retry={"attempts": 2, "delay": 0.05})
    for job in [submit(engine, route, {}) for _ in range(10)]:
        assert ended(engine, job, 30)["status"] == "error"


def test_a_call_that_never_ends_does_not_block_the_others(engine: Engine, service: Scripted) -> None:
    done = {"capacity": 2, "callbacks": [{"sleep": 0.02, "result": {"json": {"n": 1}}}]}
    plan = service.plan({"capacity": 2}, done)
    route = open_chain(engine, {}, plan, retry={"attempts": 5, "delay": 0.05})
    jobs = [submit(engine, route, {}) for _ in range(20)]
    first = plan.calls[0]["id"]
    waiting = [job for job in jobs if not first.startswith(job)]
    for job in waiting:
        assert result(engine, job, 30) == {"n": 1}
    assert len(waiting) == 19 and len(plan.calls) == 20
