"""What a node works on: its input directive, or the union of what its predecessors gave; and the binaries in it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.pipeline.nodes import LOOP_END, EntryNode, LoopNode
from engine.pipeline.paths import Path, PathNotFound, describe, parse, resolve
from engine.task.frames import Frame
from engine.task.task import BinaryRef, Task

_parse = lru_cache(maxsize=10_000)(parse)


_MAX_CHAIN = 64


class InputError(ValueError):
    """A path finds nothing, or not what is wanted; the text names it and what is there."""


def input_of(frame: Frame, node_id: str) -> dict[str, Any]:
    """Return the input of a node. Raises InputError.

    In a pipeline whose outs stay what they are it follows from them alone, so it is not stored with the task but
    prepared again. Values are shared with those outs: nobody changes them.
    """
    return _Preparation().input(frame, node_id)


def fresh_input(frame: Frame, node_id: str) -> dict[str, Any]:
    """Return the input that a node has if it starts now. Raises InputError."""
    return _Preparation().prepare(frame, node_id)


def input_so_far(frame: Frame, node_id: str) -> dict[str, Any]:
    """Return what there is already of the input that a node will have when it starts."""
    node = frame.pipeline.nodes[node_id]
    if isinstance(node, EntryNode) or node.input is None:
        return _Preparation().prepare(frame, node_id)
    return _Preparation().so_far(frame, node_id, node.input)


def follow(frame: Frame, node_id: str, directive: Mapping[str, str]) -> dict[str, Any]:
    """Return what the paths of a directive of this node lead to. Raises InputError."""
    preparation = _Preparation()
    return {name: preparation.follow(frame, node_id, name, path) for name, path in directive.items()}


def items_of(frame: Frame, node_id: str) -> list[Any]:
    """Return the items of a loop: those that it has begun with, where they are stored. Raises InputError where the path
    leads to no list."""
    node = frame.pipeline.nodes[node_id]
    assert isinstance(node, LoopNode)
    stored = frame.run(node_id).more.items
    if stored is not None:
        return stored
    found = _Preparation().follow(frame, node_id, "items", node.items, "items")
    if not isinstance(found, list):
        raise InputError(f"`items` must lead to a list: `{node.items}` is {describe(found)}")
    return found


class _Preparation:
    """Prepares one input, and on the way each input that it refers to once."""

    def __init__(self) -> None:
        self._inputs: dict[tuple[int, str], dict[str, Any]] = {}
        self._depth = 0

    def input(self, frame: Frame, node_id: str) -> dict[str, Any]:
        stored = frame.run(node_id).more.input
        if stored is not None:
            return stored
        key = (id(frame), node_id)
        if key in self._inputs:
            return self._inputs[key]
        if self._depth == _MAX_CHAIN:
            raise InputError(f"more than {_MAX_CHAIN} inputs refer to each other")
        self._depth += 1
        try:
            prepared = self._inputs[key] = self.prepare(frame, node_id)
        finally:
            self._depth -= 1
        return prepared

    def prepare(self, frame: Frame, node_id: str) -> dict[str, Any]:
        node = frame.pipeline.nodes[node_id]
        if isinstance(node, EntryNode):
            return {}
        if node_id == LOOP_END:
            assert frame.pipeline.loop is not None
            return self.so_far(frame, node_id, frame.pipeline.loop.collect)
        if node.input is None:
            merged: dict[str, Any] = {}
            for before in frame.pipeline.predecessors[node_id]:
                merged.update(frame.run(before).out or {})
            return merged
        return {name: self.follow(frame, node_id, name, path) for name, path in node.input.items()}

    def so_far(self, frame: Frame, node_id: str, directive: Mapping[str, str]) -> dict[str, Any]:
        """What the paths of a directive find; the others are left out."""
        found = {}
        for name, path in directive.items():
            try:
                found[name] = self.follow(frame, node_id, name, path)
            except InputError:
                continue
        return found

    def follow(self, frame: Frame, node_id: str, name: str, text: str, kind: str = "") -> Any:
        path = _parse(text)
        try:
            root, keys = self._root(frame, node_id, path)
            return resolve(root, keys, path.node)
        except PathNotFound as error:
            raise InputError(f"{kind and f'`{kind}`' or f'input `{name}`'}: {error}") from error

    def _root(self, frame: Frame, node_id: str, path: Path) -> tuple[Any, tuple[str, ...]]:
        keys: tuple[str, ...] = (path.field, *path.keys)
        if path.node == "node":
            return self._fields(frame, node_id, path.field), keys
        if path.node == "pipeline":
            return self._of_pipeline(frame, path), keys
        if path.node == "loop" and frame.pipeline.loop is not None:
            if path.field not in frame.pipeline.nodes:
                return dict.fromkeys(known for known in frame.pipeline.nodes if known != LOOP_END), keys
            return {path.field: self._fields(frame, path.field, (*path.keys, "")[0])}, keys
        holder = frame.holder(path.node)
        if holder is None:
            raise InputError(f"there is no node `{path.node}`")
        return self._fields(holder, path.node, path.field), keys

    def _of_pipeline(self, frame: Frame, path: Path) -> dict[str, Any]:
        if path.field != "nodes":
            return frame.all_fields
        holder = frame.holder(path.keys[0]) if path.keys else None
        if holder is None:
            return {"nodes": dict.fromkeys(frame.pipeline.ids)}
        return {"nodes": {path.keys[0]: self._fields(holder, path.keys[0], (*path.keys, "")[1])}}

    def _fields(self, frame: Frame, node_id: str, wanted: str) -> dict[str, Any]:
        """What a path can reach of a node. What is not there yet is left out, so that the error says so."""
        node, run = frame.pipeline.nodes[node_id], frame.run(node_id)
        fields: dict[str, Any] = {"id": frame.instance(node_id), "type": node.type, "params": frame.params(node_id)}
        fields["finished"] = run.state == "finished"
        if frame.pipeline.loop is not None:
            fields["_loop"] = frame.item
        if wanted == "input" and run.turn:
            fields["input"] = self.input(frame, node_id)
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


def held(task: Task) -> Iterator[BinaryRef]:
    """Yield every binary that something in the task refers to, perhaps more than once."""
    values = [task.item, dict(task.fields or {})]
    for run in task.nodes.values():
        values += [run.out, run.more.input, run.more.params, run.more.items, run.more.changed]
    return (ref for value in values for _, ref in binaries(value))


def unused(task: Task, binary_ids: list[str]) -> list[str]:
    """Those of the binaries that nothing in the task refers to."""
    used = {ref.id for ref in held(task)}
    return [binary_id for binary_id in binary_ids if binary_id not in used]
