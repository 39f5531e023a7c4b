"""Calls that wait for room in a service that is full."""

from engine.task.events import CallAccepted, CallHeld, CallSent, InstanceLost, MakeCall, Resumed, TimerDue
from tests.task.scenes import LOST, SECOND, Story, called, end, entry, service


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
    assert story.tell(Resumed(LOST)) == [MakeCall("step", story.call("step"))]


def test_only_a_call_that_is_under_way_is_held_and_only_a_held_one_is_sent() -> None:
    story = held()
    assert story.changes_nothing(CallHeld(story.call("step"), "http://step/work"))
    story.tell(CallSent(story.call("step")))
    assert story.changes_nothing(CallSent(story.call("step")))
    story.returns("step")
    assert story.changes_nothing(CallHeld(story.call("step"), "http://step/work"))


# Several engines


def test_a_call_that_waits_for_room_is_looked_after_by_the_engine_that_makes_it() -> None:
    """Another one would make it once more."""
    story = Story(entry("a"), service("a", "end"), end(), engine="e1")
    story.tell(CallHeld(story.call("a"), "http://a/work"))
    story.now = story.task.due or 0

    assert story.at("e2").tell(TimerDue()) == [] and story.task.holders == ("e1",)
    story.now = story.task.due or 0
    assert story.at("e1").tell(TimerDue()) == [MakeCall("a", story.call("a"))]
    assert story.at("e2").tell(Resumed(frozenset(["e1"]))) == [MakeCall("a", story.call("a"))]


def test_a_call_that_waited_for_room_and_was_taken_over_is_being_made() -> None:
    """Where it has to wait again that is told again; where not, its service may be away or get lost as ever."""
    story = Story(entry("a"), service("a", "end"), end(), engine="e1")
    story.tell(CallHeld(story.call("a"), "http://a/work"))
    story.at("e2").tell(Resumed(frozenset(["e1"])))
    assert story.run("a").phase == "calling"

    story.tell(CallAccepted(story.call("a"), "http://a/work", story.now))
    assert story.at("e1").changes_nothing(CallHeld(story.call("a"), "http://a/work"))
    assert called(story.tell(InstanceLost("http://a/work"))) == ["a"]


def test_a_call_that_is_accepted_does_not_wait_for_room() -> None:
    story = Story(entry("a"), service("a", "end"), end(), engine="e1")
    story.tell(CallHeld(story.call("a"), "http://a/work"))
    story.tell(CallAccepted(story.call("a"), "http://a/work", story.now))

    assert story.run("a").phase == "calling" and story.task.holders == ()
