"""How far the history of each task was told on one stream.

A store that numbers changes before it saves them may tell a change late and under a second number, so that nobody
misses it. A stream tells every line of a task once, in the order of the task's history.
"""

from collections import OrderedDict
from collections.abc import Iterator

from engine.news import News
from engine.task.task import Change, Task

KEPT_TASKS = 20_000


class Told:
    """See the module. `complete`: the stream tells of its tasks from their first line on."""

    def __init__(self, complete: bool) -> None:
        self._complete = complete
        self._lines: OrderedDict[str, int] = OrderedDict()

    def new(self, news: News) -> Iterator[tuple[int, Change]]:
        """The lines that were not told yet, with the places in this change, from 1; 0 for those of earlier changes."""
        task_id, last = news.task.id, news.first + len(news.lines) - 1
        known = self._lines.get(task_id, 0 if self._complete else news.first - 1)
        if last <= known:
            return
        self._lines[task_id] = last
        self._lines.move_to_end(task_id)
        if len(self._lines) > KEPT_TASKS:
            self._lines.popitem(last=False)
        for place in range(known + 1, last + 1):
            yield max(place - news.first + 1, 0), news.task.history[place - 1]

    def all_of(self, task: Task) -> bool:
        """Whether the whole history of a task was told; also where it is not known what was."""
        return not self._complete or self._lines.get(task.id, 0) >= len(task.history)
