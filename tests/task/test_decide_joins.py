"""Joins behind branches: what lies on a way that was not taken is not waited for, what may still come is."""

from engine.task.events import Resumed
from tests.task.scenes import LOST, Definition, Story, branch, called, end, entry, plain, service


def diamond(**fields: object) -> Story:
    """A branch over two services that join again."""
    return Story(
        entry("choose"),
        branch("choose", ["left"], ["right"]),
        service("left", "join"),
        service("right", "join"),
        plain("join", "end", **fields),
        end(),
    )


def test_a_join_does_not_wait_for_the_side_that_was_not_taken() -> None:
    for holds, taken in ((True, "left"), (False, "right")):
        story = diamond()
        story.takes("choose", holds)
        assert story.run("join").state == "pending"
        story.returns(taken, who=taken)

        assert story.status == "finished"
        assert story.run("join").turn == 1 and story.run("end").out == {"who": taken}


def test_a_path_to_what_was_skipped_is_an_error_that_names_it() -> None:
    story = diamond(input={"x": "right.out.x"})
    story.takes("choose", True)
    story.returns("left")

    assert story.status == "error"
    assert story.run("join").error == (
        "input `x`: `right.out.x` finds nothing: `right` has the keys `id`, `type`, `params`, `finished`"
    )


def test_a_join_behind_a_long_way_that_was_not_taken() -> None:
    story = Story(
        entry("choose", "work"),
        branch("choose", ["a"], next=[]),
        plain("a", "b"),
        service("b", "c"),
        plain("c", "join"),
        service("work", "join"),
        plain("join", "end"),
        end(),
    )
    story.returns("work", x=1)
    assert story.run("join").state == "pending", "the branch may still choose it"

    story.takes("choose", False)

    assert story.status == "finished" and story.run("end").out == {"x": 1}
    assert [story.run(name).state for name in "abc"] == ["pending"] * 3


def test_a_join_waits_for_a_way_that_is_still_being_gone() -> None:
    story = Story(
        entry("choose", "work"),
        branch("choose", ["a"], ["join"]),
        service("a", "b"),
        service("b", "join"),
        service("work", "join"),
        plain("join", "end"),
        end(),
    )
    story.takes("choose", True)
    story.returns("work")
    assert story.run("join").state == "pending"
    story.returns("a")
    assert story.run("join").state == "pending"
    story.returns("b", x=1)

    assert story.status == "finished"


def test_that_a_way_is_not_taken_may_be_known_only_when_another_branch_has_chosen() -> None:
    """`deep` can be reached by two branches: it is dead when neither has chosen it."""
    story = Story(
        entry("one", "two", "work"),
        branch("one", ["deep"], []),
        branch("two", ["deep"], []),
        plain("deep", "join"),
        service("work", "join"),
        plain("join", "end"),
        end(),
    )
    story.returns("work", x=1)
    story.takes("one", False)
    assert story.run("join").state == "pending"

    story.takes("two", False)

    assert story.status == "finished" and story.run("deep").state == "pending"


def test_a_dead_way_is_found_when_a_third_branch_ends_that_has_nothing_to_do_with_the_join() -> None:
    """Nothing that leads to the join ends at that moment: it starts all the same."""
    story = Story(
        entry("outer", "work"),
        branch("outer", ["inner"], ["end"]),
        branch("inner", ["far"], ["side"]),
        service("far", "join"),
        service("side"),
        service("work", "join"),
        plain("join", "end"),
        end(),
    )
    story.returns("work", x=1)
    story.takes("outer", True)
    assert story.run("join").state == "pending"

    assert called(story.takes("inner", False)) == []  # the end gives `side` up before it is called

    assert story.run("join").state == "finished"
    assert story.status == "finished" and story.run("side").state == "cancelled"


def test_a_join_starts_when_the_last_that_could_lead_to_it_ends_and_does_not() -> None:
    """Then all its predecessors are finished, the last of them on another side."""
    story = Story(entry("choose", "join"), branch("choose", ["join"], []), plain("join", "end"), end())
    story.takes("choose", False)

    assert story.status == "finished" and story.run("join").out == {"a": 1}


