"""How long a server waits for slow clients, and how many connections may be slow at once.

Where a head (request line and headers) or a body comes too slowly, the client is told (408) and the connection closed.
Time counts only while the server reads: a client does not pay for a server that is busy. Nothing here sets a timer for
a request: one look, every second at most, goes over the connections that are in the middle of something.
"""

import asyncio
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

_LOOK_SECONDS = 1.0
_OLD_LOOKS = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """The bounds, in seconds, bytes and connections.

    A head must begin within `silent` seconds, be complete `head` seconds later, and has at most `head_bytes` (up to one
    read more). A body may come at `rate` bytes a second; what it is slower is summed up, what it is faster makes up for
    it, and above `body` seconds it is too slow. A client must take something of an answer at least every `answer`
    seconds.

    Of the connections whose head is not complete, `heads` in all and `heads_of_one` of one address may have waited for
    more than two looks (about two seconds), and in all there are at most `connections`: a new one takes the place of
    the oldest of them. All clients behind one proxy have one address.
    """

    silent: float = 60.0
    head: float = 10.0
    head_bytes: int = 65_536
    body: float = 40.0
    rate: int = 1_024
    answer: float = 120.0
    heads: int = 8_192
    heads_of_one: int = 8_192
    connections: int = 10_000


class Slow(Protocol):
    """A connection, as `Connections` sees it."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    address: str

    def is_answering(self) -> bool:
        """Whether a request is being answered."""

    def is_silent(self) -> bool:
        """Whether nothing was ever sent on it."""

    def end_head(self) -> None:
        """The head did not come in time."""

    def look_at_body(self, seconds: float) -> None:
        """Count the time that went by since the last look, in which a body was to come."""

    def look_at_answer(self, seconds: float) -> None:
        """Count the time that went by since the last look, in which an answer was to be taken."""


class Connections:
    """The connections of one server that somebody is waited for on, oldest first."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._heads: dict[Slow, int] = {}  # since which look
        self._heads_of: dict[str, dict[Slow, None]] = defaultdict(dict)
        self._bodies: set[Slow] = set()
        self._stuck: set[Slow] = set()
        bounds = (patience.silent, patience.head, patience.body, patience.answer)
        self._seconds = min(_LOOK_SECONDS, min(bounds) / 4)
        self._looking: asyncio.TimerHandle | None = None
        self._looks = 0

    def wait_for_head(self, one: Slow) -> None:
        """The next head of this connection is waited for, from now on."""
        self._heads.pop(one, None)
        self._heads[one] = self._looks
        of_one = self._heads_of[one.address]
        of_one.pop(one, None)
        of_one[one] = None
        self._look_later(one.loop)
        if len(of_one) > self.patience.heads_of_one:
            self._give_up_if_old(next(iter(of_one)))
        if len(self._heads) > self.patience.heads:
            self._give_up_if_old(next(iter(self._heads)))

    def head_came(self, one: Slow) -> None:
        """The head is complete, or the connection is gone."""
        if self._heads.pop(one, None) is not None:
            of_one = self._heads_of[one.address]
            of_one.pop(one, None)
            if not of_one:
                del self._heads_of[one.address]

    def wait_for_body(self, one: Slow) -> None:
        """The rest of a body is waited for."""
        self._bodies.add(one)
        self._look_later(one.loop)

    def body_came(self, one: Slow) -> None:
        """The body is complete, or the connection is gone."""
        self._bodies.discard(one)

    def wait_for_reader(self, one: Slow) -> None:
        """The client is to take what was written."""
        self._stuck.add(one)
        self._look_later(one.loop)

    def was_read(self, one: Slow) -> None:
        """The client has taken most of it, or is gone."""
        self._stuck.discard(one)

    def is_full(self, count: int) -> bool:
        """Whether one more connection beside so many is too much, also after the oldest that waits was closed."""
        if count <= self.patience.connections:
            return False
        if not self._heads:
            return True
        self._give_up(next(iter(self._heads)))
        return False

    def _give_up_if_old(self, one: Slow) -> None:
        # Many that come at the same moment are no attack: their requests lie in the sockets, unread.
        if self._looks - self._heads[one] > _OLD_LOOKS:
            self._give_up(one)

    def _give_up(self, one: Slow) -> None:
        self.head_came(one)
        one.transport.abort()

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._looking is None:
            self._looking = loop.call_later(self._seconds, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = None
        self._looks += 1
        # Looks are counted, not seconds: between two of them a busy server, too, has read what had come.
        oldest = self._looks - math.ceil(self.patience.head / self._seconds)
        silent = self._looks - math.ceil(self.patience.silent / self._seconds)
        for one in [one for one, since in self._heads.items() if since < oldest]:
            if one.is_silent() and self._heads[one] >= silent:
                continue
            if one.is_answering():
                self.wait_for_head(one)  # its time begins when the answer before it is complete
            else:
                self.head_came(one)
                one.end_head()
        for one in list(self._bodies):
            one.look_at_body(self._seconds)
        for one in list(self._stuck):
            one.look_at_answer(self._seconds)
        if self._heads or self._bodies or self._stuck:
            self._look_later(loop)
