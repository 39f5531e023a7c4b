"""A branch asks its `if`, takes one side, and goes on there; what lies on the other side is not run."""

from typing import Any

import pytest

from engine.task.events import CodeRan, RunCode
from tests.task.scenes import Story, asked, binary, branch, called, end, entry, plain, service


def sides(**fields: Any) -> Story:
    """A branch between two services."""
    nodes = [branch("choose", ["left"], ["right"], **fields), service("left", "end"), service("right", "end"), end()]
    return Story(entry("choose"), *nodes)


def test_a_branch_asks_its_expression_first() -> None:
    story = sides()

    assert story.commands == [RunCode("choose", "if", 1)]
    assert story.states() == {
        "entry": "finished",
        "choose": "running",
        "left": "pending",
        "right": "pending",
        "end": "pending",
    }
    assert (story.run("choose").phase, story.task.due, story.run("choose").more.step) == (None, None, "if")


@pytest.mark.parametrize(("holds", "taken", "other"), [(True, "left", "right"), (False, "right", "left")])
def test_the_side_that_was_chosen_runs_and_the_other_does_not(holds: bool, taken: str, other: str) -> None:
    story = sides()

    commands = story.takes("choose", holds)

    assert called(commands) == [taken]
    assert story.run("choose").state == "finished"
    assert story.run("choose").more.side == ("then" if holds else "else")
    story.returns(taken, who=taken)
    assert story.status == "finished" and story.run("end").out == {"who": taken}
    assert story.run(other).state == "pending" and story.run(other).turn == 0


@pytest.mark.parametrize(
    ("value", "taken"),
    [(1, "left"), ("x", "left"), ([0], "left"), ({"a": 0}, "left"), (binary(), "left")]
    + [(0, "right"), ("", "right"), ([], "right"), ({}, "right"), (None, "right"), (0.0, "right")],
)
def test_what_the_expression_gives_counts_as_python_would_have_it(value: Any, taken: str) -> None:
    story = sides()

    assert called(story.ran("choose", "if", value)) == [taken]


def test_a_side_without_next_goes_on_as_the_branch_says() -> None:
    nodes = [service("left", "end"), service("right", "end"), service("own", "end"), end()]
    line = [entry("choose"), branch("choose", ["left", "right"], {"out": {"x": "entry.out.a"}}, next=["own"]), *nodes]

    assert called(Story(*line).takes("choose", True)) == ["left", "right"]
    assert called(Story(*line).takes("choose", False)) == ["own"]


def test_a_missing_else_goes_on_as_the_branch_says() -> None:
    story = Story(
        entry("choose"),
        branch("choose", ["left"], next=["right"]),
        service("left", "end"),
        service("right", "end"),
        end(),
    )

    assert called(story.takes("choose", False)) == ["right"]
    assert story.run("choose").more.side == "else"


def test_a_side_without_any_next_leads_nowhere() -> None:
    story = Story(entry("choose", "other"), branch("choose", ["end"]), service("other", "end"), end())
    story.takes("choose", False)
    assert story.status == "running" and story.run("choose").state == "finished"

    story.returns("other", x=1)

    assert story.status == "finished" and story.run("end").out == {"a": 1, "x": 1}


def test_a_task_whose_only_way_ends_at_a_branch_says_that_no_way_leads_on() -> None:
    story = Story(entry("choose"), branch("choose", ["end"]), end())

    assert story.takes("choose", False) == []

    assert story.status == "error"
    assert story.task.message == (
        "nothing runs and the end was not reached: no node is waiting, and no way that was taken leads on"
    )


def test_an_empty_next_of_a_side_is_a_next() -> None:
    story = Story(entry("choose"), branch("choose", {"next": []}, ["end"], next=["end"]), end())
    story.takes("choose", True)

    assert story.status == "error"


# What it gives out


def test_without_a_directive_a_branch_gives_its_input() -> None:
    story = sides(input={"x": "entry.out.a", "whole": "entry.out"})
    story.takes("choose", True)

    assert story.run("choose").out == {"x": 1, "whole": {"a": 1}}


def test_the_out_directive_of_the_chosen_side_alone_counts() -> None:
    line = [
        entry("choose"),
        branch("choose", {"out": {"x": "entry.out.a"}}, {"out": {"y": "entry.out.nothing"}}, next=["end"]),
        end(),
    ]
    story, other = Story(*line), Story(*line)

    story.takes("choose", True)
    assert story.run("end").out == {"x": 1} and story.status == "finished"

    other.takes("choose", False)
    expected = "input `y`: `entry.out.nothing` finds nothing: `entry.out` has the key `a`"
    assert other.task.message == f"node choose: {expected}" and other.run("choose").error == expected


def test_an_out_directive_may_name_the_input_of_the_branch() -> None:
    line = branch("choose", {"out": {"x": "node.input.all.a"}}, next=["end"], input={"all": "entry.out"})
    story = Story(entry("choose"), line, end())
    story.takes("choose", True)

    assert story.run("end").out == {"x": 1}


# Code of a side


@pytest.mark.parametrize("then", ["node.out.x = 1", {"exec": "node.out.x = 1", "next": ["end"]}])
def test_the_code_of_the_chosen_side_runs_before_what_follows(then: Any) -> None:
    story = Story(entry("choose"), branch("choose", then, "node.out.y = 2", next=["end"]), end())

    assert asked(story.takes("choose", True)) == [("choose", "exec")]
    assert story.run("choose").state == "running" and story.run("choose").out == {"a": 1}

    story.ran("choose", "exec", out={"x": 1})
    assert story.run("end").out == {"x": 1}


def test_a_side_that_has_code_keeps_it_to_itself() -> None:
    story = Story(entry("choose"), branch("choose", "node.out.x = 1", {"next": ["end"]}, next=["end"]), end())

    assert asked(story.takes("choose", False)) == []
    assert story.status == "finished"


def test_a_branch_that_is_answered_twice_chooses_once() -> None:
    story = sides()
    story.takes("choose", True)

    assert story.changes_nothing(CodeRan("choose", "if", 1, False))
    assert story.changes_nothing(CodeRan("left", "if", 1, False))


def test_a_branch_whose_expression_fails_fails_the_task() -> None:
    story = sides()
    story.broke("choose", "if", "`if`, line 1: no such key")

    assert story.run("choose").state == "error"
    assert story.task.message == "node choose: `if`, line 1: no such key"
    assert asked(story.retry()) == [("choose", "if")]
    assert called(story.takes("choose", False)) == ["right"]


def test_the_input_of_a_branch_that_finds_nothing_is_an_error() -> None:
    story = sides(input={"x": "entry.out.nothing"})

    assert story.commands == [] and story.run("choose").state == "error"


def test_branches_in_a_row_each_choose() -> None:
    story = Story(
        entry("one"),
        branch("one", ["two"], ["end"]),
        branch("two", ["left"], ["right"]),
        service("left", "end"),
        plain("right", "end"),
        end(),
    )
    story.takes("one", True)
    story.takes("two", False)

    assert story.status == "finished"
    assert story.states()["left"] == "pending" and story.run("right").state == "finished"
