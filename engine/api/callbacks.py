"""Where services bring their results: `POST /processing?task_id=<call id>`."""

import logging
import re

from starlette.requests import Request
from starlette.responses import Response

from engine.api.deps import Engine, Json, body_chunks, engine_of
from engine.errors import Conflict, NotFound, TooLarge
from engine.results import Result, read_result
from engine.task.attempt import SECRET_LENGTH, TIME_LENGTH, task_of
from engine.task.events import CallFailed, CallReturned
from engine.task.inputs import unused
from engine.task.task import Task

_CALL_ID = re.compile(rf"^([0-9a-f]{{{TIME_LENGTH}}})?[0-9a-f]{{{2 * SECRET_LENGTH}}}$")
_log = logging.getLogger(__name__)
_UNKNOWN = "there is no such call"


async def take_result(request: Request) -> Response:
    """Take the result of a call. 200 once it is saved, or where the call is settled already; 404 for an unknown one."""
    engine = engine_of(request)
    began = engine.clock.now()
    call_id = request.query_params.get("task_id", "")
    if not _CALL_ID.match(call_id):
        raise NotFound(_UNKNOWN)
    task_id = task_of(call_id)
    task = await _task_of(engine, task_id, call_id)
    node_id = task.find_call(call_id)
    if node_id is None:
        async for _ in body_chunks(request):
            pass
        engine.traces.heard(request.scope, task, began, engine.clock.now(), taken=False)
        return Json({"taken": False})
    kind = request.headers.get("content-type")
    try:
        result = await read_result(engine.binaries, task.root, kind, body_chunks(request))
    except TooLarge as error:  # it would be as large the next time: the task does not wait for it until its deadline
        await engine.runner.send(
            task_id, CallFailed(call_id, f"the service's result is too large: {error}", again=False)
        )
        raise
    event, seconds = _event(call_id, result), engine.turnstile.gates.seconds(call_id)
    try:
        outcome = await engine.runner.send(task_id, event)
    except (Conflict, NotFound):
        await engine.binaries.remove(result.stored)
        raise
    if outcome.changed:
        _count(engine, outcome.task, node_id, event, seconds)
    else:
        await engine.binaries.remove(unused(outcome.task, result.stored))
    engine.traces.heard(request.scope, task, began, engine.clock.now(), outcome.changed)
    return Json({"taken": outcome.changed})


async def _task_of(engine: Engine, task_id: str, call_id: str) -> Task:
    """The task that made the call. Raises NotFound where none did, StoreAway."""
    try:
        task = engine.runner.at_hand(task_id)
        if task is None or task.find_call(call_id) is None:  # another engine may have made it just now
            task = await engine.runner.stored(task_id)
    except NotFound as error:
        raise NotFound(_UNKNOWN) from error
    if not task.knows_call(call_id):
        raise NotFound(_UNKNOWN)
    return task


def _count(engine: Engine, task: Task, node_id: str, event: CallReturned | CallFailed, seconds: float | None) -> None:
    """Count what a callback brought. A call that another engine has sent, or this one before it was started anew, took
    as long as the task remembers."""
    run = task.node(node_id)
    attempt = next((each for each in reversed(run.attempts) if each.id == event.call), None)
    if attempt is not None:
        if seconds is None and attempt.ended is not None:
            seconds = (attempt.ended - (attempt.accepted or attempt.at)) / 1_000_000
        engine.metrics.called(event, seconds, attempt.url)
    if isinstance(event, CallFailed):
        ids = {"task": task.id, "node": node_id, "route": task.route, "attempt": run.tried}
        _log.info("the service gave no result%s", "; there may be another attempt" if event.again else "", extra=ids)


def _event(call_id: str, result: Result) -> CallReturned | CallFailed:
    failure = result.failure
    if failure is None:
        return CallReturned(call_id, result.out)
    return CallFailed(call_id, failure.message, failure.retry_after is not None, failure.retry_after)
