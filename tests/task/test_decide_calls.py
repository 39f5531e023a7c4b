"""What comes of calls: results, failures, further attempts, acceptance, callbacks that repeat or come late."""

import pytest

from engine.task.events import CallAccepted, CallFailed, CallReturned, MakeCall, ServiceAway, TimerDue
from engine.task.kinds.calls import MAX_RETRY_AFTER
from tests.task.scenes import SECOND, START, Story, binary, called, end, entry, service

UNKNOWN = "f" * 64


def work(**fields: object) -> Story:
    """A task whose one service node, `work`, has just been called."""
    return Story(entry("step"), service("step", "end", **fields), end())


# Results


def test_a_result_finishes_the_node_and_starts_what_follows() -> None:
    story = Story(entry("one"), service("one", "two"), service("two", "end"), end())
    call = story.call("one")

    commands = story.tell(CallReturned(call, {"x": binary()}, "http://here/work"), after=2)

    run = story.run("one")
    assert (run.state, run.out, run.ended) == ("finished", {"x": binary()}, START + 2 * SECOND)
    assert (run.phase, run.due, run.waiting, run.error) == (None, None, None, None)
    assert (run.attempts[0].ended, run.attempts[0].error) == (story.now, None)
    assert run.attempts[0].url == "http://here/work"
    assert commands == [MakeCall("two", story.call("two"))]
    assert story.lines(since=4) == [("one", "finished"), ("two", "running")]


def test_a_result_keeps_the_address_that_accepted_the_call_where_it_brings_none() -> None:
    story = work()
    story.tell(CallAccepted(story.call("step"), "http://here/work", story.now))
    story.returns("step")

    assert story.attempt("step").url == "http://here/work"


def test_a_repeated_result_changes_nothing() -> None:
    story = Story(entry("one"), service("one", "two"), service("two", "end"), end())
    call = story.call("one")
    story.returns("one", x=1)

    assert story.changes_nothing(CallReturned(call, {"x": 1}))
    assert story.changes_nothing(CallReturned(call, {"x": 2}))
    assert story.changes_nothing(CallFailed(call, "broken", again=True))
    assert story.changes_nothing(CallFailed(call, "broken", again=False))
    assert story.changes_nothing(CallAccepted(call, "http://one/work", story.now))
    assert story.changes_nothing(ServiceAway(call, "one"))


def test_an_unknown_call_changes_nothing() -> None:
    story = work()

    for call in (UNKNOWN, "", story.call("step").upper(), story.call("step")[:-1]):
        assert story.changes_nothing(CallReturned(call, {}))
        assert story.changes_nothing(CallFailed(call, "broken", again=False))
        assert story.changes_nothing(CallAccepted(call, "http://step/work", story.now))
        assert story.changes_nothing(ServiceAway(call, "step"))


def test_a_result_after_the_end_changes_nothing() -> None:
    story = Story(entry("quick", "slow"), service("quick", "end"), service("slow"), end())
    story.returns("quick")
    assert story.run("slow").state == "cancelled" and story.run("slow").ended == story.now

    assert story.changes_nothing(CallReturned(story.call("slow"), {"late": True}))
    assert story.changes_nothing(CallFailed(story.call("slow"), "broken", again=True))


# Acceptance


def test_acceptance_notes_who_took_the_call_and_when() -> None:
    story = work()
    lines = len(story.task.history)

    assert story.tell(CallAccepted(story.call("step"), "http://here/work", story.now + 5)) == []

    assert (story.attempt("step").url, story.attempt("step").accepted) == ("http://here/work", story.now + 5)
    assert story.run("step").phase == "calling" and story.run("step").due == START + 600 * SECOND
    assert len(story.task.history) == lines
    assert story.changes_nothing(CallAccepted(story.call("step"), "http://other/work", story.now + 6))


# Failures


def test_a_failure_that_may_pass_makes_the_node_pause_and_try_again() -> None:
    story = work()
    first = story.call("step")

    assert story.fails("step", "POST http://step/work answered 503", url="http://step/work") == []

    run = story.run("step")
    assert (run.state, run.phase, run.error) == ("running", "pausing", None)
    assert (run.attempts[0].ended, run.attempts[0].error) == (story.now, "POST http://step/work answered 503")
    assert run.attempts[0].url == "http://step/work"
    assert run.waiting is not None and run.due is not None
    assert run.waiting.startswith("attempt 1 failed: POST http://step/work answered 503; the next follows in ")
    assert story.task.history[-1].node == "step" and story.task.history[-1].detail == run.waiting

    commands = story.timer()

    assert commands == [MakeCall("step", story.call("step"))] and story.call("step") != first
    run = story.run("step")
    assert (run.phase, run.waiting, run.tried, run.turn) == ("calling", None, 2, 1)
    assert run.due == story.now + 600 * SECOND


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        ({}, [1, 2, 4, 8]),
        ({"delay": 0.5, "factor": 3.0}, [0.5, 1.5, 4.5, 13.5]),
        ({"delay": 10.0, "max_delay": 25.0}, [10, 20, 25, 25]),
        ({"delay": 0.0}, [0, 0, 0, 0]),
        ({"delay": 3, "factor": 1}, [3, 3, 3, 3]),
    ],
)
def test_the_pauses_grow_give_or_take_a_fifth(retry: dict[str, float], expected: list[float]) -> None:
    story = work(retry=retry)
    pauses = []
    for _ in expected:
        story.fails("step")
        assert story.task.due is not None
        pauses.append((story.task.due - story.now) / SECOND)
        story.timer()

    for pause, steady in zip(pauses, expected, strict=True):
        assert 0.8 * steady - 1e-6 <= pause <= 1.2 * steady + 1e-6


