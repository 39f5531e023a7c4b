"""The engine is killed again and again while loops, sub-pipelines, branches and code run: every task ends as it must.

The moments differ from run to run: the seed is random, and told where something fails.
"""

import os
import random
import signal
import time
from collections import Counter

import httpx
import pytest

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, entry, pipeline, raw, result, status_of, submit
from tests.language.conftest import LOOPBACK
from tests.language.features import FEATURES
from tests.language.pieces import Bench, Log, expected, woven
from tests.language.test_pairs import heard
from tests.language.toys import Book, Toys, branch, end, loop, plain, post

KILLS = int(os.environ.get("LANGUAGE_KILLS", "12"))
ITEMS = 200
WOVEN = [
    ["grid", "items", "retry"],
    ["items", "again", "fields"],
    ["sub", "items", "sub"],
    ["items", "sub", "again"],
    ["again", "items", "params"],
    ["again", "sub", "files"],
    ["items", "join", "binaries"],
    ["parallel", "one by one", "ready"],
    ["outer", "grid", "meddling"],
    ["again", "again", "items"],
]


@pytest.fixture
def seed() -> int:
    """Another one each time; `LANGUAGE_SEED` repeats one, `LANGUAGE_KILLS` tells how often."""
    chosen = int(os.environ.get("LANGUAGE_SEED", "0")) or random.randrange(1, 10**6)
    print(f"LANGUAGE_SEED={chosen}")
    return chosen


def kill_again_and_again(engine: Engine, chance: random.Random) -> None:
    """Give the engine many short lives. It runs in the end."""
    engine.kill()
    for _ in range(KILLS):
        engine.spawn()
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0, 0.6))  # some die while they start
        else:
            wait_for(engine.is_ready, f"the engine starts again:\n{engine.log}", 30)
            time.sleep(chance.uniform(0, 0.25))
        engine.kill()
    engine.start()


def test_killed_during_all_kinds_of_work(make_engine: MakeEngine, toys: Toys, seed: int) -> None:
    engine = make_engine(**LOOPBACK)
    large = toys.book(delay=0.05)
    body = [large.node("x", "double", "y", input={"n": "node._loop"})]
    body.append(plain("y", "loopEnd", after="node.out.n += each.params.plus"))
    each = loop("each", "entry.out.l", body, "end", max_parallel=4, collect={"n": "y.out.n"}, params={"plus": 0})
    each["before"] = "node.params.plus = 1"
    long = submit(engine, post(engine, {"l": []}, each, end()), {"l": list(range(ITEMS))})
    tasks = []
    for names in WOVEN:
        features, bench = [FEATURES[name] for name in names], Bench(engine, toys.book(delay=0.03))
        nodes, first = woven(bench, features, "p", ["end"])
        route = post(engine, {"n": 1}, *nodes, end(), first=first)
        for number in (3, 8):
            tasks.append((submit(engine, route, {"n": number}), names, number, bench.book))
    kill_again_and_again(engine, random.Random(seed))
    assert result(engine, long, 60) == {f"n{index}": 2 * index + 1 for index in range(ITEMS)}
    assert set(large.numbers()) == set(range(ITEMS))
    books: dict[Book, Log] = {}
    for job, names, number, book in tasks:
        log = books.setdefault(book, Log())
        assert result(engine, job, 60) == {"n": expected([FEATURES[name] for name in names], number, log)}, names
        check_whole(engine, job)
    for book, log in books.items():
        assert set(map(heard, book.calls)) == set(log.calls)
    wait_for(lambda: engine.client.get("/stats").json()["jobs"]["running"] == 0, "no child runs any more")
    assert "Traceback" not in engine.log, engine.log[-5_000:]


def check_whole(engine: Engine, job: str) -> None:
    """Everything has ended, and the end once."""
    whole = raw(engine, job)
    assert {node["state"] for node in whole["nodes"].values()} <= {"finished", "skipped"}
    assert {child["status"] for child in whole["tasks"].values()} <= {"finished", "error"}
    ends = Counter(line["node"] for line in whole["history"] if line["state"] == "finished")
    assert ends[None] == ends["end"] == 1


