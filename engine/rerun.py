"""Runs a task again from one of its nodes: a new task that takes over what the nodes before it gave.

The new task may have another definition, and the node another input. Binaries that it takes over are copied, for they
go with the task that they belong to.
"""

from collections.abc import Mapping
from typing import Any

from engine.audit import Actor
from engine.binaries.base import BinaryStore
from engine.clock import Clock
from engine.errors import Conflict, Fault, NotFound, Unprocessable
from engine.ids import new_id, new_task_id
from engine.pipeline.flow import Pipeline
from engine.pipeline.names import Hints, listed, quoted
from engine.registry import Registry
from engine.runner import Runner
from engine.task.events import Rerun
from engine.task.frames import Place
from engine.task.task import BinaryRef, Extra, NodeRun, Task, new_task


class Reruns:
    """See the module."""

    def __init__(self, binaries: BinaryStore, registry: Registry, runner: Runner, clock: Clock) -> None:
        self._binaries = binaries
        self._registry = registry
        self._runner = runner
        self._clock = clock

    async def start(
        self, old: Task, node_id: str, by: Actor, definition: Any = None, changed: Mapping[str, Any] | None = None
    ) -> str:
        """Start the new task, which belongs to who asks for it; returns its id once it is saved.

        `definition` takes the place of the task's own, and is opened under no route; `changed` holds fields that take
        the place of those in the node's input. Raises NotFound, Conflict, Unprocessable, StoreAway, StoreFull.
        """
        if old.origin is not None:
            raise Conflict(f"this task is part of the task {old.root}; run that one again")
        if definition is None:
            pipeline = await self._registry.definition(old.definition)
        else:
            pipeline = await self._registry.try_definition(definition, by.identity.owner)
        _check_node(pipeline, node_id)
        if node_id != pipeline.start and old.node(pipeline.start).state != "finished":
            raise Conflict(f"the entry of the task has not finished; run it again from {quoted(pipeline.start)}")
        now = self._clock.now()
        task = new_task(new_task_id(now), new_id(), pipeline.route, pipeline.id, now, by.identity.owner)
        try:
            copies = _Copies(self._binaries, task.id)
            event = Rerun(node_id, await _kept(old, pipeline, node_id, copies), await copies.of(dict(old.fields or {})))
            event = await _with_input(event, old, pipeline, changed or {}, copies)
            await by.note("task.rerun", task.id, f"{old.id} of {old.route}, from {node_id}")
            return await self._runner.start(Place(pipeline, None), task, event)
        except BaseException:
            await self._binaries.remove_owners([task.id])
            raise


def _check_node(pipeline: Pipeline, node_id: str) -> None:
    if node_id in pipeline.nodes:
        return
    around = next((level.loop for level in pipeline.levels.values() if level.loop and node_id in level.nodes), None)
    if around is not None:
        message = f"{quoted(node_id)} lies in the body of the loop {quoted(around.id)}; run again from that loop"
    else:
        hint = Hints().did_you_mean(node_id, list(pipeline.nodes)) or f"; it has {listed(list(pipeline.nodes))}"
        message = f"there is no node {quoted(node_id)} in this pipeline{hint}"
    raise Unprocessable("the task cannot be run again from there", [Fault("/from", message)])


async def _kept(old: Task, pipeline: Pipeline, node_id: str, copies: "_Copies") -> dict[str, NodeRun]:
    """The finished nodes that the new pipeline has too, without the given one and all that comes after it."""
    behind = pipeline.after(node_id) | {node_id}
    kept = {}
    for known, run in old.nodes.items():
        if known in pipeline.nodes and known not in behind and run.state == "finished":
            more = run.more
            extra = Extra(await copies.of(more.input), await copies.of(more.params), None, more.side, more.total)
            kept[known] = NodeRun("finished", 1, run.started, run.ended, await copies.of(run.out), extra=extra)
    return kept


async def _with_input(
    event: Rerun, old: Task, pipeline: Pipeline, changed: Mapping[str, Any], copies: "_Copies"
) -> Rerun:
    """The event with what the node is given: the entry what it received."""
    received = None
    if event.node == pipeline.start:
        run = old.node(event.node)
        received = await copies.of(run.more.input or run.out or {})
    return Rerun(event.node, event.kept, event.fields, dict(changed), received)


class _Copies:
    """Copies of values whose binaries belong to another task, each made once."""

    def __init__(self, store: BinaryStore, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._copies: dict[str, str] = {}

    async def of(self, value: Any) -> Any:
        """The value with copies of its binaries. Raises Conflict where one is gone."""
        if isinstance(value, BinaryRef):
            if value.id not in self._copies:
                self._copies[value.id] = await self._copy(value.id)
            return BinaryRef(self._copies[value.id], value.name, value.type, value.size)
        if isinstance(value, dict):
            return {key: await self.of(item) for key, item in value.items()}
        if isinstance(value, list):
            return [await self.of(item) for item in value]
        return value

    async def _copy(self, binary_id: str) -> str:
        sink = await self._store.sink(self._owner)
        try:
            async for chunk in self._store.read(binary_id):
                await sink.write(chunk)
            return await sink.commit()
        except NotFound as error:
            raise Conflict("a file of the task is gone, so that it cannot be run again") from error
        finally:
            await sink.abort()
