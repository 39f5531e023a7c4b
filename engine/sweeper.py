"""What must happen without an event: timers, services that fall silent, calls to be sent again, clean-up.

All of it is found by looking at the stores again, so whatever was missed, say by a crash, is found later.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from engine.audit import Audit
from engine.binaries.base import BinaryStore
from engine.clock import Clock
from engine.errors import EngineError
from engine.instances import Instances
from engine.members import Members
from engine.registry import Registry
from engine.runner import Runner
from engine.store.base import Store
from engine.takeover import Takeover
from engine.task.events import InstanceLost, ServiceBack, TimerDue
from engine.telling import PAGE, Telling
from engine.watch import Watch

ORPHAN_SECONDS = 3_600.0
"""How long a folder of binaries without a task is left alone: an upload may be under way."""

TRIAL_SECONDS = 3_600.0
"""How long a definition that no task uses is kept: the task that it was made for may be about to be created."""

OVERDUE = 2_000_000
"""Microseconds after which a timer is anybody's: the engine that saved it, or whose task it is, does not live."""

_PAUSE = 1.0
_log = logging.getLogger(__name__)


class Sweeper:
    """Runs beside the API for the life of the process. `cron` and `lifespan` are seconds."""

    def __init__(
        self,
        store: Store,
        binaries: BinaryStore,
        registry: Registry,
        instances: Instances,
        runner: Runner,
        members: Members,
        clock: Clock,
        watch: Watch,
        cron: float,
        lifespan: float,
        audit: Audit,
    ) -> None:
        self._store = store
        self._binaries = binaries
        self._registry = registry
        self._instances = instances
        self._runner = runner
        self._members = members
        self._telling = Telling(store, runner, members)
        self._takeover = Takeover(store, registry, instances, runner, members, clock)
        self._clock = clock
        self._watch = watch
        self._cron = cron
        self._lifespan = lifespan
        self._audit = audit
        self._next_due: int | None = None
        self._timer_set = asyncio.Event()
        self._service_seen = asyncio.Event()
        self._jobs: list[asyncio.Task[None]] = []
        runner.on_due = self._on_due
        runner.unsure.on_settled = self._takeover.recount

    def start(self) -> None:
        """Begin."""
        for work in (self._timers, self._services, self._clean, self._look, self._take):
            self._jobs.append(asyncio.create_task(self._for_ever(work)))
        self._jobs.append(asyncio.create_task(self._runner.families.watch()))
        self._jobs.append(asyncio.create_task(self._runner.follower.follow()))
        self._jobs.append(asyncio.create_task(self._runner.unsure.watch()))
        self._jobs.append(asyncio.create_task(self._clock.pulse()))
        self._jobs.append(asyncio.create_task(self._watch.look_for_ever()))

    async def stop(self) -> None:
        """End; what was under way is found again at the next start."""
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except EngineError as error:
                _log.warning("%s: %s; trying again", work.__name__.strip("_"), error)
                await asyncio.sleep(_PAUSE)
            except Exception:
                _log.exception("%s broke; trying again", work.__name__.strip("_"))
                await asyncio.sleep(_PAUSE)

    # Other engines

    async def _look(self) -> None:
        await asyncio.sleep(self._members.seconds)
        alone = self._members.alone
        await self._takeover.look()
        if alone != self._members.alone:  # who was alone may wait for ever, and others save what it does not hear of
            self._timer_set.set()
            self._service_seen.set()

    async def _take(self) -> None:
        await self._takeover.take()
        await asyncio.sleep(self._members.seconds)

    # Timers

    def _on_due(self, due: int) -> None:
        if self._next_due is None or due < self._next_due:
            self._timer_set.set()

    async def _timers(self) -> None:
        self._timer_set.clear()
        self._next_due = None  # until the store has been asked, any new timer wakes
        now = self._clock.now()
        task_ids = await self._store.due(now, PAGE)
        mine = task_ids if self._members.alone else await self._mine(task_ids, now)
        if mine:
            if not await self._telling.tell(mine, TimerDue()):
                await asyncio.sleep(_PAUSE)
            return
        self._next_due = await self._store.next_due()
        seconds = None if self._next_due is None else max((self._next_due - self._clock.now()) / 1_000_000, 0.0)
        if not self._members.alone:  # others save timers of which this engine does not hear
            seconds = max(min(seconds or _PAUSE, _PAUSE), 0.05)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._timer_set.wait(), seconds)

    async def _mine(self, task_ids: list[str], now: int) -> list[str]:
        """Of the tasks with a timer that is due those that this engine has saved last or is to look after, and all that
        nobody has looked after for a while."""
        overdue = set(await self._store.due(now - OVERDUE, PAGE))
        return [t for t in task_ids if self._members.mine(t) or self._runner.has_due(t, now) or t in overdue]

    # Services

    def announced(self, route: str, back: bool) -> None:
        """An operation has announced itself; `back`: it was away."""
        self._service_seen.set()
        if back:
            job = asyncio.create_task(self._service_back(route))
            self._jobs.append(job)
            job.add_done_callback(self._jobs.remove)

    async def _service_back(self, route: str) -> None:
        while True:
            try:
                await self._telling.tell_running(ServiceBack(self._instances.names(route)), waiting=True)
                return
            except EngineError as error:
                _log.warning("telling that %s is back: %s; trying again", route, error)
                await asyncio.sleep(_PAUSE)

    async def _services(self) -> None:
        self._service_seen.clear()
        for instance in await self._registry.expire():
            _log.warning("%s at %s stopped announcing itself", instance.route, instance.url)
            await self._telling.tell_running(InstanceLost(instance.url))
        expiry = self._instances.next_expiry()
        seconds = None if expiry is None else max((expiry - self._clock.now()) / 1_000_000, 0.05)
        if not self._members.alone:  # others hear announcements of which this engine reads later
            seconds = min(seconds or _PAUSE, _PAUSE)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._service_seen.wait(), seconds)

    # Clean-up

    async def _clean(self) -> None:
        await asyncio.sleep(self._cron)
        if self._members.mine("clean-up"):
            await self.clean_up()

    async def clean_up(self) -> int:
        """Remove ended tasks whose time is over, with their binaries, and what belongs to no task. Returns how many."""
        before = self._clock.now() - int(self._lifespan * 1_000_000)
        removed = 0
        while task_ids := await self._store.expired(before, PAGE):
            gone = await self._store.delete(task_ids)
            await self._binaries.remove_owners(gone)
            self._runner.forget(gone)
            removed += len(gone)
            if not gone:
                break
        await self._remove_orphans()
        await self._store.prune_pipelines(self._clock.now() - int(TRIAL_SECONDS * 1_000_000))
        await self._audit.clean_up()
        return removed

    async def _remove_orphans(self) -> None:
        page: list[str] = []
        async for owner in self._binaries.owners(ORPHAN_SECONDS):
            page.append(owner)
            if len(page) == PAGE:
                await self._remove_without_task(page)
                page = []
        await self._remove_without_task(page)

    async def _remove_without_task(self, owners: list[str]) -> None:
        if owners:
            known = await self._store.existing(owners)
            await self._binaries.remove_owners([owner for owner in owners if owner not in known])
