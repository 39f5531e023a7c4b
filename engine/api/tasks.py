"""Tasks: what became of them, and cancel and retry: everything under `/tasks` but the event streams."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from engine.api.answers import DEFINITION, RAW, RESULT, RESUMED, STATUS, TASK_PAGE
from engine.api.asked import AskedTask
from engine.api.deps import Json, actor_of, engine_of, identity_of, moment, read_json
from engine.api.raw import raw_of
from engine.api.schemas import RETRY
from engine.api.views import result_of, status_of
from engine.doors.guard import require
from engine.errors import Fault, NotFound, Unprocessable
from engine.pipeline.names import quoted
from engine.task.events import Cancelled, Event, Retried
from engine.task.task import Task

router = APIRouter(tags=["tasks"])


@router.get("/tasks", summary="Tasks, newest first", responses=TASK_PAGE)
async def get_tasks(
    request: Request,
    route: Annotated[str | None, Query(description="only tasks of this route", max_length=200)] = None,
    status: Annotated[Literal["running", "finished", "error"] | None, Query(description="only these")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="at most so many")] = 50,
    cursor: Annotated[str | None, Query(description="`next` of the page before", max_length=100)] = None,
    owner: Annotated[str | None, Query(description="only tasks of this owner", max_length=200)] = None,
) -> Response:
    """`{"tasks": [{"jobId", "route", "status", "created", "ended"}], "next": cursor or null}`.

    One's own, for an admin those of all: where keys are asked for each has its `owner`.
    """
    before = read_cursor(cursor)
    bound = identity_of(request).bound
    if bound is not None and owner not in (None, bound):
        return Json({"tasks": [], "next": None})
    rows = await engine_of(request).store.page(route, status, before, limit + 1, owner if bound is None else bound)
    last = rows[limit - 1] if len(rows) > limit else None
    tasks = [
        {
            "jobId": row.id,
            "route": row.route,
            "status": row.status,
            "created": moment(row.created),
            "ended": moment(row.ended),
            **({"owner": row.owner} if row.owner else {}),
        }
        for row in rows[:limit]
    ]
    return Json({"tasks": tasks, "next": f"{last.created}-{last.id}" if last else None})


def read_cursor(cursor: str | None) -> tuple[int, str] | None:
    """Where a page ended: `<time>-<id>` of its last row. Raises Unprocessable."""
    if cursor is None:
        return None
    at, _, row_id = cursor.partition("-")
    if not (at.isascii() and at.isdigit() and len(at) < 19 and row_id):
        raise Unprocessable("the cursor is wrong", [Fault("/cursor", "take `next` of the page before")])
    return int(at), row_id


@router.get("/tasks/{task_id}/status", summary="Whether a task runs, has finished or failed", responses=STATUS)
async def get_status(task: AskedTask, request: Request) -> Response:
    """`{"status": "running" | "finished" | "error"}`, with progress and the state of every node beside it."""
    engine = engine_of(request)
    return Json(await status_of(engine, task, await engine.runner.place(task)))


@router.get("/tasks/{task_id}", summary="The result of a task", responses=RESULT)
async def get_result(task: AskedTask, request: Request) -> Response:
    """The out of the end node; a binary appears as a URL. 400 while the task runs, or where it failed."""
    engine = engine_of(request)
    return Json(result_of(engine, task, (await engine.runner.place(task)).pipeline))


@router.get("/tasks/{task_id}/raw", summary="The whole task, for finding mistakes", responses=RAW)
async def get_raw(task: AskedTask, request: Request) -> Response:
    """Every node with input, out, state, timings, attempts and errors; and the table of binaries."""
    engine = engine_of(request)
    return StreamingResponse(raw_of(engine, task, await engine.runner.place(task)), media_type="application/json")


@router.get("/tasks/{task_id}/definition", summary="The definition that a task runs with", responses=DEFINITION)
async def get_task_definition(task: AskedTask, request: Request) -> Response:
    """As stored, with the `version` of its route; 0 where the task was given a definition of its own.

    It is there as long as the task is, also when its route has another version or is closed.
    """
    row = await engine_of(request).store.definition(task.definition)
    if row is None:
        raise NotFound("the definition of this task is gone")
    return Json({**orjson.loads(row.document), "version": row.version})


@router.post("/tasks/{task_id}/cancel", summary="Stop a task", responses=STATUS)
async def cancel(task: AskedTask, request: Request) -> Response:
    """Nothing further is dispatched, late callbacks are ignored. 409 where the task has ended already."""
    if task.status == "running":
        await actor_of(request).note("task.cancelled", task.id, task.route)
    return await _happen(request, task.id, Cancelled())


@router.post(
    "/tasks/{task_id}/retry",
    summary="Let a failed task go on, or run a task again from a node",
    openapi_extra=RETRY,
    responses=RESUMED,
)
async def retry(
    task: AskedTask,
    request: Request,
    from_: Annotated[str | None, Query(alias="from", max_length=100, description="run again from this node")] = None,
) -> Response:
    """Without `from` a failed task goes on from its failed nodes, keeping what succeeded; 409 where it has not failed.

    With `from` a new task is made that takes over what the nodes before that one gave; the answer is its
    `{"jobId": ...}`. The body may then hold a `definition` for it, which needs the scope `author`, and an `input` with
    changed fields of the node's.
    """
    engine, identity = engine_of(request), identity_of(request)
    with await engine.limits.task(identity):
        if from_ is None:
            return await _retry(request, task)
        job = await _run_again(request, task, from_)
        engine.limits.began(identity.owner)
    location = f"{engine.settings.external_url}/tasks/{job}/status"
    return Json({"jobId": job}, headers={"Location": location})


async def _retry(request: Request, task: Task) -> Response:
    if task.status == "error":
        await actor_of(request).note("task.retried", task.id, task.route)
    answer = await _happen(request, task.id, Retried())
    if task.origin is None:
        engine_of(request).limits.began(task.owner)
    return answer


async def _run_again(request: Request, task: Task, node_id: str) -> str:
    changes = await _changes(request)
    definition = changes.get("definition")
    if definition is not None:
        require(identity_of(request), "author")
    return await engine_of(request).reruns.start(task, node_id, actor_of(request), definition, changes.get("input"))


async def _changes(request: Request) -> dict[str, Any]:
    """What a client changes when it runs a task again. Raises Unprocessable, Invalid, TooLarge."""
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return {}
    changes = await read_json(request)
    faults = []
    if not isinstance(changes, dict):
        faults.append(Fault("", "the body must be an object with `definition`, `input`, or both"))
    else:
        faults += [
            Fault(f"/{name}", f"{quoted(name)} is not known; only `definition` and `input` are")
            for name in changes
            if name not in ("definition", "input")
        ]
        if not isinstance(changes.get("input", {}), dict):
            faults.append(Fault("/input", "must be an object"))
    if faults:
        raise Unprocessable("the body does not fit", faults)
    checked: dict[str, Any] = changes
    return checked


async def _happen(request: Request, task_id: str, event: Event) -> Response:
    engine = engine_of(request)
    outcome = await engine.runner.send(task_id, event)
    return Json(await status_of(engine, outcome.task, await engine.runner.place(outcome.task)))
