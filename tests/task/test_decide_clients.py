"""What clients ask of a task: cancel, retry. And what happens to branches that nobody waits for."""

import pytest

from engine.errors import Conflict
from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallReturned,
    Cancelled,
    InstanceLost,
    Resumed,
    Retried,
    ServiceAway,
    ServiceBack,
    TimerDue,
)
from tests.task.scenes import LOST, SECOND, Story, called, end, entry, plain, service


def two_steps() -> Story:
    """`one`, then `two` beside `three`, then the end."""
    return Story(entry("one"), service("one", "two", "three"), service("two", "end"), service("three", "end"), end())


# Cancel


def test_a_cancelled_task_is_in_error_and_all_that_ran_is_given_up() -> None:
    story = two_steps()
    story.returns("one")

    assert story.tell(Cancelled(), after=1) == []

    assert (story.task.status, story.task.message, story.task.ended) == ("error", "cancelled", story.now)
    assert story.states() == {
        "entry": "finished",
        "one": "finished",
        "two": "cancelled",
        "three": "cancelled",
        "end": "pending",
    }
    run = story.run("two")
    assert (run.ended, run.phase, run.due, run.waiting, run.error) == (story.now, None, None, None, None)
    assert story.lines(since=-3) == [("two", "cancelled"), ("three", "cancelled"), (None, "error")]
    assert story.task.history[-1].detail == "cancelled"


def test_after_a_cancel_nothing_changes_the_task() -> None:
    story = two_steps()
    story.returns("one")
    call = story.call("two")
    story.tell(Cancelled())
    story.now += 10_000 * SECOND

    for event in (
        CallReturned(call, {}),
        CallFailed(call, "broken", again=True),
        CallAccepted(call, "http://two/work", story.now),
        ServiceAway(call, "two"),
        ServiceBack(frozenset(["http://two/work"])),
        InstanceLost("http://two/work"),
        TimerDue(),
        Resumed(LOST),
        Cancelled(),
    ):
        assert story.changes_nothing(event), event


def test_a_node_that_waits_can_be_cancelled() -> None:
    story = two_steps()
    story.tell(ServiceAway(story.call("one"), "http://one/work"))

    story.tell(Cancelled())

    assert story.run("one").state == "cancelled" and not story.task.waiting and story.task.due is None


def test_a_task_that_has_ended_cannot_be_cancelled() -> None:
    finished, failed = two_steps(), two_steps()
    for name in ("one", "two", "three"):
        finished.returns(name)
    failed.fails("one", again=False)

    with pytest.raises(Conflict, match="the task has ended already: finished"):
        finished.tell(Cancelled())
    with pytest.raises(Conflict, match="the task has ended already: error"):
        failed.tell(Cancelled())


# Retry


def test_a_retry_keeps_what_succeeded_and_runs_the_failed_nodes_again() -> None:
    story = two_steps()
    story.returns("one", x=1)
    story.returns("two", y=2)
    story.fails("three", "answered 422", again=False)
    one, two = story.run("one"), story.run("two")

    commands = story.tell(Retried(), after=5)

    assert called(commands) == ["three"]
    assert (story.task.status, story.task.message, story.task.ended) == ("running", None, None)
    assert story.run("one") == one and story.run("two") == two
    run = story.run("three")
    assert (run.state, run.phase, run.turn, run.tried, run.error) == ("running", "calling", 2, 1, None)
    assert (run.started, run.ended) == (story.now, None)
    assert story.lines(since=-3) == [(None, "running"), ("three", "pending"), ("three", "running")]

    story.returns("three", z=3)
    assert story.task.status == "finished" and story.run("end").out == {"y": 2, "z": 3}


def test_what_was_given_up_runs_again_too() -> None:
    story = two_steps()
    story.returns("one")
    story.fails("two", again=False)
    assert story.run("three").state == "cancelled"

    assert called(story.retry()) == ["two", "three"]
    assert story.run("three").turn == 2


