"""Stores go away under load and come back: nothing accepted is lost, and all goes on by itself."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import httpx

from tests.e2e.processes import wait_for
from tests.faults.clients import Clients
from tests.faults.proof import Findings, Run
from tests.faults.routes import LIGHT, workload
from tests.faults.site import Site

GOES_ON = 30.0
"""Seconds within which everything must go on by itself."""

SHORTEST = 1.0
Way = Callable[[], AbstractContextManager[None]]
"""Makes a block during which a store is away."""


def outages(run: Run, site: Site, ways: Mapping[str, Way], findings: Findings, needs: str, noticed: float) -> None:
    """Let a store go away again and again under load, in each way by turns; `needs` is a route that cannot do without.

    An outage of `noticed` seconds is answered by a 503 before it is over; the first one lasts that long.
    """
    times, tasks, longest = run.pick(20, 2), run.pick(1_000, 80), run.pick(30.0, 3.0)
    chance = run.chance(findings.fault)
    site.start()
    pids = [engine.pid for engine in site.engines]
    clients = site.clients(workload(tasks, run.chance("workload"), LIGHT), probe=needs)
    clients.start()
    clients.wait_recovery(time.monotonic())
    for number in range(times):
        name = list(ways)[number % len(ways)]
        seconds = noticed if number == 0 else chance.uniform(SHORTEST, longest)
        clients.allow((number + 1) / times)
        before = clients.answers[503]
        with ways[name]():
            begun = time.monotonic()
            if seconds >= noticed:
                is_told(site, clients, before, findings, name, seconds)
            time.sleep(max(begun + seconds - time.monotonic(), 0))  # the length is what is drawn
        over = time.monotonic()
        findings.times += 1
        recovery = clients.wait_recovery(over, 4 * GOES_ON)
        findings.recoveries.append(recovery)
        findings.expect(recovery <= GOES_ON, f"{name} for {seconds:.1f} s: nothing went on for {recovery:.1f} s")
        run.say(f"{name} for {seconds:.1f} s; goes on after {recovery:.1f} s; {clients.submitted:,} tasks accepted")
    clients.join()
    site.check(clients, findings)
    findings.expect(all(engine.is_ready() for engine in site.engines), "an engine is not ready after all")
    findings.expect(pids == [engine.pid for engine in site.engines], "an engine was started again")
    findings.notes.append(f"answers to clients: {dict(sorted(clients.answers.items()))} (0: none)")


def is_told(site: Site, clients: Clients, before: int, findings: Findings, name: str, seconds: float) -> None:
    """Clients are told that something is away, and probes what it is."""
    try:
        wait_for(lambda: clients.answers[503] > before, "submissions get 503", seconds)
        told = wait_for(lambda: not_ready(site.engines[0].url), "the engine is not ready", seconds)
    except AssertionError as error:
        findings.broken.append(f"{name} for {seconds:.1f} s: {error}")
    else:
        findings.notes.append(f"{name}: {told}")


def not_ready(url: str) -> str | None:
    """What the probe says where it is 503."""
    try:
        answer = httpx.get(f"{url}/health/ready", timeout=10)
    except httpx.TransportError:
        return None
    return answer.text if answer.status_code == 503 else None
