"""Three engines on one MongoDB and one S3, behind a balancer."""

import contextlib
import signal
import time
from collections.abc import Iterator

import httpx

from tests.e2e.processes import wait_for
from tests.e2e.scripts import pipeline
from tests.faults.asking import Asker
from tests.faults.background import Background
from tests.faults.deployments import restart_all
from tests.faults.outages import not_ready, outages
from tests.faults.proof import Findings, Run
from tests.faults.routes import LIGHT, SHARES, Json, Piece, definitions, join, workload
from tests.faults.site import Site
from tests.faults.stores import Stores

ENGINES = 3
EVERY = 2.0
"""Seconds between two kills."""

WIDTH = 500
STOPPED = 60.0


@contextlib.contextmanager
def cluster(run: Run, engines: int = ENGINES) -> Iterator[tuple[Site, Stores]]:
    """Engines that are not started yet, and their stores."""
    with Stores(run) as stores:
        settings = {**stores.settings, "APP_MAX_SERVICE_CALLS": "1000"}
        with Site(run, engines, settings) as site:
            yield site, stores


def killed(run: Run) -> Findings:
    """One of the engines is killed every two seconds, and started again."""
    tasks, shares = run.pick(2_000, 200), run.pick(SHARES, LIGHT)
    findings = Findings("one of 3 engines is killed with -9 every 2 s, MongoDB and S3")
    with cluster(run) as (site, _):
        site.start()
        clients, chance = site.clients(workload(tasks, run.chance("workload"), shares)), run.chance("kills")
        clients.start()
        clients.allow()
        kills: list[float] = []
        while (clients.submitted < tasks or running(site)) and len(kills) < run.pick(600, 12):
            engine = chance.choice(site.engines)
            kills.append(time.monotonic())
            engine.kill()
            engine.spawn()
            time.sleep(EVERY)  # as said
            if len(kills) % 10 == 0:
                run.say(f"killed {len(kills)} times, {clients.submitted:,} tasks accepted")
        clients.wait_recovery(kills[-1])
        findings.times = len(kills)
        findings.recoveries = [seconds for moment in kills if (seconds := clients.recovery(moment)) is not None]
        clients.join()
        site.check(clients, findings)
    return findings


def running(site: Site) -> bool:
    """Whether any task runs, as far as an engine can tell."""
    try:
        stats: Json = httpx.get(f"{site.url}/stats", timeout=10).json()
    except httpx.TransportError:
        return True
    return bool(stats.get("jobs", {}).get("running", 1) > 1)


def database_away(run: Run) -> Findings:
    """MongoDB goes away and comes back, in all ways."""
    findings = Findings("MongoDB is away 1-30 s under load, 3 engines")
    with cluster(run) as (site, stores):
        ways = stores.ways("MongoDB", stores.database, stores.mongo_proxy)
        outages(run, site, ways, findings, "probe", noticed=6.0)
    return findings


def objects_away(run: Run) -> Findings:
    """S3 goes away and comes back, in all ways."""
    findings = Findings("S3 is away 1-30 s under load, 3 engines")
    with cluster(run) as (site, stores):
        outages(run, site, stores.ways("S3", stores.objects, stores.s3_proxy), findings, "files", noticed=6.0)
    return findings


def rolling(run: Run) -> Findings:
    """The engines are started again one after the other."""
    findings = Findings("rolling restarts of 3 engines, MongoDB and S3")
    with cluster(run) as (site, _):
        restart_all(run, site, findings)
    return findings


def wide_join(run: Run) -> Findings:
    """All callbacks of a wide join reach all engines at the same moment."""
    times = run.pick(20, 3)
    findings = Findings(f"a join of {WIDTH} callbacks reaches 3 engines at once", times)
    with cluster(run) as (site, _):
        site.start_engines()
        site.open(pipeline(*join(site.labourers.url, WIDTH, "wide", operation="silent")))
        for number in range(1, times + 1):
            one_join(site, number, findings)
    return findings


