"""News in the order of the store, whoever made them.

As long as an engine is alone with a store that numbers changes as they are committed, it passes its own news on as they
are saved. Once others change tasks too, it reads all changes from the store, as long as anybody listens or waits.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict

from engine.errors import EngineError, NotFound
from engine.members import Members
from engine.news import Hub, News
from engine.reading import Reading
from engine.store.base import Change, Store

LOOK_SECONDS = 0.1
"""How often the store is asked for changes, as long as anybody wants to hear of them."""

IDLE_SECONDS = 0.5
PAGE = 500
OVERLAP = 500
"""How many changes before the last one are read again at the beginning: those may have been on their way."""

KEPT = 2_000
_log = logging.getLogger(__name__)


class Follower:
    """See the module. `always` is for stores whose numbers are given before the commit: their order is not that of this
    process's saves."""

    def __init__(self, store: Store, hub: Hub, members: Members, reading: Reading, always: bool) -> None:
        self._store = store
        self._hub = hub
        self._members = members
        self._reading = reading
        self._shared = always
        self._after: int | None = None
        self._own: OrderedDict[int, News] = OrderedDict()
        self._told: OrderedDict[int, None] = OrderedDict()

    def publish(self, news: News) -> None:
        """This engine has saved a change."""
        if not self._hub.wanted:
            return
        if not self._is_shared():
            self._tell(news)
            return
        self._own[news.number] = news
        _bound(self._own)

    def _is_shared(self) -> bool:
        if not self._shared and not self._members.alone:
            self._shared = True
            newest = next(reversed(self._told), None)
            self._after = None if newest is None else max(newest - OVERLAP, 0)
        return self._shared

    async def begin(self) -> None:
        """Somebody has begun to listen: from now on nothing is missed. Raises StoreAway."""
        if self._is_shared() and self._after is None:
            self._after = max(await self._store.last_change() - OVERLAP, 0)

    async def follow(self) -> None:
        """Read what changes, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS if self._hub.wanted else IDLE_SECONDS)
            if not self._hub.wanted or not self._is_shared():
                self._after = None
                self._own.clear()
                continue
            try:
                await self.begin()
                await self._look()
            except EngineError as error:
                _log.warning("reading changes: %s; trying again", error)

    async def _look(self) -> None:
        while self._after is not None:
            changes = await self._store.changes(self._after, PAGE)
            for change in changes:
                await self._heard(change)
                self._after = change.number
            if len(changes) < PAGE:
                return

    async def _heard(self, change: Change) -> None:
        news = self._own.pop(change.number, None)
        if change.number in self._told or not self._hub.wants(change.task):
            return
        if news is None:
            with contextlib.suppress(NotFound):
                task = await self._reading.with_lines(change.task, change.last_event)
                lines = task.history[change.first_event - 1 : change.last_event]
                news = News(change.number, task, change.first_event, lines)
        if news is not None:
            self._tell(news)

    def _tell(self, news: News) -> None:
        self._told[news.number] = None
        _bound(self._told)
        self._hub.publish(news)
        if news.task.status != "running":
            self._hub.ended(news.task)


def _bound(kept: OrderedDict[int, News] | OrderedDict[int, None]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)
