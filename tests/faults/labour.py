"""The services of the proofs, in processes that may die: `python -m tests.faults.labour PORT SEED FOLDER PROCESSES`.

Several processes share the port; one that dies is replaced at once. What they do and hear is appended to `calls.log` in
the folder, a JSON object a line. How they behave stands in `habits.json` there, which is read with every call:

    die     share of calls that die with whoever has taken them: the connection of half of them is cut in place of an
            answer, the others are accepted and forgotten
    crash   share of calls that kill the process which took them (-9), with all else that it has taken
    mute    share of calls that are accepted and never called back
    twice   share of callbacks that are made once more, with another `mark`
    fast    share of calls that are answered with the result itself
    work    seconds that a call takes at most; each takes another part of it, so that the order changes
    busy    true: `busy` answers 503
    late    share of callbacks that come `later` seconds after that

Operations, each at its path: `step` adds one to `n`; `busy` too, but answers 503 as long as the habit `busy` is true;
`silent` never calls back; `total` sums all numbers; `reverse` turns a file round; `measure` counts its bytes. Every
result that is JSON bears a `mark` that no other has, so that it can be told which one was
taken.
"""

import asyncio
import ctypes
import json
import mmap
import os
import random
import signal
import socket
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

SOUND: dict[str, Any] = {
    "die": 0,
    "crash": 0,
    "mute": 0,
    "twice": 0.2,
    "fast": 0.5,
    "work": 0.05,
    "late": 0,
    "later": 0,
    "busy": False,
}
LOG, HABITS = "calls.log", "habits.json"
FAST = {"Preference-Applied": "wait"}
HEAD = b'--limit\r\nContent-Disposition: form-data; name="result"; filename="turned.bin"\r\n\r\n'
TAIL = b"\r\n--limit--\r\n"
PAUSE = 0.05
_COUNTERS = 65_536
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)

Values = dict[str, Any]
Result = tuple[bytes, str]
"""A body and its media type."""


