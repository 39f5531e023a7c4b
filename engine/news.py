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
        self._closed = False

    def publish(self, news: News) -> None:
        """Pass on what was saved."""
        for listener in self._all:
            listener.put(news)
        for task_id in {news.task.id, news.task.head}:
            for listener in self._by_task.get(task_id, ()):
                listener.put(news)

    @contextmanager
    def listen(self, task_id: str | None = None) -> Iterator[Listener]:
        """Listen to one task and the bodies of its loops, or to all."""
        listener = Listener()
        group = self._all if task_id is None else self._by_task.setdefault(task_id, set())
        group.add(listener)
        if self._closed:
            listener.end()
        try:
            yield listener
        finally:
            group.discard(listener)
            if task_id is not None and not group:
                self._by_task.pop(task_id, None)

    def close(self) -> None:
        """End all listeners, and those that come later at once."""
        self._closed = True
        for group in (self._all, *self._by_task.values()):
            for listener in list(group):
                listener.end()
