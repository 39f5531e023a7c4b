"""Small pipelines and tasks to tell stories with: no mocks, only definitions, events and a time that is passed in."""

from typing import Any

from engine.pipeline.check import check
from engine.pipeline.nodes import Pipeline, load
from engine.task.decide import decide
from engine.task.events import CallFailed, CallReturned, Command, Event, MakeCall, Retried, Submitted, TimerDue
from engine.task.task import Attempt, BinaryRef, NodeRun, Task, new_task

SEAL = "5ea1" * 8
TASK_ID = "0a" * 16
START = 1_700_000_000_000_000
SECOND = 1_000_000

Definition = dict[str, Any]


def entry(*following: str, node_id: str = "entry") -> Definition:
    """An entry that takes a form, so that its `out` may hold anything: the submissions of these tests say what."""
    return {"id": node_id, "type": "entry", "api": {"route": "story", "body": "form"}, "next": list(following)}


def plain(node_id: str, *following: str, **fields: Any) -> Definition:
    """A node that passes its input on."""
    return {"id": node_id, "type": "node", "next": list(following), **fields}


def service(node_id: str, *following: str, **fields: Any) -> Definition:
    """A node that calls `http://<its id>/work`, unless `fields` name another place."""
    target = {} if "service" in fields else {"url": f"http://{node_id}/work"}
    return {"id": node_id, "type": "service", "next": list(following), **target, **fields}


def end(**fields: Any) -> Definition:
    """The end."""
    return {"id": "end", "type": "end", **fields}


def pipeline(*nodes: Definition, checked: bool = True) -> Pipeline:
    """The pipeline of these nodes, which has no fault unless the story is about one that has."""
    document = {"type": "pipeline", "nodes": list(nodes)}
    if checked:
        faults = check(document)
        assert faults == [], faults
    return load(document, "definition-1", 1)


def binary(name: str = "face.jpg", number: int = 1) -> BinaryRef:
    """A binary of the store."""
    return BinaryRef(f"{number:032x}", name, "image/jpeg", 1_000 + number)


class Story:
    """One task, to which one event after the other happens. `now` is the time, in microseconds."""

    def __init__(self, *nodes: Definition, out: dict[str, Any] | None = None, checked: bool = True) -> None:
        self.pipeline = pipeline(*nodes, checked=checked)
        self.task: Task = new_task(TASK_ID, SEAL, "story", "definition-1", START)
        self.now = START
        self.commands = self.tell(Submitted({"a": 1} if out is None else out))

    def tell(self, event: Event, after: float = 0.0) -> list[Command]:
        """Let the event happen `after` so many seconds; returns the commands."""
        self.now += round(after * SECOND)
        self.task, self.commands = decide(self.pipeline, self.task, event, self.now)
        return self.commands

    def changes_nothing(self, event: Event) -> bool:
        """Whether the event gives back the very same task, and nothing to do. It is not kept."""
        task, commands = decide(self.pipeline, self.task, event, self.now)
        return task is self.task and commands == []

    def run(self, node_id: str) -> NodeRun:
        """The node's instance."""
        return self.task.node(node_id)

    def states(self) -> dict[str, str]:
        """The state of every node of the pipeline."""
        return {node_id: self.run(node_id).state for node_id in self.pipeline.nodes}

    def attempt(self, node_id: str) -> Attempt:
        """The node's last attempt."""
        return self.run(node_id).attempts[-1]

    def call(self, node_id: str) -> str:
        """The id of the node's last call."""
        return self.attempt(node_id).id

    def returns(self, node_id: str, **out: Any) -> list[Command]:
        """The last call of the node brings this result."""
        return self.tell(CallReturned(self.call(node_id), out))

    def fails(self, node_id: str, message: str = "broken", **fields: Any) -> list[Command]:
        """The last call of the node fails; it may be made again unless `fields` say otherwise."""
        return self.tell(CallFailed(self.call(node_id), message, **{"again": True, **fields}))

    def timer(self) -> list[Command]:
        """Time passes until the earliest timer is due."""
        assert self.task.due is not None
        self.now = max(self.now, self.task.due)
        return self.tell(TimerDue())

    def retry(self) -> list[Command]:
        """A client lets the failed task go on."""
        return self.tell(Retried())

    def lines(self, since: int = 0) -> list[tuple[str | None, str]]:
        """The history from a line on, without times and details."""
        return [(change.node, change.state) for change in self.task.history[since:]]


def called(commands: list[Command]) -> list[str]:
    """The nodes that are to be called."""
    return [command.node for command in commands if isinstance(command, MakeCall)]
