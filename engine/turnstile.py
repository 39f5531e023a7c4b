"""When a call may be sent, and where to. Who has to wait does so here, where it costs no attempt.

A call is sent at once where fewer than `total` calls of this engine are on their way and the gate of an instance lets
it in (`gates.py`). Where the breakers of all instances are open it is refused, which is a failed attempt; but the last
attempt of a node waits for the next probe, so that no task fails by what was known of a service long ago. Who waits
while a probe is under way shares its fate.

The calls of one operation wait in one line for all of its instances. Turns go round: between lines where the engine has
no room, and within a line between the routes of the tasks.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.breakers import Breakers, Change
from engine.fair import FairQueue
from engine.gates import Gates, Outlook
from engine.instances import Instances, Target

FIRST_PROBE, LONGEST_PROBE = 1.0, 30.0
"""Seconds after which one is let in although there seems to be no room; they double until the service takes one."""

LOOK_SECONDS = 5.0
"""A line that does not move is looked at so often: its service may have gone."""


class Refused(Exception):
    """The call is not sent, because those that were sent to this `url` failed. The text is a sentence; for `after`
    seconds none is sent."""

    def __init__(self, url: str, breakers: Breakers) -> None:
        super().__init__(breakers.reason(url))
        self.url = url
        self.after = breakers.wait(url)


@dataclass(slots=True, eq=False)
class Wanted:
    """A call that is to be sent, for a task of this `route`; `last`: no further attempt would follow; `first`: it had
    its turn, and its service had no room."""

    call: str
    route: str
    service: str | None
    url: str | None
    last: bool = False
    first: bool = False
    turn: asyncio.Future[Target] | None = None

    @property
    def name(self) -> str:
        """What is called: the route of an operation, or an address."""
        return self.service or self.url or ""


def _gone(wanted: Wanted) -> bool:
    return wanted.turn is None or wanted.turn.done()


@dataclass(slots=True, eq=False)
class _Line:
    """The calls that wait for one operation or address. `moved` is when the last one had its turn, `wakes` when the
    timer goes off."""

    key: str
    moved: float
    queue: FairQueue[Wanted] = field(default_factory=lambda: FairQueue(_gone))
    timer: asyncio.TimerHandle | None = None
    wakes: float = 0.0
    pause: float = field(default_factory=lambda: FIRST_PROBE)


class Turnstile:
    """See the module. `waiting` counts the calls that wait."""

    def __init__(self, instances: Instances, breakers: Breakers, total: int = 1_000, each: int = 256) -> None:
        self.gates = Gates(breakers, each)
        self.waiting = 0
        self.breakers = breakers
        self._instances = instances
        self._total = total
        self._lines: dict[str, _Line] = {}
        self._ready: OrderedDict[str, None] = OrderedDict()  # lines that may move
        self._stops = 0
        self._serving = False
        self.gates.on_room = self._room
        breakers.on_change = self._breaker_changed

    def try_enter(self, wanted: Wanted) -> Target | None:
        """Where the call is to be sent now; None where it has to wait. The gates count it from then on. A target
        without URL: the service is away. Raises Refused."""
        target, outlook = self._outlook(wanted)
        if target.url is None:
            return target
        if outlook is Outlook.OPEN and not wanted.last:
            raise Refused(target.url, self.breakers)
        if not outlook.goes or self._is_closed() or self._instances.operation(wanted.name) in self._lines:
            return None
        self._send(wanted, target.url, outlook)
        return target

    async def enter(self, wanted: Wanted) -> Target:
        """Wait for the turn of a call that cannot be sent now; else the same."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Target] = loop.create_future()
        wanted.turn = turn
        key = self._instances.operation(wanted.name)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(key, loop.time())
        line.queue.push(wanted.route, wanted, wanted.first)
        self.waiting += 1
        self._wake(key)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                url = turn.result().url
                if url is not None:
                    self.gates.given_up(url, wanted.call)
            raise
        finally:
            self.waiting -= 1

    def stop(self) -> None:
        """Let nobody in until `go_on` was said as often: what calls bring cannot be stored now."""
        self._stops += 1

    def go_on(self) -> None:
        """Let in again."""
        self._stops -= 1
        self._serve()

    def announced(self, url: str) -> None:
        """The service at the address has said that it is there."""
        self.breakers.heard(url)
        self._room(url)

    def lengths(self) -> Iterator[tuple[str, int]]:
        """How many calls wait for each operation or address that calls wait for."""
        for key, line in self._lines.items():
            yield key, len(line.queue)

    def _is_closed(self) -> bool:
        return self._stops > 0 or self.gates.sending >= self._total

    def _outlook(self, wanted: Wanted) -> tuple[Target, Outlook]:
        """The best place for a call, and what awaits it there."""
        rank = self.gates.for_last if wanted.last else self.gates.for_any
        target = self._instances.target(wanted.service, wanted.url, rank)
        return target, Outlook.OPEN if target.url is None else rank(target.url)

    def _send(self, wanted: Wanted, url: str, outlook: Outlook) -> None:
        if outlook in (Outlook.PROBE, Outlook.LAST_PROBE):
            overdue = self.breakers.overdue(url)
            self.gates.send(url, wanted.call, probe=True)
            if overdue:
                self._refuse(url, lambda other: not other.last)
        else:
            self.gates.send(url, wanted.call, probe=False)

    # Lines

    def _of(self, url: str) -> list[_Line]:
        """The lines that wait for an address; two where it was announced meanwhile."""
        keys = {self._instances.operation(url), url}
        return [self._lines[key] for key in keys if key in self._lines]

    def _room(self, url: str) -> None:
        if self._lines:
            for line in self._of(url):
                self._ready.setdefault(line.key)
            self._serve()

    def _wake(self, key: str) -> None:
        self._ready.setdefault(key)
        self._serve()

    def _serve(self) -> None:
        """Let the lines that may move do so, one call each in turn."""
        if self._serving:
            return
        self._serving = True
        try:
            while self._ready and not self._is_closed():
                key, _ = self._ready.popitem(last=False)
                if key in self._lines and self._moves(self._lines[key]):
                    self._ready[key] = None
        finally:
            self._serving = False

    def _moves(self, line: _Line, force: bool = False) -> bool:
        """Serve the first call of a line, with `force` although its service seems to be full. False where that cannot
        be."""
        wanted = line.queue.head()
        if wanted is None:
            self._remove(line)
            return False
        target, outlook = self._outlook(wanted)
        if target.url is None:
            self._settle(line, wanted, target)
        elif outlook.goes or (force and self.gates.is_only_crowded(target.url)):
            self._settle(line, wanted, target)
            self._send(wanted, target.url, outlook)
        elif outlook is Outlook.OPEN and not wanted.last:
            self._settle(line, wanted, Refused(target.url, self.breakers))
        else:
            self._look_later(line, target.url, outlook)
            return False
        return True

    def _settle(self, line: _Line, wanted: Wanted, outcome: Target | Refused) -> None:
        """Tell the first of a line what became of it."""
        line.queue.take()
        line.moved = asyncio.get_running_loop().time()
        _tell(wanted, outcome)

    def _remove(self, line: _Line) -> None:
        if line.timer is not None:
            line.timer.cancel()
        del self._lines[line.key]

    def _look_later(self, line: _Line, url: str, outlook: Outlook) -> None:
        loop = asyncio.get_running_loop()
        waits = {Outlook.FULL: line.pause, Outlook.OPEN: self.breakers.wait(url)}
        wakes = loop.time() + min(waits.get(outlook, LOOK_SECONDS), LOOK_SECONDS)
        if line.timer is not None:
            if line.wakes <= wakes:
                return
            line.timer.cancel()
        line.timer, line.wakes = loop.call_at(wakes, self._look, line), wakes

    def _look(self, line: _Line) -> None:
        """Look at a line that does not move. After a while one call is let in, room or not: what is inside may never
        come back, and says nothing then."""
        line.timer = None
        if self._lines.get(line.key) is not line:
            return
        if asyncio.get_running_loop().time() - line.moved >= line.pause and not self._is_closed():
            line.pause = min(line.pause * 2, LONGEST_PROBE)
            self._moves(line, force=True)
        self._wake(line.key)

    def taken(self, call: str, url: str) -> None:
        """The service took the call."""
        self.gates.taken(call)
        for line in self._of(url) if self._lines else ():
            line.pause = FIRST_PROBE

    # Breakers

    def _breaker_changed(self, url: str, change: Change) -> None:
        if change == "opened":
            self._refuse(url, lambda wanted: not wanted.last)
        elif change == "probe failed":
            self._refuse(url, lambda wanted: True)
        self._room(url)

    def _refuse(self, url: str, chosen: Callable[[Wanted], bool]) -> None:
        """Refuse those who wait for an address where they have no other place to go to."""
        for line in self._of(url) if self._lines else ():
            for wanted in line.queue.drain():
                target, outlook = self._outlook(wanted)
                if chosen(wanted) and target.url is not None and outlook >= Outlook.LAST_PROBE:
                    _tell(wanted, Refused(target.url, self.breakers))
                else:
                    line.queue.push(wanted.route, wanted)


def _tell(wanted: Wanted, outcome: Target | Refused) -> None:
    assert wanted.turn is not None
    if isinstance(outcome, Target):
        wanted.turn.set_result(outcome)
    else:
        wanted.turn.set_exception(outcome)
