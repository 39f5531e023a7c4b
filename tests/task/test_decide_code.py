"""The code fields of a node: in which order they are asked for, and what comes of what they did."""

from engine.task.events import Cancelled, CodeFailed, CodeRan, MakeCall, Resumed, Retried, RunCode
from engine.task.weight import weigh
from tests.task.scenes import LOST, Story, asked, binary, branch, called, end, entry, loop, plain, service

CODE = {"before": "input.x = 1", "after": "node.out.y = 2"}


def test_before_then_the_work_then_after() -> None:
    story = Story(entry("work"), service("work", "end", **CODE), end())
    assert story.commands == [RunCode("work", "before", 1)]
    assert (story.run("work").state, story.run("work").phase, story.task.due) == ("running", None, None)

    assert story.ran("work", "before", input={"x": 1}) == [MakeCall("work", story.call("work"))]
    assert story.run("work").phase == "calling"
    assert story.returns("work", z=3) == [RunCode("work", "after", 1)]
    run = story.run("work")
    assert (run.state, run.phase, run.due, run.out) == ("running", None, None, {"z": 3})

    story.ran("work", "after", out={"z": 3, "y": 2})
    assert story.status == "finished" and story.run("end").out == {"z": 3, "y": 2}


def test_ready_comes_first_and_the_fields_of_a_branch_between() -> None:
    node = branch("choose", {"exec": "node.out.x = 1"}, next=["end"], ready="True", **CODE)
    story = Story(entry("choose"), node, end())

    order = []
    for value in (True, None, True, None, None):
        ((name, step),) = asked(story.commands)
        order.append(step)
        story.ran(name, step, value)  # type: ignore[arg-type]
    assert order == ["ready", "before", "if", "exec", "after"] and story.status == "finished"


def test_a_loop_asks_before_its_items_are_taken_and_after_its_bodies_have_ended() -> None:
    story = Story(entry("each"), loop("each", [plain("x", "loopEnd")], "end", **CODE), end(), out={"list": []})
    assert asked(story.commands) == [("each", "before")]
    story.ran("each", "before", entry={"out": {"list": []}})

    assert asked(story.commands) == [("each", "after")]


def test_entry_and_end_have_code_too() -> None:
    story = Story(entry("end", **CODE), end(**CODE), out={"a": 1})
    assert asked(story.commands) == [("entry", "before")]
    story.ran("entry", "before")
    story.ran("entry", "after", out={"b": 2})
    assert story.run("entry").out == {"b": 2}
    story.ran("end", "before")
    assert story.status == "running"
    story.ran("end", "after", out={"c": 3})

    assert story.status == "finished" and story.run("end").out == {"c": 3}


# What code changes


def test_a_changed_input_is_what_the_node_works_on() -> None:
    story = Story(entry("copy"), plain("copy", "end", before="input.x = 1"), end())
    story.ran("copy", "before", input={"x": 1})

    assert story.run("end").out == {"x": 1} and story.run("copy").more.input == {"x": 1}


def test_code_may_change_other_nodes_whether_they_have_run_or_not() -> None:
    story = Story(
        entry("a"),
        plain("a", "b", after="b.params.n = 1"),
        plain("b", "end", input={"n": "node.params.n", "a": "a.out.a"}),
        end(),
    )
    story.ran("a", "after", b={"params": {"n": 5}}, a={"out": {"a": "new"}})

    assert story.run("end").out == {"n": 5, "a": "new"}


def test_fields_of_the_pipeline_are_kept_with_the_task() -> None:
    story = Story(
        entry("a"),
        plain("a", "b", after="pipeline.count = 1"),
        plain("b", "end", input={"count": "pipeline.count.deep"}),
        end(),
    )
    story.ran("a", "after", pipeline={"count": {"deep": binary()}})

    assert story.task.fields == {"count": {"deep": binary()}}
    assert story.run("end").out == {"count": binary()}


def test_code_that_changes_nothing_goes_on() -> None:
    story = Story(entry("a"), plain("a", "end", after="1"), end())
    story.ran("a", "after")

    assert story.status == "finished" and story.task.fields is None


