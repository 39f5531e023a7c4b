"""A submission starts the entry, and what follows from it: chains, parallel branches, joins, the end."""

import pytest

from engine.task.decide import decide
from engine.task.events import MakeCall, Submitted
from engine.task.task import Change
from tests.task.scenes import START, Story, binary, called, end, entry, pipeline, plain, service


def test_a_task_without_services_ends_with_its_submission() -> None:
    story = Story(entry("copy"), plain("copy", "end"), end(), out={"a": 1, "b": [2]})

    assert story.commands == []
    assert story.task.status == "finished" and story.task.message is None and story.task.ended == START
    assert story.run("end").out == {"a": 1, "b": [2]}
    assert story.task.history == (
        Change(START, None, "running"),
        Change(START, "entry", "running"),
        Change(START, "entry", "finished"),
        Change(START, "copy", "running"),
        Change(START, "copy", "finished"),
        Change(START, "end", "running"),
        Change(START, "end", "finished"),
        Change(START, None, "finished"),
    )


def test_the_out_of_the_entry_is_what_was_received() -> None:
    picture = binary()
    story = Story(entry("work"), service("work", "end"), end(), out={"image": picture, "areas": []})

    assert story.run("entry").out == {"image": picture, "areas": []}
    assert story.run("entry").turn == 1
    assert (story.run("entry").started, story.run("entry").ended) == (START, START)


def test_a_service_node_is_called_once_and_runs_until_the_result_comes() -> None:
    story = Story(entry("work"), service("work", "end"), end())

    assert story.commands == [MakeCall("work", story.call("work"))]
    assert story.states() == {"entry": "finished", "work": "running", "end": "pending"}
    assert story.run("work").phase == "calling"
    assert story.task.status == "running"


def test_a_second_submission_changes_nothing() -> None:
    story = Story(entry("work"), service("work", "end"), end())

    assert story.changes_nothing(Submitted({"a": 2}))


def test_a_new_task_has_nothing_started() -> None:
    story = Story(entry("work"), service("work", "end"), end())

    assert list(story.task.nodes) == ["entry", "work"]
    assert story.task.node("end").state == "pending" and story.task.node("end").turn == 0


def test_several_successors_start_in_parallel_in_the_order_of_next() -> None:
    story = Story(entry("right", "left"), service("left", "end"), plain("right", "far"), service("far", "end"), end())

    assert called(story.commands) == ["left", "far"]
    assert story.states() == {
        "entry": "finished",
        "left": "running",
        "right": "finished",
        "far": "running",
        "end": "pending",
    }


def test_a_join_waits_for_all_of_its_predecessors() -> None:
    story = Story(entry("a", "b", "c"), *(service(name, "join") for name in "abc"), plain("join", "end"), end())

    for name in "bc":
        story.returns(name)
        assert story.run("join").state == "pending" and story.task.status == "running"
    story.returns("a")

    assert story.run("join").state == "finished" and story.run("join").turn == 1
    assert story.task.status == "finished"


def test_a_join_without_input_merges_in_the_order_of_the_definition_whatever_ends_first() -> None:
    nodes = [entry("late", "early"), service("early", "end"), service("late", "end"), end()]
    for order in (("early", "late"), ("late", "early")):
        story = Story(*nodes)
        for name in order:
            story.returns(name, who=name, **{name: True})

        assert story.run("end").out == {"who": "late", "early": True, "late": True}


def test_a_node_that_joins_the_entry_with_its_successor_starts_once() -> None:
    story = Story(entry("a", "end"), service("a", "end"), end(), out={"a": 1})
    assert story.run("end").state == "pending"

    story.returns("a", b=2)

    assert story.run("end").out == {"a": 1, "b": 2} and story.run("end").turn == 1


def test_a_join_of_branches_that_end_in_the_same_moment_is_called_once() -> None:
    story = Story(entry("a", "b"), plain("a", "work"), plain("b", "work"), service("work", "end"), end())

    assert called(story.commands) == ["work"]
    assert story.run("work").turn == 1 and len(story.run("work").attempts) == 1


def test_an_input_directive_chooses_and_names_what_arrives() -> None:
    picture = binary()
    story = Story(
        entry("find"),
        service("find", "blur", input={"image": "entry.out.avatar"}),
        service("blur", "end", input={"image": "entry.out.avatar", "areas": "find.out.answer"}),
        end(input={"blurred.jpg": "blur.out.result", "first": "find.out.answer.0"}),
        out={"avatar": picture},
    )
    story.returns("find", answer=[[1, 2, 3, 4]])
    story.returns("blur", result=binary("result.jpg", 2))

    assert story.run("end").out == {"blurred.jpg": binary("result.jpg", 2), "first": [1, 2, 3, 4]}


