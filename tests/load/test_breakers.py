"""Services that fail all the time are left alone, and found again when they are back."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, ended, fresh_route, metric, raw, result, status_of, submit
from tests.load.conftest import Slow, open_loop, open_one

RETRY = {"attempts": 3, "delay": 0.05, "factor": 1}


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Slow]:
    """A service that fails."""
    service = Slow(tmp_path / "broken")
    service.start()
    service.set(status=500)
    yield service
    service.kill()


def announce(engine: Engine, route: str, url: str) -> None:
    """Announce an operation once."""
    message = {"type": "service", "url": url, "api": {"route": route, "body": {"n": 1}}, "interval": 60}
    assert engine.client.post("/services", json=message).status_code == 200


def fails(engine: Engine, job: str) -> bool:
    """Whether the first attempt of a task has failed."""
    return "failed" in status_of(engine, job)["nodes"]["service"].get("waiting", "")


def failing(engine: Engine, route: str) -> Json | None:
    """The breaker of the only address that a pipeline calls, if it is not closed."""
    state = engine.client.get(f"/services/{route}").json()["state"]
    return state["failing"][0] if "failing" in state else None


def place(slow: Slow) -> str:
    """What the service is counted as."""
    return f"127.0.0.1:{slow.port}"


def test_a_service_that_is_down_is_left_alone_and_found_again(make_engine: MakeEngine, slow: Slow) -> None:
    engine = make_engine()
    slow.set(status=500)
    url = f"{slow.url}/work"
    route = open_one(engine, url, retry={"attempts": 3, "delay": 0.01, "factor": 1, "max_delay": 0.01})
    jobs = [submit(engine, route, {"n": number}) for number in range(100)]
    shown = wait_for(lambda: failing(engine, route), "the breaker opens")
    assert shown["url"] == url and shown["breaker"] in ("open", "half-open") and shown["failures"] >= 5
    assert 0 <= shown["retry_in"] <= 36 and metric(engine, f'engine_breaker_state{{url="{url}"}}') > 0
    for job in jobs:
        message = ended(engine, job)["message"]
        assert f"POST {url} answered 500: out of order" in message and message.endswith("(3 attempts)"), message
        assert len(raw(engine, job)["nodes"]["s"]["attempts"]) == 3
    # The calls that were under way as it opened, a probe, and by then all have had their last attempt.
    assert slow.told["calls"] <= 110, "it was called although it was known to fail"
    assert metric(engine, f'engine_calls_total{{outcome="refused",service="{place(slow)}"}}') > 100
    job = submit(engine, open_one(engine, url), {"n": 1})
    wait_for(lambda: "failed" in status_of(engine, job)["nodes"]["s"].get("waiting", ""), "its first attempt fails")
    slow.set(status=200)
    assert result(engine, job, 20) == {"n": 1}
    assert failing(engine, route) is None
    assert metric(engine, 'engine_breaker_transitions_total{to="closed"}') == 1


def test_no_attempts_are_spent_on_an_open_breaker(make_engine: MakeEngine, slow: Slow) -> None:
    """They would all be gone within a tenth of a second."""
    engine = make_engine()
    slow.set(status=500)
    route = open_one(engine, f"{slow.url}/work", retry={"attempts": 8, "delay": 0.01, "factor": 1})
    jobs = [submit(engine, route, {"n": number}) for number in range(30)]
    wait_for(lambda: (failing(engine, route) or {"failures": 0})["failures"] >= 7, "two probes have failed")
    slow.set(status=200)
    assert [result(engine, job, 20) for job in jobs] == [{"n": number} for number in range(30)]


def test_a_service_that_comes_back_gets_its_calls_within_the_bounds(make_engine: MakeEngine, slow: Slow) -> None:
    engine = make_engine(APP_MAX_SERVICE_CALLS="20")
    url = f"{slow.url}/work"
    slow.set(seconds=0.05)
    slow.kill()
    route = open_loop(engine, url, retry={"attempts": 10, "delay": 1.0, "factor": 1.5, "max_delay": 4.0})
    job = submit(engine, route, {"items": list(range(400))})
    refused = f'engine_calls_total{{outcome="refused",service="{place(slow)}"}}'
    wait_for(
        lambda: f"{refused} " in engine.client.get("/metrics").text and metric(engine, refused) >= 300, "they fail"
    )
    time.sleep(2.0)  # an outage
    slow.start()
    slow.set(seconds=0.05)
    assert len(result(engine, job, 30)) == 400
    told = slow.told
    assert told["peak"] <= 20 and told["calls"] == 400
    gap = told["times"][1] - told["times"][0]
    assert gap >= 0.04, "more than the probe went out before it was answered"


def test_calls_prefer_the_instances_that_do_not_fail(make_engine: MakeEngine, slow: Slow, broken: Slow) -> None:
    engine, route = make_engine(), fresh_route("op")
    gone = f"{broken.url}/work"
    announce(engine, route, gone)
    for job in [submit(engine, route, {"n": number}) for number in range(5)]:
        wait_for(partial(fails, engine, job), "it fails")
    instance = engine.client.get(f"/services/{route}").json()["state"]["instances"][0]
    assert instance["url"] == gone and instance["alive"] and instance["breaker"] != "closed"
    assert instance["failures"] >= 5 and instance["retry_in"] is not None
    announce(engine, route, f"{slow.url}/work")
    begun = time.monotonic()
    jobs = [submit(engine, route, {"n": number}) for number in range(40)]
    times = []
    for job in jobs:
        result(engine, job)
        times.append(len(raw(engine, job)["nodes"]["service"]["attempts"]))
    assert sum(times) <= 42 + time.monotonic() - begun, "more than the probes went to the one that is gone"
    shown = {i["url"]: i for i in engine.client.get(f"/services/{route}").json()["state"]["instances"]}
    assert shown[f"{slow.url}/work"]["breaker"] == "closed" and shown[gone]["breaker"] != "closed"


def test_an_announcement_ends_the_wait(make_engine: MakeEngine, slow: Slow) -> None:
    engine, route = make_engine(), fresh_route("op")
    url = f"{slow.url}/work"
    announce(engine, route, url)
    slow.kill()
    own = open_one(engine, url, retry={"attempts": 1})
    left = 0.0
    while left < 6:  # from the sixth on they wait for a probe, each for longer
        assert "refused" in ended(engine, submit(engine, own, {"n": 0}))["message"].lower()
        left = engine.client.get(f"/services/{route}").json()["state"]["instances"][0]["retry_in"] or 0.0
    last = submit(engine, own, {"n": 1})
    assert status_of(engine, last)["status"] == "running"
    slow.start()
    announce(engine, route, url)
    assert result(engine, last, 3) == {"n": 1}
