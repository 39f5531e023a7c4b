"""Saves of which nobody knows whether they were done: the store went away before it answered.

Such a save may have been done, or be done later, when what was on its way arrives. Whoever brought the event is told to
bring it again, and finds it done; but what follows from it, calls above all, was begun by nobody. So these tasks are
looked at again when the store is back, more than once.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator

from engine.caller import Caller
from engine.errors import Conflict, NotFound, StoreAway, StoreFull
from engine.lanes import Lanes, Outcome
from engine.task.events import Event, Resumed
from engine.task.task import Task

LOOKS = (0.2, 1.0, 3.0, 10.0, 30.0, 60.0)
"""Seconds between looks at a task, each counted from when the store has answered the one before."""

AT_ONCE = 50
AGAIN = 1.0
_STEP = 0.2


class Unsure:
    """See the module. `on_seen` is told each such task, as it stands in the store; `on_settled` when all have been
    looked at, for the first and for the last time."""

    def __init__(
        self,
        stored: Callable[[str], Awaitable[Task]],
        send: Callable[[str, Event], Awaitable[Outcome]],
        lanes: Lanes,
        caller: Caller,
        engine: str,
        on_seen: Callable[[Task], None],
    ) -> None:
        self._stored = stored
        self._send = send
        self._lanes = lanes
        self._caller = caller
        self._engine = engine
        self._on_seen = on_seen
        self._next: dict[str, tuple[int, float]] = {}  # how many looks, and when the next one is
        self._fresh = False
        self.on_settled: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._next)

    def note(self, task_ids: Iterable[str]) -> None:
        """It is not known whether these tasks were saved."""
        due = time.monotonic() + LOOKS[0]
        self._next.update((task_id, (0, due)) for task_id in task_ids)
        self._fresh = True

    @contextlib.contextmanager
    def noting(self, task_ids: list[str]) -> Iterator[None]:
        """Note the tasks where the store goes away over their save, or who waits for it is stopped."""
        try:
            yield
        except (StoreAway, asyncio.CancelledError):
            self.note(task_ids)
            raise

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(_STEP)
            now = time.monotonic()
            due = [task_id for task_id, (_, moment) in self._next.items() if moment <= now][:AT_ONCE]
            if due:
                await asyncio.gather(*(self._look_at(task_id) for task_id in due))
                self._tell()

    def _tell(self) -> None:
        """All have been looked at, for the first or for the last time."""
        if self._fresh and all(count for count, _ in self._next.values()):
            self._fresh = False
            self.on_settled()
        elif not self._next:
            self.on_settled()

    async def _look(self, task_id: str) -> None:
        """Begin what nobody has begun. Raises StoreAway, StoreFull."""
        try:
            task = await self._stored(task_id)
            self._on_seen(task)
            if task.status == "running":
                await self._send(task_id, Resumed(frozenset(), self._unbegun(task)))
        except (NotFound, Conflict):
            return

    def _unbegun(self, task: Task) -> frozenset[str]:
        """The calls that this engine has to make, and does not."""
        accepted = self._lanes.of(task.id).accepted
        last = [run.attempts[-1] for run in task.nodes.values() if run.phase in ("calling", "held")]
        own = {attempt.id for attempt in last if attempt.engine == self._engine and attempt.accepted is None}
        return frozenset(call for call in own if not self._caller.is_under_way(call) and call not in accepted)

    async def _look_at(self, task_id: str) -> None:
        known = self._next[task_id]
        try:
            await self._look(task_id)
        except (StoreAway, StoreFull):
            following: tuple[int, float] | None = (known[0], time.monotonic() + AGAIN)
        else:
            count = known[0] + 1
            following = (count, time.monotonic() + LOOKS[count]) if count < len(LOOKS) else None
        if self._next.get(task_id) is not known:
            return  # it was noted again meanwhile
        if following is None:
            del self._next[task_id]
        else:
            self._next[task_id] = following
