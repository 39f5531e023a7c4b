"""No more calls at once than a service takes: learnt from its own answers.

A gate stands before every address and is open. When a service says that it is full (429), the calls that it still
works on are as many as it takes: from then on further ones wait here, where they cost no attempt, until one of those
has ended. Every result widens the gate a little, so that it follows a service which has become faster (additive
increase, as in TCP's congestion avoidance, RFC 5681).
"""

import asyncio
from collections import deque

from engine.task.events import CallAccepted, CallFailed, CallReturned, Event
from engine.task.task import Task

WIDE_OPEN = 1_000
"""A gate that lets so many through has nothing to guard any more."""

FIRST_PROBE, LONGEST_PROBE = 1.0, 30.0
"""Seconds after which one is let in although there seems to be no room; they double until the service takes one."""


class Gate:
    """The gate before one address. `inside` are the ids of calls that were sent and are not settled."""

    def __init__(self) -> None:
        self.inside: set[str] = set()
        self.limit: float | None = None
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()
        self._pause = FIRST_PROBE
        self._probe: asyncio.TimerHandle | None = None

    def try_enter(self, call_id: str) -> bool:
        """Enter, if that can be done at once."""
        if self._waiting or not self._has_room():
            return False
        self.inside.add(call_id)
        return True

    async def enter(self, call_id: str) -> None:
        """Enter when there is room."""
        if self.try_enter(call_id):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call_id, turn))
        self._watch()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done():
                self.leave(call_id)
            raise

    def leave(self, call_id: str, result: bool = False) -> None:
        """The call is settled; `result`: the service has done it."""
        self.inside.discard(call_id)
        if result and self.limit is not None:
            self.limit += 1 / self.limit
            if self.limit > WIDE_OPEN:
                self.limit = None
        self._let_in()

    def taken(self) -> None:
        """The service took a call: so it takes as many as are inside."""
        if self.limit is not None and self.limit < len(self.inside):
            self.limit = float(len(self.inside))
        self._pause = FIRST_PROBE

    def full(self, call_id: str) -> None:
        """The service did not take the call, because it is full."""
        self.inside.discard(call_id)
        self.limit = float(max(len(self.inside), 1))
        self._let_in()

    @property
    def idle(self) -> bool:
        """Whether nothing is lost by forgetting it."""
        return self.limit is None and not self.inside and not self._waiting

    def _has_room(self) -> bool:
        return self.limit is None or len(self.inside) < int(self.limit)

    def _let_in(self) -> None:
        while self._waiting and self._has_room():
            self._admit()

    def _admit(self) -> None:
        call_id, turn = self._waiting.popleft()
        if not turn.done():
            self.inside.add(call_id)
            turn.set_result(None)
            self._watch()

    def _watch(self) -> None:
        """Let the next one in after a while, room or not: what is inside may never come back, and says nothing then."""
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None
        if self._waiting:
            self._probe = asyncio.get_running_loop().call_later(self._pause, self._ask)

    def _ask(self) -> None:
        self._pause = min(self._pause * 2, LONGEST_PROBE)
        self._probe = None
        if self._waiting:
            self._admit()
        self._watch()


class Gates:
    """The gates of all addresses that calls go to."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}
        self._gate_of_call: dict[str, str] = {}

    def _gate(self, url: str) -> Gate:
        gate = self._gates.get(url)
        if gate is None:
            gate = self._gates[url] = Gate()
        return gate

    def try_enter(self, url: str, call_id: str) -> bool:
        """Whether a call may be sent to the address at once. If so, it counts until it is settled."""
        if not self._gate(url).try_enter(call_id):
            return False
        self._gate_of_call[call_id] = url
        return True

    async def enter(self, url: str, call_id: str) -> None:
        """Wait until a call may be sent to the address."""
        await self._gate(url).enter(call_id)
        self._gate_of_call[call_id] = url

    def settle(self, events: list[Event], before: Task, after: Task) -> None:
        """These events have made one state of a task into the other: some of its calls may be settled."""
        for event in events:
            if isinstance(event, CallReturned | CallFailed):
                self.settled(event.call, isinstance(event, CallReturned))
            elif not isinstance(event, CallAccepted):
                for call_id in open_calls(before) - open_calls(after):
                    self.settled(call_id)
        if after.status != "running":
            for call_id in open_calls(before):
                self.settled(call_id)

    def settled(self, call_id: str, result: bool = False) -> None:
        """A call has ended, or nobody waits for it any more; `result`: the service has done it."""
        url = self._gate_of_call.pop(call_id, None)
        if url is not None:
            gate = self._gates[url]
            gate.leave(call_id, result)
            if gate.idle:
                del self._gates[url]

    def taken(self, call_id: str) -> None:
        """The service took the call."""
        url = self._gate_of_call.get(call_id)
        if url is not None:
            self._gates[url].taken()

    def full(self, call_id: str) -> None:
        """The service did not take the call, because it is full."""
        url = self._gate_of_call.pop(call_id, None)
        if url is not None:
            self._gates[url].full(call_id)


def open_calls(task: Task) -> set[str]:
    """The ids of the calls that are under way for a task."""
    return {run.attempts[-1].id for run in task.nodes.values() if run.phase in ("calling", "held")}
