"""Memory does not grow with the tasks that were run."""

import json
import statistics
import time
from collections.abc import Iterator

from tests.e2e.scripts import entry, pipeline
from tests.faults.asking import Asker
from tests.faults.background import Background
from tests.faults.measures import memory
from tests.faults.proof import Findings, Run
from tests.faults.routes import Json, call
from tests.faults.site import Site

AT_ONCE = 16
GROWS, GROWS_SHORT = 1.05, 1.1
"""What the last third may have of the second's memory."""

HEAVY = 30_000
"""Characters in each task of the short form, so that what the engine keeps at hand is full after a few hundred."""

SETTINGS = {"APP_LIFESPAN": "60", "APP_CRON": "5"}


def flat(run: Run) -> Findings:
    """Many tasks through one engine: its memory in the last third of them is that in the second."""
    tasks = run.pick(200_000, 2_400)
    findings = Findings(f"{tasks:,} tasks one after the other", 1, tasks)
    with Site(run, settings=SETTINGS, work=0, twice=0, fast=1) as site:
        site.start()
        step = call("a", f"{site.labourers.url}/step", "end", input={"n": "entry.out.n"})
        site.open(pipeline(entry("weighty", {"n": 1, "text": ""}, "a"), step, {"id": "end", "type": "end"}))
        background, asker = Background("memory"), Asker(site.url)
        text = "x" * run.pick(0, HEAVY)
        bodies: Iterator[Json] = ({"n": number, "text": text} for number in range(1, tasks + 1))
        done: list[int] = []
        try:
            jobs = [background.spawn(run_all(asker, bodies, done)) for _ in range(AT_ONCE)]
            samples: list[tuple[int, int]] = []
            while not all(job.done() for job in jobs):
                samples.append((len(done), memory(site.engines[0].pid)))
                if len(samples) % 300 == 0:
                    run.say(f"{len(done):,} tasks, {samples[-1][1] / 1024**2:.1f} MB")
                time.sleep(0.1)  # between two looks
            for job in jobs:
                job.result()
            background.run(asker.close())
        finally:
            background.close()
    findings.wrong += asker.wrong
    findings.expect(len(done) == tasks == sum(done), f"{sum(done):,} of {tasks:,} tasks have the right result")
    judge(samples, tasks, run.pick(GROWS, GROWS_SHORT), findings)
    return findings


async def run_all(asker: Asker, bodies: Iterator[Json], done: list[int]) -> None:
    """Run these tasks to their ends; 1 for a right result, 0 for a wrong one."""
    for body in bodies:
        _, text = await asker.ask("POST", "/services/weighty", json=body, headers={"Prefer": "wait=60"})
        result = (json.loads(text) if text else {}).get("result", {})
        done.append(int(result.get("n") == body["n"] + 1))


def judge(samples: list[tuple[int, int]], tasks: int, limit: float, findings: Findings) -> None:
    """Compare the thirds, each by the median of what was seen."""
    thirds = [statistics.median(m for n, m in samples if tasks * k / 3 <= n < tasks * (k + 1) / 3) for k in range(3)]
    told = ", ".join(f"{size / 1024**2:.1f} MB" for size in thirds)
    findings.notes.append(f"memory in the thirds: {told}; at most {max(m for _, m in samples) / 1024**2:.1f} MB")
    findings.expect(thirds[2] <= limit * thirds[1], f"the memory grows: {told}")
