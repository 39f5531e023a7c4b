"""How far the bodies of a loop are: what an engine remembers of them, and reads again when it may be wrong."""

from typing import TYPE_CHECKING

from engine.pipeline.nodes import LoopNode
from engine.task.events import ItemFailed, ItemsEnded, Retried, RunItems
from engine.task.inputs import items_of
from engine.task.origin import family
from engine.task.task import Task

if TYPE_CHECKING:
    from tests.task.world import World

MANY = 1_000

Key = tuple[str, str, str]
"""An engine, a parent's id, and the name of a family of it."""


def round_of(task: Task) -> int:
    """How often a task was begun: once, and with every retry."""
    return sum(line.node is None and line.state == "running" for line in task.history)


class Group:
    """The bodies of one loop in one turn and one round of its task, as one engine drives them. `missed`: something has
    happened to them elsewhere, which the next look will find."""

    def __init__(self, world: "World", task: Task, command: RunItems) -> None:
        self._world = world
        self.task = task
        self.command = command
        self.round = round_of(task)
        self.stopped = False
        self.over = False
        self.missed = False
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

    def look(self) -> None:
        """See in the store again how far the bodies are."""
        self.known = self.missed = False

    @property
    def wanted(self) -> bool:
        """Whether the loop still waits for what this group was begun for."""
        parent = self._world.tasks[self.task.id]
        run = parent.node(self.command.node)
        return (run.phase, run.turn, round_of(parent)) == ("items", self.command.turn, self.round)

    def step(self) -> bool:
        """Go on; whether there is more to do at once."""
        unsure = not self.known or self._failure is not None
        if self.stopped or (unsure and not self.wanted):
            self.over = self.stopped = True
            self._world.put(self._world.children.stop_family, self._bodies)
            return False
        if not self.known:
            self._read()
        if self._failure is not None:
            self._fail(*self._failure)
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
            if not self._world.children.make(self, index, self._items[index]):
                self.known = False
            assert self._running <= self._window, "more bodies run at once than may"
            return True
        return self._running <= 0 and not self._finish()

    @property
    def _bodies(self) -> tuple[str, str]:
        return self.task.id, family(self.command.node, self.command.turn)

    def _fail(self, index: int, message: str) -> None:
        self.over = True
        if self._world.tell(self.task.id, ItemFailed(self.command.node, self.command.turn, index, message)):
            assert message != "cancelled", "a loop has failed by a body that was stopped"
            again = self._world.children.tried_again(self.task.id, self._bodies, index)
            assert again, "a loop was retried, and has failed by a body that was not"

    def _finish(self) -> bool:
        """Tell the parent what the bodies gave. False where some run elsewhere: this engine was wrong about them."""
        out = self._gathered()
        if out is None:
            assert not self._world.engines.alone, "the loop ends before its bodies"
            self.known = False
            return False
        self.over = True
        self._world.tell(self.task.id, ItemsEnded(self.command.node, self.command.turn, out))
        return True

    def _read(self) -> None:
        members = self._world.children.members(self._bodies)
        self._todo = [index for index in range(len(self._items)) if index not in members]
        self._running = sum(child.status == "running" for child in members.values())
        self._failed = [(index, child.id) for index, child in members.items() if child.status == "error"]
        self.known = True
        final = [found for found in self._failed if not self.command.again or found[1] in self._retried]
        if final:
            self._failure = (final[0][0], self._world.tasks[final[0][1]].message or "")

    def _gathered(self) -> dict[str, object] | None:
        out: dict[str, object] = {}
        members = self._world.children.members(self._bodies)
        assert list(members) == list(range(len(self._items))), "a body is missing"
        for child in members.values():
            if child.status != "finished":
                return None
        for index, child in members.items():
            given = child.node(self._world.place(child).pipeline.end).out
            assert given is not None
            out.update({f"{name}{index}": value for name, value in given.items()})
        return out
