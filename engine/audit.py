"""Who changed what: a row in the store, and a line in the log, before each change is made.

Before, so that nothing is changed of which nobody knows: where the row cannot be written the change is not made, and
its request is told so (503; 507 where there is no room). All that can be refused is refused earlier. So a row says what
somebody was about to change and was allowed to; where the engine or the store went away right then, or another was
faster, the change is missing.
"""

import logging
from dataclasses import dataclass
from typing import Literal

from engine.clock import Clock
from engine.identity import Identity
from engine.ids import new_id
from engine.store.base import AuditRow, Store

Action = Literal[
    "pipeline.stored",
    "pipeline.replaced",
    "route.closed",
    "route.announced",
    "task.cancelled",
    "task.retried",
    "task.rerun",
    "key.made",
    "key.revoked",
]

_LONGEST = 500
_FREEING = frozenset({"route.closed", "key.revoked"})
"""What must also be possible where the disk is full."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who changes something: who, and from which address."""

    identity: Identity
    address: str
    audit: "Audit"

    async def note(self, action: Action, subject: str, detail: str = "") -> None:
        """Say what is about to be changed. Raises StoreAway, StoreFull: then it must not be."""
        await self.audit.note(self, action, subject, detail)


class Audit:
    """See the module. `days` is how long rows are kept."""

    def __init__(self, store: Store, clock: Clock, days: float) -> None:
        self._store = store
        self._clock = clock
        self._days = days

    async def note(self, actor: Actor, action: Action, subject: str, detail: str) -> None:
        """See `Actor.note`."""
        who = actor.identity
        texts = [_cleaned(text) for text in (who.key, who.owner, action, subject, detail, actor.address)]
        row = AuditRow(new_id(), self._clock.now(), *texts)
        await self._store.trail.add(row, frees=action in _FREEING)
        _log.info(
            "%s %s by key=%s owner=%s from=%s %s", row.action, row.subject, row.key, row.owner, row.address, row.detail
        )

    async def clean_up(self) -> int:
        """Remove the rows whose time is over. Returns how many. Raises StoreAway."""
        return await self._store.trail.prune(self._clock.now() - int(self._days * 86_400_000_000))


def refused(status: int, identity: Identity | None, what: str, address: str, detail: str) -> None:
    """Log what was refused (401, 403). It is not stored: nobody can fill the store with what is refused."""
    key, owner = (identity.key, identity.owner) if identity is not None else ("", "")
    texts = [_cleaned(text) for text in (what, key, owner, address, detail)]
    _log.warning("refused %d: %s by key=%s owner=%s from=%s: %s", status, *texts)


def _cleaned(text: str) -> str:
    """What can stand in a row and in one line of a log."""
    return "".join(char if char.isprintable() else "?" for char in text[:_LONGEST])
