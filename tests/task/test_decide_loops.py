"""A loop has its bodies run for its items, and ends when they have all ended."""

from typing import Any

import pytest

from engine.task.events import Cancelled, EndItems, ItemFailed, ItemsEnded, Resumed, RunItems
from engine.task.inputs import items_of
from engine.task.working import MAX_ITEMS
from tests.task.scenes import LOST, Definition, Story, binary, called, end, entry, loop, plain, service

BODY: list[Definition] = [plain("x", "loopEnd")]


def each(found: Any, **fields: Any) -> Story:
    """A task whose one node, `each`, is a loop over what was found, `entry.out.list`."""
    return Story(entry("each"), loop("each", BODY, "end", **fields), end(), out={"list": found})


def test_a_loop_has_its_bodies_run() -> None:
    story = each([1, 2, 3])

    assert story.commands == [RunItems("each", 1, fresh=True)]
    run = story.run("each")
    assert (run.state, run.phase, run.due, run.more.total, run.out) == ("running", "items", None, 3, None)
    assert story.status == "running" and story.task.due is None


def test_when_all_have_ended_it_gives_what_they_gave() -> None:
    story = each([1, 2])

    story.tell(ItemsEnded("each", 1, {"r0": 1, "r1": binary()}), after=3)

    run = story.run("each")
    assert (run.state, run.phase, run.ended, run.more.total) == ("finished", None, story.now, 2)
    assert story.status == "finished" and story.run("end").out == {"r0": 1, "r1": binary()}


def test_an_empty_list_ends_the_loop_at_once() -> None:
    story = each([])

    assert story.commands == [] and story.status == "finished"
    assert story.run("each").out == {} and story.run("each").more.total == 0


def test_the_end_of_the_items_counts_once() -> None:
    story = Story(entry("each"), loop("each", BODY, "last"), service("last", "end"), end(), out={"list": [1]})
    story.tell(ItemsEnded("each", 1, {"r0": 1}))

    assert story.changes_nothing(ItemsEnded("each", 1, {"r0": 2}))
    assert story.changes_nothing(ItemFailed("each", 1, 0, "late"))


@pytest.mark.parametrize("event", [ItemsEnded("each", 2, {}), ItemsEnded("end", 1, {}), ItemFailed("each", 0, 0, "")])
def test_the_end_of_other_items_changes_nothing(event: Any) -> None:
    assert each([1]).changes_nothing(event)


@pytest.mark.parametrize(
    ("items", "found"),
    [({"a": 1}, "an object"), ("abc", "a string"), (3, "an integer"), (None, "null"), (binary(), "a binary")],
)
def test_what_is_no_list_is_an_error_that_says_what_was_found(items: Any, found: str) -> None:
    story = each(items)

    assert story.commands == []
    assert story.task.message == f"node each: `items` must lead to a list: `entry.out.list` is {found}"


def test_items_that_are_not_found_are_an_error_that_names_the_path() -> None:
    story = each([], items="entry.out.boxes")

    expected = "`items`: `entry.out.boxes` finds nothing: `entry.out` has the key `list`"
    assert story.task.message == f"node each: {expected}"


def test_items_may_lie_deep_in_a_value_or_in_the_input_of_the_loop() -> None:
    assert each([[1, 2], [3]], items="entry.out.list.0").run("each").more.total == 2
    assert each([5], items="each.input.boxes", input={"boxes": "entry.out.list"}).run("each").more.total == 1


def test_too_many_items_are_an_error() -> None:
    assert each([0] * MAX_ITEMS).run("each").state == "running"
    story = each([0] * (MAX_ITEMS + 1))

    assert story.commands == [] and story.task.message == "node each: `items` has 100,001 items; the limit is 100,000"


def test_an_item_that_failed_fails_the_loop_and_stops_the_others() -> None:
    story = each([1, 2])

    assert story.tell(ItemFailed("each", 1, 1, "node x1: broken")) == [EndItems("each", 1)]

    assert story.run("each").error == "item 1: node x1: broken"
    assert story.task.message == "node each: item 1: node x1: broken"


def test_the_end_of_the_task_stops_the_bodies() -> None:
    story = Story(entry("each", "quick"), loop("each", BODY), service("quick", "end"), end(), out={"list": [1]})

    assert story.returns("quick") == [EndItems("each", 1)]
    assert story.status == "finished" and story.run("each").state == "cancelled"


