"""`ready` takes the place of the default start condition: it is asked whenever a node that it may depend on ends."""

import pytest

from engine.task.events import Cancelled, CodeFailed, CodeRan, Resumed, RunCode
from tests.task.scenes import Story, asked, branch, called, end, entry, plain, service


def race(**fields: object) -> Story:
    """Two services beside each other, and `go`, behind both, with a `ready`."""
    return Story(
        entry("left", "right"),
        service("left", "go"),
        service("right", "go"),
        plain("go", "end", **{"ready": "left.finished or right.finished", **fields}),
        end(),
    )


def test_it_is_asked_when_the_first_predecessor_ends() -> None:
    story = race()
    assert asked(story.commands) == []

    assert story.returns("left", x=1) == [RunCode("go", "ready", 0)]

    assert story.run("go").state == "pending" and story.run("go").more.step == "ready"
    assert story.run("go").turn == 0 and story.lines(-1) == [("left", "finished")]


def test_a_node_may_start_before_all_its_predecessors_have_ended() -> None:
    story = race()
    story.returns("left", x=1)
    story.ran("go", "ready", True)

    assert story.status == "finished" and story.run("end").out == {"x": 1}
    assert story.states()["right"] == "cancelled"


def test_while_it_does_not_hold_it_is_asked_again_with_each_that_ends() -> None:
    story = race(ready="left.finished and right.finished")
    story.returns("left", x=1)
    assert story.ran("go", "ready", False) == []
    assert story.status == "running" and story.run("go").more.step is None

    assert asked(story.returns("right", y=2)) == [("go", "ready")]
    story.ran("go", "ready", True)
    assert story.run("end").out == {"x": 1, "y": 2}


def test_it_is_asked_also_when_all_predecessors_are_finished() -> None:
    story = Story(entry("go"), plain("go", "end", ready="entry.out.a > 1"), end())

    assert asked(story.commands) == [("go", "ready")]


def test_one_that_never_holds_is_an_error_that_names_the_node() -> None:
    story = Story(entry("go"), plain("go", "end", ready="False"), end())

    story.ran("go", "ready", False)

    assert story.status == "error"
    assert story.task.message == (
        "nothing runs and the end was not reached: go waits for its `ready`, which does not hold"
    )


def test_the_error_names_all_that_wait_and_what_for() -> None:
    story = Story(
        entry("one", "two", "choose"),
        plain("one", "end", ready="False"),
        branch("choose", ["three"], []),
        plain("two", "join"),
        plain("three", "join", ready="False"),
        plain("join", "end", ready="False"),
        end(),
    )
    story.ran("one", "ready", False)
    story.ran("join", "ready", False)
    story.takes("choose", True)
    story.ran("three", "ready", False)

    waits = "waits for its `ready`, which does not hold"
    assert story.task.message == (f"nothing runs and the end was not reached: one {waits}; three {waits}; join {waits}")


def test_after_such_an_error_a_retry_asks_again() -> None:
    story = Story(entry("go"), plain("go", "end", ready="False"), end())
    story.ran("go", "ready", False)

    assert asked(story.retry()) == [("go", "ready")]
    story.ran("go", "ready", True)
    assert story.status == "finished"


@pytest.mark.parametrize(("value", "starts"), [(1, True), ("x", True), (0, False), ([], False), (None, False)])
def test_its_value_counts_as_python_would_have_it(value: object, starts: bool) -> None:
    story = race()
    story.returns("left")
    story.ran("go", "ready", value)

    assert (story.run("go").state == "finished") is starts


def test_it_is_asked_when_another_node_ends_that_it_names() -> None:
    """`watched` is no predecessor of `go`, but named."""
    story = Story(
        entry("a", "watched"),
        service("a", "go"),
        service("watched"),
        plain("go", "end", ready="watched.finished"),
        end(),
    )
    story.returns("a")
    story.ran("go", "ready", False)
    assert story.status == "running"

    assert asked(story.returns("watched")) == [("go", "ready")]
    story.ran("go", "ready", True)
    assert story.status == "finished"


def test_it_is_not_asked_before_a_predecessor_has_ended() -> None:
    story = Story(
        entry("a", "watched"),
        service("a", "go"),
        service("watched"),
        plain("go", "end", ready="watched.finished"),
        end(),
    )

    assert asked(story.returns("watched")) == []


