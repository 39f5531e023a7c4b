"""Server-Sent Events: every change of a node or a task, as it is saved.

Each event is named `node` or `task`; its data is JSON: `{"task", "route", "at", "node", "state"}` and `detail` where
there is one. A stream resumes after the `Last-Event-ID` that the client had. The stream of one task ends with the task.
"""

from collections.abc import AsyncIterator

import orjson
from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import AppStatus
from starlette.responses import Response

from engine.api.deps import Engine, engine_of
from engine.api.schemas import LAST_EVENT_ID
from engine.api.views import change_view
from engine.errors import NotFound
from engine.news import Listener, News
from engine.task.task import Change, Task

PING_SECONDS = 15
PAGE = 200
router = APIRouter(tags=["tasks"])

# The streams end by themselves when the hub is closed; the library would cut them off in the middle.
AppStatus.enable_automatic_graceful_drain = False


@router.get(
    "/tasks/{task_id}/events", summary="The changes of one task, as Server-Sent Events", openapi_extra=LAST_EVENT_ID
)
async def get_task_events(task_id: str, request: Request) -> Response:
    """From the first change, or after `Last-Event-ID`; ends with the task."""
    engine = engine_of(request)
    await engine.runner.read(task_id)
    after = _number(request.headers.get("last-event-id"))
    return EventSourceResponse(_of_task(engine, task_id, after or 0), ping=PING_SECONDS)


@router.get("/events", summary="The changes of all tasks, as Server-Sent Events", openapi_extra=LAST_EVENT_ID)
async def get_events(request: Request) -> Response:
    """From now on, or after `Last-Event-ID`. Changes of tasks that were removed meanwhile are left out."""
    after = _number(request.headers.get("last-event-id"))
    return EventSourceResponse(_of_all(engine_of(request), after), ping=PING_SECONDS)


def _number(header: str | None) -> int | None:
    """The number in a `Last-Event-ID`; of the streams of all tasks, that of the change, which comes first."""
    digits = (header or "").partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def _event(event_id: str, task: Task, change: Change) -> ServerSentEvent:
    data = {"task": task.id, "route": task.route, **change_view(change)}
    return ServerSentEvent(orjson.dumps(data).decode(), event="node" if change.node else "task", id=event_id)


async def _of_task(engine: Engine, task_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    with engine.hub.listen(task_id) as listener:
        task = await engine.runner.read(task_id)
        while True:
            for position, change in enumerate(task.history[after:], after + 1):
                yield _event(str(position), task, change)
            after = max(after, len(task.history))
            if task.status != "running":
                return
            news = await listener.get()
            if news is None:
                return
            task = news.task


async def _of_all(engine: Engine, after: int | None) -> AsyncIterator[ServerSentEvent]:
    with engine.hub.listen() as listener:
        if after is None:
            after = await engine.store.last_change()
        else:
            async for number, event in _stored(engine, after):
                after = number
                yield event
        async for news in _heard(listener):
            if news.number > after:
                after = news.number
                for event in _events(news):
                    yield event


def _events(news: News) -> list[ServerSentEvent]:
    """The events of one save. All but the last bear the number before, so that a resumed stream repeats a torn save."""
    last = len(news.lines) - 1
    return [
        _event(str(news.number if index == last else news.number - 1), news.task, change)
        for index, change in enumerate(news.lines)
    ]


async def _heard(listener: Listener) -> AsyncIterator[News]:
    while True:
        news = await listener.get()
        if news is None:
            return
        yield news


async def _stored(engine: Engine, after: int) -> AsyncIterator[tuple[int, ServerSentEvent]]:
    while changes := await engine.store.changes(after, PAGE):
        for change in changes:
            after = change.number
            try:
                task = await engine.runner.read(change.task)
            except NotFound:
                continue
            lines = task.history[change.first_event - 1 : change.last_event]
            for event in _events(News(change.number, task, change.first_event, lines)):
                yield after, event
