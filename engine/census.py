"""What the stores are asked for somebody who looks at the metrics: how many tasks run, since when the oldest does, and
how much room there is. Never on the road of a task, and never for longer than a moment.
"""

import asyncio
import logging
import shutil
import time
from pathlib import Path

from engine.errors import EngineError
from engine.ids import second_of
from engine.store.base import Store

FRESH_SECONDS = 2.0
"""An answer that is no older is not asked for again."""

PATIENCE_SECONDS = 0.5
"""How long is waited for a store; what it tells later is there for who looks next."""

_log = logging.getLogger(__name__)


class Census:
    """See the module. `folder` is where the embedded stores lie, None where there are none. The numbers are those of
    the last look that came through, None where there was none yet."""

    def __init__(self, store: Store, folder: Path | None) -> None:
        self._store = store
        self._folder = folder
        self._looked = -FRESH_SECONDS
        self._looking: asyncio.Task[None] | None = None
        self._oldest: int | None = None
        self.running: int | None = None
        self.room: tuple[int, int] | None = None
        """Bytes of the disk under the folder: those that are free for the engine, and all."""

    def oldest_seconds(self) -> float:
        """The age of the oldest running task in whole seconds, children among them; 0 where none runs."""
        return 0.0 if self._oldest is None else max(int(time.time()) - self._oldest, 0)

    async def look(self) -> None:
        """Ask, unless that was done just now."""
        if self._looking is None or self._looking.done():
            if time.monotonic() - self._looked < FRESH_SECONDS:
                return
            self._looked = time.monotonic()
            self._looking = asyncio.get_running_loop().create_task(self._ask())
        await asyncio.wait([self._looking], timeout=PATIENCE_SECONDS)

    async def _ask(self) -> None:
        try:
            if self._folder is not None:
                usage = await asyncio.to_thread(shutil.disk_usage, self._folder)
                self.room = usage.free, usage.total
            running = (await self._store.stats()).by_status.get("running", 0)
            first = await self._store.running("", 1)  # ids begin with the second in which the task was made
        except (EngineError, OSError) as error:
            _log.info("the running tasks were not counted: %s", error)
        else:
            self.running, self._oldest = running, second_of(first[0]) if first else None

    async def close(self) -> None:
        """Ask nothing any more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
