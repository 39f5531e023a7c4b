"""Server-Sent Events: every change of a node or a task, as it is saved.

Each event is named `node` or `task`; its data is JSON: `{"task", "route", "at", "node", "state"}` and `detail` where
there is one. The nodes of loops' bodies appear under the ids of their instances, with the index of the `item`, and as
`of` their id in the definition; where a body begins or ends, there is an event named `item`, whose `node` is the loop.
A stream resumes after the `Last-Event-ID` that the client had. The stream of one task ends with the task, and
every stream with the key or token that it was asked for with.
"""

import asyncio
from collections.abc import AsyncIterator

import orjson
from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import AppStatus
from starlette.responses import Response
from starlette.types import Scope

from engine.api.answers import EVENTS
from engine.api.asked import AskedTask
from engine.api.deps import Engine, engine_of, identity_of
from engine.api.schemas import LAST_EVENT_ID
from engine.api.told import Told
from engine.api.views import change_view
from engine.errors import NotFound
from engine.identity import EVERYBODY, Identity
from engine.news import Listener, News
from engine.pipeline.nodes import LOOP_END
from engine.task.task import Change, Task

PING_SECONDS = 15
LATE_LOOKS, LATE_SECONDS = 30, 0.1
"""How often, and how far apart, the changes of a task that has ended are looked at, where some are told late."""

PAGE = 200
Seen = tuple[int, int]
"""How much a client has seen: the number of a change, and how many lines of it."""

router = APIRouter(tags=["tasks"])

# The streams end by themselves when the hub is closed; the library would cut them off in the middle.
AppStatus.enable_automatic_graceful_drain = False


@router.get(
    "/tasks/{task_id}/events",
    summary="The changes of one task, as Server-Sent Events",
    response_class=Response,
    openapi_extra=LAST_EVENT_ID,
    responses=EVENTS,
)
async def get_task_events(task: AskedTask, request: Request) -> Response:
    """From the first change, or after `Last-Event-ID`; ends with the task."""
    engine = engine_of(request)
    after = _place(request.headers.get("last-event-id"))
    return EventSourceResponse(_of_task(engine, request.scope, task.id, after or (0, 0)), ping=PING_SECONDS)


@router.get(
    "/events",
    summary="The changes of all tasks, as Server-Sent Events",
    response_class=Response,
    openapi_extra=LAST_EVENT_ID,
    responses=EVENTS,
)
async def get_events(request: Request) -> Response:
    """From now on, or after `Last-Event-ID`; of one's own tasks, for an admin of all.

    Changes of tasks that were removed meanwhile are left out.
    """
    after = _place(request.headers.get("last-event-id"))
    changes = _of_all(engine_of(request), request.scope, identity_of(request), after)
    return EventSourceResponse(changes, ping=PING_SECONDS)


def _place(header: str | None) -> Seen | None:
    """The place in a `Last-Event-ID`, `<number of the change>-<line of it>`; None where there is none."""
    change, _, line = (header or "").partition("-")
    return (int(change), int(line)) if _is_number(change) and _is_number(line) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


async def _line(engine: Engine, event_id: str, task: Task, change: Change) -> ServerSentEvent:
    view = change_view(change)
    origin = task.origin
    if origin is not None and origin.call is None:
        pipeline = (await engine.registry.definition(task.definition)).levels[task.scope]
        if change.node is not None:
            view["node"] = pipeline.instance(change.node, origin.number)
        elif pipeline.outer is not None:
            view["node"] = pipeline.outer.instance(origin.node, origin.above)
        view |= {"item": origin.index, "of": origin.node if change.node is None else change.node}
    kind = "node" if change.node is not None else "task" if task.head == task.id else "item"
    data = {"task": task.head, "route": task.route, **view}
    return ServerSentEvent(orjson.dumps(data).decode(), event=kind, id=event_id)


async def _of_task(engine: Engine, scope: Scope, task_id: str, seen: Seen) -> AsyncIterator[ServerSentEvent]:
    with engine.hub.listen(task_id) as listener, engine.guard.watching(scope, listener.end):
        await engine.runner.follower.begin()
        # Asked before the store is: where the task ends meanwhile, its end may be heard and not be among the stored.
        task = await engine.runner.read(task_id)
        told = Told(complete=seen == (0, 0))
        for _ in range(LATE_LOOKS):
            async for news in _stored(engine, seen, task.root):
                if news.task.head == task_id or news.task.id == task_id:
                    async for event in _events(engine, news, seen, told):
                        yield event
                seen = (news.number, len(news.lines))
            if task.status == "running" or told.all_of(task):
                break
            await asyncio.sleep(LATE_SECONDS)
        if task.status != "running":
            return
        async for news in _heard(listener, seen):
            async for event in _events(engine, news, seen, told):
                yield event
            if news.task.id == task_id and news.ends:
                return


async def _of_all(
    engine: Engine, scope: Scope, identity: Identity, seen: Seen | None
) -> AsyncIterator[ServerSentEvent]:
    with engine.hub.listen() as listener, engine.guard.watching(scope, listener.end):
        await engine.runner.follower.begin()
        told = Told(complete=False)
        if seen is None:
            seen = (await engine.store.last_change() + 1, 0)
        else:
            async for news in _stored(engine, seen, identity=identity):
                async for event in _events(engine, news, seen, told):
                    yield event
                seen = (news.number, len(news.lines))
        async for news in _heard(listener, seen):
            if identity.sees(news.task.owner):
                async for event in _events(engine, news, seen, told):
                    yield event


async def _events(engine: Engine, news: News, seen: Seen, told: Told) -> AsyncIterator[ServerSentEvent]:
    """The events of one save, without the lines that were seen, and those of `loopEnd`, which is no node to anybody."""
    for line, change in told.new(news):
        if (news.number, line) > seen and change.node != LOOP_END:
            yield await _line(engine, f"{news.number}-{line}", news.task, change)


async def _heard(listener: Listener, seen: Seen) -> AsyncIterator[News]:
    while True:
        news = await listener.get()
        if news is None:
            return
        if news.number >= seen[0]:
            yield news


async def _stored(
    engine: Engine, seen: Seen, root: str | None = None, identity: Identity = EVERYBODY
) -> AsyncIterator[News]:
    after = seen[0] - 1
    while changes := await engine.store.changes(after, PAGE, root):
        own = await engine.owners.seen(identity, {change.task for change in changes})
        for change in changes:
            after = change.number
            if change.task not in own:
                continue
            try:
                task = await engine.runner.with_lines(change.task, change.last_event)
            except NotFound:
                continue
            lines = task.history[change.first_event - 1 : change.last_event]
            yield News(change.number, task, change.first_event, lines)
