"""All that is checked with every event, and what only with some, since it takes longer."""

from engine.pipeline.flow import Pipeline
from engine.task.codec import decode, encode
from engine.task.decide import decide
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallReturned,
    Cancelled,
    ChildStarted,
    CodeFailed,
    CodeRan,
    Command,
    Event,
    InstanceLost,
    ItemFailed,
    ItemsEnded,
    Rerun,
    Retried,
    ServiceAway,
    Submitted,
)
from engine.task.frames import Place
from engine.task.task import Task
from tests.task import invariants
from tests.task.call_checks import Calls, what_is_open_is_taken
from tests.task.history import Graph, Reader
from tests.task.holding import Holding

ONCE = (
    *(CallReturned, CallFailed, CallAccepted, ChildStarted, ServiceAway, InstanceLost, Submitted, Cancelled),
    *(CodeFailed, ItemsEnded, ItemFailed, Rerun),
)
"""Events that change nothing when they happen again at once."""

SAMPLE = 8
"""Of so many events one is looked at more closely."""


class Checks:
    """Remembers of each task what is needed to judge its next step."""

    def __init__(self) -> None:
        self._graphs: dict[int, Graph] = {}
        self._skipped: dict[str, dict[str, set[str]]] = {}
        self._told: set[tuple[str, str, int]] = set()
        self._holding = Holding()
        self._count = 0

    def step(
        self,
        place: Place,
        before: Task,
        after: Task,
        event: Event,
        commands: list[Command],
        now: int,
        calls: Calls,
        engine: str,
    ) -> None:
        """Check a step of a task that this engine has decided. `calls` are those that were made so far."""
        self._count += 1
        level = place.pipeline
        if after is before:
            invariants.commands_are_due(before, after, event, commands, engine)
        else:
            self._read(level, before, after, event)
            invariants.something_is_under_way(level, before, after)
            invariants.outcome_is_clear(place.frame(after), before, after, now)
            invariants.commands_are_due(before, after, event, commands, engine)
            invariants.plain_nodes_pass_on(level, before, after, event)
            self._told_once(after, event)
        self._holding.step(level, before, after, event, commands, engine)
        what_is_open_is_taken(level, calls, before, after, event, now)
        invariants.nobody_is_forgotten(level, after, event, now)
        if self._count % SAMPLE == 0 or after.status != before.status:
            self._closely(place, before, after, event, commands, now, engine)

    def _read(self, level: Pipeline, before: Task, after: Task, event: Event) -> None:
        known = len(before.history)
        assert after.history[:known] == before.history, "history was rewritten"
        skipped = self._skipped.setdefault(after.id, {})
        if isinstance(event, Retried):
            skipped.clear()  # conditions that did not hold are asked again
        reader = Reader(self._graph(level), before, event, skipped)
        status = reader.read(after.history[known:])
        assert status == after.status, "history does not match the task"
        for node_id, run in after.nodes.items():
            assert reader.states.get(node_id, "pending") == run.state, f"history does not match {node_id}"
        if after.status == "running":
            reader.all_reset()
            reader.all_asked(after)
        invariants.steps_are_allowed(before, after, event, reader.starts)

    def _graph(self, level: Pipeline) -> Graph:
        if id(level) not in self._graphs:
            self._graphs[id(level)] = Graph(level)
        return self._graphs[id(level)]

    def _told_once(self, after: Task, event: Event) -> None:
        """The end of a child, or of all bodies of a loop, reaches the parent once."""
        if isinstance(event, Retried):
            self._told = {told for told in self._told if told[0] != after.id}
        elif isinstance(event, ItemsEnded | ItemFailed):
            told = (after.id, event.node, event.turn)
            assert told not in self._told, "a loop was told twice"
            self._told.add(told)
        elif isinstance(event, CallReturned):
            told = (after.id, event.call, 0)
            assert told not in self._told, "a result was taken twice"
            self._told.add(told)

    def _closely(
        self, place: Place, before: Task, after: Task, event: Event, commands: list[Command], now: int, engine: str
    ) -> None:
        written = encode(before)
        again, more = decide(place.pipeline, before, event, now, place.outer, engine)
        assert (again, more) == (after, commands), "the same decision came out differently"
        assert encode(before) == written, "the task that was given was changed"
        assert decode(encode(after)) == after, "the task does not come back from its document"
        invariants.inputs_stay(place.frame(before), place.frame(after), event)
        invariants.weighs_what_it_holds(after)
        invariants.ids_are_unique(after)
        if isinstance(event, ONCE) or (isinstance(event, CodeRan) and after.node(event.node).more.step != event.step):
            again, more = decide(place.pipeline, after, event, now, place.outer, engine)
            repeats = isinstance(event, ChildStarted)  # of a child that is to be stopped that is said again
            assert again is after and (repeats or not more), "an event that happened twice changed something"


def refused(task: Task, event: Event) -> bool:
    """Whether a client asks for what does not fit the state of the task."""
    if isinstance(event, Cancelled):
        return task.status != "running" and task.message != "cancelled"
    return isinstance(event, Retried) and task.status != "error"