def test_branches_in_branches() -> None:
    nodes: list[Definition] = [
        entry("one"),
        branch("one", ["two"], ["c"]),
        branch("two", ["a"], ["b"]),
        *(service(name, "inner" if name in "ab" else "join") for name in "abc"),
        service("inner", "join"),
        plain("join", "end"),
        end(),
    ]
    for sides, way in (((True, True), "a"), ((True, False), "b"), ((False,), "c")):
        story = Story(*nodes)
        for name, holds in zip(("one", "two"), sides, strict=False):
            story.takes(name, holds)
        story.returns(way)
        if way != "c":
            story.returns("inner", x=1)

        assert story.status == "finished", way
        ran = {node_id for node_id, state in story.states().items() if state == "finished"}
        assert ran == {"entry", "one", "join", "end", way} | ({"two", "inner"} if way != "c" else set())


def test_a_join_that_only_a_way_not_taken_leads_to_does_not_run() -> None:
    story = Story(
        entry("choose"),
        branch("choose", ["end"], ["a", "b"]),
        plain("a", "join"),
        plain("b", "join"),
        service("join", "end"),
        end(),
    )

    assert story.takes("choose", True) == []
    assert story.status == "finished" and story.run("join").state == "pending"


def test_a_plain_node_that_is_finished_at_once_is_not_overlooked() -> None:
    """`first` and `join` both wait for the same dead way, and `first` leads to what `join` waits for."""
    story = Story(
        entry("p", "choose"),
        plain("p", "first", "join"),
        branch("choose", ["dead"], ["live"]),
        plain("dead", "first"),
        service("live", "join"),
        plain("first", "second"),
        service("second", "join"),
        plain("join", "end"),
        end(),
    )
    commands = story.takes("choose", False)

    assert called(commands) == ["live", "second"]
    story.returns("live")
    assert story.run("join").state == "pending"
    story.returns("second", x=1)
    assert story.status == "finished" and story.run("end").out == {"a": 1, "x": 1}


def test_two_that_wait_for_the_same_dead_way_and_are_finished_at_once_start_in_order() -> None:
    story = Story(
        entry("p", "choose"),
        branch("choose", ["dead"], ["quick"]),
        plain("quick"),
        plain("dead", "first"),
        plain("p", "first", "join"),
        plain("first", "second"),
        plain("second", "join"),
        plain("join", "end"),
        end(),
    )
    story.takes("choose", False)

    assert story.status == "finished"
    started = [node for node, state in story.lines() if state == "running" and node is not None]
    assert started == ["entry", "p", "choose", "quick", "first", "second", "join", "end"]


def test_joins_that_wait_for_each_other_begin_with_the_first_of_the_definition() -> None:
    """Each lies behind the other, on ways that lead back: one of them has to begin."""
    nodes = [
        entry("choose"),
        branch("choose", ["one", "two"], ["end"]),
        plain("one", "left"),
        plain("two", "right"),
        branch("left", ["right"], ["end"]),
        branch("right", ["left"], ["end"]),
        end(),
    ]
    story = Story(*nodes)
    story.takes("choose", True)

    assert [story.run(name).state for name in ("left", "right")] == ["running", "pending"]


def test_the_end_waits_for_what_may_still_come() -> None:
    story = Story(
        entry("choose", "slow"),
        branch("choose", ["end"], ["end"]),
        service("slow", "end"),
        end(),
    )
    story.takes("choose", True)
    assert story.run("end").state == "pending"

    story.tell(Resumed(LOST))
    story.returns("slow")
    assert story.status == "finished"


def test_after_a_failure_the_retry_knows_what_was_not_taken() -> None:
    story = diamond()
    story.takes("choose", True)
    story.fails("left", again=False)

    assert called(story.retry()) == ["left"]
    story.returns("left", x=1)
    assert story.status == "finished" and story.run("right").state == "pending"
