"""The engines that share a store: which of them live, and which of them does what belongs to none of them.

Each writes a sign of life about every second. An engine lives as long as its sign still grows: that is judged by how
often this one has looked in vain, so neither a clock that jumps nor a store that was away makes anybody dead. The sign
is the engine's time: who joins takes over the time of those that are there, so that timers mean the same to all.
"""

import asyncio
import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.clock import Clock
from engine.ids import new_id
from engine.store.base import EngineRow, Store

ALONE_SECONDS, SHARED_SECONDS = 1.0, 0.5
"""How often an engine looks at the others, without and with any."""

SILENT_LOOKS = 8
"""After so many looks in which its sign has not grown, an engine is dead: about four seconds."""

FORGOTTEN_LOOKS = 600
KNOWN_SECONDS = 5.0
"""How long is waited at most until all others have seen a change."""

ID_LENGTH = 12


@dataclass(slots=True)
class _Other:
    """Another engine as seen from here: its last sign, how often that grew, and how often it was looked at in vain."""

    row: EngineRow
    grown: int = 0
    silent: int = 0
    gone: bool = False

    @property
    def alive(self) -> bool:
        return not self.gone and self.silent < SILENT_LOOKS


class Members:
    """See the module. `id` is this engine's: drawn at its start, so that the one before it counts as another. `deaths`
    counts those that were seen to end, `changes` all that came or went, `silences` how often this one was silent for
    so long that others may have taken it for dead. `on_left` is called when the last of the others is long gone."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.id = new_id()[:ID_LENGTH]
        self._store = store
        self._clock = clock
        self._place = place_of(os.getpid())
        self._others: dict[str, _Other] = {}
        self._living: list[str] = [self.id]
        self._looked = asyncio.Event()
        self.joined = False
        self.deaths = 0
        self.changes = 0
        self.silences = 0
        self.on_left: Callable[[], None] = lambda: None
        self._last_look: float | None = None
        self._looks_alone = SILENT_LOOKS

    @property
    def alone(self) -> bool:
        """Whether no other engine lives. One that starts waits until all others know of it, before it does anything."""
        return self.living == 1

    @property
    def long_alone(self) -> bool:
        """Whether no other engine lives, nor did some seconds ago: what this one has saved last is what is stored."""
        return self.alone and self._looks_alone >= SILENT_LOOKS

    @property
    def living(self) -> int:
        """How many engines live, this one included."""
        return len(self._living)

    @property
    def seconds(self) -> float:
        """How long to wait until the next look."""
        return ALONE_SECONDS if self.alone else SHARED_SECONDS

    def lives(self, engine_id: str) -> bool:
        """Whether this engine lives, as far as is known."""
        return engine_id in self._living

    def mine(self, key: str) -> bool:
        """Whether this engine, among those that live, is the one to do what this key stands for."""
        return self._living[zlib.crc32(key.encode()) % len(self._living)] == self.id

    async def join(self) -> None:
        """Make known that this engine is there, and wait until those that live know it. Raises StoreAway, StoreFull."""
        for row in await self._store.engines():
            self._clock.not_before(row.beat)
        await self.look()
        await self._others_know(wait=False)
        newest = max((other.row.beat for other in self._others.values() if other.alive), default=None)
        if newest is not None:
            self._clock.set(newest)
        self.joined = True

    async def leave(self) -> None:
        """Say that this engine ends; what it leaves open is taken over at once."""
        if self.joined:
            await self._store.leave(self.id)

    async def look(self) -> None:
        """Give a sign of life, and see who else does. Raises StoreAway, StoreFull."""
        await self._store.beat(EngineRow(self.id, self._place, self._clock.now()))
        rows = {row.id: row for row in await self._store.engines() if row.id != self.id}
        for engine_id in self._others.keys() - rows.keys():
            del self._others[engine_id]
        for row in rows.values():
            self._see(row)
        before = set(self._living)
        for other in self._others.values():
            if not other.alive and (other.gone or other.silent > FORGOTTEN_LOOKS):
                await self._store.leave(other.row.id)  # its tasks name it still, which is how they are found
        self._living = sorted([self.id, *(other.row.id for other in self._others.values() if other.alive)])
        self.deaths += len(before - set(self._living))
        self.changes += len(before ^ set(self._living))
        self.silences += self._was_long_silent()
        self._count_alone()
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def _count_alone(self) -> None:
        self._looks_alone = self._looks_alone + 1 if self.alone else 0
        if self._looks_alone == SILENT_LOOKS:
            self.on_left()

    def _was_long_silent(self) -> bool:
        """Whether this engine, or its store, has stood still since it looked last."""
        now, last = time.monotonic(), self._last_look
        self._last_look = now
        return last is not None and now - last > SILENT_LOOKS * SHARED_SECONDS

    def _see(self, row: EngineRow) -> None:
        other = self._others.get(row.id)
        if other is None:
            other = self._others[row.id] = _Other(row)
        elif row.beat != other.row.beat:
            other.row, other.silent = row, 0
            other.grown += 1
            self._clock.not_before(row.beat)
        else:
            other.silent += 1
        other.gone = is_gone(row.place, self._place)

    async def others_know(self) -> None:
        """Wait until all others have looked at the store since now, which they do soon; a few seconds at most."""
        if not self.alone:
            try:
                async with asyncio.timeout(KNOWN_SECONDS):
                    await self._others_know(wait=True)
            except TimeoutError:
                return

    async def _others_know(self, wait: bool) -> None:
        """Two more signs of an engine: between them it has looked at all that was there before the first."""
        wanted = {engine_id: other.grown + 2 for engine_id, other in self._others.items() if other.alive}
        while any(
            engine_id in self._others and self._others[engine_id].alive and self._others[engine_id].grown < grown
            for engine_id, grown in wanted.items()
        ):
            if wait:
                await self._looked.wait()
            else:
                await asyncio.sleep(SHARED_SECONDS)
                await self.look()


def place_of(pid: int) -> str:
    """Which process this is: of which start of which machine, in which namespace, with which time of its own start.
    Empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
        return f"{boot} {namespace} {pid} {_started(pid)}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process has started, in ticks since the machine did (field 22 of `/proc/<pid>/stat`, see proc(5)); empty
    where it has ended. Raises OSError where that cannot be known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]


def is_gone(place: str, here: str) -> bool:
    """Whether the process at this place has surely ended: it was in the same namespace of the same machine as the one
    that asks, and is not there any more."""
    parts, own = place.split(), here.split()
    if len(parts) != 4 or parts[:2] != own[:2] or not parts[2].isdigit():
        return False
    try:
        return _started(int(parts[2])) != parts[3]
    except OSError:
        return False
