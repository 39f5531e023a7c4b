"""More submissions than can be taken: each is answered, what was taken ends right, callbacks are never refused."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.conftest import MakeEngine
from tests.e2e.processes import ROOT, Engine, clean_environment, wait_for
from tests.e2e.raw_http import connect, exchange, head
from tests.e2e.scripts import Json, metric, problem, submit
from tests.load.conftest import Slow, open_one

FLOOD = 5_000
MAX_MEMORY = 250 * 1024**2


def flood(engine: Engine, route: str, count: int) -> Json:
    """Submit so many at once, from another process; what it tells."""
    script = str(Path(__file__).with_name("flood.py"))
    done = subprocess.run(
        [sys.executable, script, f"{engine.url}/services/{route}", str(count)],
        capture_output=True,
        env=clean_environment({}),
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    told: Json = json.loads(done.stdout)
    return told


def jobs_of(engine: Engine) -> Json:
    """The numbers of tasks."""
    jobs: Json = engine.client.get("/stats").json()["jobs"]
    return jobs


async def outs(engine: Engine, jobs: list[str]) -> list[int]:
    """The results of tasks."""
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(base_url=engine.url, timeout=60, limits=limits) as client:
        answers = await asyncio.gather(*(client.get(f"/tasks/{job}") for job in jobs))
    return [answer.json()["n"] for answer in answers]


def test_a_flood(make_engine: MakeEngine, slow: Slow) -> None:
    engine = make_engine(APP_MAX_REQUESTS="300", APP_MAX_TASKS="1000")
    route = open_one(engine, f"{slow.url}/later")
    slow.set(seconds=1.0)
    told = flood(engine, route, FLOOD)
    answers = told["answers"]
    assert set(answers) <= {"200", "429", "503"} and sum(answers.values()) == FLOOD, answers
    assert told["wrong"] == 0 and answers["200"] == len(told["jobs"]) >= 300, answers
    assert {"429", "503"} & set(answers), answers
    wait_for(lambda: jobs_of(engine)["running"] == 0, "all tasks end", 60)
    numbers = jobs_of(engine)
    assert (numbers["total"], numbers["failed"]) == (answers["200"], 0)
    assert len(set(asyncio.run(outs(engine, told["jobs"])))) == answers["200"]
    assert set(slow.told["answers"]) == {"200"}, slow.told["answers"]
    assert engine.peak_memory() < MAX_MEMORY
    refused = sum(metric(engine, f'engine_tasks_refused_total{{of="{of}"}}') for of in ("tasks", "requests"))
    assert refused == FLOOD - answers["200"]
    submit(engine, route, {"n": 1})


def test_as_many_tasks_run_as_may_and_no_more(make_engine: MakeEngine, slow: Slow) -> None:
    engine = make_engine(APP_MAX_TASKS="10")
    route = open_one(engine, f"{slow.url}/later")
    slow.set(seconds=2.0)
    for number in range(10):
        submit(engine, route, {"n": number})
    answer = engine.client.post(f"/services/{route}", json={"n": 11})
    assert problem(answer, 429) and answer.headers["retry-after"] == "5"
    wait_for(lambda: jobs_of(engine)["running"] == 0, "the callbacks came")
    assert slow.told["answers"] == {"200": 10}
    submit(engine, route, {"n": 12})  # at once, although the store was asked within the last second
    engine.kill()
    engine.start()
    slow.set(seconds=5.0)
    for number in range(9):
        submit(engine, route, {"n": number})
    wait_for(lambda: engine.client.post(f"/services/{route}", json={"n": 1}).status_code == 429, "it has counted", 3)


def test_too_many_requests_are_refused_before_their_bodies_come(make_engine: MakeEngine, slow: Slow) -> None:
    engine = make_engine(APP_MAX_REQUESTS="1")
    path = f"/services/{open_one(engine, f'{slow.url}/work')}"
    whole = b'{"n": 1}'
    headers = {"Content-Type": "application/json", "Content-Length": str(len(whole))}
    with connect(engine) as first:
        first.sendall(head("POST", path, headers) + whole[:4])

        def refused() -> Json | None:
            status, body = exchange(engine, head("POST", path, {**headers, "Content-Length": "900000"}) + b"{")
            return json.loads(body) if status == 503 else None

        told = wait_for(refused, "the second is refused", 10)
        assert told["status"] == 503 and "1 submissions are being taken" in told["detail"]
        assert engine.client.get("/health/live").status_code == 200
        first.sendall(whole[4:])
        assert first.recv(100).startswith(b"HTTP/1.1 200")
    submit(engine, path.rpartition("/")[2], {"n": 2})
