"""Engines are killed with -9 while tasks run."""

import time

from tests.e2e.processes import wait_for
from tests.faults.proof import Findings, Run
from tests.faults.routes import LIGHT, SHARES, workload
from tests.faults.site import Site

DIES_AT_START = 0.2
"""The share of lives that end while the engine starts."""

LONGEST_LIFE = 0.3
ALONE = 10
"""After so many kills the engine is left alone until a new task has finished: that is the time to recover."""


def embedded(run: Run) -> Findings:
    """One engine on SQLite and files, killed at random moments, also while it starts."""
    kills, tasks, chance = run.pick(200, 10), run.pick(2_000, 150), run.chance("embedded")
    findings = Findings("the engine is killed with -9, embedded", kills)
    with Site(run) as site:
        site.start()
        clients = site.clients(workload(tasks, run.chance("workload"), run.pick(SHARES, LIGHT)))
        clients.start()
        engine = site.engines[0]
        for number in range(kills):
            clients.allow((number + 1) / kills)
            killed = time.monotonic()
            engine.kill()
            engine.spawn()
            if number % ALONE == ALONE - 1:
                findings.recoveries.append(clients.wait_recovery(killed))
                run.say(f"killed {number + 1} times, {clients.submitted:,} tasks accepted")
            elif chance.random() < DIES_AT_START:
                time.sleep(chance.uniform(0, 1))  # the moment is what is drawn
            else:
                wait_for(engine.is_ready, f"the engine starts again:\n{engine.log}", 60)
                time.sleep(chance.uniform(0, LONGEST_LIFE))
        clients.wait_recovery(time.monotonic())
        clients.join()
        site.check(clients, findings)
    return findings
