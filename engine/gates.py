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


class Gate:
    """The gate before one address. `inside` are the ids of calls that were sent and are not settled."""

    def __init__(self) -> None:
        self.inside: set[str] = set()
        self.limit: float | None = None
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    async def enter(self, call_id: str) -> bool:
        """Wait until the call may be sent. True where it had to wait."""
        if not self._waiting and self._has_room():
            self.inside.add(call_id)
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call_id, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done():
                self.leave(call_id)
            raise
        return True

    def leave(self, call_id: str, result: bool = False) -> None:
        """The call is settled; `result`: the service has done it."""
        if call_id not in self.inside:
            return
        self.inside.discard(call_id)
        if result and self.limit is not None:
            self.limit += 1 / self.limit
            if self.limit > WIDE_OPEN:
                self.limit = None
        self._let_in()

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
            call_id, turn = self._waiting.popleft()
            if not turn.done():
                self.inside.add(call_id)
                turn.set_result(None)


class Gates:
    """The gates of all addresses that calls go to."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}
        self._gate_of_call: dict[str, str] = {}

    async def enter(self, url: str, call_id: str) -> bool:
        """Wait until a call may be sent to the address. True where it had to wait."""
        gate = self._gates.get(url)
        if gate is None:
            gate = self._gates[url] = Gate()
        waited = await gate.enter(call_id)
        self._gate_of_call[call_id] = url
        return waited

    def settle(self, events: list[Event], before: Task, after: Task) -> None:
        """These events have made one state of a task into the other: some of its calls may be settled."""
        for event in events:
            if isinstance(event, CallReturned | CallFailed):
                self.settled(event.call, isinstance(event, CallReturned))
            elif not isinstance(event, CallAccepted):
                for call_id in _open_calls(before) - _open_calls(after):
                    self.settled(call_id)
        if after.status != "running":
            for call_id in _open_calls(before):
                self.settled(call_id)

    def settled(self, call_id: str, result: bool = False) -> None:
        """A call has ended, or nobody waits for it any more; `result`: the service has done it."""
        url = self._gate_of_call.pop(call_id, None)
        if url is not None:
            gate = self._gates[url]
            gate.leave(call_id, result)
            if gate.idle:
                del self._gates[url]

    def full(self, call_id: str) -> None:
        """The service did not take the call, because it is full."""
        url = self._gate_of_call.pop(call_id, None)
        if url is not None:
            self._gates[url].full(call_id)


def _open_calls(task: Task) -> set[str]:
    """The ids of the calls that are under way for a task."""
    return {run.attempts[-1].id for run in task.nodes.values() if run.phase == "calling"}
