"""A service that does as it is told, wrong things too: `python scripted_service.py PORT`. No SDK, no engine.

`PUT /control/{plan}` takes a list of steps; each call of `POST /do/{plan}` follows the next one, the last for ever.
`GET /control/{plan}` tells what came. A step is an object with any of:

    capacity   how many calls are worked on at once; a further one gets 429, and the step is kept for another
    room_after seconds in the `Retry-After` of that answer, 0 where it is missing
    sleep      seconds before anything else
    before     callbacks that are made before the answer
    close      true: cut the connection in place of an answer
    raw        text that is written to the connection as it is, which is then cut
    status, headers, body    the answer, if there is no `result`
    result     a fast answer: the result itself, with `Preference-Applied: wait`
    callbacks  callbacks that are made after the answer, each repeated until it gets a 200 or a 4xx

A callback is an object with any of `sleep`, `result`, `times` (1), `of` (how many calls back the one lies whose id is
used, 0) and `cut` (bytes that are left out at the end, after which the connection is cut).

A result is `{"json": value}`, `{"body": text, "type": media type}`, `{"echo": true}` (all that came, back again) or
`{"parts": [{"name", "filename", "type", "text"}]}`. Without a plan: an echo by callback.
"""

import asyncio
import hashlib
import json
import sys
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

BOUNDARY = "a-boundary-of-the-scripted-service"
ECHO: dict[str, Any] = {"callbacks": [{"result": {"echo": True}}]}
_SMALL = 10_000


class Plan:
    """The steps of one plan, and what was heard."""

    def __init__(self, steps: list[dict[str, Any]]) -> None:
        self.steps = steps
        self.calls: list[dict[str, Any]] = []
        self.bodies: list[list[dict[str, Any]]] = []
        self.callbacks: list[dict[str, Any]] = []
        self.working = 0
        self.refused = 0

    def next_step(self) -> dict[str, Any]:
        """The step of the next call that is taken."""
        return self.steps[min(len(self.calls), len(self.steps) - 1)]


PLANS: dict[str, Plan] = {}
JOBS: set[asyncio.Task[None]] = set()


async def control(request: web.Request) -> web.Response:
    """Set a plan, or tell what came."""
    name = request.match_info["plan"]
    if request.method == "PUT":
        PLANS[name] = Plan(await request.json())
    plan = PLANS.setdefault(name, Plan([ECHO]))
    return web.json_response({"calls": plan.calls, "callbacks": plan.callbacks, "refused": plan.refused})


