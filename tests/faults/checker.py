"""What has become of accepted tasks: which are lost, stuck, doubled or wrong."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.faults.asking import Asker
from tests.faults.background import Background
from tests.faults.labour import LOG
from tests.faults.proof import Findings
from tests.faults.routes import LOOP, Json, Piece

PATIENCE = 60.0
"""Seconds without the end of any task after which those that run are stuck."""

COUNTED = 30.0
"""Seconds within which the numbers of tasks are right again after engines have died."""

AT_ONCE = 8
TASK_ID_LENGTH = 40
State = tuple[str, str]


class Checker:
    """Asks the engines at a URL about the tasks that they accepted. `seen` are results that clients have had.

    `folder` is where the services of the proof keep their log, `may_fail` are routes whose tasks may end in an error.
    `counted` tells that the store has no other tasks than these, `repeated` how many lines event streams gave twice.
    """

    def __init__(self, url: str, accepted: Mapping[Piece, str], findings: Findings, folder: Path) -> None:
        self._accepted = dict(accepted)
        self._findings = findings
        self._asker = Asker(url)
        self._folder = folder
        self._log = Log(folder / LOG)
        self.seen: Mapping[str, Json] = {}
        self.may_fail: Collection[str] = ()
        self.counted = True
        self.repeated = 0

    def check(self, seconds: float = 600.0) -> None:
        """Wait for the ends, then look at everything."""
        background = Background("checker")
        try:
            background.run(self._wait(time.monotonic() + seconds), seconds + PATIENCE)
            self._log = Log(self._folder / LOG)
            background.run(self._check_all(), 1_200)
            background.run(self._asker.close())
        finally:
            background.close()
        self._findings.tasks += len(self._accepted)
        self._findings.wrong += self._asker.wrong
        self._findings.wrong += [f"a callback was refused: {line}" for line in self._log.refused]

    async def _wait(self, deadline: float) -> None:
        """Until no task runs, or none has ended for long."""
        fewest, since = -1, time.monotonic()
        while time.monotonic() < deadline:
            status, stats = await self._asker.get("/stats")
            running = stats["jobs"]["running"] if status == 200 else -1
            if running == 0:
                return
            if running > 0 and (fewest < 0 or running < fewest):
                fewest, since = running, time.monotonic()
            if time.monotonic() - since > PATIENCE:
                return
            await asyncio.sleep(0.1)

    async def _check_all(self) -> None:
        left = iter(list(self._accepted.items()))
        await asyncio.gather(*(self._check_some(left) for _ in range(AT_ONCE)))
        if self.counted:
            await self._count()
        jobs = Counter(self._accepted.values())
        self._findings.doubled += [f"task {job} is that of {n} keys" for job, n in jobs.items() if n > 1]

    async def _count(self) -> None:
        """Exactly the accepted tasks are there; and after a moment the numbers tell so too."""
        known = set(self._accepted.values())
        listed = {job async for job in self._listed()}
        self._findings.lost += [f"task {job} is in no list" for job in known - listed]
        self._findings.doubled += [f"task {job} was made, and no client knows it" for job in listed - known]
        deadline = time.monotonic() + COUNTED
        total = -1
        while total != len(known) and time.monotonic() < deadline:
            total = (await self._sure("/stats"))[1]["jobs"]["total"]
            await asyncio.sleep(0.1)
        self._findings.expect(total == len(known), f"/stats counts {total} tasks, there are {len(known)}")

    async def _listed(self) -> AsyncIterator[str]:
        """The ids of all tasks."""
        cursor = ""
        while True:
            _, page = await self._sure(f"/tasks?limit=500{cursor}")
            for task in page["tasks"]:
                yield task["jobId"]
            if page["next"] is None:
                return
            cursor = f"&cursor={page['next']}"

    async def _sure(self, path: str) -> tuple[int, Any]:
        """Ask until there is an answer: its status, and its body as JSON where it is that."""
        while True:
            status, text = await self._asker.ask("GET", path)
            if status not in (0, 503):
                return status, json.loads(text) if text.startswith(b"{") and "/files/" not in path else text
            await asyncio.sleep(0.1)

    async def _check_some(self, left: Iterator[tuple[Piece, str]]) -> None:
        for piece, job in left:
            await self._check(piece, job)

    async def _check(self, piece: Piece, job: str) -> None:
        status, told = await self._sure(f"/tasks/{job}")
        if status == 404:
            self._findings.lost.append(f"{piece}: task {job} is not there")
        elif status == 400:
            _, told = await self._sure(f"/tasks/{job}/status")
            if told["status"] == "error" and piece.route in self.may_fail and told["message"]:
                return
            place = self._findings.stuck if told["status"] == "running" else self._findings.wrong
            place.append(f"{piece}: task {job}: {json.dumps(told)[:1_000]}")
        elif status != 200:
            self._findings.wrong.append(f"{piece}: task {job}: {status} {told}")
        else:
            await self._check_result(piece, job, told)
            _, events = await self._sure(f"/tasks/{job}/events")
            self._check_history(piece, job, events.decode())
            if piece.route == "chain":
                _, raw = await self._sure(f"/tasks/{job}/raw")
                self._check_marks(piece, job, raw)

    async def _check_result(self, piece: Piece, job: str, told: Json) -> None:
        if self.seen.get(job, told) != told:
            self._findings.doubled.append(f"{piece}: task {job} has changed its result: {self.seen[job]}, {told}")
        values = {name: value for name, value in told.items() if name not in ("mark", "file")}
        if values != piece.right:
            self._findings.wrong.append(f"{piece}: task {job} gives {values}")
        if piece.route == "files":
            _, content = await self._sure(told["file"])
            if content != piece.content:
                self._findings.wrong.append(f"{piece}: the file of task {job} is another one")

    def _check_history(self, piece: Piece, job: str, events: str) -> None:
        lines = list(parse(events))
        ids = [line["id"] for line in lines]
        if ids != sorted(set(ids)):
            self._findings.doubled.append(f"{piece}: the events of task {job} are out of order or doubled")
        counts: Counter[str] = Counter()
        running: set[str] = set()
        told: set[str] = set()
        for line in lines:
            text = json.dumps({**line, "id": None})
            if text in told:
                self.repeated += 1
                continue
            told.add(text)
            name = line["node"] or ""
            name += f"[{line['item']}]" if line["event"] == "item" else ""
            if line["state"] == "running":
                running.add(name)
            elif line["state"] == "finished":
                counts[name] += 1
                if name not in running:
                    self._findings.doubled.append(f"{piece}: {name} of task {job} has finished twice")
                running.discard(name)
            elif line["state"] != "pending":
                self._findings.wrong.append(f"{piece}: {line}")
        right = piece.ends + Counter(f"each[{index}]" for index in range(LOOP if piece.route == "loop" else 0))
        if counts - right:
            self._findings.doubled.append(f"{piece}: task {job}: too many ends: {dict(counts - right)}")
        if right - counts:
            self._findings.wrong.append(f"{piece}: task {job}: missing ends: {dict(right - counts)}")

    def _check_marks(self, piece: Piece, job: str, raw: Json) -> None:
        """What each step was called with is what is recorded of the step before."""
        outs = {name: raw["nodes"][name]["out"]["mark"] for name in "abc"}
        heard = self._log.marks[job]
        for name, n in (("a", piece.number + 1), ("b", piece.number + 2)):
            if heard[n] != {outs[name]}:
                text = f"{piece}: {name} of task {job} is recorded with {outs[name]}, what went on was {heard[n]}"
                self._findings.doubled.append(text)
        ends = Counter(line["node"] or "" for line in raw["history"] if line["state"] == "finished")
        if ends != piece.ends:
            self._findings.doubled.append(f"{piece}: the history of task {job} has these ends: {dict(ends)}")
        if outs["c"] != raw["nodes"]["end"]["out"]["mark"]:
            self._findings.doubled.append(f"{piece}: the result of task {job} is not that of its last step")


class Log:
    """What the services of a proof have heard: how often each call came, which marks came with each `n` of a task; and
    how often they did what no good service does (`fates`)."""

    def __init__(self, path: Path) -> None:
        self.calls: Counter[str] = Counter()
        self.marks: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.all_ids: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.ids: dict[str, dict[str, str]] = defaultdict(dict)
        self.refused: list[Json] = []
        self.fates: Counter[str] = Counter()
        whole = path.read_text().rpartition("\n")[0] if path.exists() else ""  # the last line may be half written
        for text in whole.splitlines():
            line = json.loads(text)
            if line["event"] == "call":
                self.calls[line["id"]] += 1
                self.all_ids[line["id"][:TASK_ID_LENGTH], line["op"]].append(line["id"])
                self.ids[line["id"][:TASK_ID_LENGTH]][line["op"]] = line["id"]
                if line["mark"] is not None:
                    self.marks[line["id"][:TASK_ID_LENGTH]][line["n"]].add(line["mark"])
            elif line["event"] == "refused":
                self.refused.append(line)
            elif line["event"] != "result":
                self.fates[line["event"]] += 1


def parse(events: str) -> Iterator[Json]:
    """The events of a stream: their data, `event`, and `id` as a pair of numbers."""
    for block in events.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.split("\n") if not line.startswith(":"))
        if "data" in fields:
            change, _, number = fields["id"].partition("-")
            yield {**json.loads(fields["data"]), "event": fields["event"], "id": (int(change), int(number))}
