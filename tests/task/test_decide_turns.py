"""Ways that lead back: what lies between runs again, with fresh inputs, and nothing else does."""

import pytest

from engine.task.events import (
    CallFailed,
    CallReturned,
    ChildStarted,
    CodeRan,
    EndChild,
    EndItems,
    ItemFailed,
    ItemsEnded,
    MakeCall,
    RunCode,
    RunItems,
)
from tests.task.scenes import SECOND, Story, asked, binary, branch, called, end, entry, loop, plain, service


def again(**fields: object) -> Story:
    """`work`, then `check`, which goes back to `work` or on to the end."""
    return Story(
        entry("work"), service("work", "check", **fields), branch("check", ["work"], ["end"], max_turns=4), end()
    )


def test_a_way_back_runs_the_nodes_again_and_the_way_on_ends_it() -> None:
    story = again()
    first = story.call("work")
    story.returns("work", turn=1)

    assert called(story.takes("check", True)) == ["work"]
    assert story.states() == {"entry": "finished", "work": "running", "check": "pending", "end": "pending"}
    assert story.call("work") != first and story.run("work").turn == 2
    assert story.run("work").out is None and story.run("check").out is None
    story.returns("work", turn=2)
    assert story.run("check").turn == 2 and story.commands == [RunCode("check", "if", 2)]
    story.takes("check", False)

    assert story.status == "finished" and story.run("end").out == {"turn": 2}


def test_the_history_tells_each_turn() -> None:
    story = again()
    story.returns("work")
    since = len(story.task.history)
    story.takes("check", True)

    assert story.lines(since) == [
        ("check", "finished"),
        ("work", "pending"),
        ("check", "pending"),
        ("work", "running"),
    ]


def test_what_comes_late_from_an_earlier_turn_changes_nothing() -> None:
    story = again(timeout=5)
    first = story.call("work")
    story.returns("work")
    story.takes("check", True)

    assert story.changes_nothing(CallReturned(first, {"late": True}))
    assert story.changes_nothing(CallFailed(first, "late", again=False))
    assert story.changes_nothing(CodeRan("check", "if", 1, True))
    assert story.task.knows_call(first)


def test_the_attempts_of_each_turn_begin_anew() -> None:
    story = again(retry={"attempts": 2, "delay": 1.0})
    for _ in range(3):
        story.fails("work")
        assert story.run("work").phase == "pausing"
        assert story.task.due is not None and story.task.due - story.now <= 1.2 * SECOND
        story.timer()
        assert story.run("work").tried == 2
        story.returns("work")
        story.takes("check", True)
        assert story.run("work").tried == 1
    assert len({attempt.id for attempt in story.run("work").attempts}) == 7


def test_only_the_last_attempts_of_earlier_turns_are_remembered() -> None:
    story = Story(entry("work"), service("work", "check"), branch("check", ["work"], ["end"]), end())
    for _ in range(60):
        story.returns("work")
        story.takes("check", True)

    assert len(story.run("work").attempts) == 21 and story.run("work").turn == 61


def test_a_loop_that_never_ends_is_ended_with_a_clear_error() -> None:
    story = Story(entry("a"), plain("a", "check"), branch("check", ["a"], ["end"]), end())
    for _ in range(999):
        story.takes("check", True)
    assert story.status == "running"
    story.takes("check", True)

    assert story.status == "error"
    assert story.task.message == "node check: it was reached 1,001 times, and `max_turns` is 1,000"


def test_max_turns_can_be_set() -> None:
    story = again()
    for _ in range(4):
        story.returns("work")
        story.takes("check", True)
    story.returns("work")

    assert story.task.message == "node check: it was reached 5 times, and `max_turns` is 4"


def test_a_branch_may_follow_itself() -> None:
    story = Story(entry("check"), branch("check", ["check"], ["end"]), end())
    story.takes("check", True, True)
    assert story.run("check").turn == 3
    story.takes("check", False)

    assert story.status == "finished"


# What is reset, and what is not


def test_exactly_what_lies_between_is_reset() -> None:
    """`before` and `beside` are not on the way from `first` to `check`, `side` and `far` lead away from it."""
    story = Story(
        entry("before", "beside"),
        plain("before", "first"),
        service("beside", "end"),
        plain("first", "left", "right", "side"),
        plain("left", "check"),
        plain("right", "check"),
        plain("side", "far"),
        service("far", "end"),
        branch("check", ["first"], ["end"]),
        end(),
    )
    kept = {name: story.run(name) for name in ("entry", "before", "beside", "side", "far")}
    story.takes("check", True)

    assert {name: story.run(name).turn for name in ("first", "left", "right", "check")} == dict.fromkeys(
        ("first", "left", "right", "check"), 2
    )
    assert {name: story.run(name) for name in kept} == kept