def test_a_join_waits_for_a_node_that_may_still_become_ready() -> None:
    story = Story(
        entry("a", "watched", "choose"),
        plain("a", "go", "join"),
        service("watched"),
        plain("go", "join", ready="watched.finished"),
        branch("choose", ["join"], ["join"]),
        plain("join", "end"),
        end(),
    )
    story.ran("go", "ready", False)
    story.takes("choose", True)
    assert story.run("join").state == "pending" and story.status == "running"

    story.returns("watched")
    story.ran("go", "ready", True)
    assert story.status == "finished" and story.run("go").state == "finished"


def test_a_join_does_not_wait_for_a_node_that_can_become_ready_no_more() -> None:
    story = Story(
        entry("a", "choose"),
        plain("a", "go", "join"),
        plain("go", "join", ready="a.finished and choose.out.x"),
        branch("choose", ["join"], ["join"]),
        plain("join", "end"),
        end(),
    )
    story.ran("go", "ready", False)
    story.takes("choose", True)
    assert asked(story.commands) == [("go", "ready")], "it names the branch, which has ended"
    assert story.run("join").state == "pending"

    story.ran("go", "ready", False)
    assert story.run("join").state == "finished" and story.run("go").state == "pending"


def test_a_join_with_ready_behind_a_branch_decides_for_itself() -> None:
    """Without `ready` the join would start at once, for `right` is not taken; with it, its code is asked."""
    story = Story(
        entry("choose"),
        branch("choose", ["left"], ["right"]),
        service("left", "join"),
        service("right", "join"),
        plain("join", "end", ready="left.finished and right.finished"),
        end(),
    )
    story.takes("choose", True)
    story.returns("left")
    story.ran("join", "ready", False)

    assert story.status == "error"
    assert story.task.message is not None and "join waits for its `ready`" in story.task.message


def test_it_is_asked_also_when_a_predecessor_ends_that_does_not_lead_to_it() -> None:
    story = Story(
        entry("choose", "go"), branch("choose", ["go"], []), plain("go", "end", ready="pipeline.n == 1"), end()
    )
    story.ran("go", "ready", False)

    assert asked(story.takes("choose", False)) == [("go", "ready")]


def test_a_side_that_is_not_taken_does_not_ask() -> None:
    story = Story(
        entry("choose"),
        branch("choose", ["left"], ["right"]),
        service("left", "end"),
        service("right", "end", ready="True"),
        end(),
    )

    assert asked(story.takes("choose", True)) == [] and called(story.commands) == ["left"]


def test_the_end_may_have_one() -> None:
    story = Story(entry("a", "b"), service("a", "end"), service("b", "end"), end(ready="a.finished"))
    story.returns("a", x=1)
    story.ran("end", "ready", True)

    assert story.status == "finished" and story.run("end").out == {"x": 1}


# When it goes wrong


def test_one_that_fails_fails_the_node_and_can_be_retried() -> None:
    story = race()
    story.returns("left")
    story.broke("go", "ready", "`ready`, line 1: no such key")

    assert story.task.message == "node go: `ready`, line 1: no such key"
    assert story.states()["go"] == "error" and story.states()["right"] == "cancelled" and story.run("go").turn == 0

    story.retry()
    assert asked(story.commands) == [("go", "ready")] and called(story.commands) == ["right"]
    story.ran("go", "ready", True)
    assert story.status == "finished"


def test_an_engine_that_starts_anew_asks_again() -> None:
    story = race()
    story.returns("left")

    assert story.tell(Resumed(frozenset())) == [RunCode("go", "ready", 0)]
    story.ran("go", "ready", True)
    assert story.tell(Resumed(frozenset())) == []


def test_after_the_end_no_answer_counts() -> None:
    story = race()
    story.returns("left")
    story.tell(Cancelled())

    assert story.run("go").more.step is None
    assert story.changes_nothing(CodeRan("go", "ready", 0, True))
    assert story.changes_nothing(CodeFailed("go", "ready", 0, "oh"))


def test_an_answer_to_another_question_changes_nothing() -> None:
    story = race()
    story.returns("left")

    for event in (CodeRan("go", "before", 0), CodeRan("go", "ready", 1, True), CodeRan("left", "ready", 1, True)):
        assert story.changes_nothing(event)
    assert story.changes_nothing(CodeFailed("go", "after", 0, "oh"))
