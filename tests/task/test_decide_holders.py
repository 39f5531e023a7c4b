"""Which engines have something under way for a task, and what another one takes over when one of them is lost."""

from engine.task.codec import decode, encode
from engine.task.events import (
    CallAccepted,
    CallHeld,
    CallSent,
    Cancelled,
    ChildStarted,
    EndItems,
    ItemsEnded,
    MakeCall,
    Resumed,
    RunCode,
    RunItems,
    ServiceAway,
    ServiceBack,
)
from tests.task.scenes import Story, asked, branch, called, end, entry, http, loop, plain, service


def lost(*engines: str) -> Resumed:
    """These engines are lost."""
    return Resumed(frozenset(engines))


def holders(story: Story) -> str:
    """The engines that hold the task."""
    return " ".join(story.task.holders)


def two() -> Story:
    """A task whose nodes `a` and `b` are called by the engines e1 and e2: `b` by its second attempt."""
    story = Story(entry("a", "b"), service("a", "end"), service("b", "end"), end(), engine="e1")
    story.fails("b")
    story.at("e2").timer()
    assert holders(story) == "e1 e2" and (story.attempt("a").engine, story.attempt("b").engine) == ("e1", "e2")
    return story


# Who joins


def test_an_engine_that_makes_a_call_holds_the_task() -> None:
    story = Story(entry("a"), service("a", "end"), end(), engine="e1")

    assert holders(story) == "e1" and story.attempt("a").engine == "e1"


def test_an_engine_that_runs_code_holds_the_task() -> None:
    story = Story(entry("a"), plain("a", "end", before="1"), end(), engine="e1")
    assert story.commands == [RunCode("a", "before", 1)] and holders(story) == "e1"

    waits = Story(entry("a", "b"), plain("a", "end", ready="b.finished"), plain("b", "end"), end(), engine="e1")
    assert asked(waits.commands) == [("a", "ready")] and holders(waits) == "e1"


def test_an_engine_that_drives_a_loop_holds_the_task() -> None:
    nodes = entry("each"), loop("each", [plain("x", "loopEnd")], "end"), end()
    story = Story(*nodes, out={"list": [1]}, engine="e1")

    assert story.commands == [RunItems("each", 1, fresh=True)] and holders(story) == "e1"


def test_who_has_nothing_to_do_does_not_hold_it() -> None:
    story = Story(entry("a", "b"), service("a", "end"), service("b", "end"), end(), engine="e1").at("e2")
    story.returns("a")
    story.tell(CallHeld(story.call("b"), "http://b/work"))
    assert holders(story) == "e1"

    done = Story(entry("a"), plain("a", "end"), end(), engine="e1")
    assert done.status == "finished" and holders(done) == ""


def test_holders_are_in_order_and_each_is_named_once() -> None:
    story = Story(entry("a", "b", "c"), *(service(name, "end") for name in "abc"), end(), engine="e3")
    for node, engine in (("a", "e1"), ("b", "e2"), ("a", "e1")):
        story.fails(node)
        story.at(engine).timer()

    assert holders(story) == "e1 e2 e3"


def test_they_are_stored() -> None:
    story = two()

    assert decode(encode(story.task)) == story.task


# Who leaves


def test_an_engine_leaves_when_its_call_is_accepted() -> None:
    story = Story(entry("a"), service("a", "end"), end(), engine="e1")
    story.at("e2").tell(CallAccepted(story.call("a"), "http://a/work", story.now))

    assert holders(story) == "" and not story.task.open


def test_nobody_leaves_while_anything_is_open() -> None:
    """Who has it is not looked for: the one whose call was accepted stays too, which does no harm."""
    story = two()
    story.tell(CallAccepted(story.call("a"), "http://a/work", story.now))
    assert holders(story) == "e1 e2"

    story.tell(CallAccepted(story.call("b"), "http://b/work", story.now))
    assert holders(story) == ""


def test_nobody_holds_a_task_that_has_ended() -> None:
    finished, failed, cancelled = two(), two(), two()
    finished.returns("a")
    finished.returns("b")
    failed.fails("a", again=False)
    cancelled.tell(Cancelled())

    assert [story.status for story in (finished, failed, cancelled)] == ["finished", "error", "error"]
    assert all(holders(story) == "" for story in (finished, failed, cancelled))


def test_nobody_holds_a_task_that_only_waits() -> None:
    story = Story(entry("a"), service("a", "end"), end(), engine="e1")
    story.fails("a")
    assert story.run("a").phase == "pausing" and holders(story) == ""

    story.at("e2").timer()
    assert holders(story) == "e2"
    story.tell(ServiceAway(story.call("a"), "http://a/work"))
    assert story.run("a").phase == "away" and holders(story) == ""
    story.at("e3").tell(ServiceBack(frozenset(["http://a/work"])))
    assert holders(story) == "e3"


def test_a_call_that_waits_for_room_is_held() -> None:
    story = Story(entry("a"), service("a", "end"), end(), engine="e1")
    story.tell(CallHeld(story.call("a"), "http://a/work"))
    assert story.task.open and holders(story) == "e1"

    story.tell(CallSent(story.call("a")))
    assert story.task.open and holders(story) == "e1"


def test_a_sub_pipeline_is_open_until_it_returns() -> None:
    story = Story(entry("sub"), service("sub", "end", service="other"), end(), engine="e1")
    story.tell(ChildStarted(story.call("sub"), "child-1"))
    assert story.task.open and holders(story) == "e1"

    story.at("e2").returns("sub")
    assert holders(story) == ""