def test_killed_while_a_loop_is_retried_and_cancelled(make_engine: MakeEngine, toys: Toys, seed: int) -> None:
    """What was to be retried is retried, what was cancelled stays so, and nobody's children run on."""
    engine, chance = make_engine(**LOOPBACK), random.Random(seed)
    book, other = toys.book(delay=0.02, bad=[150]), toys.book(delay=0.02)
    jobs = []
    for each in (book, other):
        body = [each.node("x", "double", "loopEnd", input={"n": "node._loop"})]
        nodes = [loop("each", "entry.out.l", body, "end", max_parallel=8, collect={"n": "x.out.n"}), end()]
        jobs.append(submit(engine, post(engine, {"l": []}, *nodes), {"l": list(range(ITEMS))}))
    failed, cancelled = jobs
    other.wait_calls(20)
    engine.client.post(f"/tasks/{cancelled}/cancel").raise_for_status()
    engine.kill()
    engine.start()
    count = other.count()
    wait_for(lambda: status_of(engine, failed)["status"] == "error", "the refused item", 30)
    book.set(bad=[])
    engine.client.post(f"/tasks/{failed}/retry").raise_for_status()
    for _ in range(4):
        engine.kill()
        engine.start()
        time.sleep(chance.uniform(0, 0.2))
    assert result(engine, failed, 60) == {f"n{index}": 2 * index for index in range(ITEMS)}
    assert status_of(engine, cancelled)["message"] == "cancelled"
    wait_for(lambda: engine.client.get("/stats").json()["jobs"]["running"] == 0, "no child runs any more")
    assert other.count() <= count + 8
    assert "Traceback" not in engine.log, engine.log[-5_000:]


def test_terminated_while_tasks_of_old_versions_run(make_engine: MakeEngine, toys: Toys) -> None:
    """Each task goes on with the version that it started with, its bodies as well."""
    engine, book = make_engine(**LOOPBACK), toys.book(hold=True)
    route, jobs = "versions", []
    for version in range(3):
        body = [book.node("x", "double", "loopEnd", input={"n": "node._loop"})]
        body[0]["after"] = f"node.out = {{'n': node.out.n + {100 * version}}}"
        each = loop("each", "entry.out.l", body, "end", max_parallel=1, collect={"n": "x.out.n"})
        definition = pipeline(entry(route, {"l": []}, "each"), each, end())
        send = engine.client.post if version == 0 else engine.client.put
        send("/services" if version == 0 else f"/services/{route}", json=definition).raise_for_status()
        jobs.append(submit(engine, route, {"l": [10 * version, 10 * version + 1]}))
    book.wait_working(3)
    engine.signal(signal.SIGTERM)
    engine.wait()
    engine.start()
    book.set(hold=False)
    for version, job in enumerate(jobs):
        first = 20 * version + 100 * version
        assert result(engine, job, 30) == {"n0": first, "n1": first + 2}
        assert raw(engine, job)["version"] == version + 1


def test_killed_between_turns(make_engine: MakeEngine, toys: Toys, seed: int) -> None:
    """Code counts the turns of a way back: none is lost and none is counted twice."""
    engine, chance, book = make_engine(**LOOPBACK), random.Random(seed), toys.book(delay=0.02)
    start = plain("start", "x", before="pipeline.turns = pipeline.get('turns', 0) + 1\ninput['n'] = pipeline.turns")
    code = "pipeline.seen = pipeline.get('seen', []) + [input.n]"
    back = branch("back", "pipeline.turns < 60", {"next": ["start"]}, {"next": ["end"]}, before=code)
    nodes: list[Json] = [start, book.node("x", "double", "back"), back]
    job = submit(engine, post(engine, {"n": 1}, *nodes, end(input={"seen": "pipeline.seen"})), {"n": 1})
    for _ in range(4):
        time.sleep(chance.uniform(0, 0.25))
        engine.kill()
        engine.start()
    assert result(engine, job, 60) == {"seen": [2 * turn for turn in range(1, 61)]}
    assert set(book.numbers()) == set(range(1, 61))
    assert httpx.get(f"{engine.url}/tasks/{job}").status_code == 200


def test_killed_during_a_request(make_engine: MakeEngine, toys: Toys) -> None:
    """A PUT is made again; of a POST nobody knows whether it was processed, and that is said."""
    engine = make_engine(**LOOPBACK)
    books = {verb: toys.book(delay=30) for verb in ("POST", "PUT")}
    jobs = {}
    for verb, book in books.items():
        node: Json = {"id": "ask", "type": "http", "url": book.web("slow"), "verb": verb, "next": ["end"]}
        jobs[verb] = submit(engine, post(engine, {"n": 1}, node, end()), {"n": 1})
        book.wait_calls(1)
        book.set(delay=0)
    engine.kill()
    engine.start()
    assert result(engine, jobs["PUT"], 30) == {"late": True}
    wait_for(lambda: status_of(engine, jobs["POST"])["status"] == "error", "the POST is given up")
    assert "not known whether it was processed" in status_of(engine, jobs["POST"])["message"]
    assert (books["PUT"].count(), books["POST"].count()) == (2, 1)
