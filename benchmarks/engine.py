"""The engine as a process of its own, and a client that sends it the same tasks as the floor makes by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import orjson

from aiservice.protocol import FilePart, content_type, encode, new_boundary, wait_applied
from aiservice.testing import free_port
from benchmarks.asgi import JSON
from benchmarks.floor import STEPS
from benchmarks.payload import Comparison, Payload
from benchmarks.processes import Failed, Process

_START_SECONDS = 120.0
_POLL_SECONDS = 0.005
_WAIT = {"prefer": "wait=120"}

PROGRAM = ("-m", "engine")
NOTHING: Mapping[str, str] = MappingProxyType({})


class Engine:
    """A running engine with its data in `folder`; use `start`. It ends with `process.stop()`."""

    def __init__(self, process: Process, url: str, session: aiohttp.ClientSession, settings: Mapping[str, str]) -> None:
        self.process = process
        self.url = url
        self.settings = settings
        self._session = session

    @classmethod
    def start(
        cls,
        session: aiohttp.ClientSession,
        folder: Path,
        sync: str,
        program: tuple[str, ...] = PROGRAM,
        settings: Mapping[str, str] = NOTHING,
    ) -> Engine:
        """Start it on the data in `folder`, new or from before; does not wait. `sync` is `full` or `normal`.

        `settings` are variables of its environment that take the place of the usual ones.
        """
        folder.mkdir(parents=True, exist_ok=True)
        port = int(settings.get("APP_PORT", "0")) or free_port()
        url = f"http://127.0.0.1:{port}"
        usual = {
            "APP_HOST": "127.0.0.1",
            "APP_PORT": str(port),
            "APP_ENGINE": url,
            "APP_EXTERNAL_URL": url,
            "REG_LOCAL_DATA": str(folder / "data"),
            "REG_SQLITE_SYNC": sync,
        }
        variables = {**usual, **settings}
        return cls(Process(f"engine-{sync}", list(program), folder, variables), url, session, variables)

    async def ready(self) -> None:
        """Wait until it takes tasks. Raises Failed where it ends or is not ready in time."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                async with self._session.get(f"{self.url}/health/ready") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                if not self.process.running:
                    raise self.process.failure("ended") from None
            await asyncio.sleep(_POLL_SECONDS)
        raise self.process.failure("was not ready in time")

    async def define(self, service: str) -> None:
        """Store the pipelines of the benchmarks: three calls on numbers or binaries, a loop; each fast or not."""
        for fast in (True, False):
            for definition in (pipeline(service, fast, False), pipeline(service, fast, True), loop(service, fast)):
                await self.open(definition)

    async def json(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a request, of JSON in both directions. Raises Failed where it is no 200."""
        data = None if body is None else orjson.dumps(body)
        headers = {} if body is None else {"content-type": JSON}
        async with self._session.request(method, self.url + path, data=data, headers=headers) as response:
            answer = await response.read()
            if response.status != 200:
                raise Failed(f"{method} {path} was answered {response.status}: {answer[:300].decode()}")
        return orjson.loads(answer)

    async def open(self, definition: dict[str, Any]) -> None:
        """Store a pipeline."""
        async with self._session.post(
            f"{self.url}/services", data=orjson.dumps(definition), headers={"content-type": JSON}
        ) as response:
            if response.status != 200:
                raise Failed(f"the engine did not take a pipeline: {await response.text()}")

    async def value(self, fast: bool, value: int, steps: int = STEPS) -> None:
        """One task on a number. Raises Failed where the result is wrong."""
        result = await self._submit(route(fast, False, steps), orjson.dumps({"value": value}), {"content-type": JSON})
        if result != {"value": value + steps}:
            raise Failed(f"the engine got {result} for {value}")

    async def code(self, route: str, value: int) -> None:
        """One task with code on the way. Raises Failed where the result is wrong."""
        result = await self._submit(route, orjson.dumps({"value": value}), {"content-type": JSON})
        if result != {"value": value + 1, "doubled": 2 * value + 2}:
            raise Failed(f"the engine got {result} for {value}")

    async def hog(self, route: str) -> None:
        """One task whose code never ends. Raises Failed where the engine does not end it."""
        try:
            await self._submit(route, b"{}", {"content-type": JSON})
        except Failed as error:
            if "a task failed" in str(error):
                return
            raise
        raise Failed("code that never ends has ended")

    async def items(self, fast: bool, values: list[int]) -> None:
        """One task that loops over these numbers. Raises Failed where the result is wrong."""
        result = await self._submit(loop_route(fast), orjson.dumps({"values": values}), {"content-type": JSON})
        if result != {f"value{index}": value + 1 for index, value in enumerate(values)}:
            raise Failed(f"the engine got something else for {len(values)} items")

    async def binary(self, fast: bool, payload: Payload) -> None:
        """One task on a binary, sent and fetched in chunks. Raises Failed where the result is wrong."""
        boundary = new_boundary()
        image = FilePart("image", "image.bin", "application/octet-stream", payload.size, payload.chunks)
        size, body = encode([image], boundary)
        headers = {"content-type": content_type(boundary), "content-length": str(size)}
        result = await self._submit(route(fast, True), body(), headers)
        comparison = Comparison(payload)
        async with self._session.get(result["result"]) as response:
            async for chunk in response.content.iter_any():
                comparison.take(chunk)
        if response.status != 200 or not comparison.complete:
            raise Failed(f"the engine gave other bytes than it was sent, with the status {response.status}")

    async def _submit(self, name: str, data: Any, headers: dict[str, str]) -> dict[str, Any]:
        async with self._session.post(
            f"{self.url}/services/{name}", data=data, headers={**headers, **_WAIT}
        ) as response:
            answer = orjson.loads(await response.read())
            if response.status != 200 or not wait_applied(response.headers.get("preference-applied")):
                raise Failed(f"the engine answered {response.status} and no result: {answer}")
        if answer["status"] != "finished":
            raise Failed(f"a task failed: {answer}")
        return dict(answer["result"])


def route(fast: bool, binary: bool, steps: int = STEPS) -> str:
    """Where a pipeline of the benchmarks is reached."""
    length = "" if steps == STEPS else f"-{steps}"
    return f"bench-{'binary' if binary else 'value'}-{'fast' if fast else 'callback'}{length}"


def pipeline(service: str, fast: bool, binary: bool, length: int = STEPS) -> dict[str, Any]:
    """So many service nodes in a row."""
    steps = [f"step{number}" for number in range(1, length + 1)]
    body: Any = "image" if binary else {"value": 0}
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "entry", "api": {"route": route(fast, binary, length), "body": body}, "next": steps[:1]}
    ]
    for previous, step, following in zip(["start", *steps], steps, [*steps[1:], "finish"], strict=False):
        node: dict[str, Any] = {"id": step, "type": "service", "url": f"{service}/{'fast' if fast else 'callback'}"}
        if binary:
            node["input"] = {"image": f"{previous}.out.{'image' if previous == 'start' else 'result'}"}
        nodes.append({**node, "next": [following]})
    return {"type": "pipeline", "nodes": [*nodes, {"id": "finish", "type": "end"}]}


def loop_route(fast: bool) -> str:
    """Where the loop of the benchmarks is reached."""
    return f"bench-loop-{'fast' if fast else 'callback'}"


def loop(service: str, fast: bool) -> dict[str, Any]:
    """A loop with one service node in its body."""
    step = {"id": "step", "type": "service", "url": f"{service}/{'fast' if fast else 'callback'}"}
    body = {**step, "input": {"value": "node._loop"}, "next": ["loopEnd"]}
    items: dict[str, Any] = {"id": "each", "type": "loop", "items": "start.out.values", "nodes": [body]}
    api = {"route": loop_route(fast), "body": {"values": []}}
    nodes = [
        {"id": "start", "type": "entry", "api": api, "next": ["each"]},
        {**items, "collect": {"value": "step.out.value"}, "next": ["finish"]},
        {"id": "finish", "type": "end"},
    ]
    return {"type": "pipeline", "nodes": nodes}
