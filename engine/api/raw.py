"""The whole of a task, for finding mistakes: every node of every instance, written out piece by piece.

A loop of ten thousand items makes tens of thousands of nodes: so the document is never in memory as a whole.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson

from engine.api.deps import Engine, moment
from engine.api.views import change_view, code_place, state_of
from engine.errors import NotFound
from engine.pipeline.nodes import LOOP_END
from engine.task.codec import decode
from engine.task.frames import Frame, Place
from engine.task.inputs import InputError, binaries, input_of
from engine.task.task import Attempt, BinaryRef, NodeRun, Task

PAGE = 100


async def raw_of(engine: Engine, task: Task, place: Place) -> AsyncIterator[bytes]:
    """The JSON of the whole task, in pieces. The ids of calls are capabilities and are not shown.

    `nodes` holds each node under the id of its instance: those of the task itself first, then those of loops' bodies,
    whose `parent` is the task in which their loop stands: this one, or the `task` of the nodes of another body.
    `tasks` lists the runs of sub-pipelines, which are tasks of their own; `root` of such a run is the task that was
    submitted.
    """
    pipeline = place.pipeline
    top = {"id": task.id, "route": task.route, "version": pipeline.version, "revision": task.revision}
    top |= {"status": task.status, "message": task.message}
    top |= {"created": moment(task.created), "ended": moment(task.ended), "pipeline": _shown(dict(task.fields or {}))}
    if task.origin is not None:
        top["root"] = task.root
    yield orjson.dumps(top)[:-1] + b',"nodes":{'
    table: dict[str, str] = {}
    tasks: dict[str, Any] = {}
    comma = b""
    for piece in _nodes(task, place, table):
        yield comma + piece
        comma = b","
    async for child in _descendants(engine, task):
        if child.head == task.id:
            for piece in _nodes(child, await engine.runner.place(child), table):
                yield comma + piece
                comma = b","
        elif child.origin is not None and child.head == child.id:
            node = place.pipeline.instance(child.origin.node, None)
            tasks[child.id] = {"node": node, "route": child.route, "status": child.status}
    history = [change_view(change) for change in task.history]
    rest = {"binaries": table, "tasks": tasks, "history": history}
    yield b"}," + orjson.dumps(rest)[1:]


async def _descendants(engine: Engine, task: Task) -> AsyncIterator[Task]:
    """The children that belong to the present turns of their parents, and theirs."""
    after: tuple[str, str, int] | None = None
    while page := await engine.store.children(task.root, after, PAGE):
        for row in page:
            child = decode(row.document)
            if await _is_present(engine, child):
                yield child
        assert page[-1].parent is not None
        after = (page[-1].parent, page[-1].family, page[-1].position)


async def _is_present(engine: Engine, child: Task) -> bool:
    assert child.origin is not None
    try:
        parent = await engine.runner.read(child.origin.parent)
    except NotFound:
        return False
    return parent.node(child.origin.node).turn == child.origin.turn


def _nodes(task: Task, place: Place, table: dict[str, str]) -> Iterator[bytes]:
    frame = place.frame(task)
    for node_id in place.pipeline.nodes:
        if node_id == LOOP_END:
            continue
        name = frame.instance(node_id)
        run = task.node(node_id)
        table.update({f"{name}.out.{key}": ref.id for key, ref in binaries(run.out or {})})
        yield orjson.dumps(name) + b":" + orjson.dumps(node_view(task, frame, node_id, run))


def node_view(task: Task, frame: Frame, node_id: str, run: NodeRun) -> dict[str, Any]:
    """All that is known of one node. Where its code has failed, `field` and `line` say in which place."""
    node = frame.pipeline.nodes[node_id]
    view: dict[str, Any] = {"id": frame.instance(node_id), "type": node.type, "state": state_of(task, run)}
    view["params"] = _shown(frame.params(node_id))
    if task.origin is not None and frame.pipeline.loop is not None:
        view |= {"node": node_id, "task": task.id, "index": task.origin.index, "_loop": _shown(task.item)}
        view["parent"] = task.origin.parent
    if run.turn:
        try:
            view["input"] = _shown(input_of(frame, node_id))
        except InputError:
            view["input"] = None
    view["out"] = _shown(run.out)
    view |= {
        "started": moment(run.started),
        "ended": moment(run.ended),
        "seconds": seconds_between(run.started, run.ended),
    }
    view |= {"turn": run.turn, "error": run.error, "waiting": run.waiting, "due": moment(run.due)}
    view |= code_place(frame.pipeline, node_id, run)
    if run.more.side is not None:
        view["side"] = run.more.side
    if run.more.total is not None:
        view["items"] = run.more.total
    view["attempts"] = [_attempt(attempt) for attempt in run.attempts]
    return view


def _attempt(attempt: Attempt) -> dict[str, Any]:
    view = {
        "turn": attempt.turn,
        "url": attempt.url,
        "at": moment(attempt.at),
        "accepted": moment(attempt.accepted),
        "ended": moment(attempt.ended),
        "seconds": seconds_between(attempt.at, attempt.ended),
        "error": attempt.error,
    }
    return view if attempt.task is None else {**view, "task": attempt.task}


def seconds_between(start: int | None, end: int | None) -> float | None:
    """How long something took; None where it has not begun, or not ended."""
    return None if start is None or end is None else (end - start) / 1_000_000


def _shown(value: Any) -> Any:
    if isinstance(value, BinaryRef):
        return {"binary": value.id, "name": value.name, "type": value.type, "size": value.size}
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value
