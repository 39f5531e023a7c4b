"""A circuit breaker for every address that calls go to: what fails all the time is not called all the time.

Closed: calls go through. After `FAILURES` failures in a row it opens: for `FIRST_OPEN` seconds no call goes through.
Then it is half-open: one call goes through as the probe. If that succeeds the breaker closes, else it is open again,
for twice as long, up to `LONGEST_OPEN`. A failure is that nobody listens, no answer comes, the connection breaks or the
answer is a 5xx; any other answer is a sign of life.

An address that does not fail costs one look into a dictionary and no memory.
"""

import random
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

FAILURES = 5
FIRST_OPEN, LONGEST_OPEN = 1.0, 30.0
"""Seconds; each time is drawn from within a fifth around it, so that breakers of many engines do not probe together."""

VERDICT_SECONDS = 15.0
"""How long is waited for what a probe brings before there may be another: a service may hold a call for ten seconds."""

KEPT = 1_000
"""Addresses that are remembered at most; those that were asked for the longest time ago are forgotten first."""

State = Literal["closed", "open", "half-open"]
STATES: tuple[State, ...] = ("closed", "half-open", "open")
Change = Literal["opened", "probe failed", "may be called"]


@dataclass(slots=True)
class Breaker:
    """One address that has failed. `until` is when it is half-open, None while it is closed; `probes` are the calls
    that are under way then, the last of them since `probed`; `reason` is what the last failure said."""

    failures: int = 0
    until: float | None = None
    seconds: float = FIRST_OPEN
    probes: set[str] = field(default_factory=set)
    probed: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A breaker as clients see it. `retry_in`: seconds until the next probe, None where it is closed."""

    breaker: State
    failures: int
    retry_in: float | None


class Breakers:
    """See the module. `on_change` is told of an address whose calls that wait are to be judged anew."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: OrderedDict[str, Breaker] = OrderedDict()
        self.transitions: Counter[State] = Counter(dict.fromkeys(STATES, 0))
        self.on_change: Callable[[str, Change], None] = lambda url, change: None

    def __len__(self) -> int:
        return len(self._known)

    # What comes of calls

    def failed(self, url: str, call: str, reason: str) -> None:
        """A call has failed by the address's fault."""
        breaker = self._known.get(url)
        if breaker is None:
            breaker = self._known[url] = Breaker()
            self._forget()
        self._known.move_to_end(url)
        if breaker.until is not None and call not in breaker.probes:
            return  # it was sent before the breaker opened, and tells nothing new
        breaker.failures += 1
        breaker.reason = reason
        if breaker.until is not None:
            self._open(url, breaker, min(breaker.seconds * 2, LONGEST_OPEN), "probe failed")
        elif breaker.failures >= FAILURES:
            self._open(url, breaker, FIRST_OPEN, "opened")

    def alive(self, url: str, call: str) -> None:
        """The address has answered a call with anything but a failure."""
        breaker = self._known.get(url)
        if breaker is None or (breaker.until is not None and call not in breaker.probes):
            return
        del self._known[url]
        if breaker.until is not None:
            self.transitions["closed"] += 1
            self.on_change(url, "may be called")

    def released(self, url: str, call: str) -> None:
        """A call has ended, perhaps without telling anything of the address: if it was the probe, another may be."""
        breaker = self._known.get(url)
        if breaker is not None and call in breaker.probes:
            breaker.probes.discard(call)
            self.on_change(url, "may be called")

    def heard(self, url: str) -> None:
        """The service at the address has said that it is there: it is probed at once."""
        breaker = self._known.get(url)
        if breaker is not None and breaker.until is not None:
            breaker.until = min(breaker.until, self._now())
            self.on_change(url, "may be called")

    def _open(self, url: str, breaker: Breaker, seconds: float, change: Change) -> None:
        breaker.seconds = seconds
        breaker.until = self._now() + seconds * random.uniform(0.8, 1.2)
        breaker.probes.clear()
        self.transitions["open"] += 1
        self.on_change(url, change)

    def _forget(self) -> None:
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    # Questions

    def probe(self, url: str, call: str) -> None:
        """This call goes through as the probe of a half-open breaker."""
        breaker = self._known[url]
        breaker.probes.add(call)
        breaker.probed = self._now()
        self.transitions["half-open"] += 1

    def closed(self, url: str) -> bool:
        """Whether any call may go through."""
        breaker = self._known.get(url)
        return breaker is None or breaker.until is None

    def wait(self, url: str) -> float:
        """Seconds until a probe may go through; 0 where it may now, or is under way."""
        breaker = self._known.get(url)
        return 0.0 if breaker is None or breaker.until is None else max(breaker.until - self._now(), 0.0)

    def probing(self, url: str) -> bool:
        """Whether the probe is under way, and not overdue."""
        breaker = self._known.get(url)
        return breaker is not None and bool(breaker.probes) and self._now() - breaker.probed < VERDICT_SECONDS

    def overdue(self, url: str) -> bool:
        """Whether a probe is under way that should have told something long ago."""
        breaker = self._known.get(url)
        return breaker is not None and bool(breaker.probes) and not self.probing(url)

    def reason(self, url: str) -> str:
        """Why no call goes through, as a sentence: the last failure, and how many there were."""
        breaker = self._known.get(url, _NOTHING)
        return f"{breaker.reason} (not sent this time: it has failed {breaker.failures} times in a row)"

    def shown(self, url: str) -> Shown:
        """The state of an address."""
        breaker = self._known.get(url, _NOTHING)
        if breaker.until is None:
            return Shown("closed", breaker.failures, None)
        wait = self.wait(url)
        return Shown("open" if wait else "half-open", breaker.failures, round(wait, 3))

    def all(self) -> Iterator[tuple[str, Shown]]:
        """Every address that has failed and not succeeded since."""
        for url in list(self._known):
            yield url, self.shown(url)


_NOTHING = Breaker()
