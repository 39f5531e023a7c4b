"""Definitions, announcements and submissions: everything under `/services`."""

import hashlib
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from aiservice.protocol import Announcement, Malformed, boundary_of, prefer_wait
from engine.api.answers import CLOSED, REPLACED, SERVICE, SERVICES, STORED, VERSIONS
from engine.api.deps import Engine, Json, actor_of, body_chunks, engine_of, identity_of, moment, read_json
from engine.api.etags import etag_of, versions_of
from engine.api.problems import fault_view
from engine.api.schemas import POST_DEFINITION, PUT_DEFINITION
from engine.api.views import breaker_view, failing_view, result_of
from engine.audit import Actor
from engine.binaries.receive import FormReceiver, Limits
from engine.doors.guard import require
from engine.errors import Fault, Forbidden, Invalid, Unprocessable, UnsupportedType, check_faultless
from engine.guard import AddressRefused
from engine.health import BINARIES
from engine.ids import new_task_id
from engine.opened import Opened
from engine.pipeline.jsontext import pointer
from engine.pipeline.nodes import ServiceNode
from engine.store.base import Submission

MAX_WAIT = 300
"""Seconds that `Prefer: wait` can hold an answer."""

MAX_KEY = 255
DryRun = Annotated[
    bool | Literal["report"],
    Query(description="only check the pipeline; with `report` faults are told with 200, not as a problem with 422"),
]
router = APIRouter(tags=["services"])


@router.post(
    "/services",
    summary="Store a pipeline and open its route, or announce a service",
    openapi_extra=POST_DEFINITION,
    responses=STORED,
)
async def post_definition(request: Request, dry_run: DryRun = False) -> Response:
    """`{"type": "pipeline", "nodes": [...]}` or `{"type": "service", "url": ..., "api": {...}}`."""
    engine = engine_of(request)
    document = await read_json(request)
    announces = isinstance(document, dict) and document.get("type") == "service" and not dry_run
    require(identity_of(request), "service" if announces else "author")
    if dry_run:
        return await _check(engine, _definition(document), report=dry_run == "report")
    if announces:
        return await _announce(engine, document, actor_of(request))
    return _opened(engine, await engine.registry.add_pipeline(_definition(document), actor_of(request)))


async def _check(engine: Engine, document: Any, report: bool) -> Response:
    """Say what is wrong with a definition, and store nothing. What is wrong is an answer like any other to a `report`:
    an editor asks while its pipeline is not finished."""
    faults = await engine.registry.check(document)
    if not report:
        check_faultless(faults)
    return Json({"ok": not faults, "faults": [fault_view(fault) for fault in faults]})


def _opened(engine: Engine, opened: Opened) -> Response:
    """Describe a route that was opened. Nodes of other pipelines may wait for it."""
    engine.sweeper.announced(opened.row.route, True)
    return Json(describe(engine, opened), headers={"ETag": etag_of(opened.row.version)})


async def _announce(engine: Engine, document: dict[str, Any], by: Actor) -> Response:
    try:
        message = Announcement.model_validate(document)
    except ValidationError as error:
        faults = [Fault(pointer(*fault["loc"]), str(fault["msg"])) for fault in error.errors()]
        raise Unprocessable("the announcement is wrong", faults) from error
    await _check_place(engine, message.url)
    back = await engine.registry.announce(message, by)
    engine.sweeper.announced(message.api.route, back)
    engine.turnstile.announced(message.url)
    return Json({"route": message.api.route, "url": message.url, "alive": True})


async def _check_place(engine: Engine, url: str) -> None:
    """Raise Forbidden where no service may be there."""
    if engine.service_guard is not None:
        try:
            await engine.service_guard.check_url(url)
        except AddressRefused as error:
            raise Forbidden(f"the service cannot be announced at this `url`: {error}") from error


def _definition(document: Any) -> Any:
    """The document without `state`, which answers bear, so that what was read can be changed and sent back."""
    if isinstance(document, dict):
        return {key: value for key, value in document.items() if key != "state"}
    return document


@router.put(
    "/services/{route}",
    summary="A new version of a pipeline; running tasks keep theirs",
    openapi_extra=PUT_DEFINITION,
    responses=REPLACED,
)
async def put_definition(route: str, request: Request) -> Response:
    """The body is a definition whose entry has the same route.

    With `If-Match` it must be made from the version that is open, whose `ETag` reading it gives; else 412. Where what
    is open is the same definition already, that is no fault, so that a request can be sent again.
    """
    engine = engine_of(request)
    document = _definition(await read_json(request))
    match = request.headers.get("if-match")
    seen = None if match is None else versions_of(match)
    return _opened(engine, await engine.registry.add_pipeline(document, actor_of(request), route, seen))


@router.get("/services", summary="The definitions of all open routes", responses=SERVICES)
async def get_definitions(request: Request) -> Response:
    """A list, by route."""
    engine = engine_of(request)
    return Json([describe(engine, opened) for opened in engine.registry.routes()])


@router.get("/services/{route}", summary="The definition behind a route", responses=SERVICE)
async def get_definition(route: str, request: Request) -> Response:
    """As stored, with `state` beside it: version, instances, services that are away."""
    engine = engine_of(request)
    opened = await engine.registry.find(route)
    return Json(describe(engine, opened), headers={"ETag": etag_of(opened.row.version)})


