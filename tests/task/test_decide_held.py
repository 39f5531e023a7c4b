"""Calls that wait for room in a service that is full."""

from engine.task.events import CallHeld, CallSent, MakeCall, Resumed
from tests.task.scenes import SECOND, Story, end, entry, service


def held() -> Story:
    """A task whose call waits for room in its service since a second after the start."""
    story = Story(entry("step"), service("step", "end", timeout=20, retry={"attempts": 1}), end())
    assert story.tell(CallHeld(story.call("step"), "http://step/work"), after=1) == []
    return story


def test_a_call_that_waits_for_room_says_so_and_costs_no_attempt() -> None:
    story = held()
    run = story.run("step")
    assert (run.state, run.phase, run.waiting) == ("running", "held", "http://step/work has as much to do as it takes")
    assert run.tried == 1 and len(run.attempts) == 1


def test_the_deadline_counts_from_when_the_call_is_sent() -> None:
    story = held()
    assert story.tell(CallSent(story.call("step")), after=500) == []
    assert story.run("step").phase == "calling" and story.task.due == story.now + 20 * SECOND
    story.timer()
    assert story.task.message == "node step: http://step/work did not call back within 20 s"


def test_a_call_that_waits_for_long_is_looked_after_and_not_given_up() -> None:
    story = held()
    call = story.call("step")
    for _ in range(5):
        assert story.timer() == [MakeCall("step", call)]
    assert story.run("step").phase == "held" and story.task.status == "running"


def test_a_call_that_waits_for_room_is_made_by_an_engine_that_starts_anew() -> None:
    story = held()
    assert story.tell(Resumed(story.now)) == [MakeCall("step", story.call("step"))]


def test_only_a_call_that_is_under_way_is_held_and_only_a_held_one_is_sent() -> None:
    story = held()
    assert story.changes_nothing(CallHeld(story.call("step"), "http://step/work"))
    story.tell(CallSent(story.call("step")))
    assert story.changes_nothing(CallSent(story.call("step")))
    story.returns("step")
    assert story.changes_nothing(CallHeld(story.call("step"), "http://step/work"))