def test_code_that_has_run_is_not_open() -> None:
    story = Story(entry("a"), plain("a", "b", after="1"), service("b", "end"), end(), engine="e1")
    story.at("e2").ran("a", "after")
    assert holders(story) == "e1 e2"

    story.returns("b")
    assert holders(story) == ""


# What is taken over


def test_only_the_calls_of_those_that_are_lost_are_made_again() -> None:
    story = two().at("e3")
    calls = story.call("a"), story.call("b")

    assert story.tell(lost("e1")) == [MakeCall("a", calls[0])]
    assert holders(story) == "e2 e3"
    assert (story.attempt("a").engine, story.attempt("b").engine) == ("e3", "e2")
    assert story.tell(lost("e2", "e3")) == [MakeCall("a", calls[0]), MakeCall("b", calls[1])]
    assert holders(story) == "e3", "who is at work cannot be lost"


def test_another_one_that_is_lost_leaves_its_place_to_the_next() -> None:
    story = two()
    for number in range(3, 8):
        dead = story.attempt("a").engine
        assert called(story.at(f"e{number}").tell(lost(dead))) == ["a"]
        assert holders(story) == f"e2 e{number}"
    assert len(story.run("a").attempts) == 1


def test_it_happens_once() -> None:
    story = two().at("e3")
    story.tell(lost("e1"))

    assert story.at("e2").changes_nothing(lost("e1")) and story.at("e4").changes_nothing(lost("e1", "e0"))


def test_where_nothing_of_theirs_is_open_they_only_leave() -> None:
    story = two()
    story.tell(CallAccepted(story.call("a"), "http://a/work", story.now))
    before = story.task

    assert story.at("e3").tell(lost("e1")) == []
    assert holders(story) == "e2" and story.task.history == before.history
    assert story.task.nodes == before.nodes


def test_what_code_and_loops_do_goes_on_at_the_next_one() -> None:
    nodes = entry("each", "x"), loop("each", [plain("y", "loopEnd")], "end"), plain("x", "end", before="1"), end()
    story = Story(*nodes, out={"list": [1]}, engine="e1").at("e2")

    assert story.tell(lost("e1")) == [RunItems("each", 1), RunCode("x", "before", 1)]
    assert holders(story) == "e2"
    story.at("e3").tell(ItemsEnded("each", 1, {}))
    assert holders(story) == "e2"


def test_code_that_is_left_to_be_run_takes_nobodys_place() -> None:
    story = Story(entry("a"), plain("a", "end", before="1"), end(), engine="e1").at("e2")

    assert story.tell(lost()) == [RunCode("a", "before", 1)]
    assert holders(story) == "e1 e2"


def test_a_request_of_an_engine_that_lives_does_not_fail_by_the_death_of_another() -> None:
    story = Story(entry("ask", "b"), http("ask", "end", verb="POST"), service("b", "end"), end(), engine="e1")
    story.fails("b")
    story.at("e2").timer()

    assert story.at("e3").tell(lost("e2")) == [MakeCall("b", story.call("b"))]
    assert story.run("ask").phase == "calling" and holders(story) == "e1 e3"
    story.tell(lost("e1"))
    assert story.run("ask").state == "error" and holders(story) == ""


def test_a_sub_pipeline_is_taken_over_with_its_child() -> None:
    story = Story(entry("sub"), service("sub", "end", service="other"), end(), engine="e1")
    story.tell(ChildStarted(story.call("sub"), "child-1"))

    assert story.at("e2").tell(lost("e1")) == [MakeCall("sub", story.call("sub"))]
    assert holders(story) == "e2" and story.attempt("sub").task == "child-1"


# Again


def test_who_retries_a_task_holds_it() -> None:
    nodes = entry("each", "a"), loop("each", [plain("x", "loopEnd")], "end"), service("a", "end"), end()
    story = Story(*nodes, out={"list": [1]}, engine="e1")
    assert EndItems("each", 1) in story.fails("a", again=False) and holders(story) == ""

    story.at("e2").retry()
    assert story.commands == [RunItems("each", 1, again=True), MakeCall("a", story.call("a"))]
    assert holders(story) == "e2" and story.attempt("a").engine == "e2"


def test_a_way_back_is_held_by_who_takes_it() -> None:
    story = Story(entry("a"), service("a", "turn"), branch("turn", ["a"], ["end"]), end(), engine="e1")
    story.at("e2").returns("a")
    assert holders(story) == "e1 e2", "e1 has nothing to do any more; that is not looked for"

    story.at("e3").takes("turn", True)
    assert story.attempt("a").engine == "e3" and holders(story) == "e1 e2 e3"
    assert story.at("e4").tell(lost("e1")) == [] and holders(story) == "e2 e3"
    assert story.tell(lost("e3")) == [MakeCall("a", story.call("a"))] and holders(story) == "e2 e4"
    story.returns("a")
    story.takes("turn", False)
    assert story.status == "finished" and holders(story) == ""


def test_what_a_way_back_resets_is_not_open() -> None:
    turn = branch("turn", ["a"], ["end"], ready="a.finished")
    story = Story(entry("a"), plain("a", "turn", "slow"), turn, service("slow", "turn"), end(), engine="e1")
    story.ran("turn", "ready", True)
    earlier = story.call("slow")
    story.at("e2").takes("turn", True)

    assert story.call("slow") != earlier and story.attempt("slow").engine == "e2"
    assert story.at("e3").tell(lost("e1")) == [RunCode("turn", "ready", 1)]
    assert holders(story) == "e2 e3"
