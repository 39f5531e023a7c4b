"""Random pipelines, random schedules: every task ends, once, and every rule holds at every step.

`SCHEDULES=100000 pytest tests/task/test_properties.py` tries so many; a failure prints what repeats it.
"""

import os

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from engine.pipeline.check import check
from engine.pipeline.nodes import Pipeline
from engine.task.events import CallReturned
from engine.task.task import Task
from tests.task.actions import ACTIONS, act
from tests.task.graphs import documents, pipelines
from tests.task.scenes import Definition
from tests.task.world import OUTS, World

SCHEDULES = int(os.environ.get("SCHEDULES", "1200"))
BATCH = 2_500
"""Hypothesis remembers all examples of a run: large numbers are split into runs, which keeps its memory bounded."""

AFTER_THE_END = 3
"""So many actions are tried on a finished task, which nothing changes any more."""

BATCHES = [min(BATCH, SCHEDULES - start) for start in range(0, SCHEDULES, BATCH)]

COMMON = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

Schedule = list[tuple[str, int]]


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Up to 60 actions. The number is drawn first: else most schedules would be short."""
    count = draw(st.integers(0, 60))
    action = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 255))
    return draw(st.lists(action, min_size=count, max_size=count))


@pytest.mark.parametrize("examples", BATCHES)
def test_every_schedule_keeps_the_rules_and_ends(examples: int) -> None:
    @settings(COMMON, max_examples=examples)
    @given(pipelines(), schedules(), st.booleans())
    def run(pipeline: Pipeline, schedule: Schedule, answer: bool) -> None:
        note(list(pipeline.nodes.values()))
        note(schedule)
        world = World(pipeline)
        after_the_end = 0
        for action, number in schedule:
            after_the_end += world.task.status == "finished"
            if after_the_end > AFTER_THE_END:
                break
            act(world, action, number)
        world.drive_to_the_end(answer)

    run()


@settings(COMMON, max_examples=max(SCHEDULES // 5, 1))
@given(pipelines(may_fail=False), st.lists(st.integers(0, 255), max_size=15))
def test_the_order_of_results_does_not_change_the_outcome(pipeline: Pipeline, order: list[int]) -> None:
    first, other = _answered(pipeline, []), _answered(pipeline, order)

    assert first.status == other.status == "finished"
    for node_id, run in first.nodes.items():
        if run.state == other.node(node_id).state == "finished":
            assert run.out == other.nodes[node_id].out


@settings(COMMON, max_examples=max(SCHEDULES // 10, 1))
@given(documents())
def test_the_pipelines_of_these_tests_have_no_fault(definition: Definition) -> None:
    faults = check(definition)
    assert faults == [], faults


def _answered(pipeline: Pipeline, order: list[int]) -> Task:
    """The task when every service has answered, each time the one that the order chooses."""
    world = World(pipeline)
    for turn in range(len(pipeline.nodes)):
        opened = sorted(call for call in world.calls if world.open(call))
        if not opened:
            break
        call = opened[order[turn] % len(opened) if turn < len(order) else 0]
        node_id = world.calls[call][0]
        world.tell(CallReturned(call, {"who": node_id, node_id: OUTS[len(node_id) % 8]}))
    return world.task