def test_all_that_code_stores_is_weighed() -> None:
    story = Story(entry("a"), service("a", "end", before="1", after="1"), end())
    taken, params, fields = {"x": "y" * 100}, {"p": "q" * 200}, {"f": ["g" * 300]}
    story.ran("a", "before", input=taken, params=params, pipeline=fields)

    held = [story.run("entry").out, taken, params, fields]
    assert story.task.weight == sum(map(weigh, held))
    story.returns("a", z="z" * 400)
    story.ran("a", "after", out={}, pipeline={})
    assert story.run("end").more.input == {}
    assert story.task.weight == sum(map(weigh, [story.run("entry").out, taken, params, {}, {}, {}, {}]))


def test_what_is_too_heavy_fails_the_node_whose_code_it_was() -> None:
    story = Story(entry("a"), plain("a", "end", after="1"), end())
    story.ran("a", "after", entry={"out": {"x": "x" * 17 * 1024**2}})

    assert story.task.message == "node a: the values of the task grow beyond 16 MB"
    assert story.run("entry").out == {"a": 1}


# Failures


def test_code_that_fails_fails_its_node_and_changes_nothing() -> None:
    story = Story(entry("a"), service("a", "end", after="1 / 0"), end())
    story.returns("a", x=1)
    story.broke("a", "after", "`after`, line 1: ZeroDivisionError")

    assert story.task.message == "node a: `after`, line 1: ZeroDivisionError"
    assert story.run("a").state == "error" and story.run("a").more.step is None


def test_a_node_whose_code_failed_starts_from_the_beginning_by_a_retry() -> None:
    story = Story(entry("a"), service("a", "end", **CODE), end())
    story.ran("a", "before")
    story.returns("a", x=1)
    weight = story.task.weight
    story.broke("a", "after")

    assert asked(story.retry()) == [("a", "before")]
    assert story.run("a").out is None and story.run("a").turn == 2 and story.task.weight == weight - weigh({"x": 1})
    assert called(story.ran("a", "before")) == ["a"]
    story.returns("a", x=1)
    story.ran("a", "after")
    assert story.status == "finished"


def test_an_entry_whose_code_failed_keeps_what_it_received() -> None:
    story = Story(entry("end", after="1 / 0"), end(), out={"a": 1})
    story.broke("entry", "after")
    assert story.run("entry").out == {"a": 1}

    assert asked(story.retry()) == [("entry", "after")]
    story.ran("entry", "after")
    assert story.status == "finished" and story.run("end").out == {"a": 1}


def test_a_node_with_code_that_is_given_up_asks_no_more() -> None:
    story = Story(entry("a", "b"), plain("a", "end", before="1"), service("b", "end"), end())
    story.fails("b", again=False)

    assert story.run("a").state == "cancelled" and story.run("a").more.step is None
    assert story.changes_nothing(CodeRan("a", "before", 1)) and story.changes_nothing(CodeFailed("a", "before", 1, ""))
    assert story.changes_nothing(Resumed(LOST))


# Repeats


def test_an_answer_counts_once() -> None:
    story = Story(entry("a"), service("a", "end", **CODE), end())
    story.ran("a", "before", input={"x": 1})

    assert story.changes_nothing(CodeRan("a", "before", 1, None, {"a": {"input": {"x": 2}}}))
    assert story.changes_nothing(CodeFailed("a", "before", 1, "oh"))


def test_an_answer_from_before_a_retry_changes_nothing() -> None:
    story = Story(entry("a"), service("a", "end", before="1"), end())
    story.tell(Cancelled())
    story.tell(Retried())
    assert story.commands == [RunCode("a", "before", 2)]

    assert story.changes_nothing(CodeRan("a", "before", 1)) and story.changes_nothing(CodeFailed("a", "before", 1, ""))


def test_an_engine_that_starts_anew_runs_what_was_asked_for() -> None:
    story = Story(entry("a", "b"), plain("a", "end", before="1"), plain("b", "end", after="1"), end())

    assert story.tell(Resumed(frozenset())) == [RunCode("a", "before", 1), RunCode("b", "after", 1)]
    story.ran("a", "before")
    assert story.tell(Resumed(frozenset())) == [RunCode("b", "after", 1)]
