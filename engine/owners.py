"""Whose tasks are asked for: their owner's and an admin's, nobody else's."""

from collections import OrderedDict
from collections.abc import Callable, Collection

from engine.errors import NotFound
from engine.identity import Identity
from engine.reading import GONE
from engine.store.base import Store
from engine.task.task import Task

REMEMBERED = 10_000
"""Of so many tasks that were asked for by their owners it is remembered whose they are: that never changes."""


class Owners:
    """See the module. `at_hand` gives a task without asking the store."""

    def __init__(self, store: Store, at_hand: Callable[[str], Task | None]) -> None:
        self._store = store
        self._at_hand = at_hand
        self._known: OrderedDict[str, str] = OrderedDict()

    async def admit(self, identity: Identity, task_id: str) -> None:
        """Let them on to a task. Raises StoreAway, and NotFound where it is not theirs, as where there is none: with
        the same words, and after the same one question to the store, whatever the engine has at hand."""
        if identity.may("admin"):
            return
        task = self._at_hand(task_id)
        owner = self._known.get(task_id) if task is None else task.owner
        if owner != identity.owner:
            owner = (await self._store.owners([task_id])).get(task_id)
            if owner != identity.owner:
                raise NotFound(GONE)
            self._remember(task_id, owner)

    async def seen(self, identity: Identity, task_ids: Collection[str]) -> set[str]:
        """Those of the tasks that they may see. Raises StoreAway."""
        if identity.may("admin"):
            return set(task_ids)
        found = await self._store.owners(task_ids)
        return {task_id for task_id, owner in found.items() if owner == identity.owner}

    def _remember(self, task_id: str, owner: str) -> None:
        self._known[task_id] = owner
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
