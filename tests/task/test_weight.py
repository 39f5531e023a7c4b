"""Definitions can multiply and nest values: a task stays a document of bounded size and depth, or says why not."""

import pytest

from engine.task.codec import encode
from engine.task.events import CallReturned
from engine.task.weight import MAX_BYTES, MAX_DEPTH, TooHeavy, weigh
from tests.task.scenes import Definition, Story, binary, end, entry, plain, service

MEGABYTE = 1024**2


def chain(length: int, *names: str) -> list[Definition]:
    """Plain nodes in a row, each of which takes the whole out of the one before under all of these names."""
    before = ["entry", *(f"n{number}" for number in range(length - 1))]
    following = [*(f"n{number}" for number in range(1, length)), "end"]
    return [
        plain(f"n{number}", following[number], input={name: f"{before[number]}.out" for name in names})
        for number in range(length)
    ]


@pytest.mark.parametrize("leaf", ["x", binary("n" * 200)])
def test_a_value_that_is_doubled_by_every_node_ends_in_an_error(leaf: object) -> None:
    story = Story(entry("n0"), *chain(60, "x", "y"), end(), out={"a": leaf})

    assert story.task.status == "error"
    assert story.task.message is not None and story.task.message.endswith("the values of the task grow beyond 16 MB")
    assert len(encode(story.task)) < 2 * MAX_BYTES


def test_a_value_that_is_nested_by_every_node_ends_in_an_error() -> None:
    story = Story(entry("n0"), *chain(300, "x"), end(), out={"a": 1})

    assert story.task.status == "error"
    assert story.task.message == f"node n{MAX_DEPTH - 1}: the value is nested more than {MAX_DEPTH} deep"
    encode(story.task)


def test_all_outs_of_a_task_count_together() -> None:
    story = Story(entry("a"), service("a", "b"), service("b", "end"), end(), out={"a": "x" * 6 * MEGABYTE})
    story.returns("a", x="x" * 6 * MEGABYTE)
    assert story.task.status == "running"

    assert story.returns("b", x="x" * 6 * MEGABYTE) == []

    assert story.run("b").state == "error" and story.run("b").out is None
    assert story.task.message == "node b: the values of the task grow beyond 16 MB"


def test_a_result_that_is_too_heavy_settles_its_call() -> None:
    story = Story(entry("a"), service("a", "end"), end())
    call = story.call("a")
    story.returns("a", x="x" * 17 * MEGABYTE)

    assert story.run("a").state == "error" and story.task.status == "error"
    assert story.changes_nothing(CallReturned(call, {"x": 1}))


def test_after_a_result_that_was_too_heavy_the_task_can_be_retried() -> None:
    story = Story(entry("a"), service("a", "end"), end())
    story.returns("a", x="x" * 17 * MEGABYTE)
    story.retry()
    story.returns("a", x=1)

    assert story.task.status == "finished"


def test_a_submission_that_is_too_heavy_leaves_the_entry_in_error() -> None:
    """By that the caller sees it, and refuses the submission instead of keeping a task that can never run."""
    story = Story(entry("a"), service("a", "end"), end(), out={"a": "x" * 17 * MEGABYTE})

    assert story.commands == [] and story.task.status == "error"
    assert story.run("entry").state == "error" and story.run("entry").out is None
    assert story.task.message == "node entry: the values of the task grow beyond 16 MB"


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ({}, 2, 2),
        ([], 2, 2),
        ("abc", 5, 5),
        ({"a": "b"}, 9, 12),
        ({"a": [1, 2, 3], "b": {"c": None}}, 10, 100),
        (binary("n" * 200), 200, 500),
    ],
)
def test_the_weight_is_about_the_length_in_json(value: object, least: int, most: int) -> None:
    assert least <= weigh(value) <= most


def test_a_value_is_walked_no_further_than_the_limit() -> None:
    value: object = "x"
    for _ in range(100):
        value = [value, value]

    with pytest.raises(TooHeavy):
        weigh(value, 1_000)


@pytest.mark.parametrize("value", [1, "xx", [], {"a": 1}, [[]]])
def test_just_so_much_is_allowed(value: object) -> None:
    weight = weigh(value)

    assert weigh(value, weight) == weight
    with pytest.raises(TooHeavy):
        weigh(value, weight - 1)
