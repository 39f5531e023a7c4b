"""A small service that works right, whatever happens to the engine: `python worker_service.py PORT SEED`.

`/double`, `/sum` and `/reverse` call back after a moment, some of them twice, and repeat a callback until it gets a
200; `/increment` and `/measure` answer with the result itself. `GET /counts` tells how often each call came, by its id.
"""

import asyncio
import random
import sys
from collections import Counter
from typing import Any

import aiohttp
from aiohttp import web

CHANCE = random.Random(int(sys.argv[2]))
LONGEST_WORK = 0.25
PAUSE = 0.05
TWICE = 0.3
CALLS: Counter[str] = Counter()
REFUSED: Counter[str] = Counter()
JOBS: set[asyncio.Task[None]] = set()
FAST = {"Preference-Applied": "wait"}


async def double(request: web.Request) -> web.Response:
    """`{"n": 2 * n}` by callback."""
    value = await request.json()
    return later(request, {"n": 2 * value["n"]})


async def sum_up(request: web.Request) -> web.Response:
    """`{"n": a + b}` by callback."""
    value = await request.json()
    return later(request, {"n": value["a"] + value["b"]})


async def increment(request: web.Request) -> web.Response:
    """`{"n": n + 1}` at once."""
    CALLS[request.query["task_id"]] += 1
    value = await request.json()
    return web.json_response({"n": value["n"] + 1}, headers=FAST)


async def reverse(request: web.Request) -> web.Response:
    """The bytes of the part `file` turned round, by callback."""
    return later(request, (await file_of(request))[::-1])


async def measure(request: web.Request) -> web.Response:
    """`{"size": bytes}` of the part `file` at once."""
    CALLS[request.query["task_id"]] += 1
    return web.json_response({"size": len(await file_of(request))}, headers=FAST)


async def file_of(request: web.Request) -> bytes:
    """The bytes of the part `file`."""
    found = b""
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        data = bytes(await part.read())
        found = data if part.name == "file" else found
    return found


def later(request: web.Request, result: Any) -> web.Response:
    """Acknowledge, and call back after a moment."""
    CALLS[request.query["task_id"]] += 1
    url = f"{request.query['callback_url']}?task_id={request.query['task_id']}"
    job = asyncio.create_task(call_back(request.app["session"], url, result))
    JOBS.add(job)
    job.add_done_callback(JOBS.discard)
    return web.json_response({"status": "accepted"}, status=202)


async def call_back(session: aiohttp.ClientSession, url: str, result: Any) -> None:
    """Bring the result until the engine has it."""
    await asyncio.sleep(CHANCE.uniform(0, LONGEST_WORK))
    times = 2 if CHANCE.random() < TWICE else 1
    while times:
        form = aiohttp.FormData()
        if isinstance(result, bytes):
            form.add_field("result", result, filename="turned.bin", content_type="application/octet-stream")
        body: dict[str, Any] = {"data": form} if isinstance(result, bytes) else {"json": result}
        try:
            async with session.post(url, **body) as answer:
                times -= answer.status == 200
                if answer.status not in (200, 503):
                    REFUSED[f"{answer.status} {await answer.text()}"] += 1
        except aiohttp.ClientError:
            pass
        if times:
            await asyncio.sleep(PAUSE)


async def counts(request: web.Request) -> web.Response:
    """What came, and what the engine said other than 200."""
    return web.json_response({"calls": CALLS, "refused": REFUSED, "open": len(JOBS)})


async def ready(request: web.Request) -> web.Response:
    """It is there."""
    return web.json_response({"status": "ready"})


async def session(app: web.Application) -> Any:
    """One HTTP session for the life of the process."""
    app["session"] = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
    yield
    await app["session"].close()


def main() -> None:
    """Serve until a signal ends it."""
    app = web.Application(client_max_size=100 * 1024**2)
    for path, handler in (("double", double), ("sum", sum_up), ("increment", increment)):
        app.router.add_post(f"/{path}", handler)
    for path, handler in (("reverse", reverse), ("measure", measure)):
        app.router.add_post(f"/{path}", handler)
    app.router.add_get("/counts", counts)
    app.router.add_get("/health/ready", ready)
    app.cleanup_ctx.append(session)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)


if __name__ == "__main__":
    main()
