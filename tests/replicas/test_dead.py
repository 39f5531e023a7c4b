"""What an engine leaves that ends, is taken over by another within seconds, exactly where it was."""

import signal
import time

from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import (
    Scripted,
    ended,
    entry,
    fresh_route,
    metric,
    open_chain,
    open_route,
    raw,
    result,
    service_node,
    status_of,
    submit,
)
from tests.replicas.cluster import TAKEN_OVER_SECONDS, Cluster

DONE = {"callbacks": [{"result": {"json": {"done": True}}}]}
SLOW = {"sleep": 600}
"""A service that holds a call and answers nothing, so that it is under way."""

END = {"id": "end", "type": "end"}


def alone(mortal: Cluster) -> Engine:
    """An engine that has seen all others die and has nothing to do."""
    dies, stays = mortal.engines
    dies.kill()
    wait_for(lambda: metric(stays, "engine_members") == 1, "the engine sees that it is alone")
    return stays


def test_a_call_under_way_is_made_again_under_the_same_id(mortal: Cluster, service: Scripted) -> None:
    first, second = mortal.engines
    plan = service.plan(SLOW, DONE)
    job = submit(first, open_chain(first, {}, plan), {})
    plan.wait_calls(1)
    first.kill()
    calls = plan.wait_calls(2, TAKEN_OVER_SECONDS)
    assert calls[0]["id"] == calls[1]["id"]
    assert result(second, job) == {"done": True}
    assert len(raw(second, job)["nodes"]["s0"]["attempts"]) == 1


def test_a_call_of_an_engine_that_lives_is_left_alone(mortal: Cluster, service: Scripted) -> None:
    """The second engine makes the second call of a task whose first one dies."""
    first, second = mortal.engines
    held, asked = service.plan(SLOW, DONE), service.plan({"callbacks": []})
    live = service.plan(SLOW)
    nodes = [service_node("dead", held.url), service_node("ask", asked.url, "live"), service_node("live", live.url)]
    route = open_route(first, entry(fresh_route(), {}, "dead", "ask"), *nodes, END)
    job = submit(first, route, {})
    held.wait_calls(1)
    call = asked.wait_calls(1)[0]["id"]
    assert second.client.post(f"/processing?task_id={call}", json={}).json() == {"taken": True}
    live.wait_calls(1)
    first.kill()
    held.wait_calls(2, TAKEN_OVER_SECONDS)
    wait_for(lambda: status_of(second, job)["nodes"]["dead"]["state"] == "finished", "the call that was lost is done")
    assert len(live.calls) == 1, "what the second engine does goes on undisturbed"


def test_a_task_that_was_accepted_and_not_begun(mortal: Cluster, service: Scripted) -> None:
    """Killed right after the answer to the client, again and again: nothing that was accepted is lost."""
    first, second = mortal.engines
    plan = service.plan(DONE)
    route = open_chain(first, {}, plan)
    jobs = [submit(first, route, {}) for _ in range(20)]
    first.kill()
    for job in jobs:
        assert result(second, job, 30) == {"done": True}


def test_a_loop_goes_on(mortal: Cluster, service: Scripted) -> None:
    first, second = mortal.engines
    plan = service.plan({"sleep": 0.05, "callbacks": [{"result": {"echo": True}}]})
    body = service_node("work", plan.url, "loopEnd", input={"x": "node._loop"})
    loop = {"id": "each", "type": "loop", "items": "entry.out.items", "nodes": [body], "collect": {"x": "work.out.x"}}
    route = open_route(
        first, entry(fresh_route(), {"items": [0]}, "each"), loop | {"next": ["end"], "max_parallel": 5}, END
    )
    job = submit(first, route, {"items": list(range(60))})
    plan.wait_calls(20)
    first.kill()
    assert result(second, job, 40) == {f"x{number}": number for number in range(60)}


def test_a_sub_pipeline_goes_on(mortal: Cluster, service: Scripted) -> None:
    first, second = mortal.engines
    plan = service.plan(SLOW, DONE)
    inner = open_chain(first, {}, plan)
    node = {"id": "sub", "type": "service", "service": inner, "next": ["end"]}
    job = submit(first, open_route(first, entry(fresh_route(), {}, "sub"), node, END), {})
    plan.wait_calls(1)
    first.kill()
    assert result(second, job, 30) == {"done": True}


def test_a_timer_of_an_engine_that_has_ended(mortal: Cluster, service: Scripted) -> None:
    first, second = mortal.engines
    plan = service.plan({"status": 503}, DONE)
    job = submit(first, open_chain(first, {}, plan, retry={"attempts": 3, "delay": 1.5}), {})
    wait_for(lambda: status_of(first, job)["nodes"]["s0"].get("waiting"), "a pause before the next attempt")
    first.kill()
    assert result(second, job, 20) == {"done": True}


