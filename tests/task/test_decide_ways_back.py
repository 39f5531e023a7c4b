"""Several ways that lead back: to the middle, from behind a branch, through each other, in bodies."""

from tests.task.scenes import Definition, Story, branch, called, end, entry, loop, pipeline, plain, service


def turns(story: Story, *names: str) -> list[int]:
    """How often each of these nodes has started."""
    return [story.run(name).turn for name in names]


def test_a_plain_node_behind_a_branch_may_lead_back() -> None:
    story = Story(
        entry("work"),
        service("work", "check"),
        branch("check", ["mend"], ["end"]),
        service("mend", "work"),
        end(),
    )
    story.returns("work")
    story.takes("check", True)
    assert called(story.returns("mend", better=True)) == ["work"]

    assert turns(story, "work", "check", "mend") == [2, 1, 1]
    assert story.states()["check"] == story.states()["mend"] == "pending"
    story.returns("work")
    story.takes("check", False)
    assert story.status == "finished"


def test_what_leads_back_is_reset_too_so_that_its_out_is_gone() -> None:
    """The first node of a turn takes fresh inputs: what is to be carried over goes through params or fields."""
    story = Story(
        entry("work"),
        service("work", "check"),
        branch("check", ["mend"], ["end"]),
        plain("mend", "work", input={"better": "check.id"}),
        end(),
    )
    story.returns("work", x=1)
    story.takes("check", True)

    assert story.run("work").more.input == {"a": 1}


def test_a_way_back_into_the_middle_leaves_the_beginning_alone() -> None:
    story = Story(
        entry("a"),
        plain("a", "b"),
        plain("b", "c"),
        plain("c", "check"),
        branch("check", ["b"], ["end"]),
        end(),
    )
    story.takes("check", True, True)

    assert turns(story, "entry", "a", "b", "c", "check") == [1, 1, 3, 3, 3]


def test_two_ways_back_that_share_nodes() -> None:
    """`inner` goes back to `b`, `outer` to `a`: `b` and `inner` are on both."""
    story = Story(
        entry("a"),
        plain("a", "b"),
        plain("b", "inner"),
        branch("inner", ["b"], ["outer"]),
        branch("outer", ["a"], ["end"]),
        end(),
    )
    story.takes("inner", True, False)
    assert turns(story, "a", "b", "inner", "outer") == [1, 2, 2, 1]

    story.takes("outer", True)
    assert turns(story, "a", "b", "inner", "outer") == [2, 3, 3, 1]
    story.takes("inner", True, False)
    story.takes("outer", False)

    assert turns(story, "a", "b", "inner", "outer") == [2, 4, 4, 2]
    assert story.status == "finished"


def test_ways_back_that_cross() -> None:
    """`one` goes back to `a` and `two` to `b`, which lies between `a` and `one`."""
    story = Story(
        entry("a"),
        plain("a", "b"),
        plain("b", "one"),
        branch("one", ["a"], ["two"]),
        branch("two", ["b"], ["end"]),
        end(),
    )
    story.takes("one", False)
    story.takes("two", True)
    assert turns(story, "a", "b", "one", "two") == [1, 2, 2, 1] and story.states()["two"] == "pending"
    story.takes("one", True)
    assert turns(story, "a", "b", "one", "two") == [2, 3, 3, 1]
    story.takes("one", False)
    story.takes("two", False)
    assert story.status == "finished"


def test_two_branches_side_by_side_may_each_lead_back() -> None:
    """The one that goes back gives up what the other does, where that is on its way."""
    nodes: list[Definition] = [
        entry("a"),
        plain("a", "left", "right"),
        branch("left", ["a"], ["end"]),
        branch("right", ["a"], ["end"]),
        end(),
    ]
    story = Story(*nodes)
    story.takes("left", True)

    # `right` is on no way from `a` to `left`: it goes on with what it was asked.
    assert turns(story, "a", "left", "right") == [2, 2, 1]
    story.takes("right", True)
    assert turns(story, "a", "left", "right") == [3, 2, 2]
    assert story.states()["left"] == "running"
    story.takes("left", False)
    story.takes("right", False)
    assert story.status == "finished"


def test_a_join_in_a_loop_waits_anew_in_each_turn() -> None:
    story = Story(
        entry("a"),
        plain("a", "left", "right"),
        service("left", "join"),
        service("right", "join"),
        plain("join", "check"),
        branch("check", ["a"], ["end"]),
        end(),
    )
    for turn in (1, 2):
        story.returns("right", right=turn)
        assert story.run("join").state == "pending"
        story.returns("left", left=turn)
        assert story.run("join").out == {"right": turn, "left": turn}
        story.takes("check", turn == 1)

    assert story.status == "finished"


