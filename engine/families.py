"""Children of tasks: the bodies of loops and the runs of sub-pipelines. Makes them, tells their parents what came of
them, and stops those that nobody waits for.

All of it stands in the store: the ids of children are derived from their parents, and a family that is taken up again
after a crash is read from there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiservice.protocol.lines import Ids, bind
from engine.clock import Clock
from engine.errors import Conflict, NotFound, StoreAway, StoreFull
from engine.group import Group, Home
from engine.lanes import Outcome
from engine.members import Members
from engine.opened import Opened
from engine.store.base import Store
from engine.task.events import (
    CallFailed,
    CallReturned,
    Cancelled,
    ChildStarted,
    Command,
    EndChild,
    EndItems,
    Event,
    RunItems,
)
from engine.task.frames import Place
from engine.task.origin import family
from engine.task.task import Origin, Task, child_of

MAX_DEPTH = 32
"""Generations of tasks below each other: a pipeline that calls itself ends here."""

PAGE = 200
WATCH_SECONDS, WATCH_ALONE_SECONDS = 2.0, 10.0
"""How often it is looked whether runs of sub-pipelines have ended unheard, with other engines and without."""

SHOWN = 20
"""How many running bodies of a loop a status looks at."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""A parent's id, and the name of a family of it."""


class Families:
    """See the module."""

    def __init__(self, store: Store, home: Home, clock: Clock, members: Members) -> None:
        self._store = store
        self._home = home
        self._clock = clock
        self._members = members
        self._called: set[str] = set()
        self._groups: dict[Key, Group] = {}
        self._jobs: set[asyncio.Task[None]] = set()
        self._of_family: dict[Key, set[asyncio.Task[None]]] = {}

    async def close(self) -> None:
        """Stop; what was under way is found in the store again."""
        for job in list(self._jobs):
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def perform(self, place: Place, task: Task, command: Command) -> None:
        """Begin to do what was decided for a task that is saved."""
        if isinstance(command, RunItems):
            run = task.node(command.node)
            if run.phase == "items" and run.turn == command.turn:  # else a later event of the same commit overtook it
                self._run_items(place, task, command)
        elif isinstance(command, EndItems):
            key = (task.id, family(command.node, command.turn))
            group = self._groups.get(key)
            if group is not None:
                group.stop()
            self._start(partial(self._stop_family, task.root, *key), key)
        elif isinstance(command, EndChild):
            self._start(partial(self._tell, command.task, Cancelled()))

    def _start(self, work: Callable[[], Awaitable[Any]], key: Key | None = None) -> None:
        """Begin a job; those of one family one after the other, so that what is stopped is not what is started next."""
        earlier = set(self._of_family.get(key, ())) if key is not None else set()
        job = asyncio.get_running_loop().create_task(self._patiently(work, earlier, key))
        self._jobs.add(job)
        if key is not None:
            self._of_family.setdefault(key, set()).add(job)
        job.add_done_callback(lambda ended: self._forget(ended, key))

    def _forget(self, job: asyncio.Task[None], key: Key | None) -> None:
        self._jobs.discard(job)
        if key is not None:
            self._of_family[key].discard(job)
            if not self._of_family[key]:
                del self._of_family[key]

    async def _patiently(
        self, work: Callable[[], Awaitable[Any]], earlier: set[asyncio.Task[None]], key: Key | None = None
    ) -> None:
        """Do the work, however long the store is away."""
        bind(Ids(task=key[0]) if key is not None else None)
        pause = FIRST_PAUSE
        if earlier:
            await asyncio.wait(earlier)
        while True:
            try:
                await work()
                return
            except (StoreAway, StoreFull) as error:
                _log.warning("children: %s; trying again", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except NotFound:
                return  # the task was removed meanwhile
            except Exception:
                _log.exception("children: this broke")
                return

    # Loops

    def _run_items(self, place: Place, task: Task, command: RunItems) -> None:
        key = (task.id, family(command.node, command.turn))
        known = self._groups.get(key)
        if known is not None and not known.stopped and known.round == task.rounds:
            known.wake()
            return
        if known is not None:
            known.stop()
        group = self._groups[key] = Group(self._store, self._home, self._clock, self._members, place, task, command)
        self._start(partial(self._group, key, group), key)

    async def _group(self, key: Key, group: Group) -> None:
        try:
            while not group.stopped and not group.told:
                try:
                    await group.run()
                except (StoreAway, StoreFull):
                    group.unsure()
                    raise
                except NotFound:
                    group.stop()
                except Exception as error:  # the loop must not wait for ever for what is not done
                    _log.exception("the loop %s: this broke", key[1])
                    await group.fail(f"the engine could not go on with the loop: {error!r}")
        finally:
            if group.stopped or group.told:
                self._drop(key, group)
        if group.stopped:
            await self._stop_family(group.root, *key)

    def _drop(self, key: Key, group: Group) -> None:
        if self._groups.get(key) is group:
            del self._groups[key]

    async def done(self, task: Task, node_id: str, turn: int) -> int:
        """How many bodies of a loop have finished."""
        counts = await self._store.family_counts(task.root, task.id, family(node_id, turn))
        return counts.get("finished", 0)

    async def waiting(self, task: Task, node_id: str, turn: int) -> list[tuple[Task, str]]:
        """Bodies of a loop in which a node waits, with the id of that node: those that are found among the first."""
        found = []
        name = family(node_id, turn)
        for task_id in await self._store.family_running(task.root, task.id, name, SHOWN):
            child = await self._home.read(task_id)
            found += [(child, inner) for inner, run in child.nodes.items() if run.waiting is not None]
        return found

    # Ends

    def ended(self, task: Task) -> None:
        """A child that is saved has ended: its parent is told."""
        origin = task.origin
        assert origin is not None
        if origin.call is not None:
            self._start(partial(self._answer, task, origin))
            return
        group = self._groups.get((origin.parent, origin.family))
        if group is not None:
            group.ended(task)

    async def watch(self) -> None:
        """Look for ever whether the runs of sub-pipelines that this engine began have ended on another one, which may
        have died before it told their parents."""
        while True:
            await asyncio.sleep(WATCH_ALONE_SECONDS if self._members.alone else WATCH_SECONDS)
            called = list(self._called)
            for start in range(0, len(called), PAGE):
                await self._patiently(partial(self._look_after, called[start : start + PAGE]), set())

    async def _look_after(self, called: list[str]) -> None:
        statuses = await self._store.statuses(called)
        for task_id in called:
            if statuses.get(task_id) == "running" or task_id not in self._called:
                continue
            if task_id in statuses:
                self.ended(await self._home.read(task_id))
            else:
                self._called.discard(task_id)  # removed, with the task that waited for it

    async def _answer(self, task: Task, origin: Origin) -> None:
        assert origin.call is not None
        if task.status == "finished":
            await self._tell(origin.parent, CallReturned(origin.call, await self._home.result(task)))
        else:
            message = f"pipeline {task.route}: {task.message} (task {task.id})"
            await self._tell(origin.parent, CallFailed(origin.call, message, again=False))
        self._called.discard(task.id)  # not before: what breaks in between is done again

    async def _tell(self, task_id: str, event: Event) -> Outcome | None:
        """Let an event happen. None where the task is gone or the event does not fit. Raises StoreAway, StoreFull."""
        try:
            return await self._home.send(task_id, event)
        except (NotFound, Conflict):
            return None

    async def _stop_family(self, root: str, parent: str, name: str) -> None:
        while task_ids := await self._store.family_running(root, parent, name, PAGE):
            if await self._wants(parent, name):
                return  # the task was retried meanwhile
            outcomes = await asyncio.gather(*(self._tell(task_id, Cancelled()) for task_id in task_ids))
            if not any(outcome is not None and outcome.changed for outcome in outcomes):
                return

    async def _wants(self, parent: str, name: str) -> bool:
        """Whether a task waits for the bodies of this family."""
        try:
            task = await self._home.read(parent)
        except NotFound:
            return False
        return any(family(node_id, run.turn) == name for node_id, run in task.nodes.items() if run.phase == "items")

    async def check_running(self, task_id: str) -> None:
        """Stop a task that is a running child, where nobody waits for it any more. Raises StoreAway, StoreFull."""
        try:
            task = await self._home.read(task_id)
        except NotFound:
            return
        if task.origin is not None and task.status == "running":
            await self._check(task, task.origin)

    def check(self, task: Task) -> None:
        """Stop a running child that was found after a start, where nobody waits for it any more."""
        if task.origin is not None:
            self._start(partial(self._check, task, task.origin))

    async def _check(self, task: Task, origin: Origin) -> None:
        try:
            parent = await self._home.read(origin.parent)
        except NotFound:
            await self._tell(task.id, Cancelled())
            return
        run = parent.node(origin.node)
        wanted = parent.status == "running" and run.state == "running" and run.turn == origin.turn
        if not wanted or (origin.call is not None and parent.find_call(origin.call) is None):
            await self._tell(task.id, Cancelled())

    # Sub-pipelines

    async def call(
        self, place: Place, task: Task, node_id: str, call: str, opened: Opened, taken: dict[str, Any]
    ) -> None:
        """Run a pipeline for the call of a node. Raises StoreAway, StoreFull, after which it is to be repeated."""
        faults = opened.body.check(taken) if opened.body.kind == "object" else []
        run = task.node(node_id)
        depth = (task.origin.depth if task.origin is not None else 0) + 1
        problem = None
        if faults:
            problem = "; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in faults)
            problem = f"the input does not fit the body of the pipeline {opened.row.route}: {problem}"
        elif depth > MAX_DEPTH:
            problem = f"pipelines call each other more than {MAX_DEPTH} deep"
        if problem is not None:
            await self._home.send(task.id, CallFailed(call, problem, again=False))
            return
        index = sum(attempt.turn == run.turn for attempt in run.attempts) - 1
        origin = Origin(task.root, task.id, node_id, run.turn, depth, index, call=call)
        child = child_of(task, opened.row.id, opened.row.route, origin, None, self._clock.now())
        made = await self._home.make([(child, taken)], Place(opened.pipeline, None))
        self._called.add(child.id)  # not before it is stored: what is not there counts as removed
        started = await self._tell(task.id, ChildStarted(call, child.id))
        if started is None or started.task.find_call(call) is None:
            known = await self._home.read(child.id)
            if known.status == "running":
                await self._tell(child.id, Cancelled())
        elif not made[0]:
            known = await self._home.read(child.id)
            if known.status != "running":
                self.ended(known)
