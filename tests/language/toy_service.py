"""Small services and a web server with a memory: `python toy_service.py PORT`. No SDK, no engine.

All that a test does lies in a book of its own, so that tests share the process and nothing else. `PUT /book/{name}`
sets how the book's services behave, `GET /book/{name}` tells what came, `POST /book/{name}` changes single settings.

    mode    `fast`: the answer is the result; `callback`: accepted, then called back; `mixed`: by turns (the default)
    delay   seconds that a call takes
    hold    true: calls wait until it is set to false
    bad     values of `n` that are refused with a 400
    flaky   so many first calls of every input get a 503; the operation `shaky` does so once by itself
    failing values of `n` whose callback is `{"type": "error"}`

`POST /op/{book}/{operation}` is a service (`OPERATIONS`), `/web/{book}/{page}` is asked by http nodes (`web_pages.py`).
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from tests.language.web_pages import page

Values = dict[str, Any]
Result = dict[str, Any]
FAST = {"Preference-Applied": "wait"}


class Book:
    """The settings of one test, and what was heard."""

    def __init__(self, settings: Values) -> None:
        self.settings = settings
        self.calls: list[Values] = []
        self.seen: Counter[str] = Counter()
        self.working = self.peak = 0
        self.changed = asyncio.Event()

    def set(self, settings: Values) -> None:
        """Change settings; calls that are held look again."""
        self.settings.update(settings)
        self.changed.set()
        self.changed = asyncio.Event()


BOOKS: dict[str, Book] = {}
JOBS: set[asyncio.Task[None]] = set()


def read(files: dict[str, bytes], values: Values) -> Result:
    """Each file by name and content, and the values."""
    return {**values, **{name: content.decode("latin-1") for name, content in files.items()}}


def crop(files: dict[str, bytes], values: Values) -> Result:
    """As the service for pictures, on bytes: `areas` are ranges of `image`."""
    parts = [files["image"][start:end] for start, end in values["areas"]]
    return {"result": parts[0]} if len(parts) == 1 else {f"result{n}": part for n, part in enumerate(parts)}


OPERATIONS: dict[str, Callable[[dict[str, bytes], Values], Result]] = {
    "echo": lambda files, values: {**values, **files},
    "double": lambda files, values: {"n": 2 * values["n"]},
    "shaky": lambda files, values: {"n": values["n"]},
    "add": lambda files, values: {"n": values["a"] + values["b"]},
    "nothing": lambda files, values: {},
    "range": lambda files, values: {"items": list(range(values["n"]))},
    "make": lambda files, values: {"result": bytes(values["n"] % 251 for _ in range(values["n"]))},
    "makeseveral": lambda files, values: {f"result{n}": bytes([n]) * (n + 1) for n in range(values["n"])},
    "reverse": lambda files, values: {"result": next(iter(files.values()))[::-1]},
    "measure": lambda files, values: {"n": sum(map(len, files.values())), "files": len(files)},
    "odd": lambda files, values: {"odd": values["n"]} if values["n"] % 2 else {"even": {"deep": values["n"]}},
    "read": read,
    "crop": crop,
}


async def book_of(request: web.Request) -> web.Response:
    """Set a book, change it, or tell what came."""
    name = request.match_info["book"]
    if request.method == "PUT":
        BOOKS[name] = Book(await request.json())
    elif request.method == "POST":
        BOOKS[name].set(await request.json())
    book = BOOKS[name]
    return web.json_response({"calls": book.calls, "peak": book.peak, "working": book.working})


async def operate(request: web.Request) -> web.Response:
    """A service."""
    book, operation = BOOKS[request.match_info["book"]], request.match_info["operation"]
    files, values = await parts_of(request)
    book.calls.append({"op": operation, "id": request.query["task_id"], "values": values, "files": sorted(files)})
    key = f"{operation} {json.dumps(values, sort_keys=True)}"
    book.seen[key] += 1
    if book.seen[key] <= book.settings.get("flaky", operation == "shaky"):
        return web.Response(status=503, text="not now")
    if values.get("n", values.get("a")) in book.settings.get("bad", []):
        return web.Response(status=400, text=f"{values} is refused")
    mode = book.settings.get("mode", "mixed")
    if mode == "callback" or (mode == "mixed" and len(book.calls) % 2):
        job = asyncio.create_task(call_back(request, book, operation, files, values))
        JOBS.add(job)
        job.add_done_callback(JOBS.discard)
        return web.json_response({"status": "accepted"}, status=202)
    result = await work(book, operation, files, values)
    body, kind = encoded(result)
    return web.Response(body=body, headers={**FAST, "Content-Type": kind})


async def parts_of(request: web.Request) -> tuple[dict[str, bytes], Values]:
    """The files and the values of a call."""
    if request.content_type != "multipart/form-data":
        return {}, await request.json()
    files: dict[str, bytes] = {}
    values: Values = {}
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader) and part.name is not None
        content = bytes(await part.read())
        if part.name == "data":
            values = json.loads(content)
        else:
            files[part.name] = content
    return files, values


async def work(book: Book, operation: str, files: dict[str, bytes], values: Values) -> Result:
    """Do it, and count how many are at it."""
    book.working += 1
    book.peak = max(book.peak, book.working)
    try:
        while book.settings.get("hold"):
            await book.changed.wait()
        await asyncio.sleep(book.settings.get("delay", 0))
        if values.get("n") in book.settings.get("failing", []):
            return {"type": "error", "message": f"cannot work on {values['n']}"}
        return OPERATIONS[operation](files, values)
    finally:
        book.working -= 1


async def call_back(request: web.Request, book: Book, operation: str, files: dict[str, bytes], values: Values) -> None:
    """Work, then bring the result until the engine has it."""
    result = await work(book, operation, files, values)
    url = f"{request.query['callback_url']}?task_id={request.query['task_id']}"
    body, kind = encoded(result)
    while True:
        try:
            async with request.app["session"].post(url, data=body, headers={"Content-Type": kind}) as answer:
                if answer.status < 500:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)


def encoded(result: Result) -> tuple[bytes, str]:
    """A result as the body of an answer or callback, with its media type."""
    values = {name: value for name, value in result.items() if not isinstance(value, bytes)}
    files = {name: value for name, value in result.items() if isinstance(value, bytes)}
    if not files:
        return json.dumps(values).encode(), "application/json"
    parts = [(name, f'; filename="{name}.bin"', "application/octet-stream", data) for name, data in files.items()]
    if values:
        parts.append(("data", "", "application/json", json.dumps(values).encode()))
    body = b""
    for name, filename, kind, data in parts:
        head = f'--limit\r\nContent-Disposition: form-data; name="{name}"{filename}\r\nContent-Type: {kind}\r\n\r\n'
        body += head.encode() + data + b"\r\n"
    return body + b"--limit--\r\n", "multipart/form-data; boundary=limit"


async def visit(request: web.Request) -> web.StreamResponse:
    """A page of the web."""
    book = BOOKS[request.match_info["book"]]
    book.working += 1
    book.peak = max(book.peak, book.working)
    try:
        return await page(request, book.calls, book.settings)
    finally:
        book.working -= 1


async def ready(request: web.Request) -> web.Response:
    """It is there."""
    return web.json_response({"status": "ready"})


async def session(app: web.Application) -> Any:
    """One HTTP session for the life of the process."""
    app["session"] = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
    yield
    await app["session"].close()


def main() -> None:
    """Serve until a signal ends it."""
    app = web.Application(client_max_size=100 * 1024**2)
    app.router.add_route("*", "/book/{book}", book_of)
    app.router.add_post("/op/{book}/{operation}", operate)
    app.router.add_route("*", "/web/{book}/{page}", visit)
    app.router.add_get("/health/ready", ready)
    app.cleanup_ctx.append(session)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)


if __name__ == "__main__":
    main()