def test_a_path_that_finds_nothing_is_an_error_of_node_and_task_that_names_path_and_keys() -> None:
    story = Story(
        entry("find"), service("find", "use"), plain("use", "end", input={"boxes": "find.out.answers"}), end()
    )

    story.returns("find", answer=[], score=0.5)

    expected = "input `boxes`: `find.out.answers` finds nothing: `find.out` has the keys `answer`, `score`"
    assert story.run("use").state == "error" and story.run("use").error == expected
    assert story.task.status == "error" and story.task.message == f"node use: {expected}"
    assert story.run("use").ended == story.task.ended == story.now
    assert story.task.history[-2:] == (
        Change(story.now, "use", "error", expected),
        Change(story.now, None, "error", f"node use: {expected}"),
    )


def test_after_an_error_nothing_is_called_and_what_ran_is_given_up() -> None:
    story = Story(
        entry("a"),
        service("a", "fine", "wrong", "other"),
        service("fine", "end"),
        plain("wrong", "end", input={"x": "a.out.nothing"}),
        service("other", "end"),
        end(),
    )

    commands = story.returns("a")

    assert commands == []
    assert story.states() == {
        "entry": "finished",
        "a": "finished",
        "fine": "cancelled",
        "wrong": "error",
        "other": "pending",
        "end": "pending",
    }
    assert story.task.due is None


def test_a_join_of_500_starts_once_when_the_last_result_is_there() -> None:
    names = [f"n{number}" for number in range(500)]
    story = Story(entry(*names), *(service(name, "join") for name in names), plain("join", "end"), end())
    assert called(story.commands) == names

    for name in reversed(names[1:]):
        story.returns(name, **{name: 1, "last": name})
    assert story.run("join").state == "pending"
    story.returns("n0", n0=1, last="n0")

    assert story.task.status == "finished"
    assert story.run("join").turn == 1
    assert story.run("join").out == {"last": "n499", **{name: 1 for name in names}}


def test_the_end_of_the_end_node_is_the_end_of_the_task() -> None:
    story = Story(entry("quick", "slow"), service("quick", "end"), service("slow"), end())

    story.returns("quick", result=1)

    assert story.task.status == "finished" and story.task.ended == story.now
    assert story.run("end").out == {"result": 1}


def test_a_decision_depends_on_its_arguments_alone() -> None:
    one, other = (Story(entry("a", "b"), service("a", "end"), service("b", "end"), end()) for _ in range(2))

    assert one.task == other.task and one.commands == other.commands


def test_what_was_given_is_not_changed() -> None:
    story = Story(entry("a"), service("a", "end"), end())
    before, run, attempt = story.task, story.run("a"), story.attempt("a")
    nodes, history = dict(before.nodes), before.history

    story.returns("a", x=1)

    assert dict(before.nodes) == nodes and before.history is history and before.status == "running"
    assert run.state == "running" and run.out is None and run.attempts == (attempt,) and attempt.ended is None
    assert story.task is not before


def test_what_is_no_event_is_refused() -> None:
    story = Story(entry("a"), service("a", "end"), end())

    with pytest.raises(TypeError, match="no rule for 'something'"):
        decide(story.pipeline, story.task, "something", story.now)  # type: ignore[arg-type]


def test_a_task_that_can_never_end_says_what_waits_for_what() -> None:
    island = plain("island", "end")  # nothing leads to it: the check refuses such a definition
    story = Story(entry("a"), service("a", "end"), island, end(), checked=False)

    story.returns("a")

    assert story.task.status == "error" and story.task.due is None
    assert story.task.message == "nothing runs and the end was not reached: end waits for island"


def test_a_task_whose_end_nothing_leads_to_ends_in_an_error() -> None:
    story = Story(entry("a"), service("a"), end(), checked=False)

    story.returns("a")

    assert story.task.status == "error"
    assert (
        story.task.message
        == "nothing runs and the end was not reached: no node is waiting, and no way that was taken leads on"
    )


def test_a_pipeline_of_entry_and_end_alone_hands_the_submission_back() -> None:
    assert pipeline(entry("end"), end()).predecessors["end"] == ("entry",)
    assert Story(entry("end"), end(), out={"a": "x"}).run("end").out == {"a": "x"}
