"""Streams what it gets back as it comes, never holding it: `python echo_service.py PORT`.

`/echo` reads the part `file` and sends it on, while it still comes, as the callback's part `result`; it acknowledges
when that is done. `GET /peak` tells the most memory that it has had.
"""

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web

BOUNDARY = "the-end-of-the-echo"
CHUNK = 256 * 1024


async def echo(request: web.Request) -> web.Response:
    """Call back with the same bytes."""
    url = f"{request.query['callback_url']}?task_id={request.query['task_id']}"
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with request.app["session"].post(url, data=result(request), headers=headers) as answer:
        return web.json_response({"engine": answer.status}, status=202 if answer.status == 200 else 500)


async def result(request: web.Request) -> AsyncIterator[bytes]:
    """The callback's body."""
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        if part.name != "file":
            await part.release()
            continue
        head = 'Content-Disposition: form-data; name="result"; filename="echo.bin"\r\nContent-Type: application/x-large'
        yield f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode()
        while chunk := await part.read_chunk(CHUNK):
            yield bytes(chunk)
        yield f"\r\n--{BOUNDARY}--\r\n".encode()


async def peak(request: web.Request) -> web.Response:
    """The most memory of this process, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return web.json_response({"bytes": int(found[1]) * 1024 if found else None})


async def ready(request: web.Request) -> web.Response:
    """It is there."""
    return web.json_response({"status": "ready"})


async def session(app: web.Application) -> AsyncIterator[None]:
    """One HTTP session for the life of the process."""
    app["session"] = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
    yield
    await app["session"].close()


def main() -> None:
    """Serve until a signal ends it."""
    app = web.Application(client_max_size=2**40)
    app.router.add_post("/echo", echo)
    app.router.add_get("/peak", peak)
    app.router.add_get("/health/ready", ready)
    app.cleanup_ctx.append(session)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)


if __name__ == "__main__":
    main()
