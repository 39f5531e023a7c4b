"""A task as clients see it: its status and its result."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from engine.api.deps import Engine, moment
from engine.errors import Invalid, NotFound
from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import LOOP_END
from engine.task.frames import Place
from engine.task.inputs import binaries
from engine.task.task import BinaryRef, Change, NodeRun, Task

_IN_CODE = re.compile(r"`(ready|before|if|(?:then|else)\.exec|after)`(?:, line (\d{1,6}))?: ")


async def status_of(engine: Engine, task: Task, place: Place) -> dict[str, Any]:
    """The status, with progress and the state of every node beside it."""
    pipeline = place.pipeline
    nodes = {node_id: _node_status(task, pipeline, node_id) for node_id in pipeline.nodes if node_id != LOOP_END}
    for node_id, shown in nodes.items():
        run = task.node(node_id)
        if run.more.total is not None:
            shown["items"] = {"total": run.more.total, "done": run.more.total}
            if run.state != "finished":
                shown["items"]["done"] = await engine.families.done(task, node_id, run.turn)
            if run.phase == "items":
                shown |= await _held_up(engine, task, place, node_id)
    done = sum(1 for shown in nodes.values() if shown["state"] in ("finished", "skipped"))
    view: dict[str, Any] = {"status": task.status}
    if task.message is not None:
        view["message"] = task.message
    view |= {"jobId": task.id, "route": task.route, "version": pipeline.version}
    view |= {"created": moment(task.created), "ended": moment(task.ended)}
    view["progress"] = {"done": done, "total": len(nodes)}
    view["nodes"] = {place.pipeline.instance(node_id, _number(task)): shown for node_id, shown in nodes.items()}
    return view


async def _held_up(engine: Engine, task: Task, place: Place, node_id: str) -> dict[str, Any]:
    """What bodies of a loop wait for, if they do."""
    held = await engine.families.waiting(task, node_id, task.node(node_id).turn)
    body = place.pipeline.bodies[node_id]
    return {
        "waiting": f"{body.instance(inner, _number(child))}: {child.node(inner).waiting}" for child, inner in held[:1]
    }


def _number(task: Task) -> str | None:
    return None if task.origin is None else task.origin.number


def state_of(task: Task, run: NodeRun) -> str:
    """The state of a node; `skipped` where the task has finished without it."""
    return "skipped" if run.state == "pending" and task.status == "finished" else run.state


def _node_status(task: Task, pipeline: Pipeline, node_id: str) -> dict[str, Any]:
    run = task.node(node_id)
    view: dict[str, Any] = {"state": state_of(task, run)}
    if run.waiting is not None:
        view["waiting"] = run.waiting
    if run.error is not None:
        view["error"] = run.error
        view |= code_place(pipeline, node_id, run)
    return view


def code_place(pipeline: Pipeline, node_id: str, run: NodeRun) -> dict[str, Any]:
    """The `field` whose code has failed, as a definition calls it (`then.exec` is that of a side), and the `line` in it
    where that is known; nothing where the node's error is another one."""
    found = _IN_CODE.match(run.error or "")
    if found is None or any(attempt.error and found.string.startswith(attempt.error) for attempt in run.attempts):
        return {}  # what a service says may look like it
    field, line = found.groups()
    side, _, step = field.rpartition(".")
    if pipeline.code(node_id, step, side or None) is None:
        return {}
    return {"field": field} if line is None else {"field": field, "line": int(line)}


def result_of(engine: Engine, task: Task, pipeline: Pipeline) -> Any:
    """The `out` of the end, binaries as URLs. Raises Invalid (400) where the task has not finished."""
    if task.status == "running":
        raise Invalid("the task is still running; GET /tasks/{id}/status tells when it has ended")
    if task.status == "error":
        raise Invalid(f"the task has failed: {task.message}")
    base = f"{engine.settings.external_url}/tasks/{task.id}/files/"
    out = task.node(pipeline.end).out
    return _linked(out, (base + quote(name, safe="") for name, _ in _files(out)))


def _linked(value: Any, urls: Iterator[str]) -> Any:
    """The value with the next URL in the place of each binary."""
    if isinstance(value, BinaryRef):
        return next(urls)
    if isinstance(value, dict):
        return {key: _linked(item, urls) for key, item in value.items()}
    if isinstance(value, list):
        return [_linked(item, urls) for item in value]
    return value


def _files(out: Any) -> Iterator[tuple[str, BinaryRef]]:
    """The binaries of a result, each under a name of its own that can stand in a URL: its path, as far as it can."""
    taken: set[str] = set()
    for path, ref in binaries(out or {}):
        name = "".join(char if char.isprintable() else "_" for char in path)
        while name in taken or not name.strip("."):
            name += "_"
        taken.add(name)
        yield name, ref


def file_of(task: Task, pipeline: Pipeline, name: str) -> BinaryRef:
    """The binary of the result under this name. Raises NotFound."""
    for known, ref in _files(task.node(pipeline.end).out):
        if known == name:
            return ref
    raise NotFound(f"the result has no file `{name}`")


def change_view(change: Change) -> dict[str, Any]:
    """A line of the history; `node` is null where the task itself took on the state."""
    view = {"at": moment(change.at), "node": change.node, "state": change.state}
    return view if change.detail is None else {**view, "detail": change.detail}


def breaker_view(engine: Engine, url: str) -> dict[str, Any]:
    """The breaker of an address: `breaker` is `closed`, `open` or `half-open`, `failures` counts those in a row,
    `retry_in` are the seconds until a call goes through again, null where it is closed."""
    return asdict(engine.turnstile.breakers.shown(url))


def failing_view(engine: Engine, names: Iterable[str | None]) -> list[dict[str, Any]]:
    """Those of the addresses that nodes call whose breaker is not closed."""
    breakers = engine.turnstile.breakers
    return [
        {"url": url, **breaker_view(engine, url)} for url in sorted(filter(None, names)) if not breakers.closed(url)
    ]
