"""The bodies of one loop in one turn: they are made in order, so many at once as may run, until all have ended.

Each is a child task with a document of its own; the parent is told once. This object only remembers how far that is: it
can be dropped any time, and is made again from what the store knows.
"""

import asyncio
from collections import deque
from typing import Any, Protocol

from engine.clock import Clock
from engine.errors import Conflict
from engine.lanes import Outcome
from engine.members import Members
from engine.pipeline.nodes import LoopNode
from engine.store.base import Store
from engine.task.codec import decode_value
from engine.task.events import Event, ItemFailed, ItemsEnded, Retried, RunItems
from engine.task.frames import Place
from engine.task.inputs import items_of
from engine.task.origin import family
from engine.task.task import Origin, Task, child_of

WINDOW = 1_000
"""How many bodies of a loop run at once where `max_parallel` does not say."""

CHUNK = 64
PAGE = 500
LOOK_SECONDS = 5.0
"""How often the store is asked whether bodies have ended of which nothing was heard."""

FIRST_LOOK, LONGEST_LOOK = 0.1, 2.0
"""The same where other engines live, on which bodies end too: as long as that is in vain, ever more seldom."""


class Home(Protocol):
    """What groups and families ask of the runner."""

    async def send(self, task_id: str, event: Event) -> Outcome:
        """Let an event happen to a task."""

    async def read(self, task_id: str) -> Task:
        """The task as last saved."""

    async def make(self, children: list[tuple[Task, dict[str, Any]]], place: Place) -> list[bool]:
        """Create these children and start each with what it receives; False for those that exist already."""

    async def result(self, task: Task) -> dict[str, Any]:
        """What the end of a finished task gave."""


