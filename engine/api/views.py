"""A task as clients see it: its status, its result, and the whole of it."""

from typing import Any
from urllib.parse import quote

from engine.api.deps import Engine, moment
from engine.errors import Invalid, NotFound
from engine.pipeline.nodes import Pipeline
from engine.task.inputs import InputError, binaries, prepare_input
from engine.task.task import Attempt, BinaryRef, Change, NodeRun, Task


def status_of(task: Task, pipeline: Pipeline) -> dict[str, Any]:
    """The status, with progress and the state of every node beside it."""
    done = sum(1 for node_id in pipeline.nodes if task.node(node_id).state == "finished")
    view: dict[str, Any] = {"status": task.status}
    if task.message is not None:
        view["message"] = task.message
    view |= {"jobId": task.id, "route": task.route, "version": pipeline.version}
    view |= {"created": moment(task.created), "ended": moment(task.ended)}
    view["progress"] = {"done": done, "total": len(pipeline.nodes)}
    view["nodes"] = {node_id: _node_status(task.node(node_id)) for node_id in pipeline.nodes}
    return view


def _node_status(run: NodeRun) -> dict[str, Any]:
    view: dict[str, Any] = {"state": run.state}
    if run.waiting is not None:
        view["waiting"] = run.waiting
    if run.error is not None:
        view["error"] = run.error
    return view


def result_of(engine: Engine, task: Task, pipeline: Pipeline) -> Any:
    """The `out` of the end, binaries as URLs. Raises Invalid (400) where the task has not finished."""
    if task.status == "running":
        raise Invalid("the task is still running; GET /tasks/{id}/status tells when it has ended")
    if task.status == "error":
        raise Invalid(f"the task has failed: {task.message}")
    base = f"{engine.settings.external_url}/tasks/{task.id}/files/"
    return _linked(task.node(pipeline.end.id).out, base, "")


def _linked(value: Any, base: str, name: str) -> Any:
    if isinstance(value, BinaryRef):
        return base + quote(name, safe="")
    if isinstance(value, dict):
        return {key: _linked(item, base, f"{name}.{key}" if name else key) for key, item in value.items()}
    if isinstance(value, list):
        return [_linked(item, base, f"{name}.{index}" if name else str(index)) for index, item in enumerate(value)]
    return value


def file_of(task: Task, pipeline: Pipeline, name: str) -> BinaryRef:
    """The binary of the result under this name. Raises NotFound."""
    for known, ref in binaries(task.node(pipeline.end.id).out or {}):
        if known == name:
            return ref
    raise NotFound(f"the result has no file `{name}`")


def raw_of(task: Task, pipeline: Pipeline) -> dict[str, Any]:
    """The whole task. The ids of calls are capabilities and are not shown."""
    table = {
        f"{node_id}.out.{name}": ref.id
        for node_id, run in task.nodes.items()
        for name, ref in binaries(run.out if run.out is not None else {})
    }
    return {
        "id": task.id,
        "route": task.route,
        "version": pipeline.version,
        "revision": task.revision,
        "status": task.status,
        "message": task.message,
        "created": moment(task.created),
        "ended": moment(task.ended),
        "nodes": {node_id: _raw_node(task, pipeline, node_id) for node_id in pipeline.nodes},
        "binaries": table,
        "history": [change_view(change) for change in task.history],
    }


def _raw_node(task: Task, pipeline: Pipeline, node_id: str) -> dict[str, Any]:
    run = task.node(node_id)
    node = pipeline.nodes[node_id]
    view: dict[str, Any] = {"id": node_id, "type": node.type, "state": run.state, "params": node.params}
    if run.turn:
        try:
            view["input"] = _shown(prepare_input(pipeline, task.nodes, node_id))
        except InputError:
            view["input"] = None
    view["out"] = _shown(run.out)
    view |= {"started": moment(run.started), "ended": moment(run.ended), "seconds": _seconds(run.started, run.ended)}
    view |= {"turn": run.turn, "error": run.error, "waiting": run.waiting, "due": moment(run.due)}
    view["attempts"] = [_attempt(attempt) for attempt in run.attempts]
    return view


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "turn": attempt.turn,
        "url": attempt.url,
        "at": moment(attempt.at),
        "accepted": moment(attempt.accepted),
        "ended": moment(attempt.ended),
        "seconds": _seconds(attempt.at, attempt.ended),
        "error": attempt.error,
    }


def _seconds(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else (end - start) / 1_000_000


def _shown(value: Any) -> Any:
    if isinstance(value, BinaryRef):
        return {"binary": value.id, "name": value.name, "type": value.type, "size": value.size}
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


def change_view(change: Change) -> dict[str, Any]:
    """A line of the history; `node` is null where the task itself took on the state."""
    view = {"at": moment(change.at), "node": change.node, "state": change.state}
    return view if change.detail is None else {**view, "detail": change.detail}
