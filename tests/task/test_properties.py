"""Random pipelines, random schedules: every task ends, once, and every rule holds at every step.

The suite tries some thousands. `SCHEDULES=100000 pytest tests/task/test_properties.py` tries so many, `SEED=7` begins
with that one; a failure prints what repeats it.
"""

import os
from random import Random

import pytest

from engine.pipeline.check import check
from tests.task.graphs import Maker, sound
from tests.task.schedules import failures, outcome

SCHEDULES = int(os.environ.get("SCHEDULES", "6000"))
SEED = int(os.environ.get("SEED", "0"))
PROCESSES = 2


def test_every_schedule_keeps_the_rules_and_ends() -> None:
    failed = failures(SEED, SCHEDULES, PROCESSES)

    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("part", range(4))
def test_the_order_of_events_does_not_change_the_outcome(part: int) -> None:
    """Where nothing fails and no node has a condition of its own; whatever is awaited, joined, left out or nested."""
    for seed in range(SEED + part, SEED + SCHEDULES // 20, 4):
        first = outcome(seed, 0)

        assert first[0] == "finished"
        assert outcome(seed, 1) == first


def test_the_pipelines_of_these_tests_are_many_and_have_no_fault() -> None:
    """Many are sound as they are made; what they are made of is all there is."""
    made = [Maker(Random(seed)).document() for seed in range(SEED, SEED + 200)]
    assert sum(not check(document) for document in made) > 60

    found = [sound(Maker(Random(seed))) for seed in range(200)]
    texts = [str(document) for document in found]
    for part in (
        "'loop'",
        "'branch'",
        "'http'",
        "'ready'",
        "'before'",
        "'exec'",
        "'service': 'sub-two'",
        "max_parallel",
    ):
        assert sum(part in text for text in texts) > 5, part
