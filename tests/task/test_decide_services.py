"""Services that go away and come back, instances that are lost, timers, and an engine that starts anew."""

from engine.task.events import (
    CallAccepted,
    CallFailed,
    CallReturned,
    InstanceLost,
    MakeCall,
    Resumed,
    ServiceAway,
    ServiceBack,
    TimerDue,
)
from tests.task.scenes import LOST, SECOND, START, Definition, Story, called, end, entry, service


def blur(**fields: object) -> Definition:
    """A node that calls an announced operation by its route."""
    return service("blur", "end", service="image-blur", **fields)


def away(**fields: object) -> Story:
    """A task whose node `blur` waits for its service since half a second after the start."""
    story = Story(entry("blur"), blur(**fields), end())
    assert story.tell(ServiceAway(story.call("blur"), "image-blur"), after=0.5) == []
    return story


# Away and back


def test_a_node_whose_service_is_away_waits_and_says_so() -> None:
    story = away(timeout=20)

    run = story.run("blur")
    assert (run.state, run.phase, run.waiting) == ("running", "away", "service image-blur is away")
    assert story.task.waiting and story.task.status == "running"
    assert (story.task.history[-1].node, story.task.history[-1].detail) == ("blur", "service image-blur is away")


def test_waiting_for_a_service_costs_no_attempt() -> None:
    story = away(retry={"attempts": 1})
    assert story.run("blur").tried == 0

    for _ in range(3):
        assert called(story.tell(ServiceBack(frozenset(["image-blur"])))) == ["blur"]
        assert story.run("blur").tried == 1
        story.tell(ServiceAway(story.call("blur"), "image-blur"))
    story.tell(ServiceBack(frozenset(["image-blur"])))
    story.returns("blur")

    assert story.task.status == "finished"


def test_it_goes_on_when_the_service_is_back() -> None:
    story = away()

    commands = story.tell(ServiceBack(frozenset(["other", "image-blur", "http://here/blur"])), after=3)

    assert commands == [MakeCall("blur", story.call("blur"))]
    run = story.run("blur")
    assert (run.phase, run.waiting, run.due) == ("calling", None, story.now + 600 * SECOND)
    assert not story.task.waiting
    assert story.changes_nothing(ServiceBack(frozenset(["image-blur"])))


def test_an_address_that_was_announced_comes_back_by_its_address() -> None:
    story = Story(entry("step"), service("step", "end"), end())
    story.tell(ServiceAway(story.call("step"), "http://step/work"))

    assert story.changes_nothing(ServiceBack(frozenset(["step"])))
    assert called(story.tell(ServiceBack(frozenset(["step", "http://step/work"])))) == ["step"]


def test_another_service_that_is_back_changes_nothing() -> None:
    story = away()

    assert story.changes_nothing(ServiceBack(frozenset(["image-crop"])))
    assert story.changes_nothing(ServiceBack(frozenset()))


def test_all_nodes_that_wait_for_a_service_go_on() -> None:
    names = ["a", "b", "c"]
    story = Story(entry(*names), *(service(name, "end", service="s") for name in "ab"), service("c", "end"), end())
    for name in names:
        story.tell(ServiceAway(story.call(name), "s"))

    assert called(story.tell(ServiceBack(frozenset(["s"])))) == ["a", "b"]


def test_a_service_that_does_not_return_in_time_fails_the_node() -> None:
    story = away(timeout=20)
    assert story.task.due == START + 20 * SECOND  # it counts from when the call was to be made

    assert story.timer() == []

    assert story.task.status == "error" and not story.task.waiting
    assert story.task.message == "node blur: service image-blur is away, and did not return within 20 s"


def test_a_service_that_comes_and_goes_does_not_put_the_deadline_off() -> None:
    story = away(timeout=20)
    for _ in range(3):
        story.tell(ServiceBack(frozenset(["image-blur"])), after=5)
        story.tell(ServiceAway(story.call("blur"), "image-blur"))

    assert story.task.due == START + 20 * SECOND
    story.timer()
    assert story.task.status == "error"


def test_an_absence_after_a_call_that_was_taken_has_its_full_time() -> None:
    story = away(timeout=20)
    story.tell(ServiceBack(frozenset(["image-blur"])), after=10)
    story.tell(CallAccepted(story.call("blur"), "http://here/blur", story.now))
    story.timer()
    assert story.run("blur").phase == "calling"

    story.tell(ServiceAway(story.call("blur"), "image-blur"))

    assert story.task.due == story.now + 20 * SECOND


def test_a_call_that_was_sent_before_a_restart_is_known_while_its_service_is_away() -> None:
    story = Story(entry("blur"), blur(), end())
    call = story.call("blur")
    assert called(story.tell(Resumed(LOST))) == ["blur"]
    story.tell(ServiceAway(call, "image-blur"))
    assert story.task.knows_call(call)

    story.tell(CallReturned(call, {"x": 1}))

    assert story.task.status == "finished"


def test_a_repeated_absence_changes_nothing() -> None:
    story = Story(entry("blur"), blur(), end())
    call = story.call("blur")
    story.tell(ServiceAway(call, "image-blur"))

    assert story.changes_nothing(ServiceAway(call, "image-blur"))


def test_an_absence_that_an_earlier_attempt_met_changes_nothing() -> None:
    story = Story(entry("blur"), blur(timeout=5), end())
    first = story.call("blur")
    story.timer()

    assert story.changes_nothing(ServiceAway(first, "image-blur"))


# Lost instances


