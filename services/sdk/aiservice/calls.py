"""The calls that were taken: who waits for them, where their result goes, when they are forgotten."""

import asyncio
import fcntl
import logging
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aiservice.deliver import Courier
from aiservice.protocol.lines import Ids, bind
from aiservice.results import Outcome

if TYPE_CHECKING:
    from aiservice.tracing import CallTrace

log = logging.getLogger("aiservice.calls")
_SECRET = 32
_CALL = re.compile("([0-9a-f]{8})?[0-9a-f]{64}")


def task_of(call_id: str) -> str:
    """The engine's task that a call belongs to; "" where its id is not one of an engine. The rest of the id is what its
    callback shows, and stands in no log."""
    return call_id[:-_SECRET] if _CALL.fullmatch(call_id) else ""


class Workspace:
    """The folder for the files of all calls of this process. What a killed process left behind is removed at start."""

    def __init__(self, name: str, parent: str | None) -> None:
        root = Path(parent or tempfile.gettempdir())
        for old in root.glob(f"aiservice-{name}-*"):
            _remove_if_abandoned(old)
        self.path, self._lock = _make(root, f"aiservice-{name}-")

    def new_folder(self) -> Path:
        """Return where the files of one call go; it is made by whoever puts the first file there."""
        return self.path / secrets.token_hex(8)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _make(root: Path, prefix: str) -> tuple[Path, int]:
    """Make and lock a workspace; again where another process took it for an abandoned one before it was locked."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=root))
        handle = _lock(path)
        if handle is not None and (path / ".lock").exists():
            return path, handle


def _lock(folder: Path) -> int | None:
    """Lock a workspace; None where another process holds it, or where it is none of ours."""
    try:
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _remove_if_abandoned(folder: Path) -> None:
    if (folder / ".lock").exists():
        handle = _lock(folder)
        if handle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


class Call:
    """One call. `callback` is None in direct use; `waiters` counts the requests that hope to answer with the result;
    `trace` is there while it is traced."""

    __slots__ = ("id", "callback", "folder", "done", "waiters", "answered", "delivery", "trace")

    def __init__(
        self,
        call_id: str,
        callback: str | None,
        folder: Path,
        done: "asyncio.Future[Outcome]",
        trace: "CallTrace | None" = None,
    ) -> None:
        self.id = call_id
        self.callback = callback
        self.folder = folder
        self.done = done
        self.waiters = 0
        self.answered = False
        self.delivery: asyncio.Task[None] | None = None
        self.trace = trace


class Calls:
    """Every call between its acceptance and the moment when its result has arrived, or its time is over."""

    def __init__(self, courier: Courier, lifespan: float) -> None:
        self._courier = courier
        self._lifespan = lifespan
        self._called: dict[tuple[str, str], Call] = {}
        self._direct: dict[str, Call] = {}
        self._unfinished: set[Call] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def unfinished(self) -> int:
        """Number of calls whose work has not ended, or whose callback has not arrived."""
        return len(self._unfinished)

    def find_called(self, callback: str, call_id: str) -> Call | None:
        """Return the call of an engine that is under way under this id: the same call came twice."""
        return self._called.get((callback, call_id))

    def find_direct(self, call_id: str) -> Call | None:
        """Return a call of direct use, running or ended."""
        return self._direct.get(call_id)

    def open(
        self,
        call_id: str | None,
        callback: str | None,
        folder: Path,
        done: "asyncio.Future[Outcome]",
        trace: "CallTrace | None" = None,
    ) -> Call:
        """Take a call whose job is in the queue."""
        call = Call(call_id or secrets.token_hex(16), callback, folder, done, trace)
        if callback is None:
            self._direct[call.id] = call
        else:
            self._called[(callback, call.id)] = call
        self._unfinished.add(call)
        self._idle.clear()
        done.add_done_callback(lambda _: self._settle(call))
        return call

    async def wait(self, call: Call, seconds: float) -> Outcome | None:
        """Wait for a call's end; None when the time is over. `leave` must follow, whatever happens."""
        call.waiters += 1
        await asyncio.wait((call.done,), timeout=seconds)
        return call.done.result() if call.done.done() else None

    def leave(self, call: Call, answered: bool) -> None:
        """Say that a request that waited has gone, and whether it has given the result to its client."""
        call.waiters -= 1
        call.answered = call.answered or answered
        self._settle(call)

    async def settled(self) -> None:
        """Return when all work has ended and every callback has arrived."""
        await self._idle.wait()

    def close(self) -> None:
        """Stop all deliveries and timers, whatever is left."""
        for timer in self._timers.values():
            timer.cancel()
        for call in self._called.values():
            if call.delivery is not None:
                call.delivery.cancel()

    def _settle(self, call: Call) -> None:
        """Do what follows when the work has ended and nobody waits any more: forget, keep, or call back."""
        if not call.done.done():
            return
        if call.callback is None:
            self._finish(call)
        if call.waiters > 0:
            return
        if call.answered and call.delivery is None:
            self._forget(call)
        elif call.answered and call.delivery is not None:
            call.delivery.cancel()
        elif call.callback is None:
            self._keep(call)
        elif call.delivery is None:
            call.delivery = asyncio.get_running_loop().create_task(self._deliver(call, call.callback))

    def _finish(self, call: Call) -> None:
        self._unfinished.discard(call)
        if call.trace is not None:
            call.trace.end(call.done.result().kind if call.done.done() else "failed")
            call.trace = None
        if not self._unfinished:
            self._idle.set()

    def _keep(self, call: Call) -> None:
        if call.id not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[call.id] = loop.call_later(self._lifespan, self._forget, call)

    async def _deliver(self, call: Call, callback: str) -> None:
        bind(Ids(task=task_of(call.id)))
        try:
            await self._courier.deliver(callback, call.id, call.done.result(), call.trace)
        except Exception:
            log.exception("the callback of a call could not be made")
        finally:
            self._forget(call)

    def _forget(self, call: Call) -> None:
        if call.callback is None:
            self._direct.pop(call.id, None)
            timer = self._timers.pop(call.id, None)
            if timer is not None:
                timer.cancel()
        else:
            self._called.pop((call.callback, call.id), None)
        if call.folder.exists():
            asyncio.get_running_loop().run_in_executor(None, _remove, call.folder)
        self._finish(call)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
