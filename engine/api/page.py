"""The web page: files that were built before, served as they are. It asks this engine and may load nothing else."""

import re
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from engine.api.deps import engine_of
from engine.errors import NotFound

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Styles in elements are how the graph is placed; scripts come from files only."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}
_ALWAYS_ASKED = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"  # the name of such a file changes with what it holds
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}")


@router.get("/")
async def page(request: Request) -> Response:
    """The page; where it was not built, the way to the documentation."""
    folder = engine_of(request).settings.web_folder
    if folder is None:
        return RedirectResponse("docs")
    return _file(request, folder / "index.html", _ALWAYS_ASKED)


@router.get("/icon.svg")
async def icon(request: Request) -> Response:
    """The sign of the page."""
    return _file(request, _folder(request) / "icon.svg", _ALWAYS_ASKED)


@router.get("/assets/{name}")
async def asset(name: str, request: Request) -> Response:
    """What the page consists of."""
    if not _ASSET.fullmatch(name):
        raise NotFound("there is no such file")
    return _file(request, _folder(request) / "assets" / name, _FOR_EVER)


def _folder(request: Request) -> Path:
    folder = engine_of(request).settings.web_folder
    if folder is None:
        raise NotFound("the web page was not built")
    return folder


def _file(request: Request, path: Path, kept: str) -> Response:
    """A file, compressed where that was done when it was built and the client understands it."""
    kind = _TYPES.get(path.suffix)
    if kind is None or not path.is_file():
        raise NotFound("there is no such file")
    headers = {**_HEADERS, "Cache-Control": kept}
    packed = path.with_name(f"{path.name}.gz")
    if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
        return FileResponse(packed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
    return FileResponse(path, media_type=kind, headers=headers)
