"""A task as bytes, and back.

In the document a binary is an object with one key, the task's seal: `{"<seal>": [id, name, type, size]}`. The seal is
random and never leaves the engine, so no JSON that a client or service sends can be taken for a binary.
"""

from typing import Any, cast

import orjson

from engine.task.task import Attempt, BinaryRef, Change, Extra, NodeRun, Origin, Task

SCHEMA = 4
"""The number of the document's shape. A change that older code cannot read raises it."""

_WITHOUT_TRACE = 3
_NO_TRACE = b',"trace":null}}'  # the last field of a task, which stands there only where a client has sent one


class UnknownSchema(ValueError):
    """The document was written by a newer engine."""


def encode(task: Task) -> bytes:
    """The task as JSON."""
    if task.trace is not None:
        return _dumps({"schema": SCHEMA, "task": task}, task.seal)
    return _dumps({"schema": _WITHOUT_TRACE, "task": task}, task.seal).removesuffix(_NO_TRACE) + b"}}"


def encode_value(value: Any, seal: str) -> bytes:
    """A value of a task of this seal as JSON, for its parent, which has the same seal."""
    return _dumps(value, seal)


def decode_value(document: bytes, seal: str) -> Any:
    """The value that `encode_value` wrote."""
    return _open(orjson.loads(document), seal)


def _dumps(value: Any, seal: str) -> bytes:
    def sealed(found: object) -> Any:
        if isinstance(found, BinaryRef):
            return {seal: found.fields()}
        raise TypeError(f"a {type(found).__name__} is no value of a task")

    return orjson.dumps(value, default=sealed)


def decode(document: bytes) -> Task:
    """The task that `encode` wrote. Raises UnknownSchema."""
    stored = orjson.loads(document)
    if stored["schema"] > SCHEMA:
        raise UnknownSchema(f"the stored task has schema {stored['schema']}, this engine reads up to {SCHEMA}")
    fields = stored["task"]
    seal = fields["seal"]
    # The seal stands once as the task's own field; only where it stands again are there binaries to be found.
    with_binaries = document.count(seal.encode()) > 1
    nodes = {}
    for node_id, run in fields["nodes"].items():
        run["attempts"] = tuple(Attempt(**attempt) for attempt in run["attempts"])
        if with_binaries:
            run["out"] = _open(run["out"], seal)
        if run.get("extra") is not None:
            run["extra"] = Extra(**(_open(run["extra"], seal) if with_binaries else run["extra"]))
        nodes[node_id] = NodeRun(**run)
    history = tuple(Change(**change) for change in fields["history"])
    if with_binaries:
        fields["fields"], fields["item"] = _open(fields.get("fields"), seal), _open(fields.get("item"), seal)
    if fields.get("origin") is not None:
        fields["origin"] = Origin(**fields["origin"])
    holders = tuple(fields.get("holders", ()))
    return Task(**{**fields, "nodes": nodes, "history": history, "holders": holders})


def _open(value: Any, seal: str) -> Any:
    if isinstance(value, dict):
        if seal in value:
            return BinaryRef(*cast(tuple[str, str, str, int], tuple(value[seal])))
        return {key: _open(item, seal) for key, item in value.items()}
    if isinstance(value, list):
        return [_open(item, seal) for item in value]
    return value