def test_a_cancel_stops_the_bodies() -> None:
    assert each([1]).tell(Cancelled()) == [EndItems("each", 1)]


# Retry


def test_a_retry_goes_on_with_the_same_bodies() -> None:
    story = each([1, 2])
    story.tell(ItemFailed("each", 1, 1, "broken"))

    assert story.retry() == [RunItems("each", 1, again=True)]

    run = story.run("each")
    assert (run.state, run.phase, run.turn, run.error, run.ended) == ("running", "items", 1, None, None)
    assert story.lines(-2) == [(None, "running"), ("each", "running")]
    story.tell(ItemsEnded("each", 1, {}))
    assert story.status == "finished"


def test_a_loop_that_was_given_up_goes_on_too() -> None:
    story = Story(entry("each", "work"), loop("each", BODY, "end"), service("work", "end"), end(), out={"list": [1]})
    story.fails("work", again=False)
    assert story.commands == [EndItems("each", 1)]

    commands = story.retry()
    assert RunItems("each", 1, again=True) in commands and called(commands) == ["work"]


def test_a_loop_whose_items_were_wrong_starts_anew() -> None:
    story = each("abc")

    assert story.retry() == []
    assert story.run("each").turn == 2 and story.status == "error"


def test_a_loop_whose_code_after_it_failed_asks_its_bodies_again() -> None:
    story = each([1], after="1 / 0")
    story.tell(ItemsEnded("each", 1, {"r0": 1}))
    story.broke("each", "after")

    assert story.retry() == [RunItems("each", 1, again=True)]
    story.tell(ItemsEnded("each", 1, {"r0": 1}))
    story.ran("each", "after")
    assert story.status == "finished" and story.run("end").out == {"r0": 1}


# An engine that starts anew


def test_an_engine_that_starts_anew_goes_on_with_the_bodies() -> None:
    story = each([1])

    assert story.tell(Resumed(frozenset())) == [RunItems("each", 1)]
    story.tell(ItemsEnded("each", 1, {}))
    assert story.tell(Resumed(frozenset())) == []


def test_after_a_retry_it_tries_those_that_had_failed_again() -> None:
    """That they were to be tried again may have been forgotten by a crash."""
    story = each([1])
    story.tell(ItemFailed("each", 1, 0, "broken"))
    story.retry()

    assert story.tell(Resumed(frozenset())) == [RunItems("each", 1, again=True)]


def test_a_loop_in_a_task_that_fails_by_starting_anew_does_not_go_on() -> None:
    story = Story(
        entry("post", "each"),
        {"id": "post", "type": "http", "verb": "POST", "url": "http://post/", "next": ["end"]},
        loop("each", BODY, "end", before="1"),
        loop("other", BODY2, "end"),
        end(),
        out={"list": [1]},
        checked=False,
    )
    story.ran("each", "before")

    assert story.tell(Resumed(LOST)) == [EndItems("each", 1)]
    assert story.status == "error"


BODY2: list[Definition] = [plain("y", "loopEnd")]


# Items that may change


def test_items_are_stored_where_what_they_lie_in_may_change() -> None:
    """A way back resets `list` while the loop runs; who goes on with its bodies takes the list that it began with."""
    story = Story(
        entry("list"),
        plain("list", "each", "end", after="1"),
        loop("each", BODY, "end", items="list.out.list"),
        end(),
        out={"list": [1, 2]},
    )
    story.ran("list", "after")
    assert story.run("each").more.items == [1, 2]
    changed = story.run("list").copy()
    changed.out = None
    object.__setattr__(story.task, "nodes", {**story.task.nodes, "list": changed})

    assert items_of(story.frame, "each") == [1, 2]


def test_items_that_cannot_change_are_not_stored() -> None:
    story = each([1, 2])

    assert story.run("each").more.items is None and items_of(story.frame, "each") == [1, 2]


def test_stored_items_are_dropped_with_their_weight_when_the_loop_has_ended() -> None:
    story = each(["x" * 1_000], after="1")
    assert story.task.weight > 3_000
    story.tell(ItemsEnded("each", 1, {}))
    assert story.run("each").more.items == ["x" * 1_000], "a retry may need them"
    story.ran("each", "after")

    assert story.run("each").more.items is None and story.task.weight < 3_000
