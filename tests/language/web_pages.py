"""Pages that http nodes ask for. Each request is entered in the calls of its book."""

import asyncio
import json
from typing import Any

import aiohttp
from aiohttp import web

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


async def page(request: web.Request, calls: list[dict[str, Any]], settings: dict[str, Any]) -> web.StreamResponse:
    """Answer as the page's name says."""
    name = request.match_info["page"]
    told = await _told(request)
    calls.append({"op": f"web {name}", **told})
    if settings.get("flaky_web", 0) >= len(calls):
        return web.Response(status=503, text="later")
    if name == "mirror":
        return web.json_response(told)
    if name == "double":
        return web.json_response({"n": 2 * told["json"]["n"]})
    if name == "list":
        return web.json_response([1, {"two": 2}, [3]])
    if name == "text":
        return web.Response(text="plain words")
    if name == "picture":
        return web.Response(body=PICTURE, content_type="image/png")
    if name == "slow":
        await asyncio.sleep(settings.get("delay", 30))
        return web.json_response({"late": True})
    if name == "null":
        return web.json_response(None)
    return web.Response(status=int(name), text=f"this is a {name} page")


async def _told(request: web.Request) -> dict[str, Any]:
    """What came: the verb, a header of the test's, and the body."""
    told: dict[str, Any] = {
        "verb": request.method,
        "mark": request.headers.get("X-Mark"),
        "query": request.rel_url.raw_query_string,
    }
    if request.content_type == "multipart/form-data":
        parts: dict[str, Any] = {}
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader)
            content = bytes(await part.read())
            is_json = part.headers.get("Content-Type", "").startswith("application/json")
            parts[part.name or ""] = json.loads(content) if is_json else content.hex()
        return {**told, "parts": parts}
    raw = await request.read()
    return {**told, "json": json.loads(raw) if raw else None}
