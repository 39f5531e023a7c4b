"""The id of a call: a capability that only the engine can make, and that it makes the same way every time."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.task.attempt import call_id
from engine.task.events import MakeCall, Resumed
from engine.task.task import new_task
from tests.task.scenes import LOST, SEAL, START, TASK_ID, Story, end, entry, service

TASK = new_task(TASK_ID, SEAL, "story", "definition-1", START)


def test_it_is_the_id_of_the_task_and_128_bits_in_hex() -> None:
    story = Story(entry("work"), service("work", "end"), end())
    call = story.call("work")

    assert len(call) == 64 and set(call) <= set("0123456789abcdef")
    assert call[:32] == story.task.id
    assert call == call_id(story.task.id, story.task.seal, "work", 1, 0)


def test_it_depends_on_seal_task_node_turn_and_number() -> None:
    ids = {
        call_id(TASK.id, TASK.seal, "work", 1, 0),
        call_id(TASK.id, TASK.seal, "walk", 1, 0),
        call_id(TASK.id, TASK.seal, "work", 2, 0),
        call_id(TASK.id, TASK.seal, "work", 1, 1),
        call_id(TASK.id, "5ea2" + SEAL[4:], "work", 1, 0),
        call_id("0b" * 16, TASK.seal, "work", 1, 0),
    }
    assert len(ids) == 6


def test_nobody_makes_it_without_the_seal() -> None:
    """All that is public of two tasks is the same; their calls have nothing in common but the task's id."""
    others = [call_id(TASK.id, f"{number:032x}", "work", 1, 0)[32:] for number in range(1_000)]

    assert len(set(others)) == 1_000
    bits = [int(digest, 16).bit_count() for digest in others]
    assert 63 < sum(bits) / len(bits) < 65


def test_the_seal_is_in_no_id() -> None:
    assert SEAL not in call_id(TASK.id, TASK.seal, "work", 1, 0)


def test_what_else_is_in_the_task_does_not_matter() -> None:
    changed = replace(TASK, revision=7, route="other", status="error", message="cancelled")
    assert call_id(changed.id, changed.seal, "work", 1, 0) == call_id(TASK.id, TASK.seal, "work", 1, 0)


names = st.from_regex(r"\A[A-Za-z0-9_-]{1,20}\Z")
places = st.tuples(names, st.integers(1, 2_000), st.integers(0, 200))


@settings(deadline=None)
@given(places, places)
def test_two_calls_of_a_task_have_two_ids(one: tuple[str, int, int], other: tuple[str, int, int]) -> None:
    assert (call_id(TASK.id, TASK.seal, *one) == call_id(TASK.id, TASK.seal, *other)) == (one == other)


def test_each_attempt_has_an_id_of_its_own_and_a_call_that_is_sent_again_keeps_it() -> None:
    story = Story(entry("work"), service("work", "end", timeout=10, retry={"attempts": 4}), end())
    for _ in range(3):
        assert story.tell(Resumed(LOST)) == [MakeCall("work", story.call("work"))]
        story.timer()

    ids = [attempt.id for attempt in story.run("work").attempts]
    assert ids == [call_id(story.task.id, story.task.seal, "work", 1, number) for number in range(4)]


def test_a_retry_of_the_task_makes_new_ids() -> None:
    story = Story(entry("work"), service("work", "end"), end())
    story.fails("work", again=False)
    story.retry()

    first, second = story.run("work").attempts
    assert first.id != second.id and (first.turn, second.turn) == (1, 2)
    assert story.task.knows_call(first.id) and story.task.knows_call(second.id)
    assert story.task.find_call(first.id) is None and story.task.find_call(second.id) == "work"
    assert not story.task.knows_call("f" * 64)
