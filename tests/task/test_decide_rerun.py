"""A task that runs another one again from a node: it takes over what was before, and goes on from there."""

from engine.task.events import MakeCall, Rerun, RunItems
from engine.task.task import Extra, NodeRun
from engine.task.weight import weigh
from tests.task.scenes import START, Definition, Story, asked, branch, called, end, entry, loop, plain, service


def kept(out: dict[str, object], extra: Extra | None = None) -> NodeRun:
    """A node that had finished."""
    return NodeRun("finished", 1, START - 9, START - 8, out, extra=extra)


def again(event: Rerun, *nodes: Definition) -> Story:
    """A task that begins with this."""
    story = Story(*nodes, begin=False)
    story.tell(event)
    return story


LINE = [entry("one"), service("one", "two"), service("two", "end"), end()]


def test_what_was_before_is_taken_over_and_the_node_starts() -> None:
    before = {"entry": kept({"a": 1}), "one": kept({"x": 1})}
    story = again(Rerun("two", before, {}), *LINE)

    assert story.commands == [MakeCall("two", story.call("two"))]
    assert (story.run("one").state, story.run("one").out) == ("finished", {"x": 1})
    assert story.task.history[2].detail == "taken over from the earlier task"
    assert story.lines() == [(None, "running"), ("entry", "finished"), ("one", "finished"), ("two", "running")]
    story.returns("two", y=2)
    assert story.status == "finished" and story.run("end").out == {"y": 2}


def test_it_happens_once() -> None:
    event = Rerun("two", {"entry": kept({}), "one": kept({})}, {})
    story = again(event, *LINE)

    assert story.changes_nothing(event)


def test_a_changed_input_takes_the_place_of_fields() -> None:
    before = {"entry": kept({"a": 1}), "one": kept({"x": 1, "y": 2})}
    story = again(Rerun("two", before, {}, {"y": 3, "z": 4}), *LINE)

    assert story.run("two").more.input == {"x": 1, "y": 3, "z": 4}


def test_a_changed_input_lasts_for_all_attempts() -> None:
    before = {"entry": kept({"a": 1}), "one": kept({"x": 1})}
    story = again(Rerun("two", before, {}, {"x": 2}), *LINE)
    story.fails("two")
    story.timer()

    assert story.run("two").more.input == {"x": 2}


def test_from_the_entry_on_what_was_received_counts_with_the_changes() -> None:
    story = again(Rerun("entry", {}, {}, {"b": 3}, received={"a": 1, "b": 2}), *LINE)

    assert story.run("entry").out == {"a": 1, "b": 3} and called(story.commands) == ["one"]


def test_fields_params_and_sides_are_taken_over() -> None:
    nodes = [
        entry("choose"),
        branch("choose", ["left"], ["right"]),
        plain("left", "join"),
        plain("right", "join"),
        plain("join", "work"),
        service("work", "end", input={"p": "left.params.n", "f": "pipeline.f"}),
        end(),
    ]
    before = {
        "entry": kept({"a": 1}),
        "choose": kept({"a": 1}, Extra(input={"a": 1}, side="then")),
        "left": kept({"a": 1}, Extra(params={"n": 5})),
    }
    story = again(Rerun("join", before, {"f": 6}), *nodes)

    assert story.task.fields == {"f": 6} and story.run("right").state == "pending"
    story.returns("work")
    assert story.status == "finished"


def test_what_is_taken_over_is_weighed() -> None:
    before = {"entry": kept({}), "one": kept({"x": "y" * 100}, Extra(input={}, params={"p": 1}))}
    story = again(Rerun("two", before, {"f": 1}), *LINE)

    assert story.task.weight == sum(map(weigh, [{}, {"x": "y" * 100}, {}, {"p": 1}, {"f": 1}]))


def test_other_nodes_that_had_not_finished_start_too() -> None:
    """`n` is finished at once and waits at the join for `m`, which had not run to its end."""
    nodes = [entry("n", "m"), plain("n", "join"), service("m", "join"), plain("join", "end"), end()]
    story = again(Rerun("n", {"entry": kept({"a": 1})}, {}), *nodes)

    assert story.status == "running" and called(story.commands) == ["m"]
    story.returns("m", x=1)
    assert story.run("end").out == {"a": 1, "x": 1}


def test_the_end_is_not_taken_over() -> None:
    """The node leads nowhere, so that the end does not come after it."""
    nodes = [entry("side", "work"), service("side"), service("work", "end"), end()]
    before = {"entry": kept({"a": 1}), "work": kept({"x": 1}), "end": kept({"x": 1})}
    story = again(Rerun("side", before, {}), *nodes)

    assert story.status == "finished" and story.run("end").turn == 1


def test_a_node_whose_ready_has_to_be_asked_is_started_all_the_same() -> None:
    nodes = [entry("n", "m"), service("n", "end", ready="m.finished"), service("m", "end"), end()]
    story = again(Rerun("n", {"entry": kept({"a": 1})}, {}), *nodes)

    assert asked(story.commands) == [] and called(story.commands) == ["n", "m"]


def test_an_input_that_finds_nothing_is_an_error() -> None:
    nodes = [entry("one"), service("one", "two"), service("two", "end", input={"x": "one.out.x"}), end()]
    story = again(Rerun("two", {"entry": kept({}), "one": kept({})}, {}), *nodes)

    assert story.status == "error" and story.run("two").state == "error"


def test_a_loop_runs_all_its_bodies_again() -> None:
    nodes = [entry("each"), loop("each", [plain("x", "loopEnd")], "end"), end()]
    story = again(Rerun("each", {"entry": kept({"list": [1, 2]})}, {}), *nodes)

    assert story.commands == [RunItems("each", 1, fresh=True)]


def test_a_retry_of_such_a_task_keeps_the_changed_input() -> None:
    before = {"entry": kept({"a": 1}), "one": kept({"x": 1})}
    for code in ({}, {"before": "1"}):
        nodes = [entry("one"), service("one", "two"), plain("two", "last", **code), service("last", "end"), end()]
        story = again(Rerun("two", before, {}, {"x": 2}), *nodes)
        if code:
            story.broke("two", "before")
            story.retry()
            story.ran("two", "before")
        assert story.run("two").out == {"x": 2} and story.run("two").more.input == {"x": 2}


def test_a_way_back_takes_fresh_inputs_without_the_changes() -> None:
    nodes = [entry("two"), plain("two", "check"), branch("check", ["two"], ["end"]), end()]
    story = again(Rerun("two", {"entry": kept({"a": 1})}, {}, {"a": 2}), *nodes)
    assert story.run("two").out == {"a": 2}
    story.takes("check", True)

    assert story.run("two").out == {"a": 1} and story.run("two").more.changed is None
    held = [{"a": 1}] * 4
    assert story.task.weight == sum(map(weigh, held))