def test_the_pauses_of_many_tasks_are_spread() -> None:
    names = [f"n{number}" for number in range(200)]
    story = Story(entry(*names), *(service(name, "end", retry={"delay": 10.0}) for name in names), end())
    for name in names:
        story.fails(name)

    pauses = sorted(((story.run(name).due or 0) - story.now) / SECOND for name in names)
    assert 8 <= pauses[0] < 8.5 and 11.5 < pauses[-1] <= 12
    assert 9.5 < sum(pauses) / len(pauses) < 10.5
    assert len(set(pauses)) > 190


@pytest.mark.parametrize(("after", "least", "most"), [(30.0, 30, 36), (0.1, 0.8, 1.2), (0.0, 0.8, 1.2)])
def test_retry_after_lengthens_the_pause_and_never_shortens_it(after: float, least: float, most: float) -> None:
    story = work()
    story.fails("step", after=after)

    assert story.task.due is not None
    assert least <= (story.task.due - story.now) / SECOND <= most


@pytest.mark.parametrize("after", [MAX_RETRY_AFTER + 1, 1e9, float("inf")])
def test_retry_after_is_capped(after: float) -> None:
    story = work()
    story.fails("step", after=after)

    assert story.task.due == story.now + int(MAX_RETRY_AFTER * SECOND)


@pytest.mark.parametrize("after", [-5.0, float("-inf"), float("nan")])
def test_a_senseless_retry_after_counts_as_none(after: float) -> None:
    story = work()
    story.fails("step", after=after)

    assert story.task.due is not None and 0.8 <= (story.task.due - story.now) / SECOND <= 1.2


def test_after_the_last_attempt_node_and_task_are_in_error_with_the_count() -> None:
    story = work()
    for number in range(4):
        story.fails("step", f"broken {number}")
        story.timer()
    assert story.task.status == "running"

    assert story.fails("step", "POST http://step/work answered 500: oh") == []

    assert story.run("step").error == "POST http://step/work answered 500: oh (5 attempts)"
    assert story.task.message == "node step: POST http://step/work answered 500: oh (5 attempts)"
    assert len(story.run("step").attempts) == 5 and story.task.due is None
    assert [attempt.error for attempt in story.run("step").attempts][:2] == ["broken 0", "broken 1"]


def test_a_single_attempt_fails_without_a_count() -> None:
    story = work(retry={"attempts": 1})
    story.fails("step", "answered 500")

    assert story.task.status == "error" and story.task.message == "node step: answered 500"


def test_a_failure_for_good_ends_the_task_at_once() -> None:
    story = Story(entry("step", "other"), service("step", "end"), service("other", "end"), end())

    assert story.fails("step", "answered 422: no picture", again=False, after=5.0) == []

    assert story.states() == {"entry": "finished", "step": "error", "other": "cancelled", "end": "pending"}
    assert story.task.message == "node step: answered 422: no picture"
    assert story.attempt("step").error == "answered 422: no picture"
    assert story.task.ended == story.run("step").ended == story.run("other").ended == story.now


def test_a_repeated_failure_changes_nothing() -> None:
    story = work()
    call = story.call("step")
    story.fails("step")
    assert story.changes_nothing(CallFailed(call, "broken", again=True))

    story.timer()
    assert story.changes_nothing(CallFailed(call, "broken", again=True))
    assert story.changes_nothing(CallFailed(call, "broken", again=False))


def test_a_timer_before_its_time_changes_nothing() -> None:
    story = work()
    story.fails("step")
    assert story.task.due is not None
    story.now = story.task.due - 1

    assert story.changes_nothing(TimerDue())


# Late callbacks


def test_a_late_result_of_an_earlier_attempt_is_taken_while_the_next_is_under_way() -> None:
    story = work(timeout=10)
    first = story.call("step")
    story.timer()
    second = story.call("step")
    assert second != first and story.run("step").phase == "calling"

    story.tell(CallReturned(first, {"from": "first"}))

    assert story.run("step").out == {"from": "first"} and story.task.status == "finished"
    assert (story.run("step").attempts[0].error, story.run("step").attempts[0].ended) == (None, story.now)
    assert story.changes_nothing(CallReturned(second, {"from": "second"}))


def test_a_late_result_is_taken_while_the_node_pauses() -> None:
    story = work()
    call = story.call("step")
    story.fails("step")

    story.tell(CallReturned(call, {"x": 1}))

    assert story.run("step").out == {"x": 1} and story.run("step").due is None
    assert called(story.commands) == [] and story.task.status == "finished"


def test_a_late_result_is_taken_while_the_service_is_away() -> None:
    story = work()
    call = story.call("step")
    story.fails("step")
    story.timer()
    story.tell(ServiceAway(story.call("step"), "http://step/work"))
    assert story.task.waiting

    story.tell(CallReturned(call, {"x": 1}))

    assert story.run("step").out == {"x": 1} and not story.task.waiting


def test_a_late_failure_of_an_earlier_attempt_does_not_hurt_the_one_under_way() -> None:
    story = work(timeout=10)
    first = story.call("step")
    story.timer()

    assert story.changes_nothing(CallFailed(first, "broken", again=False))
    story.returns("step", fine=True)
    assert story.task.status == "finished"