def test_who_is_left_alone_knows_what_the_others_did(mortal: Cluster, service: Scripted) -> None:
    """Both have the task at hand; the one that ends it dies."""
    dies, stays = mortal.engines
    plan = service.plan({"callbacks": []})
    job = submit(stays, open_chain(stays, {}, plan), {})
    call = plan.wait_calls(1)[0]["id"]
    wait_for(
        lambda: raw(stays, job)["nodes"]["s0"]["attempts"][0]["accepted"], "it is stored that the call was accepted"
    )
    assert dies.client.post(f"/processing?task_id={call}", json={"by": "another"}).json() == {"taken": True}
    dies.kill()
    wait_for(lambda: metric(stays, "engine_members") == 1, "the engine sees that it is alone")
    assert result(stays, job) == {"by": "another"}


def test_an_idle_engine_hears_of_the_timers_of_one_that_came_later(mortal: Cluster, service: Scripted) -> None:
    """The one that stays has been alone, with nothing to wait for, before the other starts, saves a timer and dies."""
    stays = alone(mortal)
    (new,) = mortal.add()
    plan = service.plan({"status": 503}, DONE)
    job = submit(new, open_chain(new, {}, plan, retry={"attempts": 3, "delay": 1.5}), {})
    wait_for(lambda: status_of(new, job)["nodes"]["s0"].get("waiting"), "a pause before the next attempt")
    new.kill()
    assert result(stays, job, 20) == {"done": True}


def test_an_idle_engine_notices_that_a_service_of_one_that_came_later_is_away(mortal: Cluster) -> None:
    """The service falls silent only after the engine has died that heard it."""
    stays = alone(mortal)
    (new,) = mortal.add()
    route = fresh_route()
    message = {"type": "service", "url": new.url, "api": {"route": route, "body": {}}, "interval": 1}
    assert new.client.post("/services", json=message).status_code == 200
    wait_for(lambda: stays.client.get(f"/services/{route}").status_code == 200, "the other engine knows the service")
    new.kill()
    wait_for(lambda: stays.client.get(f"/services/{route}").status_code == 404, "the service is away", 20)


def test_one_that_leaves_is_followed_at_once(mortal: Cluster, service: Scripted) -> None:
    first, second = mortal.engines
    plan = service.plan(SLOW, DONE)
    job = submit(first, open_chain(first, {}, plan), {})
    plan.wait_calls(1)
    first.stop()
    assert result(second, job, TAKEN_OVER_SECONDS) == {"done": True}


def test_an_engine_that_was_stopped_and_wakes_changes_nothing_any_more(mortal: Cluster, service: Scripted) -> None:
    first, second = mortal.engines
    plan = service.plan({"sleep": 600}, DONE)
    jobs = [submit(first, open_chain(first, {}, plan), {})]
    plan.wait_calls(1)
    first.signal(signal.SIGSTOP)
    assert result(second, jobs[0], 30) == {"done": True}
    before = raw(second, jobs[0])
    first.signal(signal.SIGCONT)
    wait_for(first.is_ready, "the engine is ready again", 30)
    assert status_of(first, jobs[0])["status"] == "finished"
    jobs.append(submit(first, open_chain(first, {}, plan), {}))
    assert result(second, jobs[1]) == {"done": True}
    assert raw(first, jobs[0]) == before


def test_all_engines_die(mortal: Cluster, service: Scripted) -> None:
    plan = service.plan({"sleep": 600}, {"sleep": 600}, DONE)
    route = open_chain(mortal.engines[0], {}, plan)
    jobs = [submit(engine, route, {}) for engine in mortal.engines]
    plan.wait_calls(2)
    for engine in mortal.engines:
        engine.kill()
    (new,) = mortal.add()
    for job in jobs:
        assert result(new, job, 30) == {"done": True}


def test_an_engine_that_starts_again_is_another_one(mortal: Cluster, service: Scripted) -> None:
    """Killed and started every second, twelve times, while tasks run: all end, each call under one id."""
    first, second = mortal.engines
    plan = service.plan({"sleep": 0.2, **DONE})
    route = open_chain(first, {}, plan, plan, retry={"attempts": 20, "delay": 0.1})
    jobs: list[str] = []
    for turn in range(8):
        victim, other = (first, second) if turn % 2 else (second, first)
        jobs += [submit(other, route, {}) for _ in range(4)]
        victim.kill()
        jobs += [submit(other, route, {}) for _ in range(4)]
        victim.start()
        time.sleep(0.1)
    for job in jobs:
        assert ended(second, job, 60)["status"] == "finished"
        assert [len(node["attempts"]) for node in raw(second, job)["nodes"].values() if node["type"] == "service"]
