"""A service that does nothing, as fast as Python can: `python -m benchmarks.noop_service`.

It prints its URL once it listens, and takes the calls that an engine makes:

- `POST /fast` answers with the result itself where `Prefer: wait` asks for it;
- `POST /callback` acknowledges at once, whatever is preferred, and posts the result to `callback_url`;
- `POST /hold` acknowledges at once too, and posts the result when `POST /release` comes, which lets all go;
- `GET /count` tells `{"calls", "callbacks", "refused"}`: calls taken, callbacks that got their 200, and answers to
  callbacks that were something else (each is tried again).

The result of `{"value": n}` is `{"value": n + 1}`, that of a binary `image` is a binary `result` of the same bytes.
"""

import asyncio
import signal
import tempfile
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import orjson
import uvloop

from aiservice.protocol import (
    CALLBACK_URL,
    PREFERENCE_APPLIED,
    TASK_ID,
    Failure,
    FilePart,
    Malformed,
    content_type,
    encode,
    new_boundary,
    prefer_wait,
)
from benchmarks.asgi import (
    JSON,
    KEEP_ALIVE_SECONDS,
    Message,
    Receive,
    Scope,
    Send,
    Server,
    chunks_of,
    file_part,
    header,
    json_part,
    listener,
    read_message,
    respond,
    start,
)

_APPLIED = ((PREFERENCE_APPLIED.lower().encode(), b"wait"),)
_CALLBACK_ATTEMPTS = 20
_CALLBACK_PAUSE = 0.25


class Service:
    """The ASGI application. `folder` takes the binaries while they are here."""

    def __init__(self, session: aiohttp.ClientSession, folder: str) -> None:
        self._session = session
        self._folder = folder
        self._running: set[asyncio.Task[None]] = set()
        self._released = asyncio.Event()
        self._calls = 0
        self._callbacks = 0
        self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path in ("/fast", "/callback", "/hold") and scope["method"] == "POST":
            await self._take(path, scope, receive, send)
        elif path == "/release":
            self._released.set()
            self._released = asyncio.Event()
            await respond(send, 200, b"{}")
        elif path == "/count":
            counts = {"calls": self._calls, "callbacks": self._callbacks, "refused": self._refused}
            await respond(send, 200, orjson.dumps(counts))
        else:
            await respond(send, 404, b'{"detail": "there are /fast, /callback, /hold, /release and /count"}')

    async def _take(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._calls += 1
        try:
            call = await read_message(header(scope, b"content-type"), chunks_of(receive), self._folder)
            values = _result_values(call)
        except (Malformed, ValueError) as error:
            await respond(send, 400, orjson.dumps(Failure(message=str(error)).model_dump()))
            return
        if path == "/fast" and prefer_wait(header(scope, b"prefer")) is not None:
            await _answer(send, values, call)
            return
        await respond(send, 200, b"{}")
        until = self._released if path == "/hold" else None
        trace = header(scope, b"traceparent")
        extra = {} if trace is None else {"traceparent": trace}
        task = asyncio.create_task(self._call_back(scope["query_string"], values, call, until, extra))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _call_back(
        self,
        query: bytes,
        values: dict[str, Any],
        call: Message,
        until: asyncio.Event | None,
        extra: dict[str, str],
    ) -> None:
        if until is not None:
            await until.wait()
        fields = parse_qs(query.decode("latin-1"))
        url = f"{fields[CALLBACK_URL][0]}?{TASK_ID}={fields[TASK_ID][0]}"
        try:
            for _ in range(_CALLBACK_ATTEMPTS):
                if await self._post(url, values, call, extra):
                    self._callbacks += 1
                    return
                self._refused += 1
                await asyncio.sleep(_CALLBACK_PAUSE)
        finally:
            call.discard()

    async def _post(self, url: str, values: dict[str, Any], call: Message, extra: dict[str, str]) -> bool:
        try:
            if not call.files:
                sent = self._session.post(url, data=orjson.dumps(values), headers={"content-type": JSON, **extra})
            else:
                boundary = new_boundary()
                size, body = encode(_result_parts(values, call), boundary)
                headers = {"content-type": content_type(boundary), "content-length": str(size), **extra}
                sent = self._session.post(url, data=body(), headers=headers)
            async with sent as response:
                await response.read()
                return response.status == 200
        except aiohttp.ClientError:
            return False


def _result_values(call: Message) -> dict[str, Any]:
    if "value" in call.values:
        return {"value": call.values["value"] + 1}
    if "image" not in call.files:
        call.discard()
        raise ValueError("a call has a number `value`, a binary `image`, or both")
    return {}


def _result_parts(values: dict[str, Any], call: Message) -> list[FilePart]:
    parts = [json_part(values)] if values else []
    return [*parts, *(file_part("result", path) for name, path in call.files.items() if name == "image")]


async def _answer(send: Send, values: dict[str, Any], call: Message) -> None:
    if not call.files:
        await respond(send, 200, orjson.dumps(values), JSON, _APPLIED)
        return
    try:
        boundary = new_boundary()
        size, body = encode(_result_parts(values, call), boundary)
        await start(send, 200, size, content_type(boundary), _APPLIED)
        async for chunk in body():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        call.discard()


async def _serve() -> None:
    sock, url = listener()
    with tempfile.TemporaryDirectory(prefix="noop-service-") as folder:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
        async with aiohttp.ClientSession(connector=connector) as session:
            server = Server(Service(session, folder))
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.handle_exit, signal.SIGTERM, None)
            print(url, flush=True)
            await server.serve(sockets=[sock])


if __name__ == "__main__":
    uvloop.run(_serve())