def test_a_call_that_a_lost_instance_had_taken_is_made_again_at_once() -> None:
    story = Story(entry("blur"), blur(), end())
    first = story.call("blur")
    story.tell(CallAccepted(first, "http://one/blur", story.now))

    commands = story.tell(InstanceLost("http://one/blur"), after=90)

    assert commands == [MakeCall("blur", story.call("blur"))] and story.call("blur") != first
    lost = story.run("blur").attempts[0]
    assert lost.ended == story.now
    assert lost.error == "http://one/blur took the call and stopped announcing itself"
    assert (story.run("blur").tried, story.run("blur").phase) == (2, "calling")
    assert story.changes_nothing(InstanceLost("http://one/blur"))


def test_calls_that_others_took_or_nobody_yet_are_left_alone() -> None:
    story = Story(entry("a", "b", "c"), *(service(name, "end", service="s") for name in "abc"), end())
    story.tell(CallAccepted(story.call("a"), "http://one/s", story.now))
    story.tell(CallAccepted(story.call("b"), "http://two/s", story.now))

    assert story.changes_nothing(InstanceLost("http://three/s"))
    assert called(story.tell(InstanceLost("http://two/s"))) == ["b"]


def test_a_node_that_pauses_is_left_alone() -> None:
    story = Story(entry("blur"), blur(), end())
    story.tell(CallAccepted(story.call("blur"), "http://one/blur", story.now))
    story.fails("blur")

    assert story.changes_nothing(InstanceLost("http://one/blur"))


def test_instances_are_lost_up_to_the_attempts() -> None:
    story = Story(entry("blur"), blur(retry={"attempts": 3}), end())
    for _ in range(2):
        story.tell(CallAccepted(story.call("blur"), "http://one/blur", story.now))
        assert called(story.tell(InstanceLost("http://one/blur"))) == ["blur"]
    story.tell(CallAccepted(story.call("blur"), "http://one/blur", story.now))

    assert story.tell(InstanceLost("http://one/blur")) == []
    message = "http://one/blur took the call and stopped announcing itself (3 attempts)"
    assert story.task.status == "error" and story.task.message == f"node blur: {message}"


def test_one_lost_instance_may_end_the_task_while_others_would_be_called_again() -> None:
    story = Story(entry("a", "b"), service("a", "end", service="s"), service("b", "end", retry={"attempts": 1}), end())
    for name in "ab":
        story.tell(CallAccepted(story.call(name), "http://one/s", story.now))

    assert story.tell(InstanceLost("http://one/s")) == []
    assert story.states() == {"entry": "finished", "a": "cancelled", "b": "error", "end": "pending"}


def test_a_lost_call_that_comes_back_after_all_is_taken() -> None:
    story = Story(entry("blur"), blur(), end())
    first = story.call("blur")
    story.tell(CallAccepted(first, "http://one/blur", story.now))
    story.tell(InstanceLost("http://one/blur"))

    story.tell(CallReturned(first, {"x": 1}))

    assert story.task.status == "finished" and story.run("end").out == {"x": 1}


# Timers


def test_a_call_that_never_comes_back_is_made_again_at_its_deadline() -> None:
    story = Story(entry("blur"), blur(timeout=1.5, retry={"attempts": 2}), end())
    assert story.task.due == START + 1_500_000

    commands = story.timer()

    assert commands == [MakeCall("blur", story.call("blur"))]
    assert story.run("blur").attempts[0].error == "image-blur did not call back within 1.5 s"
    assert story.task.due == story.now + 1_500_000

    assert story.timer() == []
    assert story.task.message == "node blur: image-blur did not call back within 1.5 s (2 attempts)"


def test_only_the_timers_that_are_due_go_off() -> None:
    story = Story(entry("quick", "slow"), service("quick", "end", timeout=5), service("slow", "end", timeout=6), end())
    slow = story.run("slow")

    assert called(story.timer()) == ["quick"]
    assert story.run("slow") == slow
    assert story.task.due == START + 6 * SECOND


def test_several_timers_may_be_due_at_once() -> None:
    story = Story(entry("a", "b"), service("a", "end", timeout=5), service("b", "end", timeout=6), end())

    assert called(story.tell(TimerDue(), after=60)) == ["a", "b"]


def test_without_a_timer_that_is_due_nothing_changes() -> None:
    story = Story(entry("blur"), blur(), end())

    assert story.changes_nothing(TimerDue())


def test_a_finished_task_has_no_timer() -> None:
    story = Story(entry("blur"), blur(), end())
    story.returns("blur")
    story.now += 10_000 * SECOND

    assert story.task.due is None and story.changes_nothing(TimerDue())


# An engine that starts anew


def test_calls_of_which_nothing_is_known_are_sent_again_under_their_id() -> None:
    story = Story(entry("a", "b"), service("a", "end"), service("b", "end"), end())
    story.tell(CallAccepted(story.call("a"), "http://a/work", story.now))
    before = story.task

    assert story.tell(Resumed(LOST)) == [MakeCall("b", story.call("b"))]
    assert story.task is before


def test_calls_made_since_then_are_not_sent_twice() -> None:
    story = Story(entry("blur"), blur(), end())

    assert story.changes_nothing(Resumed(frozenset()))


def test_nodes_that_pause_or_wait_are_not_called_by_it() -> None:
    story = Story(entry("a", "b", "c"), *(service(name, "end") for name in "abc"), end())
    story.fails("a")
    story.tell(ServiceAway(story.call("b"), "http://b/work"))
    story.returns("c")

    assert story.changes_nothing(Resumed(LOST))


def test_a_resumed_call_is_one_attempt() -> None:
    story = Story(entry("blur"), blur(retry={"attempts": 1}), end())
    for _ in range(10):
        story.tell(Resumed(LOST))
    assert story.run("blur").tried == 1

    story.tell(CallFailed(story.call("blur"), "broken", again=True))
    assert story.task.message == "node blur: broken"
