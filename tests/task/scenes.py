"""Small pipelines and tasks to tell stories with: no mocks, only definitions, events and a time that is passed in."""

from collections.abc import Mapping
from typing import Any

from engine.pipeline.check import check
from engine.pipeline.flow import Pipeline, load
from engine.task.decide import decide
from engine.task.events import (
    CallFailed,
    CallReturned,
    CodeFailed,
    CodeRan,
    Command,
    Event,
    MakeCall,
    Retried,
    RunCode,
    Submitted,
    TimerDue,
)
from engine.task.frames import Frame, frame_of
from engine.task.task import Attempt, BinaryRef, NodeRun, Origin, Step, Task, child_of, new_task

SEAL = "5ea1" * 8
TASK_ID = "0a" * 16
START = 1_700_000_000_000_000
LOST = frozenset([""])
"""The engine that decides where a story does not say which."""
SECOND = 1_000_000

Definition = dict[str, Any]


def entry(*following: str, node_id: str = "entry", **fields: Any) -> Definition:
    """An entry that takes a form, so that its `out` may hold anything: the submissions of these tests say what."""
    api = {"route": "story", "body": "form"}
    return {"id": node_id, "type": "entry", "api": api, "next": list(following), **fields}


def plain(node_id: str, *following: str, **fields: Any) -> Definition:
    """A node that passes its input on."""
    return {"id": node_id, "type": "node", "next": list(following), **fields}


def service(node_id: str, *following: str, **fields: Any) -> Definition:
    """A node that calls `http://<its id>/work`, unless `fields` name another place."""
    target = {} if "service" in fields else {"url": f"http://{node_id}/work"}
    return {"id": node_id, "type": "service", "next": list(following), **target, **fields}


def http(node_id: str, *following: str, **fields: Any) -> Definition:
    """A node that makes a request to `http://<its id>/`."""
    return {"id": node_id, "type": "http", "url": f"http://{node_id}/", "next": list(following), **fields}


def branch(node_id: str, then: Any, other: Any = None, **fields: Any) -> Definition:
    """A branch; a side that is a list is its `next`. Which side is taken is told by the story, not by its `if`."""
    sides: Definition = {"then": {"next": then} if isinstance(then, list) else then}
    if other is not None:
        sides["else"] = {"next": other} if isinstance(other, list) else other
    return {"id": node_id, "type": "branch", "if": "True", **sides, **fields}


def loop(node_id: str, nodes: list[Definition], *following: str, **fields: Any) -> Definition:
    """A loop over `entry.out.list`, unless `fields` name another path."""
    return {
        "id": node_id,
        "type": "loop",
        "items": "entry.out.list",
        "nodes": nodes,
        "next": list(following),
        **fields,
    }


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
    """One task, to which one event after the other happens. `now` is the time, in microseconds, `engine` who decides.

    With `begin` False it is left to the story to begin it.
    """

    def __init__(
        self,
        *nodes: Definition,
        out: dict[str, Any] | None = None,
        checked: bool = True,
        begin: bool = True,
        engine: str = "",
    ) -> None:
        self.pipeline = pipeline(*nodes, checked=checked)
        self.task: Task = new_task(TASK_ID, SEAL, "story", "definition-1", START)
        self.parent: Story | None = None
        self.now = START
        self.engine = engine
        self.commands: list[Command] = []
        if begin:
            self.tell(Submitted({"a": 1} if out is None else out))

    def body(self, loop_id: str, item: Any = None, index: int = 0, number: str | None = None) -> "Story":
        """The run of a loop's body for one item, as a task that has just begun."""
        body = object.__new__(Story)
        body.pipeline, body.parent, body.now = self.pipeline.bodies[loop_id], self, self.now
        body.engine = self.engine
        turn, own = self.run(loop_id).turn, str(index) if number is None else number
        origin = Origin(self.task.root, self.task.id, loop_id, turn, 1, index, own, head=self.task.head)
        body.task = child_of(self.task, "definition-1", "story", origin, item, self.now)
        body.commands = []
        body.tell(Submitted({}))
        return body

    @property
    def outer(self) -> Frame | None:
        """The level around the task's own."""
        return None if self.parent is None else self.parent.frame

    @property
    def frame(self) -> Frame:
        """What the nodes of the task can name."""
        return frame_of(self.pipeline, self.task, self.outer)

    def tell(self, event: Event, after: float = 0.0) -> list[Command]:
        """Let the event happen `after` so many seconds; returns the commands."""
        self.now += round(after * SECOND)
        self.task, self.commands = decide(self.pipeline, self.task, event, self.now, self.outer, self.engine)
        return self.commands

    def at(self, engine: str) -> "Story":
        """From now on this engine decides."""
        self.engine = engine
        return self

    def changes_nothing(self, event: Event) -> bool:
        """Whether the event gives back the very same task, and nothing to do. It is not kept."""
        task, commands = decide(self.pipeline, self.task, event, self.now, self.outer, self.engine)
        return task is self.task and commands == []

    @property
    def status(self) -> str:
        """The status of the task."""
        return self.task.status

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

    def ran(self, node_id: str, step: Step, value: Any = None, **fields: Mapping[str, Any]) -> list[Command]:
        """The code field of the node that is asked for has run. `fields` are those of the node itself that it has
        changed, or under the id of another node those of that one; `pipeline` stands for the task's own fields."""
        assert self.run(node_id).more.step == step, f"`{step}` is not asked for"
        own = fields.pop("pipeline", None)
        changes = {name: value for name, value in fields.items() if name not in ("out", "input", "params")}
        if of_node := {name: value for name, value in fields.items() if name not in changes}:
            changes[node_id] = of_node
        return self.tell(CodeRan(node_id, step, self.run(node_id).turn, value, changes, own))

    def broke(self, node_id: str, step: Step, message: str = "oh") -> list[Command]:
        """The code field of the node that is asked for has failed."""
        return self.tell(CodeFailed(node_id, step, self.run(node_id).turn, message))

    def takes(self, node_id: str, *sides: bool) -> list[Command]:
        """A branch takes these sides, one after the other: True is `then`."""
        for holds in sides:
            self.ran(node_id, "if", holds)
        return self.commands

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


def asked(commands: list[Command]) -> list[tuple[str, str]]:
    """The nodes whose code is to be run, and which of it."""
    return [(command.node, command.step) for command in commands if isinstance(command, RunCode)]
