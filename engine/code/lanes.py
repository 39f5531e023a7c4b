"""Which run may begin when, so that no hog hurts the runs of others. Pure bookkeeping.

Code that was quick before is `quick`, code never seen is `new`, code that took long is `slow`. Some places, about as
many as there are cores, are for quick and new runs, and new ones leave one of them free. The others are for slow runs.
Within a lane, and between lanes that have room, who came first goes first.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import count
from typing import Literal

Lane = Literal["quick", "new", "slow"]

_KNOWN = 4_096

_Ticket = tuple[int, Callable[[], bool]]


class Memory:
    """Which code was quick and which slow, of the last few thousand."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, Lane] = OrderedDict()

    def lane(self, source: str) -> Lane:
        """Where this code belongs."""
        return self._lanes.get(source, "new")

    def note(self, source: str, lane: Lane) -> None:
        """What a run of it showed."""
        self._lanes[source] = lane
        self._lanes.move_to_end(source)
        if len(self._lanes) > _KNOWN:
            self._lanes.popitem(last=False)


class Lanes:
    """Places and those who wait for them. `grant` is called when a run may begin; it says whether it still wants to."""

    def __init__(self, quick: int, slow: int) -> None:
        self._room = {"quick": quick, "new": max(1, quick - 1), "slow": slow}
        self._taken = {"quick": 0, "new": 0, "slow": 0}
        self._waiting: dict[Lane, deque[_Ticket]] = {"quick": deque(), "new": deque(), "slow": deque()}
        self._tickets = count()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def enter(self, lane: Lane, grant: Callable[[], bool]) -> None:
        """Take a place, or wait for one."""
        self._waiting[lane].append((next(self._tickets), grant))
        self._admit()

    def leave(self, lane: Lane) -> None:
        """Give a place back."""
        self._taken[lane] -= 1
        self._admit()

    def move_to_slow(self, lane: Lane) -> bool:
        """Give a place for one of the slow; False where there is none, and nothing is changed."""
        if self._taken["slow"] >= self._room["slow"]:
            return False
        self._taken["slow"] += 1
        self.leave(lane)
        return True

    def open_all(self) -> None:
        """Let all begin who wait."""
        self._room = dict.fromkeys(self._room, self.waiting + sum(self._taken.values()))
        self._admit()

    def _admit(self) -> None:
        while open_lanes := [lane for lane, queue in self._waiting.items() if queue and self._has_room(lane)]:
            lane = min(open_lanes, key=lambda lane: self._waiting[lane][0][0])
            _, grant = self._waiting[lane].popleft()
            if grant():
                self._taken[lane] += 1

    def _has_room(self, lane: Lane) -> bool:
        if lane == "slow":
            return self._taken["slow"] < self._room["slow"]
        if self._taken["quick"] + self._taken["new"] >= self._room["quick"]:
            return False
        return lane == "quick" or self._taken["new"] < self._room["new"]
