"""A service that takes its time and counts: `python slow_service.py PORT`. No SDK, no engine.

`POST /work` answers after `seconds` with what it was given, `POST /later` acknowledges at once and calls back after
`seconds`; while `status` is not 200, both answer with that at once. `PUT /control` sets `seconds` and `status`,
`GET /control` tells how many calls came (`calls`, and the times of each in `times`), how many are worked on and the
most that ever were (`now`, `peak`), and what the callbacks were answered (`answers`).
"""

import asyncio
import sys
import time
from collections import Counter
from typing import Any

import aiohttp
from aiohttp import web

TOLD: dict[str, Any] = {"calls": 0, "now": 0, "peak": 0, "answers": Counter(), "times": []}
SET: dict[str, Any] = {"seconds": 0.0, "status": 200}
JOBS: set[asyncio.Task[None]] = set()
FAST = {"Preference-Applied": "wait"}


async def work(request: web.Request) -> web.Response:
    """The result itself."""
    value = await begin(request)
    if SET["status"] == 200:
        await asyncio.sleep(SET["seconds"])
    TOLD["now"] -= 1
    return web.json_response(value, headers=FAST) if SET["status"] == 200 else refusal()


async def later(request: web.Request) -> web.Response:
    """The result by callback."""
    value = await begin(request)
    if SET["status"] != 200:
        TOLD["now"] -= 1
        return refusal()
    job = asyncio.create_task(call_back(request, value))
    JOBS.add(job)
    job.add_done_callback(JOBS.discard)
    return web.json_response({"status": "accepted"}, status=202)


async def begin(request: web.Request) -> Any:
    """Take a call."""
    TOLD["calls"] += 1
    TOLD["now"] += 1
    TOLD["peak"] = max(TOLD["peak"], TOLD["now"])
    TOLD["times"].append(time.time())
    return await request.json()


def refusal() -> web.Response:
    """What it answers while it is told to fail."""
    return web.Response(text="out of order", status=SET["status"])


async def call_back(request: web.Request, value: Any) -> None:
    """Bring the result until the engine has it."""
    await asyncio.sleep(SET["seconds"])
    url = f"{request.query['callback_url']}?task_id={request.query['task_id']}"
    status = 0
    while status != 200:
        try:
            async with request.app["session"].post(url, json=value) as answer:
                status = answer.status
                TOLD["answers"][str(status)] += 1
        except aiohttp.ClientError as error:
            TOLD["answers"][type(error).__name__] += 1
        if status != 200:
            await asyncio.sleep(0.1)
    TOLD["now"] -= 1


async def control(request: web.Request) -> web.Response:
    """Set how it works, or tell what it did."""
    if request.method == "PUT":
        SET.update(await request.json())
        TOLD.update(calls=0, peak=TOLD["now"], times=[])
    return web.json_response(TOLD)


async def ready(request: web.Request) -> web.Response:
    """It is there."""
    return web.json_response({"status": "ready"})


async def session(app: web.Application) -> Any:
    """One HTTP session for the life of the process."""
    connector = aiohttp.TCPConnector(limit=200)
    app["session"] = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30))
    yield
    await app["session"].close()


def main() -> None:
    """Serve until a signal ends it."""
    app = web.Application(client_max_size=100 * 1024**2)
    app.router.add_post("/work", work)
    app.router.add_post("/other", work)
    app.router.add_post("/later", later)
    app.router.add_route("*", "/control", control)
    app.router.add_get("/health/ready", ready)
    app.cleanup_ctx.append(session)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, backlog=1024)


if __name__ == "__main__":
    main()
