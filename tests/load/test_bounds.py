"""Much more to do than may be under way: no more calls than the bounds, and no route starves another."""

import time
from pathlib import Path

import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import metric, result, status_of, submit
from tests.load.conftest import Slow, open_loop, open_one

ITEMS = 480
EACH, TOTAL = 32, 40
SECONDS = 0.2


@pytest.fixture
def engine(make_engine: MakeEngine) -> Engine:
    """An engine with narrow bounds."""
    return make_engine(APP_MAX_SERVICE_CALLS=str(EACH), APP_MAX_CALLS=str(TOTAL))


def quick(engine: Engine, route: str) -> float:
    """Seconds from a submission to its result."""
    begun = time.monotonic()
    answer = engine.client.post(f"/services/{route}", json={"n": 7}, headers={"Prefer": "wait=20"})
    assert answer.json().get("result") == {"n": 7}, answer.text
    return time.monotonic() - begun


def connections(engine: Engine, port: int) -> int:
    """How many connections the engine has to a port."""
    lines = Path(f"/proc/{engine.pid}/net/tcp").read_text().splitlines()[1:]
    open_ones = [line.split()[2] for line in lines if line.split()[3] == "01"]  # established; proc(5)
    return sum(1 for address in open_ones if int(address.rpartition(":")[2], 16) == port)


def test_a_large_loop_starves_no_other_route(engine: Engine, slow: Slow) -> None:
    slow.set(seconds=SECONDS)
    url = f"{slow.url}/work"
    small = open_one(engine, url, timeout=5)
    large = submit(engine, open_loop(engine, url, timeout=2), {"items": list(range(ITEMS))})
    of_service = f'{{service="127.0.0.1:{slow.port}"}}'
    waiting = f"engine_calls_waiting{of_service}"
    wait_for(lambda: metric(engine, waiting, missing=0) > ITEMS / 2, "most calls of the loop wait")
    assert metric(engine, f"engine_calls_under_way{of_service}") == EACH
    waits = [quick(engine, small) for _ in range(3)]
    assert status_of(engine, large)["status"] == "running"
    assert connections(engine, slow.port) <= EACH
    # Alone a task takes one SECONDS, and behind the whole loop ITEMS / EACH of them, which is 3 s.
    assert sorted(waits)[1] < 5 * SECONDS, waits
    assert result(engine, large, 30) == {f"n{number}": number for number in range(ITEMS)}
    told = slow.told
    assert told["peak"] == EACH and told["calls"] == ITEMS + len(waits)


def test_the_bound_of_all_calls_holds_for_all_addresses(engine: Engine, slow: Slow) -> None:
    slow.set(seconds=SECONDS)
    routes = [open_loop(engine, f"{slow.url}/{path}", timeout=2) for path in ("work", "other")]
    jobs = [submit(engine, route, {"items": list(range(ITEMS // 4))}) for route in routes]
    for job in jobs:
        assert len(result(engine, job, 30)) == ITEMS // 4
    told = slow.told
    assert told["peak"] == TOTAL and told["calls"] == ITEMS // 4 * 2


def test_who_waits_says_so_and_costs_neither_attempt_nor_time(make_engine: MakeEngine, slow: Slow) -> None:
    engine = make_engine(APP_MAX_SERVICE_CALLS="1")
    slow.set(seconds=1.0)
    route = open_one(engine, f"{slow.url}/work", timeout=2, retry={"attempts": 1})
    jobs = [submit(engine, route, {"n": number}) for number in range(5)]  # the last waits for twice its timeout
    wait_for(lambda: "as much to do" in status_of(engine, jobs[4])["nodes"]["s"].get("waiting", ""), "it says so")
    assert [result(engine, job)["n"] for job in jobs] == list(range(5))
    assert slow.told["calls"] == 5
