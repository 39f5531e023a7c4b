"""Lets the same event happen to many tasks."""

import asyncio

from engine.members import Members
from engine.runner import Runner
from engine.store.base import Store
from engine.task.events import Event

PAGE = 200


class Telling:
    """See the module."""

    def __init__(self, store: Store, runner: Runner, members: Members) -> None:
        self._store = store
        self._runner = runner
        self._members = members

    async def tell(self, task_ids: list[str], event: Event) -> bool:
        """Let the event happen to these tasks. False where it changed none of them."""
        outcomes = await asyncio.gather(*(self._runner.send(t, event) for t in task_ids), return_exceptions=True)
        return any(not isinstance(outcome, BaseException) and outcome.changed for outcome in outcomes)

    async def tell_running(self, event: Event, waiting: bool = False, share: bool = False) -> None:
        """Let it happen to all running tasks, or to those that wait for a service; with `share` only to those that are
        this engine's to look after. Raises StoreAway."""
        after = ""
        while task_ids := await self._store.running(after, PAGE, waiting):
            await self.tell([t for t in task_ids if not share or self._members.mine(t)], event)
            after = task_ids[-1]
