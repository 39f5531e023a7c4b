"""The engine is killed with -9 again and again while tasks run: none is lost, none is stuck, none ends twice.

`KILL_SEED`, `KILL_TIMES` and `KILL_TASKS` in the environment repeat a run and change its size; `make faults` kills
more.
"""

import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine, Process, wait_for
from tests.e2e.scripts import Json, entry, pipeline, raw, result

KILLS = int(os.environ.get("KILL_TIMES", "50"))
TASKS = int(os.environ.get("KILL_TASKS", "250"))
CLIENTS = 4
RETRY: Json = {"attempts": 100, "delay": 0.1, "max_delay": 1}


@pytest.fixture
def seed() -> int:
    """What all chance in this run comes from."""
    seed = int(os.environ.get("KILL_SEED", secrets.randbelow(10**6)))
    print(f"KILL_SEED={seed}")
    return seed


@pytest.fixture
def worker(tmp_path: Path, seed: int) -> Iterator[Process]:
    """The service."""
    port = free_port()
    program = str(Path(__file__).with_name("worker_service.py"))
    worker = Process([program, str(port), str(seed)], tmp_path / "worker", port, {})
    worker.start()
    yield worker
    worker.kill()


def service(node_id: str, url: str, after: str, **inputs: str) -> Json:
    """A service node with these inputs."""
    return {"id": node_id, "type": "service", "url": url, "input": inputs, "next": [after], "retry": RETRY}


def open_routes(engine: Engine, url: str) -> None:
    """`numbers` gives 3 n + 1; `files` gives back the file, and its size."""
    numbers = [
        entry("numbers", {"n": 1}, "left", "right"),
        service("left", f"{url}/double", "both", n="entry.out.n"),
        service("right", f"{url}/increment", "both", n="entry.out.n"),
        {"id": "both", "input": {"a": "left.out.n", "b": "right.out.n"}, "next": ["sum"]},
        service("sum", f"{url}/sum", "end", a="both.out.a", b="both.out.b"),
        {"id": "end", "type": "end", "input": {"n": "sum.out.n"}},
    ]
    files = [
        entry("files", "file", "turn", "size"),
        service("turn", f"{url}/reverse", "back", file="entry.out.file"),
        service("size", f"{url}/measure", "end", file="entry.out.file"),
        service("back", f"{url}/reverse", "end", file="turn.out.result"),
        {"id": "end", "type": "end", "input": {"file": "back.out.result", "size": "size.out.size"}},
    ]
    for nodes in (numbers, files):
        assert engine.client.post("/services", json=pipeline(*nodes)).status_code == 200


class Clients:
    """Submit all tasks, each under a key, a few with every life of the engine; look at results on the way."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._left = list(range(TASKS))
        self._allowed = 0
        self._lock = threading.Lock()
        self._random = random.Random(seed + 1)
        self.jobs: dict[int, str] = {}
        self.seen: dict[str, Any] = {}
        self.wrong: list[str] = []
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(CLIENTS)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def allow(self, share: float) -> None:
        """Let this share of all tasks be submitted."""
        self._allowed = round(TASKS * share)

    def join(self) -> None:
        """Wait until all are submitted."""
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "submissions do not get through"

    def _run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=10) as client:
            while True:
                with self._lock:
                    number = self._left.pop(0) if self._left and TASKS - len(self._left) < self._allowed else None
                    if not self._left and number is None:
                        return
                if number is None:
                    time.sleep(0.01)
                    self._look(client)
                    continue
                self.jobs[number] = self._submit(client, number)
                if self._random.random() < 0.2 and self._submit(client, number) != self.jobs[number]:
                    self.wrong.append(f"the key of task {number} made two tasks")

    def _submit(self, client: httpx.Client, number: int) -> str:
        key = {"Idempotency-Key": f"key-{number}"}
        while True:
            try:
                if is_file(number):
                    files = {"file": ("bytes.bin", content(number), "application/octet-stream")}
                    answer = client.post("/services/files", files=files, headers=key)
                else:
                    answer = client.post("/services/numbers", json={"n": number}, headers=key)
                if answer.status_code == 200:
                    return str(answer.json()["jobId"])
                if answer.status_code != 503:
                    self.wrong.append(f"{answer.status_code} {answer.text}")
            except httpx.TransportError:
                pass
            time.sleep(0.03)

    def _look(self, client: httpx.Client) -> None:
        jobs = list(self.jobs.values())
        if jobs:
            job = self._random.choice(jobs)
            try:
                answer = client.get(f"/tasks/{job}")
            except httpx.TransportError:
                return
            if answer.status_code == 200 and self.seen.setdefault(job, answer.json()) != answer.json():
                self.wrong.append(f"task {job} has changed its result")
            elif answer.status_code not in (200, 400):
                self.wrong.append(f"task {job}: {answer.status_code} {answer.text}")


def is_file(number: int) -> bool:
    """Whether this task sends a file."""
    return number % 5 == 0


def content(number: int) -> bytes:
    """The file of a task."""
    return random.Random(number).randbytes(1_000 + 37 * number)


def kill_again_and_again(engine: Engine, clients: Clients, chance: random.Random) -> None:
    """Give the engine many short lives. It runs in the end."""
    for number in range(KILLS):
        clients.allow((number + 1) / KILLS)
        engine.spawn()
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0, 1))  # some die while they start
        else:
            wait_for(engine.is_ready, f"the engine starts again:\n{engine.log}", 30)
            time.sleep(chance.uniform(0, 0.3))
        engine.kill()
    engine.start()


def check_task(engine: Engine, number: int, job: str, seen: Any) -> None:
    """One task has ended once, with the right result."""
    out = result(engine, job, 30)
    assert seen is None or seen == out
    if is_file(number):
        assert out["size"] == len(content(number))
        assert httpx.get(out["file"]).content == content(number)
    else:
        assert out == {"n": 3 * number + 1}
    ends = Counter(line["node"] for line in raw(engine, job)["history"] if line["state"] == "finished")
    assert set(ends.values()) == {1} and None in ends, ends


def test_killed_at_random_moments(tmp_path: Path, seed: int, worker: Process) -> None:
    engine = Engine(tmp_path / "engine")
    engine.start()
    try:
        open_routes(engine, worker.url)
        clients = Clients(engine.url, seed)
        clients.start()
        engine.kill()
        kill_again_and_again(engine, clients, random.Random(seed))
        clients.join()
        assert clients.wrong == []
        assert len(clients.jobs) == TASKS == len(set(clients.jobs.values()))
        for number, job in clients.jobs.items():
            check_task(engine, number, job, clients.seen.get(job))
        wanted = {"total": TASKS, "running": 0, "finished": TASKS, "failed": 0}
        wait_for(lambda: engine.client.get("/stats").json()["jobs"] == wanted, f"stats are {wanted}", 60)
        counts = wait_for(lambda: c if not (c := httpx.get(f"{worker.url}/counts").json())["open"] else None, "calls")
        assert counts["refused"] == {} and len(counts["calls"]) >= 3 * TASKS
        # What a killed engine was writing lies beside, and goes with its task or as an orphan.
        assert len(engine.files()) >= 3 * sum(map(is_file, range(TASKS)))
        assert "Traceback" not in engine.log, engine.log[-5000:]
    finally:
        engine.kill()
