"""What a node works on: its input directive, or the union of what its predecessors gave; and the binaries in it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.pipeline.nodes import EntryNode, Pipeline
from engine.pipeline.paths import PathNotFound, parse, resolve
from engine.task.task import PENDING, BinaryRef, NodeRun, Task

_parse = lru_cache(maxsize=10_000)(parse)


_MAX_CHAIN = 64


class InputError(ValueError):
    """A path of the input directive finds nothing; the text names it and the keys that are there."""


def prepare_input(pipeline: Pipeline, nodes: Mapping[str, NodeRun], node_id: str) -> dict[str, Any]:
    """Return the input of a node of a task in this state. Raises InputError.

    It follows from the outs of other nodes alone, so it is not stored with the task but prepared again when a call is
    repeated. Values are shared with those outs: nobody changes them.
    """
    return _Preparation(pipeline, nodes).input(node_id)


class _Preparation:
    """Prepares one input, and on the way each input that it refers to once."""

    def __init__(self, pipeline: Pipeline, nodes: Mapping[str, NodeRun]) -> None:
        self._pipeline = pipeline
        self._nodes = nodes
        self._inputs: dict[str, dict[str, Any]] = {}
        self._depth = 0

    def input(self, node_id: str) -> dict[str, Any]:
        if node_id in self._inputs:
            return self._inputs[node_id]
        if self._depth == _MAX_CHAIN:
            raise InputError(f"more than {_MAX_CHAIN} inputs refer to each other")
        self._depth += 1
        prepared = self._inputs[node_id] = self._prepare(node_id)
        self._depth -= 1
        return prepared

    def _prepare(self, node_id: str) -> dict[str, Any]:
        node = self._pipeline.nodes[node_id]
        if isinstance(node, EntryNode):
            return {}
        if node.input is None:
            merged: dict[str, Any] = {}
            for before in self._pipeline.predecessors[node_id]:
                merged.update(self._nodes.get(before, PENDING).out or {})
            return merged
        return {name: self._follow(node_id, name, path) for name, path in node.input.items()}

    def _follow(self, node_id: str, name: str, text: str) -> Any:
        path = _parse(text)
        keys: tuple[str, ...] = (path.field, *path.keys)
        if path.node != "pipeline":
            root: Any = self._fields(node_id if path.node == "node" else path.node, path.field)
        elif path.field == "nodes" and path.keys and path.keys[0] in self._pipeline.nodes:
            root = {"nodes": {path.keys[0]: self._fields(path.keys[0], (*path.keys, "")[1])}}
        else:
            root = {"nodes": dict.fromkeys(self._pipeline.nodes)}
        try:
            return resolve(root, keys, path.node)
        except PathNotFound as error:
            raise InputError(f"input `{name}`: {error}") from error

    def _fields(self, node_id: str, wanted: str) -> dict[str, Any]:
        """What a path can reach of a node. What is not there yet is left out, so that the error says so."""
        node = self._pipeline.nodes[node_id]
        run = self._nodes.get(node_id, PENDING)
        fields = {"id": node_id, "type": node.type, "params": node.params, "finished": run.state == "finished"}
        if wanted == "input" and run.turn:
            fields["input"] = self.input(node_id)
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


def unused(task: Task, binary_ids: list[str]) -> list[str]:
    """Those of the binaries that no out of the task refers to."""
    used = {ref.id for run in task.nodes.values() for _, ref in binaries(run.out or {})}
    return [binary_id for binary_id in binary_ids if binary_id not in used]
