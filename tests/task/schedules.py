"""Random schedules over random pipelines, each made by its seed: `python -m tests.task.schedules FIRST COUNT`.

Of the first schedule that fails it prints the pipelines, all that happened, and what repeats it; exit code 1.
"""

import json
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from random import Random
from types import FrameType

from engine.errors import Conflict
from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import LOOP_END, HttpNode, LoopNode, ServiceNode
from engine.task.events import CallFailed, CallReturned, Rerun, Retried, Submitted
from engine.task.task import Extra, NodeRun
from tests.task.actions import act, drive
from tests.task.graphs import SUBS, pipelines
from tests.task.invariants import weighs_what_it_holds
from tests.task.outs import SENT
from tests.task.world import World

EACH = 3
"""Schedules that share one pipeline, which takes a while to make."""

LONGEST = 54
"""Things that happen by chance, before all that helps."""

UNREST = 8
"""How often something happens to engines while all that helps goes on, in schedules that are about that."""

SECONDS = 20
"""Longer than any schedule takes, by far."""

LATE = 20
"""Calls of which something is heard when all has ended."""


def run_many(first: int, count: int) -> None:
    """Run the schedules of these seeds, in a process that does nothing else."""
    found: dict[str, Pipeline] = {}
    for seed in range(first, first + count):
        if not found or seed % EACH == 0:
            found = pipelines(seed // EACH)
        signal.alarm(SECONDS)
        run(seed, found)
    signal.alarm(0)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise AssertionError(f"the schedule is not over after {SECONDS} s: what is decided does not come to an end")


def run(seed: int, found: dict[str, Pipeline]) -> None:
    """Run one schedule. Raises AssertionError, with a note of all that happened, where a rule does not hold."""
    world = World(found, Random(f"schedule {seed}"))
    _noting(world, lambda: _play(world), f"python -m tests.task.schedules {seed} 1")


def outcome(seed: int, order: int) -> tuple[str, object]:
    """How a task of a steady pipeline ends, and its result. `order` chooses what happens when, and to which engines."""
    found = pipelines(seed, steady=True)
    world = World(found, Random(f"order {order}"), steady=True)
    world.unrest = 0 if any(_is_unsafe(level) for level in found.values()) else 4 * order

    def play() -> None:
        world.begin(Submitted(SENT[seed % 4]))
        drive(world, True)
        _ended_once(world)

    _noting(world, play, f"outcome({seed}, {order})")
    root = world.tasks[world.root]
    return root.status, root.node(world.pipelines["story"].end).out


def _is_unsafe(pipeline: Pipeline) -> bool:
    """Whether a request of it must not be made again, so that it fails with the engine that has made it."""
    nodes = [node for level in pipeline.levels.values() for node in level.nodes.values()]
    return any(isinstance(node, HttpNode) and node.verb == "POST" and node.retry is None for node in nodes)


def _noting(world: World, play: Callable[[], None], again: str) -> None:
    try:
        play()
    except BaseException as error:
        levels = world.pipelines.items()
        shown = [
            f"{route}: {json.dumps([_document(node) for node in level.nodes.values()])}" for route, level in levels
        ]
        error.add_note("\n".join([*shown, *world.log, f"Again: {again}"]))
        raise


def _document(node: object) -> object:
    return node.model_dump(by_alias=True, exclude_defaults=True)  # type: ignore[attr-defined]


def _play(world: World) -> None:
    rng = world.rng
    if rng.random() < (0.6 if _has_children(world.pipelines["story"]) else 0.1):
        world.unrest = UNREST
        world.begin(Submitted(SENT[rng.randrange(2, 5)]))
        _go_on(world, LONGEST // 6, rng.random() < 0.8)
    else:
        world.begin(Submitted(SENT[rng.randrange(len(SENT))]))
        _go_on(world, LONGEST, rng.random() < 0.7)
    if world.tasks[world.root].status == "error" and rng.random() < 0.5:
        world.hear(world.root, Retried())
        _go_on(world, LONGEST // 3, True)
    elif rng.random() < 0.2 and _rerun(world):
        _go_on(world, LONGEST // 3, True)


def _has_children(pipeline: Pipeline) -> bool:
    """Whether tasks of it may have some."""
    nodes = pipeline.nodes.values()
    return any(isinstance(node, LoopNode) or (isinstance(node, ServiceNode) and node.service in SUBS) for node in nodes)


def _go_on(world: World, longest: int, answer: bool) -> None:
    for _ in range(world.rng.randrange(longest)):
        act(world, world.rng.getrandbits(40))
    drive(world, answer)
    _ended_once(world)


def _rerun(world: World) -> bool:
    """A new task runs the old one again from one of its nodes; False where what comes before has given nothing."""
    old, level = world.tasks[world.root], world.pipelines["story"]
    got_far = old.node(level.start).state == "finished"
    node_id = world.rng.choice(list(level.nodes)) if got_far else level.start
    behind = level.after(node_id) | {node_id}
    kept = {}
    for known, run in old.nodes.items():
        if known not in behind and run.state == "finished":
            extra = Extra(run.more.input, run.more.params, None, run.more.side, run.more.total)
            kept[known] = NodeRun("finished", 1, run.started, run.ended, run.out, extra=extra)
    received = old.node(node_id).out or {} if node_id == level.start else None
    changes = SENT[0] if world.rng.random() < 0.3 else {}
    world.root = "0b" * 16
    try:
        world.begin(Rerun(node_id, kept, dict(old.fields or {}), changes, received))
    except Conflict:
        del world.tasks[world.root]
        world.root = old.id
        return False
    return True


def _ended_once(world: World) -> None:
    """The root has one result, no child runs on, no id is there twice, and nothing that comes late changes anything."""
    assert not world.running()
    root = world.tasks[world.root]
    rounds = [line.state for line in root.history if line.node is None]
    assert rounds == ["running", "error"] * (len(rounds) // 2 - 1) + ["running", root.status]
    for task in world.tasks.values():
        weighs_what_it_holds(task)
    _names_are_unique(world)
    for call, (task_id, _, _) in list(world.calls.items())[-LATE:]:
        for event in (CallReturned(call, {"late": True}), CallFailed(call, "late", again=False)):
            assert not world.hear(task_id, event), "something that came late changed a task"


def _names_are_unique(world: World) -> None:
    names = {f"{task.head} {name}" for task in world.tasks.values() if task.scope == "" for name in task.nodes}
    for task in world.tasks.values():
        if task.origin is None or task.origin.number is None or not _is_last(world, task.id):
            continue
        frame = world.place(task).frame(task)
        for node_id in frame.pipeline.nodes:
            name = f"{task.head} {frame.instance(node_id)}"
            assert name not in names, f"two instances are called {name}"
            names |= {name} if node_id != LOOP_END else set()


def _is_last(world: World, task_id: str) -> bool:
    """Whether the task belongs to the last turn of its node, and so do all above it."""
    origin = world.tasks[task_id].origin
    if origin is None:
        return True
    return world.tasks[origin.parent].node(origin.node).turn == origin.turn and _is_last(world, origin.parent)


# Many at once


def failures(first: int, count: int, processes: int) -> list[str]:
    """Run the schedules of these seeds in so many processes; what those print in which one fails."""
    bounds = [first + count * number // processes for number in range(processes + 1)]
    started = []
    for begin, end in zip(bounds, bounds[1:]):
        command = [sys.executable, "-m", "tests.task.schedules", str(begin), str(end - begin)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    ended = [(process.communicate()[0], process.returncode) for process in started]
    return [printed for printed, code in ended if code != 0]


def main(arguments: list[str]) -> int:
    """Run the schedules that the arguments say."""
    first, count = map(int, arguments)
    signal.signal(signal.SIGALRM, _too_long)
    try:
        run_many(first, count)
    except Exception:
        print(traceback.format_exc())
        return 1
    print(f"{count:,} schedules from {first} on: no rule was broken")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
