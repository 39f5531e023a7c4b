"""What dynamic code sees of a task, and what it has changed there.

A scope is `{"self": id, "nodes": {id: {field: value}}, "pipeline": {field: value}}`: the nodes and fields that the code
names, no others, so that a large task does not make small code slow. Values are shared with the task: nobody changes
them, for code is given a copy.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.pipeline.code import Program
from engine.pipeline.nodes import LOOP_END
from engine.task.events import CodeRan, RunCode
from engine.task.frames import Frame
from engine.task.inputs import input_of, input_so_far

FIELDS = ("id", "type", "params", "input", "out", "finished", "_loop")
CHANGEABLE = ("out", "input", "params")

Scope = Mapping[str, Any]


class ScopeError(ValueError):
    """Code has changed what it may only read; the text says what."""


def program_of(frame: Frame, command: RunCode) -> Program:
    """The code field that is to be run."""
    side = frame.run(command.node).more.side
    return frame.pipeline.program(command.node, command.step, side)


def field_name(frame: Frame, command: RunCode) -> str:
    """How a code field is called in a definition."""
    return command.step if command.step != "exec" else f"{frame.run(command.node).more.side}.exec"


def scope_of(frame: Frame, node_id: str, program: Program) -> Scope:
    """What a program of this node sees. Raises InputError where the input of a node cannot be prepared."""
    wanted: dict[str, frozenset[str] | None] = {}
    for name, fields in program.uses.items():
        name = node_id if name == "node" else name
        known = wanted.get(name, frozenset())
        wanted[name] = None if fields is None or known is None else known | fields
    if program.every:
        wanted = {name: None for name in _all_ids(frame)}
    wanted.setdefault(node_id, frozenset())
    nodes = {name: _view(frame, name, FIELDS if fields is None else fields) for name, fields in wanted.items()}
    return {"self": node_id, "nodes": nodes, "pipeline": frame.all_fields if program.fields else {}}


def _all_ids(frame: Frame | None) -> list[str]:
    found: list[str] = []
    while frame is not None:
        found += [node_id for node_id in frame.pipeline.nodes if node_id != LOOP_END]
        frame = frame.outer
    return found


def _view(frame: Frame, node_id: str, fields: Iterable[str]) -> dict[str, Any]:
    holder = frame.holder(node_id)
    assert holder is not None
    return {field: _field(holder, node_id, field) for field in FIELDS if field in fields and _has(holder, field)}


def _has(frame: Frame, field: str) -> bool:
    return field != "_loop" or frame.pipeline.loop is not None


def _field(frame: Frame, node_id: str, field: str) -> Any:
    run = frame.run(node_id)
    if field == "id":
        return frame.instance(node_id)
    if field == "type":
        return frame.pipeline.nodes[node_id].type
    if field == "params":
        return frame.params(node_id)
    if field == "input":
        return input_so_far(frame, node_id) if run.state == "pending" else input_of(frame, node_id)
    if field == "out":
        return {} if run.out is None else run.out
    return run.state == "finished" if field == "finished" else frame.item


def changes_of(frame: Frame, command: RunCode, before: Scope, after: Scope) -> CodeRan:
    """What a program has changed, by the scope that it was given and the one that it has left. Raises ScopeError."""
    changes: dict[str, dict[str, Any]] = {}
    for name, view in before["nodes"].items():
        left = after["nodes"][name]
        for field in (*view, *(added for added in left if added not in view)):
            if field in view and field in left and is_same(view[field], left[field]):
                continue
            changes.setdefault(name, {})[field] = _changed(frame, command.node, name, field, left)
    fields = None
    if not is_same(before["pipeline"], after["pipeline"]):
        fields = _own_fields(frame, before["pipeline"], after["pipeline"])
    return CodeRan(command.node, command.step, command.turn, None, changes, fields)


def _changed(frame: Frame, node_id: str, name: str, field: str, left: Mapping[str, Any]) -> dict[str, Any]:
    shown = "node" if name == node_id else name
    if field not in FIELDS:
        raise ScopeError(
            f"a node has no field `{field}`; it has {', '.join(FIELDS)}: set `{shown}.out.{field}` instead"
        )
    if field not in CHANGEABLE:
        raise ScopeError(f"`{shown}.{field}` cannot be changed; only {', '.join(CHANGEABLE)} can")
    if name not in frame.pipeline.nodes:
        raise ScopeError(f"`{name}` lies outside of this loop's body, and code in a body can only read it")
    if field not in left:
        raise ScopeError(f"`{shown}.{field}` was deleted; give it an empty object instead")
    value = left[field]
    if not isinstance(value, dict):
        raise ScopeError(f"`{shown}.{field}` must stay an object, and became {type(value).__name__}")
    return value


def _own_fields(frame: Frame, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The fields on `pipeline` that belong to this level: those that it had, and those that code has set."""
    return {
        name: value
        for name, value in after.items()
        if name in frame.fields or name not in before or not is_same(before[name], value)
    }


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are alike in JSON, where `1`, `1.0` and `true` are three."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)
