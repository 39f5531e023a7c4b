"""Services that take a call and die, never answer, call back twice, late, or in another order."""

from datetime import datetime

import httpx

from tests.e2e.scripts import pipeline
from tests.faults.proof import Findings, Run
from tests.faults.routes import Json, chain, join, loop, workload
from tests.faults.site import Site

TIMEOUT, DELAY = 2.0, 0.1
PATIENT, HASTY = 100, 2
GRACE = 10.0
"""Seconds after its deadline within which every task ends."""

HELD = "has as much to do as it takes"
SHARES = {"chain": 60, "hasty": 32, "join": 4, "loop": 4}
HABITS: Json = {
    "die": 0.3,
    "crash": 0.01,
    "mute": 0.1,
    "twice": 0.3,
    "late": 0.2,
    "later": 1.5 * TIMEOUT,
    "work": 0.2,
    "fast": 0.3,
}
PROCESSES = 4


def services(run: Run) -> Findings:
    """Every task ends by its deadline, and nothing is recorded twice."""
    tasks = run.pick(1_000, 100)
    findings = Findings("services die (30 %), are mute (10 %), call back twice (30 %), late", tasks=0)
    with Site(run, processes=PROCESSES, **HABITS) as site:
        site.engines[0].start()
        url = site.labourers.url
        patient: Json = {"timeout": TIMEOUT, "retry": {"attempts": PATIENT, "delay": DELAY, "factor": 1}}
        hasty: Json = {"timeout": TIMEOUT, "retry": {"attempts": HASTY, "delay": DELAY, "factor": 1}}
        site.open(pipeline(*chain(url, **patient)), pipeline(*chain(url, "hasty", **hasty)))
        site.open(pipeline(*join(url, **patient)), pipeline(*loop(url, **patient)))
        clients = site.clients(workload(tasks, run.chance("workload"), SHARES))
        clients.start(probing=False)
        clients.join()
        site.check(clients, findings, may_fail=["hasty"])
        fates = site.labourers.fates()
        findings.times = sum(fates.values())
        failed = 0
        for piece, job in clients.accepted.items():
            whole = httpx.get(f"{site.url}/tasks/{job}/raw", timeout=30).json()
            failed += whole["status"] == "error"
            check_deadline(whole, HASTY if piece.route == "hasty" else PATIENT, findings)
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(fates.items()))
    findings.notes.append(f"calls that went wrong: {told}; {failed} of the tasks that may give up after {HASTY} did")
    for name in ("died", "crash", "mute", "twice", "late"):
        findings.expect(fates[name] > 0, f"no service ever did this: {name}")
    return findings


def check_deadline(whole: Json, attempts: int, findings: Findings) -> None:
    """The task has ended in time; no node has had more attempts than it may.

    The time in which a call waited for room in the service, before it was made, does not count for its deadline.
    """
    if whole["ended"] is None:
        return  # told as stuck
    steps = 3 if whole["route"] in ("chain", "hasty") else 2
    longest = steps * attempts * (TIMEOUT + DELAY) + GRACE
    took = seconds(whole["created"], whole["ended"]) - held(whole["history"])
    if took > longest:
        findings.stuck.append(f"task {whole['id']} of {whole['route']} took {took:.1f} s, at most {longest:.1f} s")
    for name, node in whole["nodes"].items():
        results = [attempt for attempt in node["attempts"] if attempt["ended"] and not attempt["error"]]
        if len(results) > 1:
            findings.doubled.append(f"task {whole['id']}: {len(results)} results of {name} are recorded")
        if len(node["attempts"]) > attempts:
            findings.wrong.append(f"task {whole['id']}: {name} has had {len(node['attempts'])} attempts")


def seconds(start: str, end: str) -> float:
    """From one moment to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def held(history: list[Json]) -> float:
    """Seconds in which calls waited for room in the service."""
    total = 0.0
    for number, line in enumerate(history):
        if HELD in line.get("detail", ""):
            after = next((later for later in history[number + 1 :] if later["node"] == line["node"]), history[-1])
            total += seconds(line["at"], after["at"])
    return total
