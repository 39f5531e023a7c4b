"""The worker processes: none before the first run, then as many as are busy at once, up to the places of the lanes.

A run that takes longer than a moment goes on with low priority in one of the places for slow runs; where none is
free, it is stopped and begins anew when there is one. That is safe, since code has no effects but its result.
"""

import asyncio
import os
from collections.abc import Coroutine, Sequence
from typing import Any

from engine.code.base import CodeError, SandboxClosed
from engine.code.lanes import Lane, Lanes, Memory
from engine.code.process import Limits, Worker, WorkerDied

_MOMENT = 0.05
_REMINDER = 0.1
_DEAF = 2.0
_IDLE = 30.0
_MAX_WAITING = 20_000
_TRIES = 3

Reply = tuple[dict[str, Any], list[bytes | None]]


class Pool:
    """See the module. To be used in one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # As many places for quick code as there are cores, and as many again for slow code.
        self.warm = max(2, min(4, os.cpu_count() or 1))
        self.lanes = Lanes(self.warm, self.warm)
        self._memory = Memory()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._shrinking: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """The worker processes, each the head of a process group."""
        return [worker.pid for worker in self._all]

    async def run(self, source: str, head: dict[str, Any], parts: Sequence[bytes]) -> Reply:
        """The answer to a request, as `worker.py` describes it. `source` is what the code is remembered by.

        Raises CodeError where there is no answer, and SandboxClosed.
        """
        if self.lanes.waiting >= _MAX_WAITING:
            raise CodeError(f"{_MAX_WAITING:,} other runs of code are waiting; try again later")
        for _ in range(_TRIES):
            reply, preempted = await self._attempt(self._memory.lane(source), source, head, parts)
            if reply is None and preempted:
                reply, _ = await self._attempt("slow", source, head, parts)
            if reply is not None:
                return reply
        raise CodeError("the process that ran the code died", outcome="killed")

    async def _attempt(
        self, lane: Lane, source: str, head: dict[str, Any], parts: Sequence[bytes]
    ) -> tuple[Reply | None, bool]:
        """The answer, None where the process died; and whether it was stopped to let others go first."""
        visit = Visit(self, lane)
        async with visit:
            reply = await visit.exchange(head, parts)
        if reply is not None:
            # Not the time on the clock: on a busy machine, that of quick code is long as well.
            self._memory.note(source, "slow" if reply[0]["used"] > _MOMENT else "quick")
        return None if reply is None or "stopped" in reply[0] else reply, visit.preempted

    async def take(self) -> Worker:
        """A worker that does nothing yet. Raises CodeError and SandboxClosed."""
        if self._closed:
            raise SandboxClosed("the sandbox was closed")
        if self._idle:
            return self._idle.pop()
        starting = asyncio.get_running_loop().create_task(self._start())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._keep)
            raise

    async def _start(self) -> Worker:
        try:
            worker = await Worker.start(self.limits)
        except (WorkerDied, OSError) as error:
            raise CodeError(f"no process could be started to run the code {error}".rstrip()) from None
        self._all.add(worker)
        if self._closed:
            self.give(worker, usable=False)
            raise SandboxClosed("the sandbox was closed")
        return worker

    def _keep(self, starting: asyncio.Task[Worker]) -> None:
        """Who waited for this worker is gone."""
        if not starting.cancelled() and starting.exception() is None:
            self.give(starting.result(), usable=True)

    def give(self, worker: Worker, usable: bool) -> None:
        """Take a worker back."""
        if usable and not self._closed:
            self._idle.append(worker)
            if len(self._idle) > self.warm and self._shrinking is None:
                self._shrinking = asyncio.get_running_loop().call_later(_IDLE, self._shrink)
        elif worker in self._all:
            self._all.remove(worker)
            worker.kill()
            self._background(worker.end())

    def _shrink(self) -> None:
        self._shrinking = None
        surplus, self._idle = self._idle[: -self.warm], self._idle[-self.warm :]
        for worker in surplus:
            self.give(worker, usable=False)

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    async def close(self) -> None:
        """End all processes; what waits or runs gets SandboxClosed."""
        self._closed = True
        if self._shrinking is not None:
            self._shrinking.cancel()
        for worker in list(self._all):
            self.give(worker, usable=False)
        self._idle.clear()
        self.lanes.open_all()
        while self._ending:
            await asyncio.gather(*self._ending)


class Visit:
    """One attempt at a run: waits for a place, has a worker, and gives both back."""

    def __init__(self, pool: Pool, lane: Lane) -> None:
        self._pool = pool
        self._lane = lane
        self._worker: Worker | None = None
        self._answered = False
        self._overdue = False
        self._timer: asyncio.TimerHandle | None = None
        self.preempted = False

    async def __aenter__(self) -> None:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def grant() -> bool:
            if not granted.done():
                granted.set_result(None)
                return True
            return False

        self._pool.lanes.enter(self._lane, grant)
        try:
            if not granted.done():
                await granted
            self._worker = await self._pool.take()
        except BaseException:
            if granted.done() and not granted.cancelled():
                self._pool.lanes.leave(self._lane)
            raise

    async def __aexit__(self, *error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._worker is not None:
            self._pool.give(self._worker, usable=self._answered)
        self._pool.lanes.leave(self._lane)

    async def exchange(self, head: dict[str, Any], parts: Sequence[bytes]) -> Reply | None:
        """The worker's answer; None where it died. Raises CodeError where it took too long, and SandboxClosed."""
        worker, loop = self._worker, asyncio.get_running_loop()
        assert worker is not None
        slow = self._lane == "slow"
        if slow:
            self._wait(self._last())
        else:
            self._timer = loop.call_later(_MOMENT, self._calm)
        try:
            reply = await worker.exchange({**head, "number": worker.next_number(), "calm": slow}, parts)
        except WorkerDied:
            if self._pool.closed:
                raise SandboxClosed("the sandbox was closed") from None
            if self._overdue:
                message = f"TimeoutError: the code ran longer than {self._pool.limits.patience:g} s"
                raise CodeError(message, outcome="timeout") from None
            return None
        self._answered = True
        return reply

    def _last(self) -> float:
        """When a worker that does not answer is given up, in seconds: long after it should have stopped by itself."""
        return self._pool.limits.patience + self._pool.limits.grace + _DEAF

    def _calm(self) -> None:
        assert self._worker is not None
        if self._pool.lanes.move_to_slow(self._lane):
            self._lane = "slow"
            self._worker.calm()
        else:
            self.preempted = True
            self._worker.stop()
        self._wait(self._last())

    def _wait(self, left: float) -> None:
        """Say it again from time to time: a worker that got no processor time yet is not made to wait even longer."""
        loop = asyncio.get_running_loop()
        if left <= 0:
            self._kill()
        else:
            self._timer = loop.call_later(min(left, _REMINDER), self._remind, left - _REMINDER)

    def _remind(self, left: float) -> None:
        assert self._worker is not None
        if not self.preempted:
            self._worker.calm()
        self._wait(left)

    def _kill(self) -> None:
        assert self._worker is not None
        self._overdue = True
        self._worker.kill()