def one_join(site: Site, number: int, findings: Findings) -> None:
    """One task; its calls are answered from here."""
    job = httpx.post(f"{site.url}/services/wide", json={"n": number}, timeout=60).raise_for_status().json()["jobId"]
    calls = wait_for(lambda: c if len(c := site.labourers.calls(job, "silent")) == WIDTH else None, "all calls", 60)
    begun, background, asker = time.monotonic(), Background("callbacks"), Asker("")
    try:
        wait = [
            background.spawn(call_back(asker, site.engines[n % ENGINES].url, call, {"n": number + 1}))
            for n, call in enumerate(calls)
        ]
        for answer in wait:
            answer.result(60)
        told = wait_for(lambda: ended(site, job), f"the end of {job}", 60)
        background.run(asker.close())
    finally:
        background.close()
    findings.recoveries.append(time.monotonic() - begun)
    findings.tasks += 1
    if told.get("n") != WIDTH * (number + 1):
        findings.wrong.append(f"task {job} gives {told}")
    findings.wrong += asker.wrong


async def call_back(asker: Asker, url: str, call: str, result: Json) -> None:
    """Bring a result until it is taken."""
    while (await asker.ask("POST", f"{url}/processing?task_id={call}", json=result))[0] != 200:
        continue


def ended(site: Site, job: str) -> Json | None:
    """The result of a task that has finished."""
    answer = httpx.get(f"{site.url}/tasks/{job}", timeout=30)
    told: Json = answer.json()
    assert answer.status_code == 200 or "running" in told["detail"], told
    return told if answer.status_code == 200 else None


def stopped(run: Run) -> Findings:
    """An engine is stopped, the others take over, and it wakes: what it still wants to write is stale."""
    findings = Findings(f"one of 3 engines is stopped for {run.pick(STOPPED, 8.0):g} s and woken")
    with cluster(run) as (site, _):
        site.start()
        rounds, chance = run.pick(3, 1), run.chance("stops")
        clients = site.clients(workload(run.pick(600, 100), run.chance("workload"), LIGHT), keep_alive=False)
        clients.start()
        assert site.balancer is not None
        for number in range(rounds):
            clients.allow((number + 0.5) / rounds)
            time.sleep(chance.uniform(0.2, 1))  # the moment is what is drawn
            engine = chance.choice(site.engines)
            engine.signal(signal.SIGSTOP)
            site.balancer.take_out(engine.port)
            begun = time.monotonic()
            clients.allow((number + 1) / rounds)
            findings.recoveries.append(clients.wait_recovery(begun))
            time.sleep(max(begun + run.pick(STOPPED, 8.0) - time.monotonic(), 0))  # as said
            engine.signal(signal.SIGCONT)
            wait_for(engine.is_ready, "the woken engine is ready", 30)
            site.balancer.put_in(engine.port)
            findings.times += 1
        clients.join()
        site.check(clients, findings)
    return findings


def cold_start(run: Run) -> Findings:
    """The engine starts while both stores are away; it says so, and becomes ready by itself."""
    rounds, findings = run.pick(5, 1), Findings("the engine starts while MongoDB and S3 are away")
    with cluster(run, engines=1) as (site, stores):
        engine = site.engines[0]
        for number in range(rounds):
            for proxy in (stores.mongo_proxy, stores.s3_proxy):
                proxy.refuse()
            engine.spawn()
            for back in (stores.mongo_proxy, stores.s3_proxy):
                told = wait_for(lambda: not_ready(site.url), "it says that it is not ready", 30)
                findings.notes.append(told)
                answer = httpx.post(f"{site.url}/services/probe", json={"n": 1}, timeout=30)
                told_when = answer.headers.get("Retry-After")
                findings.expect(answer.status_code == 503 and bool(told_when), f"{answer.status_code} {answer.text}")
                back.accept()
            begun = time.monotonic()
            wait_for(engine.is_ready, "it becomes ready by itself", 30)
            findings.recoveries.append(time.monotonic() - begun)
            findings.times += 1
            if number == 0:
                site.open(*definitions(site.labourers.url))
            pieces = [Piece(100 * number + n, name) for n, name in enumerate(("chain", "files", "loop"), 1)]
            clients = site.clients(pieces)
            clients.start(probing=False)
            clients.join()
            site.check(clients, findings, counted=False)
            engine.kill()
    return findings