def test_another_side_may_be_taken_in_each_turn() -> None:
    story = Story(
        entry("a"),
        branch("a", ["left"], ["right"]),
        service("left", "join"),
        service("right", "join"),
        plain("join", "check"),
        branch("check", ["a"], ["end"]),
        end(),
    )
    story.takes("a", True)
    story.returns("left", left=1)
    story.takes("check", True)
    story.takes("a", False)
    story.returns("right", right=1)
    story.takes("check", False)

    assert story.run("end").out == {"right": 1}
    assert story.run("left").state == "pending" and story.run("left").out is None


def test_a_node_that_leads_back_to_what_has_not_run_starts_it() -> None:
    """`check` was reached on a way around `a`."""
    story = Story(
        entry("choose"),
        branch("choose", ["a"], ["check"]),
        service("a", "check"),
        branch("check", ["a"], ["end"]),
        end(),
    )
    story.takes("choose", False)

    assert called(story.takes("check", True)) == ["a"]
    assert story.states()["check"] == "pending"
    story.returns("a")
    story.takes("check", False)
    assert story.status == "finished"


def test_a_way_into_a_loop_from_outside_does_not_run_for_ever() -> None:
    """`x` waits for a way that only `choose` can open, and leads back to `n`, which is before that: it must not be
    started again and again while `choose` waits too."""
    story = Story(
        entry("n", "s", "x"),
        plain("x", "n"),
        plain("n", "choose"),
        branch("choose", ["end"], ["s"]),
        plain("s", "g", "h"),
        plain("g", "choose"),
        plain("h", "x"),
        end(),
    )
    assert story.pipeline.back == {("g", "choose"), ("x", "n")}
    assert max(run.turn for run in story.task.nodes.values()) < 5
    while story.status == "running":
        story.takes("choose", True)

    assert story.status == "finished"


def test_no_node_of_a_loop_starts_for_ever() -> None:
    nodes = [entry("a"), plain("a", "check"), branch("check", ["a"], ["end"], max_turns=100_000), end()]
    line = pipeline(*nodes)

    assert line.max_turns == 200_000
    assert pipeline(entry("a"), plain("a", "end"), end()).max_turns == 1_000

    story = Story(*nodes[:2], branch("check", ["a"], ["end"]), end())
    story.run("a").turn = story.pipeline.max_turns
    story.takes("check", True)
    assert story.task.message == "node a: it was started 2,001 times, and no branch has ended that"


def test_a_first_node_with_ready_is_asked_when_a_way_leads_back_to_it() -> None:
    story = Story(
        entry("a"),
        plain("a", "check", ready="True"),
        branch("check", ["a"], ["end"]),
        end(),
    )
    story.ran("a", "ready", True)
    story.takes("check", True)
    assert story.states()["a"] == "pending" and story.run("a").more.step == "ready"

    story.ran("a", "ready", True)
    assert turns(story, "a", "check") == [2, 2]


def test_a_failure_in_a_later_turn_can_be_retried() -> None:
    story = Story(entry("a"), service("a", "b"), service("b", "check"), branch("check", ["a"], ["end"]), end())
    story.returns("a", n=1)
    story.returns("b")
    story.takes("check", True)
    story.returns("a", n=2)
    story.fails("b", again=False)

    assert called(story.retry()) == ["b"]
    assert story.run("a").out == {"n": 2}
    story.returns("b")
    story.takes("check", False)
    assert story.status == "finished"


def test_the_first_node_of_a_turn_that_failed_can_be_retried() -> None:
    """What leads back to it has been reset: it does not wait for that."""
    story = Story(entry("a"), service("a", "check"), branch("check", ["a"], ["end"]), end())
    story.returns("a")
    story.takes("check", True)
    story.fails("a", again=False)

    assert called(story.retry()) == ["a"]
    story.returns("a")
    story.takes("check", False)
    assert story.status == "finished"


def test_a_loop_in_the_graph_of_a_body() -> None:
    nodes = [plain("a", "check"), branch("check", ["a"], ["loopEnd"])]
    story = Story(entry("each"), loop("each", nodes, "end", collect={"n": "a.out"}), end(), out={"list": [1]})
    body = story.body("each", 1)
    body.takes("check", True, True, False)

    assert turns(body, "a", "check", "loopEnd") == [3, 3, 1]
    assert body.status == "finished"