def test_a_cancelled_task_can_be_retried() -> None:
    story = two_steps()
    story.tell(Cancelled())

    assert called(story.retry()) == ["one"]
    story.returns("one")
    assert story.states()["two"] == "running"


def test_attempts_start_anew() -> None:
    story = Story(entry("work"), service("work", "end", retry={"attempts": 2, "delay": 1.0}), end())
    for _ in range(2):
        story.fails("work")
        if story.task.status == "running":
            story.timer()
    assert story.task.message == "node work: broken (2 attempts)"

    story.retry()
    assert story.run("work").tried == 1
    story.fails("work")

    assert story.task.status == "running" and story.task.due is not None
    assert story.task.due - story.now <= 1.2 * SECOND  # the pauses start anew too
    assert [attempt.turn for attempt in story.run("work").attempts] == [1, 1, 2]


def test_a_late_result_from_before_the_retry_changes_nothing() -> None:
    story = two_steps()
    call = story.call("one")
    story.tell(Cancelled())
    story.retry()

    assert story.changes_nothing(CallReturned(call, {"old": True}))
    assert story.changes_nothing(CallFailed(call, "old", again=False))


def test_a_node_whose_start_the_failure_prevented_starts_by_the_retry() -> None:
    story = Story(
        entry("a"),
        service("a", "wrong", "other"),
        plain("wrong", "end", input={"x": "a.out.x"}),
        service("other", "end"),
        end(),
    )
    story.returns("a")
    assert story.states()["other"] == "pending" and story.run("other").turn == 0

    assert story.retry() == []  # `wrong` fails again, before `other` in the order of the definition
    assert story.run("wrong").turn == 2 and story.run("other").turn == 0

    other_first = Story(
        entry("a"),
        service("a", "wrong", "other"),
        service("other", "end"),
        service("wrong", "end"),
        end(),
    )
    other_first.returns("a")
    other_first.fails("wrong", again=False)
    assert called(other_first.retry()) == ["other", "wrong"]


def test_an_input_that_fails_again_fails_the_task_again() -> None:
    story = Story(entry("a"), service("a", "end"), end(input={"x": "a.out.x"}))
    story.returns("a")
    first = story.task.message

    assert story.retry() == []
    assert story.task.status == "error" and story.task.message == first
    assert (story.run("end").turn, story.run("a").turn) == (2, 1)
    assert [state for node, state in story.lines() if node is None] == ["running", "error", "running", "error"]


def test_only_a_failed_task_can_be_retried() -> None:
    story = two_steps()
    with pytest.raises(Conflict, match="only a failed task can be retried; this one is running"):
        story.retry()

    for name in ("one", "two", "three"):
        story.returns(name)
    with pytest.raises(Conflict, match="only a failed task can be retried; this one is finished"):
        story.retry()


# Branches that nobody waits for


def test_the_end_gives_up_a_side_branch_that_still_runs() -> None:
    story = Story(entry("quick", "slow"), service("quick", "end"), service("slow", "later"), service("later"), end())
    late = story.call("slow")

    assert story.returns("quick") == []

    assert story.task.status == "finished"
    assert story.states() == {
        "entry": "finished",
        "quick": "finished",
        "slow": "cancelled",
        "later": "pending",
        "end": "finished",
    }
    assert story.changes_nothing(CallReturned(late, {}))
    assert story.lines(since=-3) == [("end", "finished"), ("slow", "cancelled"), (None, "finished")]


def test_a_side_branch_that_was_done_before_the_end_keeps_its_out() -> None:
    story = Story(entry("quick", "side"), service("quick", "end"), service("side"), end())
    story.returns("side", x=1)
    assert story.task.status == "running"
    story.returns("quick", y=2)

    assert story.run("side").out == {"x": 1} and story.run("end").out == {"y": 2}


def test_a_side_branch_that_fails_fails_the_task() -> None:
    story = Story(entry("quick", "side"), service("quick", "end"), service("side"), end())

    story.fails("side", again=False)

    assert story.task.status == "error" and story.run("quick").state == "cancelled"
