"""Clients that submit tasks, each under a key, and repeat it until it is acknowledged; and one that looks all the time
whether anything moves."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence

from tests.e2e.processes import wait_for
from tests.faults.asking import Asker
from tests.faults.background import Background
from tests.faults.routes import Json, Piece

AT_ONCE = 8
AGAIN = 0.1
"""The share of tasks that are submitted once more, under the same key."""

PAUSE = 0.05
PROBE_PAUSE = 0.1
PROBES = 1_000_000
"""The numbers of tasks that only show whether anything moves begin here."""


class Clients:
    """Submit a workload to the engines at this URL, as much of it as is allowed, in a thread of its own.

    `accepted` are the tasks that were acknowledged, by their pieces, `seen` the results that were seen on the way, and
    `wrong` is what no engine may answer.
    """

    def __init__(
        self, url: str, pieces: Sequence[Piece], seed: int, keep_alive: bool = True, probe: str = "probe"
    ) -> None:
        self.accepted: dict[Piece, str] = {}
        self.seen: dict[str, Json] = {}
        self._asker = Asker(url, keep_alive)
        self._left = list(reversed(pieces))
        self._all = len(pieces)
        self._allowed = self._done = 0
        self._chance = random.Random(seed)
        self._background = Background("clients")
        self._probes: list[tuple[float, float]] = []
        self._probing = False
        self._probe_route = probe

    @property
    def answers(self) -> Counter[int]:
        """All answers by status; 0: there was none."""
        return self._asker.answers

    @property
    def refused(self) -> Counter[tuple[str, int]]:
        """Submissions that were not taken, by route and status."""
        return self._asker.refused

    @property
    def wrong(self) -> list[str]:
        """What no engine may answer."""
        return self._asker.wrong

    @property
    def submitted(self) -> int:
        """How many tasks of the workload are acknowledged."""
        return self._done

    def start(self, probing: bool = True) -> None:
        """Begin. With `probing`, one more client runs tasks of the route `probe` all the time, one after the other."""
        self._probing = probing
        for _ in range(AT_ONCE):
            self._background.spawn(self._submit_all())
        if probing:
            self._background.spawn(self._probe())

    def allow(self, share: float = 1.0) -> None:
        """Let this share of all tasks be submitted."""
        self._allowed = round(self._all * share)

    def join(self, seconds: float = 300.0) -> None:
        """Wait until all are acknowledged, the last small task too."""
        self.allow()
        wait_for(lambda: self._done >= self._all, "all submissions are acknowledged", seconds)
        self._probing = False
        wait_for(lambda: self._background.idle, "the last submissions are acknowledged", 60)

    def close(self) -> None:
        """End. May be called again."""
        if not self._background.closed:
            self._background.run(self._asker.close())
            self._background.close()

    def recovery(self, moment: float) -> float | None:
        """Seconds from a moment (of time.monotonic) until a task that was submitted after it had finished."""
        return next((done - moment for begun, done in self._probes if begun >= moment), None)

    def wait_recovery(self, moment: float, seconds: float = 60.0) -> float:
        """The same, waited for."""
        return wait_for(lambda: self.recovery(moment), "a new task finishes", seconds)

    async def _submit_all(self) -> None:
        while self._left:
            if self._all - len(self._left) >= self._allowed:
                await asyncio.sleep(PAUSE)
                await self._look()
                continue
            piece = self._left.pop()
            self.accepted[piece] = job = await self._submit(piece)
            if self._chance.random() < AGAIN and await self._submit(piece) != job:
                self.wrong.append(f"the key of {piece} has made two tasks")
            self._done += 1

    async def _submit(self, piece: Piece, **headers: str) -> str:
        while True:
            begun = time.monotonic()
            status, told = await self._asker.submit(piece, **headers)
            if status == 200:
                if told.get("status") == "finished" and piece.number > PROBES:
                    self._probes.append((begun, time.monotonic()))
                return str(told["jobId"])
            await asyncio.sleep(PAUSE)

    async def _probe(self) -> None:
        number = PROBES
        while self._probing:
            number += 1
            piece = Piece(number, self._probe_route)
            self.accepted[piece] = await self._submit(piece, Prefer="wait=20")
            await asyncio.sleep(PROBE_PAUSE)

    async def _look(self) -> None:
        """Look at one of the tasks: what has a result keeps it."""
        jobs = list(self.accepted.values())
        if not jobs:
            return
        job = self._chance.choice(jobs)
        status, told = await self._asker.get(f"/tasks/{job}")
        if status == 200 and self.seen.setdefault(job, told) != told:
            self.wrong.append(f"task {job} has changed its result")
        elif status == 404:
            self.wrong.append(f"task {job} is not there")
