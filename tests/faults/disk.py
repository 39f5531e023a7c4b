"""The disk is full: writes get 507, reads go on, all recovers when there is room, and clean-up works without any."""

import time

import httpx

from tests.e2e.processes import wait_for
from tests.faults.clients import Clients
from tests.faults.outages import not_ready
from tests.faults.proof import Findings, Run
from tests.faults.routes import Piece, workload
from tests.faults.site import Site
from tests.faults.small_disk import SmallDisk

FEW = 15
SHARES = {"chain": 80, "sub": 5, "files": 15}
LONG = {"work": 4.0, "fast": 0.3}
"""How services behave whose calls are under way when the disk gets full."""


def full(run: Run) -> Findings:
    """Fill the disk while tasks run, look, make room, look again; several times. Then clean up on a full disk."""
    rounds, tasks = run.pick(10, 1), run.pick(400, 150)
    findings = Findings("the disk is full")
    with Site(run) as site:
        engine = SmallDisk(run.folder / "small", {"APP_LIFESPAN": "86400"})
        site.replace(engine)
        engine.mount()
        site.start()
        for number in range(rounds):
            one_round(site, engine, workload(tasks, run.chance(f"{number}"), SHARES, number * tasks + 1), findings)
            run.say(f"the disk was full {number + 1} times")
        clean_up(site, engine, findings)
        engine.kill()
        engine.unmount()
    return findings


def one_round(site: Site, engine: SmallDisk, pieces: list[Piece], findings: Findings) -> None:
    """Tasks that have ended before, tasks that run meanwhile, and tasks that are not taken."""
    first, second, third = (site.clients(each) for each in (pieces[:FEW], pieces[FEW : 2 * FEW], pieces[2 * FEW :]))
    site.labourers.behave()
    first.start(probing=False)
    first.join()
    site.check(first, findings, counted=False)
    site.labourers.behave(**LONG)
    second.start(probing=False)
    second.join()
    engine.fill()
    third.start(probing=False)
    third.allow()
    wait_for(lambda: any(status == 507 for _, status in third.refused), "submissions get 507", 60)
    refuse_file(site, findings)
    findings.notes.append(f"{third.submitted} small tasks found room in the database's file before it was full")
    findings.times += 1
    read_on(site, first, findings)
    findings.expect(not_ready(site.url) is not None, "the engine with a full disk says that it is ready")
    before = third.submitted
    engine.make_room()
    room = time.monotonic()
    wait_for(lambda: third.submitted > before, "a submission is taken", 30)
    findings.recoveries.append(time.monotonic() - room)
    wait_for(engine.is_ready, "the engine is ready again", 30)
    site.labourers.behave()
    third.join(60)
    for clients in (second, third):
        site.check(clients, findings, counted=False)
    for clients in (first, second, third):
        clients.close()


def refuse_file(site: Site, findings: Findings) -> None:
    """Nor is a file taken."""
    answer = httpx.post(f"{site.url}/services/files", files={"file": bytes(100_000)}, timeout=30)
    findings.expect(answer.status_code == 507, f"a file is taken on a full disk: {answer.status_code} {answer.text}")


def read_on(site: Site, clients: Clients, findings: Findings) -> None:
    """What was there can be read: results, files, lists."""
    for piece, job in clients.accepted.items():
        for path in (f"/tasks/{job}", f"/tasks/{job}/status", f"/tasks/{job}/raw", "/tasks", "/stats", "/services"):
            answer = httpx.get(site.url + path, timeout=30)
            findings.expect(answer.status_code == 200, f"GET {path} on a full disk: {answer.status_code} {answer.text}")
        if piece.route == "files":
            content = httpx.get(httpx.get(f"{site.url}/tasks/{job}").json()["file"], timeout=30).content
            findings.expect(content == piece.content, f"the file of task {job} cannot be read on a full disk")


def clean_up(site: Site, engine: SmallDisk, findings: Findings) -> None:
    """The engine is started again on a full disk; what has been kept for long enough goes, and then there is room."""
    engine.fill()
    engine.stop()
    engine.settings |= {"APP_LIFESPAN": "0", "APP_CRON": "0.5"}
    engine.spawn()
    wait_for(lambda: not_ready(site.url), "the engine starts, and says that the disk is full", 30)
    wait_for(lambda: total(site) == 0 or None, "ended tasks are removed although the disk is full", 60)
    wait_for(lambda: engine.files() == [], "their files too", 30)
    engine.make_room()
    wait_for(engine.is_ready, "the engine is ready again", 30)
    answer = httpx.post(f"{site.url}/services/probe", json={"n": 1}, headers={"Prefer": "wait=20"}, timeout=30)
    findings.expect(answer.json().get("result", {}).get("n") == 2, f"a task after all: {answer.text}")


def total(site: Site) -> int | None:
    """How many tasks are kept."""
    answer = httpx.get(f"{site.url}/stats", timeout=30)
    return answer.json()["jobs"]["total"] if answer.status_code == 200 else None
