"""The children of tasks: the bodies of loops and the runs of sub-pipelines. They stand in the store, so that any engine
can make them, stop them, and tell their parents of them.
"""

from typing import TYPE_CHECKING, Any

from engine.task.events import CallFailed, CallReturned, Cancelled, ChildStarted, Submitted
from engine.task.inputs import input_of
from engine.task.task import Origin, Task, child_of
from tests.task.items import Group

if TYPE_CHECKING:
    from tests.task.world import World

Bodies = tuple[str, str]
"""A parent's id, and the name of a family of it."""


class Children:
    """See the module. Each method is a step of the engine that is at work in the world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.families: dict[Bodies, dict[int, str]] = {}
        self._ends: dict[str, int] = {}
        self._retries: dict[str, int] = {}

    def created(self, task: Task) -> None:
        """A task was created."""
        if task.origin is not None:
            members = self.families.setdefault((task.origin.parent, task.origin.family), {})
            assert task.origin.index not in members, "two children have the same place"
            members[task.origin.index] = task.id

    def members(self, bodies: Bodies) -> dict[int, Task]:
        """The children of a family by their places."""
        found = self.families.get(bodies, {})
        return {index: self._world.tasks[task_id] for index, task_id in sorted(found.items())}

    def ended(self, task: Task, origin: Origin) -> None:
        """A child has ended: the engine that has saved that tells the parent. Who drives the loop that it is a body of
        elsewhere does not hear of it."""
        world = self._world
        self._ends[task.id] = len(world.past)
        if origin.call is not None:
            world.put(self.answer, task.id)
            return
        for engine in world.engines.known_names:
            key = (engine, origin.parent, origin.family)
            group = world.groups.get(key)
            if group is not None and engine == world.engine:
                group.ended(task)
                world.wake(key)
            elif group is not None:
                group.missed = True

    def retried(self, task_id: str) -> None:
        """A task was retried."""
        self._retries[task_id] = len(self._world.past)

    def tried_again(self, parent: str, bodies: Bodies, index: int) -> bool:
        """Whether a body has ended since its parent was retried."""
        return self._ends[self.families[bodies][index]] > self._retries.get(parent, -1)

    def make(self, group: Group, index: int, item: Any) -> bool:
        """Create the child for an item. False where it exists already."""
        task, command, above = group.task, group.command, group.task.origin
        outer = None if above is None else above.number
        number = str(index) if outer is None else f"{outer}{index}{len(str(index))}"
        depth = 1 if above is None else above.depth + 1
        origin = Origin(task.root, task.id, command.node, command.turn, depth, index, number, outer, None, task.head)
        child = child_of(task, task.definition, task.route, origin, item, self._world.now)
        if child.id in self._world.tasks:
            return False
        self._world.create(child, Submitted({}))
        return True

    # Sub-pipelines

    def run_pipeline(self, task_id: str, node: str, call: str) -> None:
        """Run a pipeline for a call."""
        world = self._world
        task = world.tasks[task_id]
        route = getattr(world.place(task).pipeline.nodes[node], "service")
        if task.find_call(call) is None:
            return
        taken = input_of(world.place(task).frame(task), node)
        run, depth = task.node(node), (task.origin.depth if task.origin is not None else 0) + 1
        index = [attempt.id for attempt in run.attempts if attempt.turn == run.turn].index(call)
        origin = Origin(task.root, task.id, node, run.turn, depth, index, call=call)
        child = child_of(task, route, route, origin, None, world.now)
        if child.id not in world.tasks:
            world.create(child, Submitted(taken))
        elif world.tasks[child.id].status != "running":
            world.put(self.answer, child.id)
        world.put(self.started, task_id, call, child.id)

    def started(self, task_id: str, call: str, child: str) -> None:
        """Tell a parent of its child."""
        self._world.tell(task_id, ChildStarted(call, child))
        if self._world.tasks[task_id].find_call(call) is None:
            self.stop(child)

    def answer(self, task_id: str) -> None:
        """Tell a parent what came of its child."""
        world = self._world
        child = world.tasks[task_id]
        assert child.origin is not None and child.origin.call is not None
        call = child.origin.call
        if child.status == "finished":
            out = child.node(world.place(child).pipeline.end).out
            assert out is not None
            world.tell(child.origin.parent, CallReturned(call, out))
        else:
            world.tell(child.origin.parent, CallFailed(call, f"{child.message}", again=False))

    # Ends

    def stop(self, task_id: str) -> None:
        """Stop a child that nobody waits for."""
        if self._world.tasks[task_id].status == "running":
            self._world.tell(task_id, Cancelled())

    def stop_family(self, bodies: Bodies) -> None:
        """Stop all children of a family, unless they are waited for again."""
        for task_id in list(self.families.get(bodies, {}).values()):
            self.check(task_id)

    def check(self, task_id: str) -> None:
        """Stop a child where nobody waits for it any more."""
        child = self._world.tasks[task_id]
        if child.status == "running" and not self._is_wanted(child):
            self.stop(task_id)

    def _is_wanted(self, child: Task) -> bool:
        assert child.origin is not None
        parent = self._world.tasks[child.origin.parent]
        run = parent.node(child.origin.node)
        if parent.status != "running" or run.state != "running" or run.turn != child.origin.turn:
            return False
        return run.phase == "items" if child.origin.call is None else parent.find_call(child.origin.call) is not None
