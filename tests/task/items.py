"""How far the bodies of a loop are: what the engine remembers of them, and reads again when it may be wrong."""

from typing import TYPE_CHECKING

from engine.pipeline.nodes import LoopNode
from engine.task.events import ItemFailed, ItemsEnded, Retried, RunItems
from engine.task.inputs import items_of
from engine.task.task import Task, family

if TYPE_CHECKING:
    from tests.task.world import World

MANY = 1_000


class Group:
    """The bodies of one loop in one turn."""

    def __init__(self, world: "World", task: Task, command: RunItems) -> None:
        self._world = world
        self.task = task
        self.command = command
        self.stopped = False
        self.over = False
        self.known = command.fresh
        place = world.place(task)
        node = place.pipeline.nodes[command.node]
        assert isinstance(node, LoopNode)
        self._items = items_of(place.frame(task), command.node)
        self._todo = list(range(len(self._items)))
        self._window = node.max_parallel or MANY
        self._running = 0
        self._failed: list[tuple[int, str]] = []
        self._retried: set[str] = set()
        self._failure: tuple[int, str] | None = None
        assert (
            len(self._items) == task.node(command.node).more.total
        ), "the items are not those that the loop began with"

    def ended(self, child: Task) -> None:
        """A body has ended."""
        self._running -= 1
        if child.status == "error" and child.origin is not None and self._failure is None:
            self._failure = (child.origin.index, child.message or "")

    def step(self) -> bool:
        """Go on; whether there is more to do at once."""
        if self.stopped:
            self.over = True
            self._world.bag.append(("stop_family", self._key))
            return False
        if not self.known:
            self._read()
        node, turn = self.command.node, self.command.turn
        if self._failure is not None:
            self.over = True
            self._world.tell(self.task.id, ItemFailed(node, turn, *self._failure))
            return False
        if self._failed and self._running < self._window:
            _, task_id = self._failed.pop(0)
            self._retried.add(task_id)
            self._running += 1
            if not self._world.tell(task_id, Retried()):
                self.known = False
            return True
        if self._todo and self._running < self._window:
            index = self._todo.pop(0)
            self._running += 1
            self._world.make(self, index, self._items[index])
            assert self._running <= self._window, "more bodies run at once than may"
            return True
        if self._running > 0:
            return False
        self.over = True
        self._world.tell(self.task.id, ItemsEnded(node, turn, self._gathered()))
        return False

    @property
    def _key(self) -> tuple[str, str]:
        return self.task.id, family(self.command.node, self.command.turn)

    def _members(self) -> dict[int, Task]:
        found = self._world.families.get(self._key, {})
        return {index: self._world.tasks[task_id] for index, task_id in sorted(found.items())}

    def _read(self) -> None:
        members = self._members()
        self._todo = [index for index in range(len(self._items)) if index not in members]
        self._running = sum(child.status == "running" for child in members.values())
        self._failed = [(index, child.id) for index, child in members.items() if child.status == "error"]
        self.known = True
        final = [found for found in self._failed if not self.command.again or found[1] in self._retried]
        if final:
            self._failure = (final[0][0], self._world.tasks[final[0][1]].message or "")

    def _gathered(self) -> dict[str, object]:
        out: dict[str, object] = {}
        members = self._members()
        assert list(members) == list(range(len(self._items))), "a body is missing"
        for index, child in members.items():
            assert child.status == "finished", "the loop ends before its bodies"
            given = child.node(self._world.place(child).pipeline.end).out
            assert given is not None
            out.update({f"{name}{index}": value for name, value in given.items()})
        return out
