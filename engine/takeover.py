"""What engines that died have left open is taken over by those that live.

Found by looking at the store, again and again: which engines running tasks name as their holders, and which of those
live. Each living engine takes its share.
"""

import logging
from collections.abc import Iterator

from engine.clock import Clock
from engine.families import Families
from engine.instances import Instances
from engine.members import Members
from engine.registry import Registry
from engine.runner import Runner
from engine.store.base import Store
from engine.task.events import InstanceLost, Resumed, ServiceBack
from engine.telling import PAGE, Telling

RECOUNTS = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0)
"""Seconds between attempts to put the numbers of tasks right, where they are moving."""

UNKNOWN = ""
"""Who made the calls of a task that an older engine has stored."""

_log = logging.getLogger(__name__)


class Takeover:
    """See the module."""

    def __init__(
        self, store: Store, registry: Registry, instances: Instances, runner: Runner, members: Members, clock: Clock
    ) -> None:
        self._store = store
        self._registry = registry
        self._instances = instances
        self._runner = runner
        self._members = members
        self._clock = clock
        self._telling = Telling(store, runner, members)
        self._deaths: int | None = None
        self._recount_at: int | None = None
        self._recounts: Iterator[float] = iter(())
        self._confirmed = False
        self._recount_here = False
        self._changes: int | None = None
        self._silences = 0

    async def look(self) -> None:
        """Give a sign of life, and see what others have changed. Raises StoreAway, StoreFull."""
        alone = self._members.alone
        await self._members.look()
        if not (alone and self._members.alone):  # also what one has changed that has ended since
            await self._registry.refresh()
            await self._runner.look_elsewhere()

    async def take(self) -> None:
        """Go on with what is held by engines that do not live. Raises StoreAway."""
        deaths, changes = self._members.deaths, self._members.changes
        for holders in sorted(await self._store.holders()):
            lost = frozenset(engine_id for engine_id in holders.split(",") if not self._members.lives(engine_id))
            if lost:
                await self._take(holders, lost)
        if deaths != self._deaths:
            await self._finish()
            self._deaths = deaths
        if changes != self._changes:
            self.recount(here=False)
            self._changes = changes
        if self._members.silences != self._silences:
            self.recount()
            self._silences = self._members.silences
        await self._recount()

    async def _take(self, holders: str, lost: frozenset[str]) -> None:
        after, taken = "", 0
        while task_ids := await self._store.held(holders, after, PAGE):
            mine = [task_id for task_id in task_ids if self._members.mine(task_id)]
            await self._telling.tell(mine, Resumed(lost | {UNKNOWN}))
            after, taken = task_ids[-1], taken + len(mine)
        if taken:
            _log.warning("took over %d tasks of engines that have ended: %s", taken, ", ".join(sorted(lost)))

    async def _finish(self) -> None:
        """An engine has ended, maybe this one's predecessor: what it was about to tell others is told again."""
        telling, instances = self._telling, self._instances
        await telling.tell_running(ServiceBack(instances.alive_names()), waiting=True, share=True)
        for url in instances.dead_urls():
            await telling.tell_running(InstanceLost(url), share=True)
        await self._check_children(self._runner.families)

    def recount(self, here: bool = True) -> None:
        """Have the numbers of tasks put right, soon, by this engine or by whose turn it is: some saves were not known
        to be done, or were told late."""
        self._recount_here |= here
        self._recounts = iter(RECOUNTS)
        self._recount_at = self._clock.now()
        self._confirmed = False

    async def _recount(self) -> None:
        """Put the numbers of tasks right, ever later as long as they move, and once more when they stand still."""
        if self._recount_at is None or self._clock.now() < self._recount_at:
            return
        mine = self._recount_here or self._members.mine("recount")
        stands = not mine or await self._store.recount()
        if not mine or (stands and self._confirmed):
            self._recount_at, self._recount_here = None, False
        else:
            self._confirmed = stands
            pause = next(self._recounts, None)
            self._recount_at = None if pause is None else self._clock.now() + int(pause * 1_000_000)

    async def _check_children(self, families: Families) -> None:
        """Stop children that nobody waits for any more."""
        after = ""
        while task_ids := await self._store.running(after, PAGE):
            for task_id in filter(self._members.mine, task_ids):
                await families.check_running(task_id)
            after = task_ids[-1]