async def do(request: web.Request) -> web.StreamResponse:
    """The operation."""
    plan = PLANS.setdefault(request.match_info["plan"], Plan([ECHO]))
    try:
        call, parts = await _read(request)
    except (ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
        plan.calls.append({"cut": str(error)})
        plan.bodies.append([])
        raise
    step, number = plan.next_step(), len(plan.calls)
    if plan.working >= step.get("capacity", plan.working + 1):
        plan.refused += 1
        return web.Response(
            status=429, headers={"Retry-After": str(step.get("room_after", 0))}, text="the queue is full"
        )
    plan.calls.append(call)
    plan.bodies.append(parts)
    plan.working += 1
    await asyncio.sleep(step.get("sleep", 0))
    for callback in step.get("before", []):
        await _call_back(plan, number, callback)
    if step.get("callbacks"):
        job = asyncio.create_task(_call_back_all(plan, number, step["callbacks"]))
        JOBS.add(job)
        job.add_done_callback(JOBS.discard)
    return _answer(request, step, parts)


def _answer(request: web.Request, step: dict[str, Any], parts: list[dict[str, Any]]) -> web.StreamResponse:
    if "raw" in step or "close" in step:
        assert request.transport is not None
        request.transport.write(step.get("raw", "").encode())
        request.transport.close()
        return web.Response()
    if "result" in step:
        body, kind = _encode(step["result"], parts)
        headers = {"Content-Type": kind, "Preference-Applied": "wait", **step.get("headers", {})}
        return web.Response(body=body, headers=headers, status=step.get("status", 200))
    text = step.get("body", '{"status": "accepted"}')
    return web.Response(text=text, status=step.get("status", 202), headers=step.get("headers", {}))


async def _read(request: web.Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What came, as it is recorded, and its parts with their bytes; a JSON body is one part without a name."""
    call: dict[str, Any] = {
        "id": request.query.get("task_id"),
        "query": dict(request.query),
        "headers": {name.lower(): value for name, value in request.headers.items()},
    }
    if request.content_type != "multipart/form-data":
        raw = await request.read()
        call["json"] = json.loads(raw)
        return call, [{"name": "", "type": "application/json", "bytes": raw}]
    parts: list[dict[str, Any]] = []
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        raw = bytes(await part.read())
        kind = part.headers.get("Content-Type")
        parts.append({"name": part.name, "filename": part.filename, "type": kind, "bytes": raw})
    call["parts"] = [_recorded(part) for part in parts]
    return call, parts


def _recorded(part: dict[str, Any]) -> dict[str, Any]:
    raw = part["bytes"]
    told = {"name": part["name"], "filename": part["filename"], "type": part["type"], "size": len(raw)}
    text = raw.decode("latin-1") if len(raw) <= _SMALL else None
    return {**told, "sha256": hashlib.sha256(raw).hexdigest(), "text": text}


async def _call_back_all(plan: Plan, number: int, callbacks: list[dict[str, Any]]) -> None:
    for callback in callbacks:
        for _ in range(callback.get("times", 1)):
            await _call_back(plan, number, callback)
    plan.working -= 1


async def _call_back(plan: Plan, number: int, callback: dict[str, Any]) -> None:
    await asyncio.sleep(callback.get("sleep", 0))
    call = plan.calls[number - callback.get("of", 0)]
    body, kind = _encode(callback["result"], plan.bodies[number])
    url = f"{call['query']['callback_url']}?task_id={call['id']}"
    if "cut" in callback:
        await _send_cut(url, body, kind, callback["cut"])
        return
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.post(url, data=body, headers={"Content-Type": kind}) as answer:
                    told = {"id": call["id"], "status": answer.status, "body": await answer.text()}
                    plan.callbacks.append(told)
                    if answer.status < 500:
                        return
            except aiohttp.ClientError as error:
                plan.callbacks.append({"id": call["id"], "status": None, "body": str(error)})
            await asyncio.sleep(0.05)


async def _send_cut(url: str, body: bytes, kind: str, cut: int) -> None:
    """A callback whose connection ends in the middle of the body."""
    target = URL(url)
    _, writer = await asyncio.open_connection(target.host, target.port)
    head = f"POST {target.raw_path_qs} HTTP/1.1\r\nHost: engine\r\nContent-Type: {kind}\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) - cut])
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def _encode(result: dict[str, Any], parts: list[dict[str, Any]]) -> tuple[bytes, str]:
    if "json" in result:
        return json.dumps(result["json"]).encode(), "application/json"
    if "body" in result:
        return result["body"].encode(), result["type"]
    if "echo" in result and parts[0]["name"] == "":
        return parts[0]["bytes"], "application/json"
    given = parts if "echo" in result else [{**part, "bytes": part["text"].encode()} for part in result["parts"]]
    body = b""
    for part in given:
        filename = f'; filename="{part["filename"]}"' if part.get("filename") else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part["name"]}"{filename}\r\n'
        body += f"{head}Content-Type: {part['type']}\r\n\r\n".encode() + part["bytes"] + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


async def ready(request: web.Request) -> web.Response:
    """It is there."""
    return web.json_response({"status": "ready"})


def main() -> None:
    """Serve until a signal ends it."""
    app = web.Application(client_max_size=100 * 1024**2)
    app.router.add_route("*", "/control/{plan}", control)
    app.router.add_post("/do/{plan}", do)
    app.router.add_get("/health/ready", ready)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)


if __name__ == "__main__":
    main()
