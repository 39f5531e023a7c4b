"""What a node works on: its input directive, or the union of what its predecessors gave; and the binaries in it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.pipeline.nodes import EntryNode, Pipeline
from engine.pipeline.paths import PathNotFound, parse, resolve
from engine.task.task import PENDING, BinaryRef, NodeRun

_parse = lru_cache(maxsize=10_000)(parse)


class InputError(ValueError):
    """A path of the input directive finds nothing; the text names it and the keys that are there."""


def prepare_input(pipeline: Pipeline, nodes: Mapping[str, NodeRun], node_id: str) -> dict[str, Any]:
    """Return the input of a node of a task in this state. Raises InputError.

    It follows from the outs of other nodes alone, so it is not stored with the task but prepared again when a call is
    repeated. Values are shared with those outs: nobody changes them.
    """
    node = pipeline.nodes[node_id]
    if isinstance(node, EntryNode):
        return {}
    if node.input is None:
        merged: dict[str, Any] = {}
        for before in pipeline.predecessors[node_id]:
            merged.update(nodes.get(before, PENDING).out or {})
        return merged
    return {name: _follow(pipeline, nodes, node_id, name, path) for name, path in node.input.items()}


def _follow(pipeline: Pipeline, nodes: Mapping[str, NodeRun], node_id: str, name: str, text: str) -> Any:
    path = _parse(text)
    if path.node == "pipeline":
        root: Any = {"nodes": {known: _fields(pipeline, nodes, known) for known in pipeline.nodes}}
    else:
        root = _fields(pipeline, nodes, node_id if path.node == "node" else path.node)
    try:
        return resolve(root, (path.field, *path.keys), path.node)
    except PathNotFound as error:
        raise InputError(f"input `{name}`: {error}") from error


def _fields(pipeline: Pipeline, nodes: Mapping[str, NodeRun], node_id: str) -> dict[str, Any]:
    """What a path can reach of a node. An out that is not there yet is left out, so that the error says so."""
    node = pipeline.nodes[node_id]
    run = nodes.get(node_id, PENDING)
    fields = {"id": node_id, "type": node.type, "params": node.params, "finished": run.state == "finished"}
    return fields if run.out is None else {**fields, "out": run.out}


def binaries(value: Any, name: str = "") -> Iterator[tuple[str, BinaryRef]]:
    """Yield every binary in a value, with its dotted path below `name`."""
    if isinstance(value, BinaryRef):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from binaries(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from binaries(item, f"{name}.{index}" if name else str(index))