class Group:
    """See the module."""

    def __init__(
        self,
        store: Store,
        home: Home,
        clock: Clock,
        members: Members,
        place: Place,
        task: Task,
        command: RunItems,
    ) -> None:
        self._store = store
        self._home = home
        self._clock = clock
        self._members = members
        self._look = FIRST_LOOK
        self._place = place
        self._task = task
        self._command = command
        self._family = family(command.node, command.turn)
        node = place.pipeline.nodes[command.node]
        assert isinstance(node, LoopNode)
        self._window = min(node.max_parallel or WINDOW, WINDOW)
        self._known = command.fresh
        self._todo: deque[int] = deque()
        self._failed: deque[tuple[str, int]] = deque()
        self._retried: set[str] = set()
        self._running = 0
        self._failure: tuple[int | None, str] | None = None
        self._signal = asyncio.Event()
        self._begun = False
        self.stopped = False
        self.told = False

    @property
    def round(self) -> int:
        """How often the task had been begun or retried when this was made: bodies of a later round are not its own."""
        return self._task.rounds

    @property
    def root(self) -> str:
        """The id of the root task."""
        return self._task.root

    def stop(self) -> None:
        """Make no more bodies."""
        self.stopped = True
        self._signal.set()

    def wake(self) -> None:
        """Look at the store again."""
        self.unsure()
        self._signal.set()

    def unsure(self) -> None:
        """What is remembered may be wrong: read it again from the store."""
        self._known = False

    def ended(self, child: Task) -> None:
        """A body has ended. Before this begins, those end that an earlier group of the family has left."""
        if not self._begun:
            return
        self._running -= 1
        if child.status == "error" and child.origin is not None and self._failure is None:
            self._failure = (child.origin.index, child.message or "")
        self._signal.set()

    async def run(self) -> None:
        """Run all bodies; returns when the parent has been told. Raises StoreAway, StoreFull, after which it can be
        called again."""
        self._begun = True
        items = items_of(self._place.frame(self._task), self._command.node)
        self._todo = deque(range(len(items)))
        while not self.stopped:
            self._signal.clear()
            if not self._known:
                await self._read(len(items))
            if self._failure is not None:
                if not await self._is_wanted():
                    return
                await self._tell(ItemFailed(self._command.node, self._command.turn, *self._failure))
                return
            if not self._todo and not self._failed and self._running <= 0:
                out = await self._gather(len(items))
                if out is not None:
                    await self._tell(ItemsEnded(self._command.node, self._command.turn, out))
                    return
                self._known = False
                continue
            if not await self._fill(items):
                await self._wait()

    async def fail(self, message: str) -> None:
        """Let the loop fail."""
        await self._tell(ItemFailed(self._command.node, self._command.turn, None, message))

    async def _tell(self, event: Event) -> None:
        outcome = await self._home.send(self._task.id, event)
        self.told, self.stopped = True, not outcome.changed

    async def _is_wanted(self) -> bool:
        """Whether the loop still runs in this turn and round; if not, this stops: another engine has heard why."""
        parent = await self._home.read(self._task.id)
        run = parent.node(self._command.node)
        if run.phase != "items" or run.turn != self._command.turn or parent.rounds != self.round:
            self.stop()
            return False
        return True

    async def _wait(self) -> None:
        seconds = LOOK_SECONDS if self._members.alone else self._look
        try:
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        except TimeoutError:
            if self._members.alone:
                self._known = False
            else:
                await self._look_elsewhere()

    async def _look_elsewhere(self) -> None:
        """See whether bodies have ended on other engines, or the loop itself."""
        if not await self._is_wanted():
            return
        counts = await self._store.family_counts(self._task.root, self._task.id, self._family)
        running = counts.get("running", 0)
        if running < self._running:
            self._running, self._look = running, FIRST_LOOK
            self._known = "error" not in counts
        else:
            self._look = min(self._look * 1.5, LONGEST_LOOK)

    async def _read(self, total: int) -> None:
        """See in the store how far the bodies are."""
        running, made, after = 0, set(), -1
        self._failed.clear()
        while page := await self._store.family(self._task.root, self._task.id, self._family, after, PAGE):
            for child in page:
                made.add(child.position)
                running += child.status == "running"
                if child.status == "error":
                    self._failed.append((child.id, child.position))
            after = page[-1].position
        self._todo = deque(index for index in range(total) if index not in made)
        self._running = running
        self._known = True
        final = [found for found in self._failed if not self._command.again or found[0] in self._retried]
        if final:
            task_id, index = final[0]
            self._failure = (index, (await self._home.read(task_id)).message or "")

    async def _fill(self, items: list[Any]) -> bool:
        """Start some bodies, where there is room for them. False where there is none, or none to start."""
        room = min(self._window - self._running, CHUNK)
        if room <= 0:
            return False
        if self._failed:
            await self._retry([self._failed.popleft()[0] for _ in range(min(room, len(self._failed)))])
            return True
        chosen = [self._todo.popleft() for _ in range(min(room, len(self._todo)))]
        if not chosen:
            return False
        body = self._place.pipeline.bodies[self._command.node]
        place = Place(body, self._place.frame(self._task))
        children: list[tuple[Task, dict[str, Any]]] = [(self._child(index, items[index]), {}) for index in chosen]
        self._running += len(children)
        made = await self._home.make(children, place)
        if not all(made):
            self._known = False
        return True

    async def _retry(self, task_ids: list[str]) -> None:
        self._running += len(task_ids)
        self._retried.update(task_ids)
        sent = [self._home.send(task_id, Retried()) for task_id in task_ids]
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, Conflict):
                self._known = False
            elif isinstance(outcome, BaseException):
                raise outcome

    def _child(self, index: int, item: Any) -> Task:
        task, above = self._task, self._task.origin
        outer = None if above is None else above.number
        number = str(index) if outer is None else f"{outer}{index}{len(str(index))}"
        depth = 1 if above is None else above.depth + 1
        command = self._command
        origin = Origin(task.root, task.id, command.node, command.turn, depth, index, number, outer, None, task.head)
        return child_of(task, task.definition, task.route, origin, item, self._clock.now())

    async def _gather(self, total: int) -> dict[str, Any] | None:
        """What the bodies gave, in the order of the items. None where some have not finished."""
        out: dict[str, Any] = {}
        finished, after = 0, -1
        while page := await self._store.family(self._task.root, self._task.id, self._family, after, PAGE):
            for child in page:
                if child.status != "finished":
                    return None
                given = {} if child.result is None else decode_value(child.result, self._task.seal)
                out.update({f"{name}{child.position}": value for name, value in given.items()})
            finished += len(page)
            after = page[-1].position
        return out if finished == total else None
