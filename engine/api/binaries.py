"""Binaries of tasks, streamed: those of the result by name, any other by its id, and pictures made small."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from engine.api.answers import PICTURE
from engine.api.asked import AskedTask
from engine.api.deps import Engine, engine_of
from engine.api.ranges import is_unchanged, wanted_range
from engine.api.views import file_of
from engine.binaries.sniff import content_disposition, inline
from engine.errors import NotFound
from engine.task.task import BinaryRef

LINK_SECONDS = 300
"""How long a URL of the object store is good for to which a download is sent on."""

SMALLEST, LARGEST = 16, 512
"""Pixels of the longer side that a small picture can have at most."""

_ASKED_AGAIN = "private, max-age=0, must-revalidate"  # a retried task has another file under the same name
_FOR_EVER = "private, max-age=31536000, immutable"  # a binary never changes
_WEBP = "image/webp"

Small = Annotated[int | None, Query(ge=SMALLEST, le=LARGEST, description="as a WebP of at most so many pixels a side")]
SentOn = Annotated[bool, Query(description="`false`: from the engine itself, also where downloads are sent on")]

router = APIRouter(tags=["tasks"])


@router.head("/tasks/{task_id}/files/{name:path}", include_in_schema=False)
@router.get(
    "/tasks/{task_id}/files/{name:path}", summary="One binary of the result", response_class=Response, responses=PICTURE
)
async def get_file(
    task: AskedTask, name: str, request: Request, thumbnail: Small = None, redirect: SentOn = True
) -> Response:
    """Streamed; understands `Range` and `If-None-Match`. With `thumbnail` as for any binary of the task."""
    engine = engine_of(request)
    ref = file_of(task, (await engine.runner.place(task)).pipeline, name)
    if thumbnail is not None:
        return await _small(engine, request, ref, thumbnail, _ASKED_AGAIN)
    return await _served(engine, request, ref, _ASKED_AGAIN, f"the file `{name}`", redirect)


@router.head("/tasks/{task_id}/binaries/{binary_id:path}", include_in_schema=False)
@router.get(
    "/tasks/{task_id}/binaries/{binary_id:path}",
    summary="One binary of the task or of what belongs to it",
    response_class=Response,
    responses=PICTURE,
)
async def get_binary(
    task: AskedTask, binary_id: str, request: Request, thumbnail: Small = None, redirect: SentOn = True
) -> Response:
    """The `binary` of an id that `raw` shows; streamed; understands `Range` and `If-None-Match`.

    With `thumbnail` a picture (JPEG, PNG, WebP, GIF, BMP or TIFF of at most 40 megapixels and 64 MB) is made small,
    turned as its EXIF says; 415 where the binary is none, 413 where it is too large, 503 where too many wait.
    """
    engine = engine_of(request)
    ref = await engine.belongings.find(task, binary_id)
    if thumbnail is None:
        return await _served(engine, request, ref, _FOR_EVER, "the binary", redirect)
    return await _small(engine, request, ref, thumbnail, _FOR_EVER)


async def _small(engine: Engine, request: Request, ref: BinaryRef, thumbnail: int, kept: str) -> Response:
    """A picture of at most so many pixels a side. Raises what making one does."""
    headers = _headers(ref, f'"{_secret(ref)}-{thumbnail}"', _WEBP, kept)
    if is_unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(None, 304, headers)
    made = await engine.thumbnails.make(thumbnail, ref.size, lambda: engine.binaries.read(ref.id))
    return Response(made, 200, headers, media_type=_WEBP)


async def _served(engine: Engine, request: Request, ref: BinaryRef, kept: str, what: str, redirect: bool) -> Response:
    """The binary, or the part of it that is asked for. Raises NotFound where it is gone, RangeWrong, StoreAway."""
    etag = f'"{_secret(ref)}"'
    headers = {**_headers(ref, etag, ref.type, kept), "Accept-Ranges": "bytes"}
    if is_unchanged(request.headers.get("if-none-match"), etag):
        return Response(None, 304, headers)
    if redirect and engine.settings.s3_redirect and request.method == "GET":
        disposition = headers["Content-Disposition"]
        link = await engine.binaries.link(ref.id, LINK_SECONDS, ref.type, disposition)
        if link is not None:
            return Response(None, 307, {"Location": link, "Cache-Control": "no-store"})
    part = wanted_range(request.headers.get("range"), request.headers.get("if-range"), etag, ref.size)
    start, end = part or (0, ref.size)
    if await engine.binaries.size(ref.id) is None:
        raise NotFound(f"{what} is gone")
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{ref.size}"
    content = _nothing() if request.method == "HEAD" else engine.binaries.read(ref.id, start, end)
    return StreamingResponse(content, 206 if part else 200, headers, media_type=ref.type)


def _secret(ref: BinaryRef) -> str:
    """What tells a binary from all others, without whose it is."""
    return ref.id.rpartition("/")[2]


def _headers(ref: BinaryRef, etag: str, media_type: str, kept: str) -> dict[str, Any]:
    name = ref.name if media_type == ref.type else f"{ref.name.rpartition('.')[0] or ref.name}.webp"
    return {
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": content_disposition(name, inline(media_type)),
        "Cache-Control": kept,
    }


async def _nothing() -> AsyncIterator[bytes]:
    yield b""
