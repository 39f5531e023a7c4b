"""Single nodes of a task: one instance as `raw` shows it, and the instances of a loop body's node in item order."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from engine.api.answers import NODE, NODE_PAGE
from engine.api.asked import AskedTask
from engine.api.deps import Json, engine_of, moment
from engine.api.instances import Bodies, find_instance, loops_around
from engine.api.raw import node_view, seconds_between
from engine.api.views import code_place, state_of
from engine.errors import Fault, NotFound, Unprocessable
from engine.pipeline.flow import Pipeline
from engine.pipeline.names import Hints, quoted
from engine.pipeline.nodes import LOOP_END
from engine.task.frames import Place
from engine.task.task import Task

_CURSOR = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,31}")

router = APIRouter(tags=["tasks"])


@router.get(
    "/tasks/{task_id}/nodes", summary="The instances of one node, in the order of the items", responses=NODE_PAGE
)
async def get_nodes(
    task: AskedTask,
    request: Request,
    of: Annotated[str, Query(max_length=100, description="the id of the node in the definition")],
    limit: Annotated[int, Query(ge=1, le=200, description="at most so many")] = 100,
    cursor: Annotated[str | None, Query(description="`next` of the page before", max_length=400)] = None,
) -> Response:
    """`{"nodes": [{"id", "index", "state", "started", "ended", "seconds", "error", ...}], "next", "total"}`.

    Of a node in the body of a loop those instances that have begun, also where loops lie within each other: `indexes`
    are then the items' places from the outermost loop on, `index` is the last of them. `total` is how many there will
    be, null where that is not known. A node in no loop has one instance, without an index.
    """
    engine = engine_of(request)
    place = await engine.runner.place(task)
    bodies = Bodies(engine, task, place, _loops(place.pipeline, of))
    after = _after(cursor, len(bodies.loops))
    if not bodies.loops:
        return Json({"nodes": [_short(_One(task, place, ()), of)], "next": None, "total": 1})
    found = []
    async for body, where, indexes in bodies.after(after, limit + 1):
        found.append(_short(_One(body, where, indexes), of))
    more = len(found) > limit
    found = found[:limit]
    last = ".".join(map(str, found[-1]["indexes"])) if more else None
    return Json({"nodes": found, "next": last, "total": bodies.total})


@router.get("/tasks/{task_id}/nodes/{instance}", summary="One node of a task, for finding mistakes", responses=NODE)
async def get_node(task: AskedTask, instance: str, request: Request) -> Response:
    """What `raw` shows of it: the id is that of its instance there, as `blur` or, in the body of a loop, `blur7`."""
    engine = engine_of(request)
    place = await engine.runner.place(task)
    found = await find_instance(engine, task, place, instance)
    if found is None:
        raise NotFound(f"the task has no node {quoted(instance)}, or none yet: a loop's are made when their turn comes")
    body, where, node_id = found
    return Json(node_view(body, where.frame(body), node_id, body.node(node_id)))


@dataclass(frozen=True, slots=True)
class _One:
    """A task that runs a level, where it runs, and the places of its items."""

    task: Task
    place: Place
    indexes: tuple[int, ...]


def _short(one: _One, node_id: str) -> dict[str, Any]:
    task, run = one.task, one.task.node(node_id)
    view: dict[str, Any] = {"id": one.place.frame(task).instance(node_id)}
    view |= {"index": one.indexes[-1] if one.indexes else None, "indexes": list(one.indexes), "task": task.id}
    view |= {"state": state_of(task, run), "started": moment(run.started), "ended": moment(run.ended)}
    view |= {"seconds": seconds_between(run.started, run.ended), "error": run.error}
    return view | code_place(one.place.pipeline, node_id, run)


def _loops(pipeline: Pipeline, node_id: str) -> list[str]:
    """The loops around a node, from the outermost on. Raises Unprocessable where there is no such node."""
    for level in pipeline.levels.values():
        if node_id in level.nodes and node_id != LOOP_END:
            return loops_around(level, pipeline)
    known = [each for level in pipeline.levels.values() for each in level.nodes if each != LOOP_END]
    hint = Hints().did_you_mean(node_id, known)
    raise Unprocessable("there is no such node", [Fault("/of", f"the pipeline has no node {quoted(node_id)}{hint}")])


def _after(cursor: str | None, depth: int) -> tuple[int, ...]:
    """The places after which a page begins. Raises Unprocessable."""
    if cursor is None:
        return ()
    if not _CURSOR.fullmatch(cursor) or not cursor.isascii() or cursor.count(".") + 1 != depth:
        raise Unprocessable("the cursor is wrong", [Fault("/cursor", "take `next` of the page before")])
    return tuple(map(int, cursor.split(".")))