class Labour:
    """One process of the service. `turns` counts, for all of them, how often each call was made."""

    def __init__(self, seed: str, folder: Path, turns: mmap.mmap) -> None:
        self._seed = seed
        self._habits = folder / HABITS
        self._log = os.open(folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._turns = turns
        self._marks = 0
        self._jobs: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def app(self) -> web.Application:
        """The HTTP side."""
        app = web.Application(client_max_size=100 * 1024**2)
        app.router.add_post("/{operation}", self.operate)
        app.router.add_get("/health/ready", ready)
        app.cleanup_ctx.append(self._open)
        return app

    async def _open(self, app: web.Application) -> AsyncIterator[None]:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        yield
        await self._session.close()

    async def operate(self, request: web.Request) -> web.Response:
        """Take a call."""
        operation, habits = request.match_info["operation"], json.loads(self._habits.read_bytes())
        content, values = await parts_of(request)
        self._note("call", request, op=operation, n=values.get("n"), mark=values.get("mark"))
        if operation == "silent":
            return web.json_response({"status": "accepted"}, status=202)
        if operation == "busy" and habits["busy"]:
            return web.Response(status=503, text="not now")
        chance = self._chance(f"{operation} {json.dumps(_numbers(values))} {zlib.crc32(content)}")
        fate = chance.random()
        if chance.random() < habits["crash"]:
            self._note("crash", request)
            os.kill(os.getpid(), signal.SIGKILL)
        if fate < habits["die"]:
            self._note("died", request)
            if fate < habits["die"] / 2:
                assert request.transport is not None
                request.transport.abort()
        elif fate < habits["die"] + habits["mute"]:
            self._note("mute", request)
        elif chance.random() < habits["fast"]:
            body, kind = self._encoded(request, operation, content, values)
            return web.Response(body=body, headers={**FAST, "Content-Type": kind})
        else:
            self._take(request, operation, content, values, habits, chance)
        return web.json_response({"status": "accepted"}, status=202)

    def _take(
        self, request: web.Request, operation: str, content: bytes, values: Values, habits: Values, chance: Any
    ) -> None:
        """Work on the call later, and bring the result until the engine has it."""
        is_late, is_doubled = chance.random() < habits["late"], chance.random() < habits["twice"]
        seconds = chance.uniform(0, habits["work"]) + habits["later"] * is_late
        for event in ["late"] * is_late + ["twice"] * is_doubled:
            self._note(event, request)
        results = [self._encoded(request, operation, content, values) for _ in range(1 + is_doubled)]
        url = f"{request.query['callback_url']}?task_id={request.query['task_id']}"
        job = asyncio.create_task(self._bring_all(request, url, results, seconds))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    def _chance(self, name: str) -> random.Random:
        """The same for the same call of the same run, another one each time that it is made again."""
        place = zlib.crc32(name.encode()) % _COUNTERS
        self._turns[place] = (self._turns[place] + 1) % 256
        return random.Random(f"{self._seed} {name} {self._turns[place]}")

    async def _bring_all(self, request: web.Request, url: str, results: list[Result], seconds: float) -> None:
        await asyncio.sleep(seconds)
        for body, kind in results:
            while not await self._bring(request, url, body, kind):
                await asyncio.sleep(PAUSE)

    async def _bring(self, request: web.Request, url: str, body: bytes, kind: str) -> bool:
        assert self._session is not None
        try:
            async with self._session.post(url, data=body, headers={"Content-Type": kind}) as answer:
                told = await answer.text()
                if answer.status >= 500:
                    return False
                if answer.status != 200:
                    self._note("refused", request, status=answer.status, text=told)
                return True
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _encoded(self, request: web.Request, operation: str, content: bytes, values: Values) -> Result:
        """The result as a body, and its media type."""
        if operation == "reverse":
            return HEAD + content[::-1] + TAIL, "multipart/form-data; boundary=limit"
        self._marks += 1
        mark = f"{os.getpid()}-{self._marks}"
        self._note("result", request, mark=mark)
        return json.dumps({**work(operation, content, values), "mark": mark}).encode(), "application/json"

    def _note(self, event: str, request: web.Request, **fields: Any) -> None:
        line = {"event": event, "id": request.query.get("task_id"), **fields}
        os.write(self._log, json.dumps(line).encode() + b"\n")


def work(operation: str, content: bytes, values: Values) -> Values:
    """What the operations are for."""
    if operation == "total":
        return {"n": sum(_numbers(values).values())}
    return {"n": values["n"] + 1} if operation in ("step", "busy") else {"size": len(content)}


def _numbers(values: Values) -> dict[str, int]:
    return {name: value for name, value in sorted(values.items()) if isinstance(value, int)}


async def parts_of(request: web.Request) -> tuple[bytes, Values]:
    """The file and the values of a call."""
    if request.content_type != "multipart/form-data":
        return b"", await request.json()
    content, values = b"", {}
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        data = bytes(await part.read())
        if part.name == "data":
            values = json.loads(data)
        else:
            content = data
    return content, values


async def ready(request: web.Request) -> web.Response:
    """It is there."""
    return web.json_response({"status": "ready"})


def fork(listener: socket.socket, labour: Labour) -> int:
    """Start a process that serves on the socket; its id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() == parent:
        web.run_app(labour.app(), sock=listener, print=None, handle_signals=False)
    os._exit(0)


def main(arguments: list[str]) -> None:
    """Keep so many processes alive until a signal ends this one."""
    port, seed, folder, processes = int(arguments[0]), arguments[1], Path(arguments[2]), int(arguments[3])
    listener = socket.create_server(("127.0.0.1", port), backlog=1_000)
    labour = Labour(seed, folder, mmap.mmap(-1, _COUNTERS))
    for _ in range(processes):
        fork(listener, labour)
    while True:
        os.wait()
        fork(listener, labour)


if __name__ == "__main__":
    main(sys.argv[1:])
