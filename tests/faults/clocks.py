"""The wall clock jumps by an hour, either way, while tasks run: nothing expires by it and nothing is stuck."""

import contextlib
import threading
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from tests.e2e.processes import wait_for
from tests.e2e.scripts import entry, pipeline
from tests.faults.deployments import Upload
from tests.faults.faketime import WallClock
from tests.faults.proof import Findings, Run
from tests.faults.routes import Json, call, workload
from tests.faults.site import Site

HOUR = 3_600
INTERVAL = 2.0
"""Seconds between two announcements of the service; after three times that in silence it is lost."""

PAUSE = 3.0
WATCHED = 2.0
"""Seconds for which everything is watched after a jump."""

SETTINGS = {"APP_CRON": "0.5", "APP_LIFESPAN": str(HOUR // 2)}
SHARES = {"chain": 8, "turns": 1, "files": 1}


def jumps(run: Run) -> Findings:
    """Forwards and back while tasks run, wait and pause, uploads come and services announce themselves."""
    times = run.pick(21, 3)
    findings = Findings("the wall clock jumps by an hour, either way")
    clock = WallClock(run.folder)
    with Site(run, settings={**SETTINGS, **clock.settings}) as site, Announcer(site) as announcer:
        site.start()
        announcer.start()
        clients = site.clients(workload(run.pick(1_000, 60), run.chance("workload"), SHARES))
        clients.start()
        waiting = begin(site, "silent", timeout=HOUR // 4)
        wait_for(lambda: site.labourers.heard(waiting), "the call that is not answered")
        for number in range(times):
            clients.allow((number + 1) / times)
            one_jump(site, clock, (HOUR, -HOUR, 0)[number % 3], waiting, announcer, findings)
            findings.recoveries.append(clients.wait_recovery(time.monotonic()))
            run.say(f"jumped {number + 1} times, {clients.submitted:,} tasks accepted")
        clients.join()
        findings.expect(not announcer.was_silent, "the machine was too slow to announce a service in time")
        clock.jump(-HOUR)
        site.engines[0].kill()
        site.engines[0].start()
        answer = httpx.post(f"{site.url}/processing?task_id={site.labourers.heard(waiting)['silent']}", json={"n": 1})
        findings.expect(answer.status_code == 200, f"the callback that was waited for got {answer.text}")
        wait_for(lambda: state(site, waiting)["status"] == "finished", "the waiting task ends", 20)
        findings.tasks += times + 1
        findings.expect(
            not announcer.was_silent, "the machine was too slow for announcements: nothing is proved by them"
        )
        site.check(clients, findings, counted=False)
    return findings


def one_jump(
    site: Site, clock: WallClock, seconds: int, waiting: str, announcer: "Announcer", findings: Findings
) -> None:
    """One jump, and what must be as before."""
    site.labourers.behave(busy=True)
    pausing = begin(site, "busy", retry={"attempts": 50, "delay": PAUSE, "factor": 1})
    wait_for(
        lambda: "waiting" in state(site, pausing)["nodes"]["a"], "an attempt has failed and the next is waited for"
    )
    site.labourers.behave()
    with Upload(site.engines[0]) as upload:
        clock.jump(seconds)
        begun = time.monotonic()
        wait_for(lambda: abs(ahead(site) - seconds) < HOUR / 10, "the engine sees the jump", 10)
        while time.monotonic() - begun < WATCHED:
            is_open = httpx.get(f"{site.url}/services/announced").status_code == 200
            findings.expect(
                is_open or announcer.was_silent, f"{seconds:+} s: a service that announces itself has lost its route"
            )
            told = state(site, waiting)["status"]
            findings.expect(told == "running", f"{seconds:+} s: a task that waits for its result: {told}")
            time.sleep(0.1)  # between two looks
        answer = upload.finish()
        findings.expect(answer == 200, f"{seconds:+} s: an upload that was under way got {answer}")
    wait_for(lambda: state(site, pausing)["status"] == "finished", f"{seconds:+} s: the pause is over", 2 * PAUSE + 20)
    findings.times += 1


def begin(site: Site, operation: str, **fields: Any) -> str:
    """A task of one call of an operation with these fields; its id."""
    route = f"{operation}-route"
    step = call("a", f"{site.labourers.url}/{operation}", "end", input={"n": "entry.out.n"}, **fields)
    definition = pipeline(entry(route, {"n": 1}, "a"), step, {"id": "end", "type": "end"})
    if httpx.get(f"{site.url}/services/{route}").status_code == 404:
        site.open(definition)
    return str(httpx.post(f"{site.url}/services/{route}", json={"n": 1}).raise_for_status().json()["jobId"])


def state(site: Site, job: str) -> Json:
    """The status of a task."""
    told: Json = httpx.get(f"{site.url}/tasks/{job}/status", timeout=30).raise_for_status().json()
    return told


def ahead(site: Site) -> float:
    """Seconds by which the engine's wall clock is ahead of the one here, by the `Date` of an answer."""
    return parsedate_to_datetime(httpx.get(f"{site.url}/health/live").headers["date"]).timestamp() - time.time()


class Announcer:
    """Announces an operation again and again, in a thread, until the block ends."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._client = httpx.Client(timeout=30)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._last = 0.0
        self._longest = 0.0

    @property
    def was_silent(self) -> bool:
        """Whether it was once kept from announcing for so long that it may have been taken for lost."""
        return max(self._longest, time.monotonic() - self._last) > 2.5 * INTERVAL

    def start(self) -> None:
        """Announce it, and go on with that."""
        self._last = time.monotonic()
        self._announce()
        self._thread.start()

    def __enter__(self) -> "Announcer":
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)
        self._client.close()

    def _go_on(self) -> None:
        while not self._stop.wait(INTERVAL):
            with contextlib.suppress(httpx.TransportError):
                self._announce()

    def _announce(self) -> None:
        api = {"route": "announced", "body": {"n": 1}}
        url = f"{self._site.labourers.url}/announced"
        body = {"type": "service", "url": url, "api": api, "interval": INTERVAL}
        self._client.post(f"{self._site.url}/services", json=body).raise_for_status()
        now = time.monotonic()
        self._longest, self._last = max(self._longest, now - self._last), now
