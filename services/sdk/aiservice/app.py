"""The HTTP side: takes calls, answers at once, shows what there is; waits for a worker only where it is asked to."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from shutil import rmtree
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from yarl import URL

from aiservice import answers
from aiservice.calls import Call, Calls, Workspace, task_of
from aiservice.errors import TITLES, Problem
from aiservice.metrics import Metrics
from aiservice.openapi import document
from aiservice.protocol import CALLBACK_URL, PREFER, TASK_ID, prefer_wait
from aiservice.queue import WorkQueue
from aiservice.receive import Limits, receive
from aiservice.service import Operation, Page, Service
from aiservice.worker import Job

if TYPE_CHECKING:
    from aiservice.tracing import CallTrace, Tracing

LONGEST_WAIT = 600
LONGEST_ID = 500
BUSY_RETRY = 5.0
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Running:
    """The parts of a running service that its HTTP side uses."""

    service: Service
    queue: WorkQueue
    calls: Calls
    workspace: Workspace
    metrics: Metrics
    limits: Limits
    tracing: "Tracing | None" = None
    draining: bool = False


def build_app(running: Running) -> FastAPI:
    """Return the application: every operation, the results of direct use, probes and documentation."""
    service = running.service
    app = FastAPI(title=service.name, summary=service.summary, docs_url=None, redoc_url=None)
    app.openapi = lambda: document(service)  # type: ignore[method-assign]
    for operation in service.operations:
        app.add_route(operation.path, _handler(running, operation), methods=["POST"], include_in_schema=False)
    for page in service.pages:
        app.add_route(page.path, _shown(page), methods=["GET"], include_in_schema=False)
    _add_results(app, running)
    _add_probes(app, running)
    _add_docs(app, service)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_exception)
    return app


def _handler(running: Running, operation: Operation) -> Handler:
    async def handle(request: Request) -> Response:
        callback, call_id = _origin(request)
        call = running.calls.find_called(callback, call_id) if callback and call_id else None
        if call is None:
            trace = None
            if running.tracing is not None:
                trace = running.tracing.begin(request.scope["headers"], operation.path, operation.route)
            try:
                call = await _take(running, operation, request, callback, call_id, trace)
            except Problem as error:
                if trace is not None:
                    trace.end("refused", error.status)
                raise
        return await _wait_or_acknowledge(running, request, call)

    return handle


def _shown(page: Page) -> Handler:
    async def show(request: Request) -> Response:
        return answers.json_answer(await asyncio.to_thread(page.function))

    return show


async def _take(
    running: Running,
    operation: Operation,
    request: Request,
    callback: str | None,
    call_id: str | None,
    trace: "CallTrace | None",
) -> Call:
    """Receive a call and put it into the queue. Raises Problem, and leaves nothing behind then."""
    queue = running.queue
    if running.draining or not queue.ready:
        reason = "stopping" if running.draining else "still loading"
        raise Problem(503, f"the service is {reason}", retry_after=BUSY_RETRY)
    if not queue.reserve():
        running.metrics.rejected.inc()
        raise Problem(429, "the service has all the work that it may hold", retry_after=queue.retry_after)
    folder = running.workspace.new_folder()
    try:
        received = await receive(request, operation.parameters, folder, running.limits, callback is not None)
        arguments = operation.bind(received)
        # The same call may have come twice, side by side: the first one whose body is complete is the one.
        twin = running.calls.find_called(callback, call_id) if callback and call_id else None
    except BaseException:
        queue.release()
        rmtree(folder, ignore_errors=True)
        raise
    if twin is not None:
        queue.release()
        rmtree(folder, ignore_errors=True)
        return twin
    job = Job(operation.route, arguments, folder, task_of(call_id) if callback and call_id else "")
    if trace is None:
        done = queue.submit(job)
    else:
        trace.queued()
        done = queue.submit(replace(job, trace=trace.header), trace.worked)
    return running.calls.open(call_id, callback, folder, done, trace)


async def _wait_or_acknowledge(running: Running, request: Request, call: Call) -> Response:
    seconds = prefer_wait(request.headers.get(PREFER))
    if not seconds:
        return _acknowledged(call)
    outcome = None
    try:
        with running.metrics.waiting.track_inprogress():
            outcome = await running.calls.wait(call, min(seconds, LONGEST_WAIT))
    finally:
        if outcome is None:
            running.calls.leave(call, answered=False)
    if outcome is None:
        return _acknowledged(call)
    return answers.ResultAnswer(running.calls, call, outcome, request.headers.get("accept", ""))


def _acknowledged(call: Call) -> Response:
    if call.trace is not None:
        call.trace.acknowledged()
    return answers.acknowledgement(call)


def _origin(request: Request) -> tuple[str | None, str | None]:
    """Return callback URL and call id, None in direct use. Raises Problem (422) where they cannot be used."""
    callback = request.query_params.get(CALLBACK_URL)
    call_id = request.query_params.get(TASK_ID)
    if call_id is not None and len(call_id) > LONGEST_ID:
        raise Problem(422, f"{TASK_ID}: an id has at most {LONGEST_ID} characters")
    if callback is None:
        return None, None
    url = None
    with suppress(ValueError):
        url = URL(callback)
    if url is None or url.scheme not in ("http", "https") or not url.host or len(callback) > 2_000:
        raise Problem(422, f"{CALLBACK_URL}: it must be a URL like http://host:8080/processing")
    return callback, call_id or None


def _add_results(app: FastAPI, running: Running) -> None:
    async def result(request: Request) -> Response:
        call = _find(running, request)
        await _wait_here(running, request, call)
        if not call.done.done():
            waiting = {"task_id": call.id, "status": "running"}
            return answers.json_answer(waiting, 202, {"Retry-After": "1"})
        outcome = call.done.result()
        problem = answers.problem_of(outcome)
        if problem is not None:
            raise problem
        return answers.json_answer(answers.links(request, call, outcome))

    async def file(request: Request) -> Response:
        call = _find(running, request)
        for binary in call.done.result().binaries if call.done.done() else ():
            if binary.name == request.path_params["name"]:
                return answers.file_answer(binary)
        raise Problem(404, "there is no such file")

    app.add_route("/tasks/{task_id}", result, methods=["GET"], include_in_schema=False)
    app.add_route("/tasks/{task_id}/files/{name:path}", file, methods=["GET"], include_in_schema=False)


def _find(running: Running, request: Request) -> Call:
    call = running.calls.find_direct(request.path_params["task_id"])
    if call is None:
        raise Problem(404, "there is no such task; results are removed after a time")
    return call


async def _wait_here(running: Running, request: Request, call: Call) -> None:
    seconds = prefer_wait(request.headers.get(PREFER))
    if seconds and not call.done.done():
        try:
            await running.calls.wait(call, min(seconds, LONGEST_WAIT))
        finally:
            running.calls.leave(call, answered=False)


def _add_probes(app: FastAPI, running: Running) -> None:
    async def live(request: Request) -> Response:
        return answers.json_answer({"status": "live"})

    async def ready(request: Request) -> Response:
        if running.draining:
            return answers.json_answer({"status": "stopping"}, 503)
        if not running.queue.ready:
            return answers.json_answer({"status": "loading"}, 503)
        shown: dict[str, object] = {"status": "ready"}
        for details in running.service.details:
            shown |= details()
        return answers.json_answer(shown)

    async def metrics(request: Request) -> Response:
        return Response(running.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    app.add_route("/health/live", live, methods=["GET"], include_in_schema=False)
    app.add_route("/health/ready", ready, methods=["GET"], include_in_schema=False)
    app.add_route("/metrics", metrics, methods=["GET"], include_in_schema=False)


def _add_docs(app: FastAPI, service: Service) -> None:
    async def home(request: Request) -> Response:
        return RedirectResponse("docs")

    async def docs(request: Request) -> Response:
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=service.name,
            swagger_js_url=f"swagger/{_SWAGGER[0]}",
            swagger_css_url=f"swagger/{_SWAGGER[1]}",
            swagger_favicon_url=f"swagger/{_SWAGGER[2]}",
            swagger_ui_parameters={"tryItOutEnabled": True, "displayRequestDuration": True},
        )

    async def resource(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _SWAGGER:
            raise Problem(404, "there is no such page")
        return FileResponse(str(files("fastapi_swagger") / "resources" / name))

    app.add_route("/", home, methods=["GET"], include_in_schema=False)
    app.add_route("/docs", docs, methods=["GET"], include_in_schema=False)
    app.add_route("/swagger/{name}", resource, methods=["GET"], include_in_schema=False)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answers.problem_answer(error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path}: {TITLES.get(error.status_code, error.detail).lower()}"
    answer = answers.problem_answer(Problem(error.status_code, detail))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _on_disconnect(request: Request, error: Exception) -> Response:
    return answers.problem_answer(Problem(400, "the body is cut off: the connection was closed"))


async def _on_exception(request: Request, error: Exception) -> Response:
    return answers.problem_answer(Problem(500, f"the service has a fault: {type(error).__name__}"))
