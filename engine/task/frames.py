"""What a node can name: the nodes of its own level, and those of the levels around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.pipeline.flow import Pipeline
from engine.task.task import PENDING, NodeRun, Task


@dataclass(frozen=True, slots=True)
class Frame:
    """A level and its nodes as they stand in a task. `outer` is the level around it as it stands in the parent.

    `item` and `number` are those of the body's instance, `fields` what code on this level has set on `pipeline`.
    """

    pipeline: Pipeline
    nodes: Mapping[str, NodeRun]
    fields: Mapping[str, Any]
    item: Any = None
    number: str | None = None
    outer: "Frame | None" = None

    def run(self, node_id: str) -> NodeRun:
        """The node's instance on this level; a pending one where it has not started."""
        return self.nodes.get(node_id, PENDING)

    def holder(self, node_id: str) -> "Frame | None":
        """The level, this one or one around it, that has a node of this id."""
        frame: Frame | None = self
        while frame is not None and node_id not in frame.pipeline.nodes:
            frame = frame.outer
        return frame

    def instance(self, node_id: str) -> str:
        """The id of the node's instance on this level."""
        return self.pipeline.instance(node_id, self.number)

    def params(self, node_id: str) -> dict[str, Any]:
        """The task's own copy of a node's params; not to be changed."""
        changed = self.run(node_id).more.params
        return self.pipeline.nodes[node_id].params if changed is None else changed

    @property
    def all_fields(self) -> dict[str, Any]:
        """What can be seen on `pipeline` beside the nodes: fields of this level hide those around it."""
        return {**(self.outer.all_fields if self.outer is not None else {}), **self.fields}


def frame_of(pipeline: Pipeline, task: Task, outer: Frame | None = None) -> Frame:
    """The frame of a task that runs this level."""
    number = None if task.origin is None else task.origin.number
    return Frame(pipeline, task.nodes, task.fields or {}, task.item, number, outer)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task runs: the level, and the one around it as it stands in the parent."""

    pipeline: Pipeline
    outer: Frame | None

    def frame(self, task: Task) -> Frame:
        """The frame of a task that runs here."""
        return frame_of(self.pipeline, task, self.outer)
