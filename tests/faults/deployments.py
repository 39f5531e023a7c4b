"""A deployment while tasks run: SIGTERM, new versions, engines that are started again one after the other."""

import signal
import socket
import time
from http.client import HTTPResponse

import httpx

from tests.e2e.processes import Engine, wait_for
from tests.e2e.raw_http import FORM_TYPE, Field, connect, form, head
from tests.e2e.scripts import entry, pipeline
from tests.faults.proof import Findings, Run
from tests.faults.routes import LIGHT, Json, call, workload
from tests.faults.site import Site

WORK = 1.5
BEGUN = 3 * 1024**2
"""Bytes after which an upload has surely begun to be stored."""


def versioned(site: Site, version: int) -> Json:
    """A pipeline whose result tells which version it was: all nodes of the task are of one."""
    code = f"node.out['versions'] = [{version}] + node.input.get('versions', [])"
    step = f"{site.labourers.url}/step"
    return pipeline(
        entry("versions", {"n": 1}, "a"),
        call("a", step, "b", input={"n": "entry.out.n"}, after=code),
        call("b", step, "end", input={"n": "a.out.n", "versions": "a.out.versions"}, after=code),
        {"id": "end", "type": "end", "input": {"n": "b.out.n", "versions": "b.out.versions"}},
    )


def restarted(run: Run) -> Findings:
    """SIGTERM while tasks run and an upload is under way, a new version, a new process: again and again."""
    rounds, tasks = run.pick(20, 2), run.pick(50, 20)
    findings = Findings("SIGTERM and a new version while tasks run, embedded")
    jobs: list[tuple[str, int, int]] = []
    with Site(run, work=WORK, fast=0.2) as site:
        site.start()
        engine = site.engines[0]
        site.open(versioned(site, 1))
        for number in range(1, rounds + 1):
            jobs += [(submit(site, n), n, number) for n in range(tasks)]
            answer = httpx.put(f"{site.url}/services/versions", json=versioned(site, number + 1), timeout=30)
            findings.expect(answer.status_code == 200, f"PUT of version {number + 1}: {answer.text}")
            begun = time.monotonic()
            with Upload(engine) as upload:
                engine.signal(signal.SIGTERM)
                wait_for(lambda: not accepts(engine), "it takes no more connections", 10)
                status = upload.finish()
            findings.expect(status == 200, f"an upload that was under way at SIGTERM got {status}")
            code = engine.wait()
            findings.expect(code in (0, -signal.SIGTERM), f"the engine ended with {code}")
            engine.start()
            findings.recoveries.append(time.monotonic() - begun)
        findings.times = rounds
        for job, n, version in jobs:
            judge(site, job, {"n": n + 2, "versions": [version, version]}, findings)
        total = httpx.get(f"{site.url}/stats").json()["jobs"]["total"]
        findings.expect(total == len(jobs) + rounds, f"{total} tasks, {len(jobs) + rounds} expected")
        findings.tasks = total
    return findings


class Upload:
    """A submission of a file that has begun; `finish` sends the rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = connect(engine)
        body = form(Field("file", bytes(2 * BEGUN)))
        self._begin = head("POST", "/services/files", FORM_TYPE | {"Content-Length": str(len(body))}) + body[:BEGUN]
        self._rest = body[BEGUN:]

    def __enter__(self) -> "Upload":
        before = len(self._engine.files())
        self._connection.sendall(self._begin)
        wait_for(lambda: len(self._engine.files()) > before, "the upload has begun")
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def finish(self) -> int:
        """The status of the answer."""
        self._connection.sendall(self._rest)
        answer = HTTPResponse(self._connection)
        answer.begin()
        return answer.status


def accepts(engine: Engine) -> bool:
    """Whether connections are taken."""
    try:
        socket.create_connection(("127.0.0.1", engine.port), timeout=5).close()
    except OSError:
        return False
    return True


def judge(site: Site, job: str, right: Json, findings: Findings) -> None:
    """The task ends with the version that it started with."""

    def status() -> Json | None:
        told: Json = httpx.get(f"{site.url}/tasks/{job}/status", timeout=30).json()
        return told if told.get("status") != "running" else None

    try:
        wait_for(status, f"the end of task {job}", 40)
    except AssertionError as error:
        findings.stuck.append(str(error))
        return
    told = httpx.get(f"{site.url}/tasks/{job}", timeout=30).json()
    if told != right:
        findings.wrong.append(f"task {job} gives {told}, {right} is right")


def restart_all(run: Run, site: Site, findings: Findings) -> None:
    """Engines behind a balancer are started again one after the other under load; no request fails.

    The order is that of every balancer: it is told to send no more, then the engine gets SIGTERM. Each request has a
    connection of its own, for no balancer can repeat a request on a connection that is being closed.
    """
    rounds, tasks = run.pick(5, 1), run.pick(1_000, 100)
    assert site.balancer is not None
    site.start()
    clients = site.clients(workload(tasks, run.chance("workload"), LIGHT), keep_alive=False)
    clients.start()
    findings.times = rounds * len(site.engines)
    for number in range(findings.times):
        clients.allow((number + 1) / findings.times)
        engine = site.engines[number % len(site.engines)]
        site.balancer.take_out(engine.port)
        begun = time.monotonic()
        engine.stop()
        findings.recoveries.append(clients.wait_recovery(begun))
        engine.start()
        site.balancer.put_in(engine.port)
    clients.join()
    site.check(clients, findings)
    bad = {status: count for status, count in clients.answers.items() if status not in (200, 400)}
    findings.expect(not bad, f"requests failed: {bad} (0: no answer)")


def submit(site: Site, n: int) -> str:
    """A task of the version that is open."""
    answer = httpx.post(f"{site.url}/services/versions", json={"n": n}, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["jobId"])
