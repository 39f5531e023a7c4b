"""The gate before each address: what awaits a call there, and how much a service takes, learnt from its own answers.

When a service says that it is full (429), the calls that it still works on are as many as it takes: from then on
further ones wait until one of those has ended. Every result widens the gate a little, so that it follows a service
which has become faster (additive increase, as in TCP's congestion avoidance, RFC 5681). Besides, no more than so many
calls are on their way to one address at once, and none where its breaker is open.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from enum import IntEnum

from engine.breakers import Breakers
from engine.task.events import CallAccepted, CallFailed, CallReturned, Event, InstanceLost, TimerDue
from engine.task.task import Task

WIDENS = 0.25
"""By how much a gate widens when the service has done as many calls as it takes at once: one more is tried after four
such rounds, so that few calls are sent only to find out that it still takes no more."""

LOST: dict[type[Event], str] = {TimerDue: "timeout", InstanceLost: "lost"}
"""How a call ends without an answer, by the event that ends it; any other one means that nobody wants it any more."""

WIDE_OPEN = 1_000
"""A gate that lets so many through has nothing to guard any more; nor are more calls remembered."""


class Outlook(IntEnum):
    """What awaits a call at an address, the best first. The last attempt of a node is a probe only where there is no
    other place for it."""

    PROBE = 0
    READY = 1
    FULL = 2
    LAST_PROBE = 3
    PROBING = 4
    OPEN = 5

    @property
    def goes(self) -> bool:
        """Whether the call may be sent."""
        return self in (Outlook.PROBE, Outlook.READY, Outlook.LAST_PROBE)


class Gate:
    """The gate before one address. `sending` counts the calls on their way, `inside` are those that were sent and are
    not settled, each with when that was (`time.perf_counter`), `limit` is how many of these the service takes, where
    that is known."""

    __slots__ = ("inside", "limit", "sending")

    def __init__(self) -> None:
        self.sending = 0
        self.inside: OrderedDict[str, float] = OrderedDict()
        self.limit: float | None = None

    def result(self) -> None:
        """The service has done a call."""
        if self.limit is not None:
            self.limit += WIDENS / self.limit
            if self.limit > WIDE_OPEN:
                self.limit = None

    def taken(self) -> None:
        """The service took a call: so it takes as many as are inside."""
        if self.limit is not None and self.limit < len(self.inside):
            self.limit = float(len(self.inside))

    @property
    def crowded(self) -> bool:
        """Whether the service has as much as it takes."""
        return self.limit is not None and len(self.inside) >= int(self.limit)

    @property
    def idle(self) -> bool:
        """Whether nothing is lost by forgetting it."""
        return self.limit is None and not self.inside and not self.sending


class Gates:
    """The gates of all addresses that calls go to. At most `each` calls are on their way to one address at once: sent,
    and not answered, be it by `accepted`. `sending` counts those of all. `on_room` is told where there may be room,
    `on_lost` of calls that have ended without an answer: where they were sent to, and why."""

    def __init__(self, breakers: Breakers, each: int) -> None:
        self.breakers = breakers
        self.sending = 0
        self.on_room: Callable[[str], None] = lambda url: None
        self.on_lost: Callable[[str, str], None] = lambda url, why: None
        self._each = each
        self._gates: dict[str, Gate] = {}
        self._gate_of_call: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._gates)

    # Before a call is sent

    def for_any(self, url: str) -> Outlook:
        """What awaits a call."""
        gate = self._gates.get(url)
        if not self.breakers.closed(url):
            return self._for_probe(url, gate)
        full = gate is not None and (gate.sending >= self._each or gate.crowded)
        return Outlook.FULL if full else Outlook.READY

    def for_last(self, url: str) -> Outlook:
        """What awaits the last attempt of a node."""
        outlook = self.for_any(url)
        return Outlook.LAST_PROBE if outlook is Outlook.PROBE else outlook

    def _for_probe(self, url: str, gate: Gate | None) -> Outlook:
        if self.breakers.wait(url) > 0:
            return Outlook.OPEN
        busy = self.breakers.probing(url) or (gate is not None and gate.sending >= self._each)
        return Outlook.PROBING if busy else Outlook.PROBE

    def is_only_crowded(self, url: str) -> bool:
        """Whether nothing but what the service takes, as far as that is known, speaks against one more call."""
        gate = self._gates.get(url)
        return gate is None or (gate.sending < self._each and self.breakers.closed(url))

    def send(self, url: str, call: str, probe: bool) -> None:
        """A call is sent: it is on its way until it was `answered`, and inside until it is `settled`."""
        gate = self._gates.get(url)
        if gate is None:
            gate = self._gates[url] = Gate()
        gate.sending += 1
        gate.inside[call] = time.perf_counter()
        self.sending += 1
        self._gate_of_call[call] = url
        if probe:
            self.breakers.probe(url, call)
        if len(gate.inside) > WIDE_OPEN:
            self._gate_of_call.pop(gate.inside.popitem(last=False)[0], None)

    def counts(self) -> Iterator[tuple[str, int]]:
        """How many calls are on their way to each address."""
        for url, gate in self._gates.items():
            yield url, gate.sending

    # After that

    def seconds(self, call: str) -> float | None:
        """How long ago a call was sent that is not settled; None for one that this engine has not sent."""
        url = self._gate_of_call.get(call)
        return None if url is None else time.perf_counter() - self._gates[url].inside[call]

    def answered(self, url: str, call: str) -> None:
        """The call is not on its way any more, whatever it brought. To be said once for each that was sent."""
        gate = self._gates[url]
        gate.sending -= 1
        self.sending -= 1
        self.breakers.released(url, call)
        self._changed(url, gate)

    def given_up(self, url: str, call: str) -> None:
        """The call that was to be sent is not, after all."""
        self.answered(url, call)
        self.settled(call)

    def crowding(self, count: int) -> list[str]:
        """So many calls at most, the oldest first, for whose sake others have to wait."""
        inside = [call for gate in self._gates.values() if gate.crowded for call in list(gate.inside)[:count]]
        return inside[:count]

    def taken(self, call: str) -> None:
        """The service took the call."""
        url = self._gate_of_call.get(call)
        if url is not None:
            self._gates[url].taken()

    def full(self, call: str) -> bool:
        """The service did not take the call, because it is full. Whether it is so with other calls of this engine: the
        end of one of these is room for it."""
        url = self._gate_of_call.pop(call, None)
        if url is None:
            return False
        gate = self._gates[url]
        gate.inside.pop(call, None)
        others = len(gate.inside)
        gate.limit = float(max(others, 1))
        self._changed(url, gate)
        return others > 0

    def settled(self, call: str, result: bool = False) -> None:
        """A call has ended, or nobody waits for it any more; `result`: the service has done it."""
        url = self._gate_of_call.pop(call, None)
        if url is not None:
            gate = self._gates[url]
            gate.inside.pop(call, None)
            if result:
                gate.result()
            self._changed(url, gate)

    def settle(self, events: list[Event], before: Task, after: Task) -> None:
        """These events have made one state of a task into the other: some of its calls may be settled."""
        for event in events:
            if isinstance(event, CallReturned | CallFailed):
                self.settled(event.call, isinstance(event, CallReturned))
            elif not isinstance(event, CallAccepted):
                for call in open_calls(before) - open_calls(after):
                    self._lost(call, event)
                    self.settled(call)
        if after.status != "running":
            for call in open_calls(before):
                self.settled(call)

    def _lost(self, call: str, event: Event) -> None:
        url, why = self._gate_of_call.get(call), LOST.get(type(event))
        if url is not None and why is not None:
            self.on_lost(url, why)

    def _changed(self, url: str, gate: Gate) -> None:
        if gate.idle:
            del self._gates[url]
        self.on_room(url)


def open_calls(task: Task) -> set[str]:
    """The ids of the calls that are under way for a task."""
    return {run.attempts[-1].id for run in task.nodes.values() if run.phase in ("calling", "held")}
