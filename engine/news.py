"""Who listens to what changes: every saved change of a task goes to those that asked for it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.task.task import Change, Task

QUEUE_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class News:
    """The history lines that one saved revision added to a task. `number` is the store's for this change; `first` is
    the position of the first line in the task's history, counted from 1."""

    number: int
    task: Task
    first: int
    lines: tuple[Change, ...]

    @property
    def ends(self) -> bool:
        """Whether the task has ended with this change; what is known of it may be newer."""
        return any(line.node is None and line.state != "running" for line in self.lines)


class Listener:
    """A queue of news. One that falls behind by a thousand is ended; it can resume from where it was."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[News | None] = asyncio.Queue(QUEUE_LENGTH)
        self._ended = False

    def put(self, news: News) -> None:
        """Take news, unless it is ended."""
        if self._ended:
            return
        if self._queue.qsize() >= QUEUE_LENGTH - 1:
            self.end()
        else:
            self._queue.put_nowait(news)

    def end(self) -> None:
        """Say that nothing more will come."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(None)

    async def get(self) -> News | None:
        """The next news; None after the end."""
        return await self._queue.get()


class Hub:
    """Passes news on, within this process."""

    def __init__(self) -> None:
        self._all: set[Listener] = set()
        self._by_task: dict[str, set[Listener]] = {}
        self._waiters: dict[str, set[asyncio.Future[Task]]] = {}
        self.closed = False

    @property
    def wanted(self) -> bool:
        """Whether anybody listens or waits."""
        return bool(self._all or self._by_task or self._waiters)

    def wants(self, task_id: str) -> bool:
        """Whether somebody may want to hear of this task: listeners also hear of the children of theirs."""
        return bool(self._all or self._by_task) or task_id in self._waiters

    def publish(self, news: News) -> None:
        """Pass on what was saved to those that listen."""
        for listener in self._all:
            listener.put(news)
        for task_id in {news.task.id, news.task.head}:
            for listener in self._by_task.get(task_id, ()):
                listener.put(news)

    def ended(self, task: Task) -> None:
        """Tell those that wait for the end of a task."""
        for future in self._waiters.get(task.id, ()):
            if not future.done():
                future.set_result(task)

    @contextmanager
    def end_of(self, task_id: str) -> Iterator[asyncio.Future[Task]]:
        """Wait for the end of a task: what is given is the task then, or raises TimeoutError when the hub is closed."""
        future: asyncio.Future[Task] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(task_id, set()).add(future)
        try:
            yield future
        finally:
            waiting = self._waiters[task_id]
            waiting.discard(future)
            if not waiting:
                del self._waiters[task_id]

    @contextmanager
    def listen(self, task_id: str | None = None) -> Iterator[Listener]:
        """Listen to one task and the bodies of its loops, or to all."""
        listener = Listener()
        group = self._all if task_id is None else self._by_task.setdefault(task_id, set())
        group.add(listener)
        if self.closed:
            listener.end()
        try:
            yield listener
        finally:
            group.discard(listener)
            if task_id is not None and not group:
                self._by_task.pop(task_id, None)

    def close(self) -> None:
        """End all listeners, and those that come later at once; nobody waits any more."""
        self.closed = True
        for group in (self._all, *self._by_task.values()):
            for listener in list(group):
                listener.end()
        for waiters in list(self._waiters.values()):
            for future in list(waiters):
                if not future.done():
                    future.set_exception(TimeoutError())