@router.get("/services/{route}/versions", summary="The versions that a route has had, newest first", responses=VERSIONS)
async def get_versions(route: str, request: Request) -> Response:
    """A list of `{"version", "created", "open", "nodes"}`; old ones that no task uses are removed after a time."""
    engine = engine_of(request)
    open_version = (await engine.registry.find(route)).row.version
    versions = []
    for row in await engine.registry.versions(route):
        shown = {"version": row.version, "created": moment(row.created), "open": row.version == open_version}
        versions.append({**shown, "nodes": orjson.loads(row.document)["nodes"]})
    return Json(versions)


@router.delete("/services/{route}", summary="Close a route; running tasks finish", responses=CLOSED)
async def delete_definition(route: str, request: Request) -> Response:
    """An announced operation opens its route again when it next announces itself."""
    await engine_of(request).registry.close(route, actor_of(request))
    return Json({"route": route, "open": False})


def describe(engine: Engine, opened: Opened) -> dict[str, Any]:
    """A definition as stored, and the `state` of its route."""
    registry = engine.registry
    row = opened.row
    state: dict[str, Any] = {"route": row.route, "version": row.version}
    if row.owner:
        state["owner"] = row.owner
    state["url"] = f"{engine.settings.external_url}/services/{row.route}"
    described: dict[str, Any] = {**opened.definition, "state": state}
    if row.kind == "service":
        instances = engine.instances.of(row.route)
        described["api"] = opened.definition["nodes"][0]["api"]
        result = registry.results().get(row.route)
        if result is not None:
            described["api"] = {**described["api"], "result": result}
        described["url"] = next((i.url for i in instances if i.alive), None)
        state["instances"] = [
            {"url": i.url, "alive": i.alive, "calls": i.calls, **breaker_view(engine, i.url)} for i in instances
        ]
    levels = opened.pipeline.levels.values()
    called = [node for level in levels for node in level.nodes.values() if isinstance(node, ServiceNode)]
    names = {node.service or node.url for node in called}
    state["away"] = sorted(name for name in names if name and registry.is_away(name))
    failing = failing_view(engine, names)
    if failing:
        state["failing"] = failing
    broken = registry.broken(opened)
    if broken:
        state["broken"] = [fault_view(fault) for fault in broken]
    return described


async def submit(route: str, request: Request) -> Response:
    """Create a task. The body is what the route's entry says."""
    engine, identity = engine_of(request), identity_of(request)
    opened = await engine.registry.find(route)
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise Invalid(f"an Idempotency-Key has 1 to {MAX_KEY} characters")
    task_id = new_task_id(engine.clock.now())
    try:
        with engine.admission.one(), await engine.limits.task(identity):
            values, digest = await _receive(engine, opened, task_id, request, key is not None)
            once = (key, digest) if key is not None else None
            trace = engine.traces.kept(request.scope)
            made = await engine.runner.submit(opened, task_id, values, once, identity.owner, trace)
    except BaseException:
        if engine.health.is_there(BINARIES):  # else the clean-up finds them later: the client must not wait for that
            await _undo(engine, opened, task_id)
        raise
    if isinstance(made, Submission):
        await _undo(engine, opened, task_id)
        if made.digest != digest:
            raise Unprocessable("this Idempotency-Key was used on this route with another body; take a new key")
        task_id = made.task
    else:
        engine.limits.began(identity.owner)
    return await _answer(engine, task_id, prefer_wait(request.headers.get("prefer")))


async def _undo(engine: Engine, opened: Opened, task_id: str) -> None:
    if opened.body.kind == "form":
        await engine.binaries.remove_owners([task_id])


async def _receive(
    engine: Engine, opened: Opened, task_id: str, request: Request, digest: bool
) -> tuple[dict[str, Any], str]:
    """What the client sent, checked, and with `digest` the SHA-256 of it."""
    if opened.body.kind == "object":
        value = await read_json(request)
        faults = opened.body.check(value)
        if faults:
            raise Unprocessable("the body does not fit", faults)
        canonical = orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if digest else b""
        return value, hashlib.sha256(canonical).hexdigest() if digest else ""
    try:
        boundary = boundary_of(request.headers.get("content-type"))
    except Malformed as error:
        raise Invalid(str(error)) from error
    if boundary is None:
        fields = ", ".join(opened.body.fields)
        raise UnsupportedType(f"send multipart/form-data with the fields {fields}")
    receiver = FormReceiver(engine.binaries, task_id, Limits(), opened.body.fields, digest)
    async with engine.health.while_there(BINARIES):
        form = await receiver.receive(body_chunks(request), boundary)
    return form.values, form.digest.hexdigest() if digest else ""


async def _answer(engine: Engine, task_id: str, wait: int | None) -> Response:
    headers = {"Location": f"{engine.settings.external_url}/tasks/{task_id}/status"}
    if wait:
        task = await engine.runner.wait(task_id, min(wait, MAX_WAIT))
        if task.status != "running":
            headers["Preference-Applied"] = "wait"
            answer: dict[str, Any] = {"jobId": task_id, "status": task.status}
            if task.status == "finished":
                answer["result"] = result_of(engine, task, (await engine.runner.place(task)).pipeline)
            else:
                answer["message"] = task.message
            return Json(answer, headers=headers)
    return Json({"jobId": task_id}, headers=headers)
