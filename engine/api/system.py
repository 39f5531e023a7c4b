"""Probes, metrics, numbers and documentation."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

from engine.api.answers import ALIVE, METRICS, READY, STATS
from engine.api.deps import Json, engine_of, identity_of, moment
from engine.api.openapi import OpenApi
from engine.errors import NotFound

router = APIRouter(tags=["system"])
_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


@router.get("/health/live", summary="Whether the process lives", responses=ALIVE)
async def live() -> Response:
    """200 as long as the engine answers at all."""
    return Json({"status": "alive"})


@router.get("/health/ready", summary="Whether the engine can work", responses=READY)
async def ready(request: Request) -> Response:
    """200, or 503 with which store is `away`, why and since when. The stores are asked anew, in two seconds at most."""
    engine = engine_of(request)
    trouble = engine.registry.trouble
    seen = await engine.health.ask()
    away = [
        {"store": name, "reason": store.why, "since": moment(store.since), "seconds": engine.health.seconds(store)}
        for name, store in seen.items()
        if store.why is not None
    ]
    is_ready = trouble is None and not away
    answer: dict[str, Any] = {"status": "ready" if is_ready else "not ready"}
    answer["stores"] = {name: store.why or "ready" for name, store in seen.items()}
    if away:
        answer["away"] = away
    return Json(answer if trouble is None else {**answer, "reason": trouble}, 200 if is_ready else 503)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response, responses=METRICS)
async def metrics(request: Request) -> Response:
    """The Prometheus text format. While the stores are away, it holds what they told last."""
    engine = engine_of(request)
    await engine.census.look()
    return Response(await engine.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/stats", summary="How many tasks there are", responses=STATS)
async def stats(request: Request) -> Response:
    """`{"jobs": {"total", "running", "finished", "failed"}, "services": {route: tasks}}` of one's own kept tasks, for
    an admin of all, and under `routes` what `jobs` says for each route."""
    engine = engine_of(request)
    numbers = await engine.store.stats(identity_of(request).bound)
    nothing: dict[str, int] = {opened.row.route: 0 for opened in engine.registry.routes()}
    routes = {route: _jobs(numbers.by_both.get(route, {})) for route in nothing | numbers.by_route}
    return Json({"jobs": _jobs(numbers.by_status), "services": nothing | numbers.by_route, "routes": routes})


def _jobs(by_status: Mapping[str, int]) -> dict[str, int]:
    return {
        "total": sum(by_status.values()),
        "running": by_status.get("running", 0),
        "finished": by_status.get("finished", 0),
        "failed": by_status.get("error", 0),
    }


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The OpenAPI document with every route that is open now."""
    document: OpenApi = request.app.state.openapi
    return Response(document.current(), media_type="application/json", headers={"Cache-Control": "no-cache"})


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    """Swagger UI; all of it comes from this engine."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Engine",
        swagger_js_url="docs/assets/swagger-ui-bundle.js",
        swagger_css_url="docs/assets/swagger-ui.css",
        swagger_favicon_url="docs/assets/favicon-32x32.png",
    )


@router.get("/docs/assets/{name}", include_in_schema=False)
async def asset(name: str) -> Response:
    """A file of Swagger UI."""
    if name not in _ASSETS:
        raise NotFound("there is no such file")
    content = files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return Response(content, media_type=_ASSETS[name], headers={"Cache-Control": "max-age=86400"})
