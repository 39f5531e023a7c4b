"""Any engine knows what any other one did."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.e2e.processes import wait_for
from tests.e2e.scripts import (
    PNG,
    Scripted,
    ended,
    entry,
    fresh_route,
    open_chain,
    open_route,
    pipeline,
    result,
    service_node,
    status_of,
    submit,
)
from tests.replicas.cluster import Cluster

DONE = {"callbacks": [{"result": {"json": {"done": True}}}]}
END = {"id": "end", "type": "end"}


def test_a_pipeline_is_known_to_all_when_it_is_stored(cluster: Cluster, service: Scripted) -> None:
    first, second, third = cluster.engines
    plan = service.plan(DONE)
    route = open_chain(first, {}, plan)
    for engine in cluster.engines:
        assert engine.client.get(f"/services/{route}").status_code == 200
        assert result(engine, submit(engine, route, {})) == {"done": True}
    changed = pipeline(entry(route, {}, "end"), END)
    assert second.client.put(f"/services/{route}", json=changed).status_code == 200
    for engine in cluster.engines:
        assert engine.client.get(f"/services/{route}").json()["state"]["version"] == 2
        assert result(engine, submit(engine, route, {})) == {}
    assert third.client.delete(f"/services/{route}").status_code == 200
    for engine in cluster.engines:
        assert engine.client.post(f"/services/{route}", json={}).status_code == 404


def test_a_route_has_one_owner(cluster: Cluster) -> None:
    """Two engines are asked at once to open the same route for different pipelines."""
    for _ in range(3):
        route = fresh_route()
        bodies = [pipeline(entry(route, {"number": number}, "end"), END) for number in range(3)]
        with ThreadPoolExecutor(3) as threads:
            asked = zip(cluster.engines, bodies, strict=True)
            answers = list(threads.map(lambda each: each[0].client.post("/services", json=each[1]), asked))
        assert {answer.status_code for answer in answers} <= {200, 409}
        seen = [engine.client.get(f"/services/{route}").json()["nodes"] for engine in cluster.engines]
        assert seen[0] == seen[1] == seen[2]


def test_a_callback_reaches_another_engine(cluster: Cluster, service: Scripted) -> None:
    first, second, third = cluster.engines
    plan = service.plan({"callbacks": []})
    job = submit(first, open_chain(first, {}, plan), {})
    call = plan.wait_calls(1)[0]["query"]["task_id"]
    answer = second.client.post(f"/processing?task_id={call}", json={"by": "another"})
    assert (answer.status_code, answer.json()) == (200, {"taken": True})
    for engine in cluster.engines:
        assert result(engine, job) == {"by": "another"}
    again = third.client.post(f"/processing?task_id={call}", json={"by": "a third"})
    assert (again.status_code, again.json()) == (200, {"taken": False})
    assert third.client.post(f"/processing?task_id={call[:-1]}g", json={}).status_code == 404


def test_a_client_waits_at_one_engine_for_what_happens_at_another(cluster: Cluster, service: Scripted) -> None:
    first, second, _ = cluster.engines
    plan = service.plan({"callbacks": []})
    route = open_chain(first, {}, plan)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(first.client.post, f"/services/{route}", json={}, headers={"Prefer": "wait=20"})
        call = plan.wait_calls(1)[0]["query"]["task_id"]
        second.client.post(f"/processing?task_id={call}", json={"by": "another"})
        answer = waiting.result(10).json()
    assert (answer["status"], answer["result"]) == ("finished", {"by": "another"})


def test_many_callbacks_of_one_task_reach_all_engines_at_once(cluster: Cluster, service: Scripted) -> None:
    plan, width = service.plan({"callbacks": []}), 24
    ids = [f"s{number}" for number in range(width)]
    last = {"id": "end", "type": "end", "input": {each: f"{each}.out.value" for each in ids}}
    nodes = [service_node(each, plan.url) for each in ids]
    job = submit(cluster.engines[0], open_route(cluster.engines[0], entry(fresh_route(), {}, *ids), *nodes, last), {})
    calls = [call["query"]["task_id"] for call in plan.wait_calls(width, 30)]

    def call_back(number: int) -> httpx.Response:
        engine = cluster.engines[number % 3]
        return httpx.post(f"{engine.url}/processing?task_id={calls[number]}", json={"value": number}, timeout=30)

    with ThreadPoolExecutor(width) as threads:
        answers = list(threads.map(call_back, range(width)))
    assert [answer.json() for answer in answers] == [{"taken": True}] * width
    assert sorted(result(cluster.engines[1], job).values()) == list(range(width))


def test_events_at_one_engine_tell_what_happens_at_another(cluster: Cluster, service: Scripted) -> None:
    first, second, third = cluster.engines
    plan = service.plan({"callbacks": []})
    job = submit(first, open_chain(first, {}, plan, plan), {})
    lines: list[str] = []

    def listen() -> None:
        with second.client.stream("GET", f"/tasks/{job}/events") as stream:
            lines.extend(stream.iter_lines())

    listener = threading.Thread(target=listen)
    listener.start()
    for number in (1, 2):
        call = plan.wait_calls(number)[number - 1]["query"]["task_id"]
        wait_for(lambda: _states(lines).count(f"s{number - 1} running"), "the event of the call")
        third.client.post(f"/processing?task_id={call}", json={})
    listener.join(10)
    assert not listener.is_alive(), "the stream ends with the task"
    told = _states(lines)
    wanted = ["entry finished", "s0 running", "s0 finished", "s1 running", "s1 finished", "end finished"]
    assert [each for each in told if each in wanted] == wanted and told[-1] == "None finished"
    ids = [line.split(": ")[1] for line in lines if line.startswith("id: ")]
    assert len(set(ids)) == len(ids), "nothing is told twice"
    middle = ids[len(ids) // 2]
    rest = first.client.get(f"/tasks/{job}/events", headers={"Last-Event-ID": middle}).text.splitlines()
    assert [line for line in rest if line.startswith("id: ")] == [
        f"id: {each}" for each in ids[ids.index(middle) + 1 :]
    ]


def _states(lines: list[str]) -> list[str]:
    data = [json.loads(line[6:]) for line in list(lines) if line.startswith("data: {")]
    return [f"{each.get('node')} {each['state']}" for each in data if "state" in each]


def test_an_announcement_is_seen_by_all(cluster: Cluster, service: Scripted) -> None:
    plan, route = service.plan(DONE), fresh_route("op")
    message = {"type": "service", "url": plan.url, "api": {"route": route, "body": {}}}
    assert cluster.engines[0].client.post("/services", json=message).status_code == 200
    for engine in cluster.engines:
        assert result(engine, submit(engine, route, {})) == {"done": True}
        state = engine.client.get(f"/services/{route}").json()["state"]
        assert [each["url"] for each in state["instances"]] == [plan.url]


def test_heartbeats_at_one_engine_keep_an_instance_alive_for_all(cluster: Cluster, service: Scripted) -> None:
    plan, route = service.plan(DONE), fresh_route("op")
    message = {"type": "service", "url": plan.url, "api": {"route": route, "body": {}}, "interval": 0.7}
    beats = 0

    def heard() -> bool:
        nonlocal beats
        beats += cluster.engines[0].client.post("/services", json=message).status_code == 200
        return beats > 200

    while beats < 200 and not heard():
        for engine in cluster.engines:
            assert engine.client.get(f"/services/{route}").status_code == 200, "it lives"
    for engine in cluster.engines:
        wait_for(lambda: engine.client.get(f"/services/{route}").status_code == 404, "it is lost when it falls silent")


def test_one_idempotency_key_makes_one_task_whoever_is_asked(cluster: Cluster) -> None:
    route = open_route(cluster.engines[0], entry(fresh_route(), {}, "end"), END)

    def ask(number: int) -> str:
        url = f"{cluster.engines[number % 3].url}/services/{route}"
        job: str = httpx.post(url, json={}, headers={"Idempotency-Key": f"key {number // 6}"}).json()["jobId"]
        return job

    with ThreadPoolExecutor(12) as threads:
        jobs = list(threads.map(ask, range(24)))
    assert [len(set(jobs[start : start + 6])) for start in (0, 6, 12, 18)] == [1] * 4
    assert len(set(jobs)) == 4


def test_a_picture_goes_in_at_one_engine_and_comes_out_at_another(cluster: Cluster) -> None:
    first, second, third = cluster.engines
    route = open_route(first, entry(fresh_route(), "image", "end"), END)
    job = submit(second, route, files={"image": ("a.png", PNG, "image/png")})
    assert result(third, job)["image"].endswith(f"/tasks/{job}/files/image")
    assert first.client.get(f"/tasks/{job}/files/image").content == PNG


def test_a_loop_is_stopped_by_another_engine(cluster: Cluster, service: Scripted) -> None:
    first, second, _ = cluster.engines
    plan = service.plan({"callbacks": []})
    body = service_node("work", plan.url, "loopEnd", input={"x": "node._loop"})
    loop = {
        "id": "each",
        "type": "loop",
        "items": "entry.out.items",
        "nodes": [body],
        "next": ["end"],
        "max_parallel": 4,
    }
    job = submit(
        first, open_route(first, entry(fresh_route(), {"items": [0]}, "each"), loop, END), {"items": [*range(40)]}
    )
    plan.wait_calls(4)
    assert second.client.post(f"/tasks/{job}/cancel").status_code == 200
    assert status_of(first, job)["message"] == "cancelled"
    running = f"/tasks?status=running&route={'x'}"
    assert first.client.get(running).json()["tasks"] == []
    known = len(plan.calls)
    for call in plan.calls:
        second.client.post(f"/processing?task_id={call['query']['task_id']}", json={})
    ended(second, job)
    assert len(plan.calls) <= known + 4, "nothing of it is begun any more"
