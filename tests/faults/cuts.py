"""Uploads and callbacks are cut in the middle: 400 where an answer can be given, nothing stored, nothing leaked."""

import contextlib
import socket
import time
from collections.abc import Iterator

import httpx

from tests.e2e.processes import Engine, wait_for
from tests.e2e.raw_http import FORM_TYPE, Field, exchange, form, head, post_form
from tests.faults.measures import descriptors, memory
from tests.faults.proof import Findings, Run
from tests.faults.proxy import Proxy
from tests.faults.site import Site

SIZE = 3_000_000
"""Bytes of a body: so many that a part of it is stored before it ends."""

MORE_MEMORY = 16 * 1024**2
"""Bytes by which an engine may be larger afterwards."""

WARM = 10
"""Whole requests before, so that the engine has what it takes once and keeps."""

SLACK = 5
"""Descriptors that an engine may have more than before: connections that a client keeps."""


def uploads(run: Run) -> Findings:
    """Submissions end in the middle of their body, in many places and in each way that there is."""
    times, findings, chance = run.pick(1_000, 60), Findings("an upload is cut in the middle"), run.chance("places")
    with Site(run) as site, cutting(site.engines[0]) as proxy:
        site.start()
        engine = site.engines[0]
        body = form(Field("file", chance.randbytes(SIZE)))
        for _ in range(WARM):
            post_form(engine, "/services/files", body).raise_for_status()
        before = Leftovers(engine)
        for number in range(times):
            place = chance.randrange(200, len(body) - 10)
            cut(engine, proxy, "/services/files", body, place, number % 3, findings)
        findings.times = times
        before.compare(findings, tasks=0)
        before.wait_gone(findings)
        answer = post_form(engine, "/services/files", body)
        findings.expect(answer.status_code == 200, f"a whole upload after all: {answer.status_code} {answer.text}")
        findings.tasks = 1
    return findings


def callbacks(run: Run) -> Findings:
    """Results end in the middle: the call stays open, and the whole result is taken in the end."""
    times, findings, chance = run.pick(1_000, 60), Findings("a callback is cut in the middle"), run.chance("places")
    with Site(run, mute=1.0, fast=0) as site, cutting(site.engines[0]) as proxy:
        site.start()
        engine = site.engines[0]
        body = form(Field("file", b"a small file"))
        for _ in range(WARM):
            post_form(engine, "/services/files", body).raise_for_status()
        job = post_form(engine, "/services/files", body).json()["jobId"]
        calls = wait_for(lambda: c if len(c := site.labourers.heard(job)) == 2 else None, "both calls")
        path = f"/processing?task_id={calls['reverse']}"
        result = form(Field("result", chance.randbytes(SIZE)))
        before = Leftovers(engine)
        for number in range(times):
            cut(engine, proxy, path, result, chance.randrange(200, len(result) - 10), number % 3, findings)
        findings.times = times
        before.compare(findings, tasks=0)
        before.wait_gone(findings)
        states = engine.client.get(f"/tasks/{job}/status").json()["nodes"]
        findings.expect(states["turn"]["state"] == "running", f"a cut callback has changed its task: {states}")
        answer = post_form(engine, path, result)
        findings.expect(answer.status_code == 200, f"the whole callback: {answer.status_code} {answer.text}")
        states = engine.client.get(f"/tasks/{job}/status").json()["nodes"]
        findings.expect(states["turn"]["state"] == "finished", f"the whole callback has no effect: {states}")
        findings.tasks = 1
    return findings


@contextlib.contextmanager
def cutting(engine: Engine) -> Iterator[Proxy]:
    """A proxy before the engine."""
    proxy = Proxy(engine.port)
    try:
        yield proxy
    finally:
        proxy.close()


def cut(engine: Engine, proxy: Proxy, path: str, body: bytes, place: int, way: int, findings: Findings) -> None:
    """One request that ends at this place: reset by the network, closed by the client, or whole but for the form's end.

    The last two leave a way for the answer, which must be a 400.
    """
    start = head("POST", path, FORM_TYPE | {"Content-Length": str(place if way == 2 else len(body))})
    if way == 0:
        proxy.cut_after(len(start) + place)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(start + body)
                connection.recv(1)
        proxy.cut_after(None)
        return
    status, text = exchange(engine, start + body[:place], end=way == 1)
    if way == 2 or status:
        findings.expect(status == 400, f"cut at byte {place} of {len(body)}: {status} {text[:200]!r}")


class Leftovers:
    """What an engine has: tasks, files, descriptors, memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        wait_for(lambda: self._at_rest(), "the engine is at rest", 30)
        self._files = len(engine.files())
        self._tasks = self._count()
        self._descriptors = descriptors(self._engine.pid)
        self._memory: int = memory(self._engine.pid)

    def compare(self, findings: Findings, tasks: int) -> None:
        """There are so many more tasks, and not much more memory."""
        more = self._count() - self._tasks
        findings.expect(more == tasks, f"{more} tasks were made, {tasks} expected")
        grown = memory(self._engine.pid) - self._memory
        findings.expect(grown < MORE_MEMORY, f"the engine has {grown / 1024**2:.1f} MB more")
        findings.notes.append(f"memory: {grown / 1024**2:+.1f} MB")

    def wait_gone(self, findings: Findings) -> None:
        """No file and no connection is left after a moment."""
        limit = self._descriptors + SLACK
        try:
            wait_for(lambda: descriptors(self._engine.pid) <= limit, "the connections are closed", 20)
            wait_for(lambda: len(self._engine.files()) == self._files, "no file is left", 20)
        except AssertionError as error:
            left = f"{descriptors(self._engine.pid)} descriptors (before: {self._descriptors})"
            findings.broken.append(f"{error}: {left}, {len(self._engine.files())} files (before: {self._files})")

    def _count(self) -> int:
        total: int = httpx.get(f"{self._engine.url}/stats").json()["jobs"]["total"]
        return total

    def _at_rest(self) -> bool:
        before = descriptors(self._engine.pid), len(self._engine.files())
        time.sleep(0.2)
        return before == (descriptors(self._engine.pid), len(self._engine.files()))