def test_what_follows_the_loop_and_has_run_does_not_run_again() -> None:
    story = Story(
        entry("a"),
        plain("a", "check"),
        branch("check", ["a", "once"], ["end"]),
        service("once", "end"),
        end(),
    )
    assert called(story.takes("check", True)) == ["once"]
    story.returns("once", x=1)

    assert story.takes("check", True) == [RunCode("check", "if", 3)]
    assert story.run("once").turn == 1 and story.run("once").out == {"x": 1}
    story.takes("check", False)
    assert story.status == "finished" and story.run("end").out == {"x": 1, "a": 1}


def test_inputs_are_fresh_and_params_and_fields_of_the_pipeline_are_kept() -> None:
    story = Story(
        entry("work"),
        service("work", "check", params={"n": 0}, input={"n": "node.params.n"}, after="node.params.n += 1"),
        branch("check", ["work"], ["end"]),
        end(),
    )
    for turn in (1, 2, 3):
        assert story.run("work").more.input == {"n": turn - 1}
        story.returns("work", turn=turn)
        story.ran("work", "after", params={"n": turn}, pipeline={"last": turn})
        assert (story.run("work").more.params, story.task.fields) == ({"n": turn}, {"last": turn})
        story.takes("check", turn < 3)

    assert story.status == "finished" and story.run("end").out == {"turn": 3}


def test_what_was_reset_cannot_be_read_before_it_has_run_again() -> None:
    story = Story(
        entry("a"),
        plain("a", "b", input={"old": "b.out"}, ready="True"),
        plain("b", "check", input={}),
        branch("check", ["a"], ["end"]),
        end(),
        checked=False,
    )
    story.ran("a", "ready", True)

    assert story.status == "error"
    assert "`b.out` finds nothing" in (story.run("a").error or "")


def test_the_weight_is_that_of_what_the_task_holds_after_any_number_of_turns() -> None:
    story = again()
    weights = []
    for turn in range(3):
        story.returns("work", x="x" * 1_000, picture=binary())
        story.takes("check", turn < 2)
        weights.append(story.task.weight)

    assert weights[0] == weights[1] < 1_000 < weights[2]


# What still runs


def test_what_runs_between_is_given_up() -> None:
    """`slow` is on the way to `check`, which does not wait for it."""
    story = Story(
        entry("a"),
        plain("a", "slow", "quick"),
        service("slow", "check"),
        plain("quick", "check"),
        branch("check", ["a"], ["end"], ready="quick.finished"),
        end(),
    )
    late = story.call("slow")
    story.ran("check", "ready", True)

    assert called(story.takes("check", True)) == ["slow"]
    assert story.run("slow").turn == 2 and story.call("slow") != late
    assert story.changes_nothing(CallReturned(late, {}))


def test_bodies_and_children_between_are_stopped() -> None:
    story = Story(
        entry("a"),
        plain("a", "each", "other", "quick"),
        loop("each", [plain("x", "loopEnd")], "check"),
        service("other", "check", service="route"),
        plain("quick", "check"),
        branch("check", ["a"], ["end"], ready="quick.finished"),
        end(),
        out={"list": [1]},
    )
    story.tell(ChildStarted(story.call("other"), "child-1"))
    story.ran("check", "ready", True)
    call = story.call("other")

    commands = story.takes("check", True)

    assert {EndItems("each", 1), EndChild("child-1"), RunItems("each", 2, fresh=True)} <= set(commands)
    assert MakeCall("other", story.call("other")) in commands and story.call("other") != call
    assert story.changes_nothing(ItemsEnded("each", 1, {})) and story.changes_nothing(ItemFailed("each", 1, 0, "oh"))
    assert story.changes_nothing(CallReturned(call, {}))


def test_a_condition_that_is_being_asked_is_forgotten() -> None:
    """`late` waits, by its `ready`, behind `b`; the way back resets `b` before the answer comes."""
    story = Story(
        entry("a"),
        plain("a", "b", "check"),
        plain("b", "late"),
        plain("late", "check", ready="b.finished"),
        branch("check", ["a"], ["end"], ready="a.finished"),
        end(),
    )
    story.ran("check", "ready", True)
    assert story.run("late").more.step == "ready"
    story.takes("check", True)

    assert asked(story.commands) == [("check", "ready"), ("late", "ready")], "each is asked anew, once"
    story.ran("late", "ready", False)
    assert story.run("late").turn == 0


@pytest.mark.parametrize("holds", [True, False])
def test_a_condition_that_was_asked_in_vain_does_not_start_what_was_reset(holds: bool) -> None:
    story = Story(
        entry("a"),
        service("a", "b", "check"),
        plain("b", "late"),
        plain("late", "check", ready="b.finished"),
        branch("check", ["a"], ["end"], ready="a.finished"),
        end(),
    )
    story.returns("a")
    story.ran("check", "ready", True)
    story.takes("check", True)

    assert story.states()["b"] == "pending" and story.run("late").more.step is None
    assert story.changes_nothing(CodeRan("late", "ready", 0, holds))
