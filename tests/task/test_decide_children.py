"""Calls of pipelines: each runs as a task of its own, a child, which is stopped when nobody waits for it."""

from collections.abc import Callable

import pytest

from engine.task.events import (
    CallFailed,
    CallReturned,
    Cancelled,
    ChildStarted,
    Command,
    EndChild,
    MakeCall,
    Resumed,
    ServiceAway,
    ServiceBack,
)
from tests.task.scenes import LOST, Story, branch, called, end, entry, service


def calls(**fields: object) -> Story:
    """A task whose node `sub` runs a pipeline as the child `child-1`, beside the service `work`."""
    story = Story(entry("sub", "work"), service("sub", "end", service="other", **fields), service("work", "end"), end())
    assert story.tell(ChildStarted(story.call("sub"), "child-1")) == []
    return story


def test_the_child_stands_with_the_call() -> None:
    story = calls()

    assert story.attempt("sub").task == "child-1" and story.run("sub").phase == "calling"
    assert story.changes_nothing(ChildStarted(story.call("sub"), "child-1"))
    assert story.changes_nothing(ChildStarted("f" * 64, "child-2"))


def test_its_result_is_the_out_and_its_failure_the_last_word() -> None:
    story, other = calls(), calls()
    assert story.returns("sub", x=1) == [] and story.run("sub").out == {"x": 1}

    other.fails("sub", "pipeline other: node n: broken (task child-1)", again=False)
    assert other.task.message == "node sub: pipeline other: node n: broken (task child-1)"


ENDS: dict[str, Callable[[Story], list[Command]]] = {
    "cancel": lambda story: story.tell(Cancelled()),
    "another node fails": lambda story: story.fails("work", again=False),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_is_stopped_with_the_task(how: str) -> None:
    story = calls()

    assert ENDS[how](story) == [EndChild("child-1")]
    assert story.run("sub").state == "cancelled"


def test_it_is_stopped_when_the_end_is_reached_without_it() -> None:
    story = Story(entry("sub", "work"), service("sub", service="other"), service("work", "end"), end())
    story.tell(ChildStarted(story.call("sub"), "child-1"))

    assert story.returns("work") == [EndChild("child-1")]


def test_it_is_stopped_when_its_time_is_over_and_another_is_started() -> None:
    story = calls(timeout=5)
    first = story.call("sub")

    assert story.timer() == [EndChild("child-1"), MakeCall("sub", story.call("sub"))]
    assert story.changes_nothing(CallFailed(first, "pipeline other: cancelled", again=False))


def test_after_the_last_attempt_it_is_stopped_once() -> None:
    story = calls(timeout=5, retry={"attempts": 1})

    assert story.timer() == [EndChild("child-1")]
    assert story.task.message == "node sub: other did not call back within 5 s"


def test_a_late_result_of_an_earlier_one_is_taken_and_stops_the_one_that_runs() -> None:
    story = calls(timeout=5)
    first = story.call("sub")
    story.timer()
    story.tell(ChildStarted(story.call("sub"), "child-2"))

    assert story.tell(CallReturned(first, {"x": 1})) == [EndChild("child-2")]
    assert story.run("sub").out == {"x": 1}


def test_one_of_which_is_heard_when_it_was_given_up_is_stopped() -> None:
    story = Story(entry("sub"), service("sub", "end", service="other", timeout=5), end())
    first = story.call("sub")
    story.timer()
    before = story.task

    assert story.tell(ChildStarted(first, "child-1")) == [EndChild("child-1")] and story.task is before


def test_those_of_earlier_attempts_are_stopped_too() -> None:
    """That the first was to be stopped may have been forgotten by a crash."""
    story = calls(timeout=5)
    story.timer()
    story.tell(ChildStarted(story.call("sub"), "child-2"))

    assert story.tell(Cancelled()) == [EndChild("child-1"), EndChild("child-2")]


def test_a_way_back_stops_it() -> None:
    story = Story(
        entry("a"),
        service("a", "b"),
        service("b", "check", service="other"),
        service("c", "check"),
        branch("check", ["a"], ["end"], ready="True"),
        end(),
        checked=False,
    )
    story.returns("a")
    story.tell(ChildStarted(story.call("b"), "child-1"))
    story.tell(Cancelled())
    assert story.commands == [EndChild("child-1")]

    assert called(story.retry()) == ["b"] and story.run("b").attempts[0].task == "child-1"
    assert story.tell(Cancelled()) == [], "children of earlier turns were stopped then"


def test_an_engine_that_starts_anew_asks_for_it_again() -> None:
    """The child has the same id then; if it runs or has ended already, it is not made twice."""
    story = calls()

    assert MakeCall("sub", story.call("sub")) in story.tell(Resumed(LOST))


def test_a_pipeline_that_is_away_is_waited_for() -> None:
    story = Story(entry("sub"), service("sub", "end", service="other"), end())
    story.tell(ServiceAway(story.call("sub"), "other"))
    assert story.task.waiting

    assert called(story.tell(ServiceBack(frozenset(["other"])))) == ["sub"]
