"""The keys of the store, as this engine knows them.

They are read anew while they are used, about once a second and beside the requests; a request that would rely on what
is older than two seconds waits for them. So a key that was revoked, here or through another engine, opens nothing two
seconds later. An id that is not known is looked for before it is refused, by one reading for all that ask, at most five
a second. While the store is away the keys that are known go on, and others are told to come again.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.clock import Clock
from engine.doors.keys import Shown, fits
from engine.errors import EngineError, StoreAway, Unauthorized
from engine.identity import SCOPES, Identity, with_implied
from engine.store.base import KeyLimits, KeyRow, Store

FRESH = 1.0
"""Seconds after which the keys are read again beside a request."""

STALE = 2.0
"""Seconds after which a request waits for them."""

APART = 0.2
"""Seconds between two readings for ids that are not known."""

PATIENCE = 2.0
"""Seconds for which a reading is waited for."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    row: KeyRow
    identity: Identity


class Keyring:
    """Knows the keys. `seconds` gives seconds that never jump."""

    def __init__(self, store: Store, clock: Clock, seconds: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._known: dict[str, _Known] = {}
        self._as_of = float("-inf")  # all that was stored then is known
        self._began = float("-inf")  # when the last reading began, whatever came of it
        self._away = False
        self._reading: asyncio.Task[None] | None = None

    async def identify(self, shown: Shown) -> Identity | None:
        """Whose pass it is; None where it is nobody's. Raises Unauthorized for a key that was revoked or has expired,
        StoreAway where it is not known and cannot be looked for."""
        await self._keep_up()
        known = self._known.get(shown.id)
        if known is None:
            await self._read_since(self._seconds())
            known = self._known.get(shown.id)
        if known is None or not fits(shown.passed, known.row.digest):
            return None
        if known.row.revoked is not None:
            raise Unauthorized(f"the key {known.row.id} was revoked", sent=True)
        if known.row.expires is not None and known.row.expires <= self._clock.now():
            raise Unauthorized(f"the key {known.row.id} has expired", sent=True)
        return known.identity

    def row(self, key_id: str) -> KeyRow | None:
        """A key that is known, by its id."""
        known = self._known.get(key_id)
        return None if known is None else known.row

    def limits(self, key_id: str) -> KeyLimits | None:
        """How much a key that is known may take; None for what is none."""
        known = self._known.get(key_id)
        return None if known is None else known.row.limits

    async def changed(self, key_id: str) -> None:
        """Know at once what was changed here."""
        self._known.pop(key_id, None)
        try:
            await self._read_since(self._seconds(), apart=0.0)
        except StoreAway as error:
            _log.warning("the keys could not be read: %s", error.detail)

    async def close(self) -> None:
        """Wait for the reading that is under way."""
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def _keep_up(self) -> None:
        now = self._seconds()
        if now - self._as_of < FRESH:
            return
        if self._away and now - self._began < FRESH:
            return
        reading = self._begin()
        if now - self._as_of >= STALE and not self._away:
            await asyncio.wait([reading], timeout=PATIENCE)

    async def _read_since(self, moment: float, apart: float = APART) -> None:
        """Wait for a reading that begins at this moment or later. Raises StoreAway where it fails."""
        while self._as_of < moment:
            if self._reading is None:
                pause = self._began + apart - self._seconds()
                if pause > 0:
                    await asyncio.sleep(pause)
                    continue
            begun = self._began if self._reading is not None else self._seconds()
            done, _ = await asyncio.wait([self._begin()], timeout=PATIENCE)
            if not done or self._away and begun >= moment:
                raise StoreAway("the keys cannot be read; try again")

    def _begin(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._began = self._seconds()
            self._reading = asyncio.create_task(self._read(self._began))
        return self._reading

    async def _read(self, began: float) -> None:
        try:
            rows = await self._store.keys()
        except EngineError as error:
            if not self._away:
                _log.warning("the keys cannot be read, those that are known hold: %s", error.detail)
            self._away = True
        else:
            old, self._known = self._known, {}
            for row in rows:
                before = old.get(row.id)
                self._known[row.id] = before if before is not None and before.row == row else _known(row)
            self._as_of, self._away = began, False
        finally:
            self._reading = None


def _known(row: KeyRow) -> _Known:
    scopes = [scope for scope in SCOPES if scope in row.scopes]
    return _Known(row, Identity(row.id, row.owner, with_implied(scopes)))
