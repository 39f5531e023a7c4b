"""Inputs are stored where what they were made of may change, and prepared again elsewhere."""

from engine.task.events import CodeRan
from engine.task.inputs import binaries, input_of, unused
from engine.task.task import BinaryRef
from tests.task.scenes import Definition, Story, binary, branch, end, entry, loop, plain, service


def stored(story: Story) -> dict[str, object]:
    """The inputs that stand in the task."""
    return {node_id: run.more.input for node_id, run in story.task.nodes.items() if run.more.input is not None}


def test_where_nothing_changes_no_input_is_stored() -> None:
    story = Story(entry("a"), plain("a", "b"), branch("b", ["end"], ["end"], next=[]), end())
    story.takes("b", True)

    assert stored(story) == {} and input_of(story.frame, "a") == {"a": 1}


def test_where_code_may_change_something_each_is_stored() -> None:
    story = Story(entry("a"), plain("a", "b"), service("b", "end"), end(after="1"))
    story.returns("b", x=1)

    assert stored(story) == {"a": {"a": 1}, "b": {"a": 1}, "end": {"x": 1}}


def test_where_a_way_leads_back_each_is_stored() -> None:
    story = Story(entry("a"), plain("a", "b"), branch("b", ["a"], ["end"]), end())

    assert stored(story) == {"a": {"a": 1}, "b": {"a": 1}}


def test_the_levels_around_a_body_count_too() -> None:
    nodes: list[Definition] = [
        loop("each", [service("x", "loopEnd", input={"i": "node._loop"})], "end"),
        end(after="1"),
    ]
    body = Story(entry("each"), *nodes, out={"list": [5]}).body("each", 5)

    assert stored(body) == {"x": {"i": 5}}


def test_an_input_stays_what_it_was_when_code_changes_what_it_was_made_of() -> None:
    """Else a call that is made again would ask for something else."""
    story = Story(
        entry("a", "b"),
        service("a", "end", input={"x": "entry.out.a"}),
        plain("b", "end", after="entry.out.a = 2"),
        end(),
    )
    story.ran("b", "after", entry={"out": {"a": 2}})

    assert input_of(story.frame, "a") == {"x": 1}
    assert story.run("entry").out == {"a": 2}


def test_an_input_stays_what_it_was_when_a_way_back_resets_what_it_was_made_of() -> None:
    story = Story(
        entry("a"),
        plain("a", "b", "slow"),
        service("slow", "end", input={"x": "a.out"}),
        service("b", "check"),
        branch("check", ["a"], ["end"]),
        end(),
    )
    story.returns("b")
    story.tell(CodeRan("check", "if", 1, True))
    story.returns("b")

    assert story.run("slow").turn == 1 and input_of(story.frame, "slow") == {"x": {"a": 1}}


def test_an_input_stays_what_it_was_when_more_of_what_it_follows_ends() -> None:
    story = Story(
        entry("a", "b"), service("a", "go"), service("b", "go"), service("go", "end", ready="a.finished"), end()
    )
    story.returns("a", x=1)
    story.ran("go", "ready", True)
    story.returns("b", x=2)

    assert input_of(story.frame, "go") == {"x": 1}


def test_each_turn_has_its_own() -> None:
    story = Story(
        entry("a"),
        plain("a", "b", input={"n": "node.params.n"}, params={"n": 1}),
        branch("b", ["a"], ["end"], after="a.params.n += 1"),
        end(),
    )
    for turn in (1, 2, 3):
        assert story.run("a").more.input == {"n": turn}
        story.takes("b", True)
        story.ran("b", "after", a={"params": {"n": turn + 1}})


def test_binaries_that_nothing_refers_to_any_more_are_found() -> None:
    refs = [binary(number=number) for number in range(7)]
    story = Story(
        entry("a"),
        service("a", "each", before="1", after="1"),
        loop("each", [plain("x", "loopEnd")], "end"),
        end(),
        out={"list": [refs[0]]},
    )
    story.ran("a", "before", input={"x": refs[1]}, params={"p": [refs[2]]}, pipeline={"f": refs[3]})
    story.returns("a", x=refs[4])
    story.ran("a", "after")
    ids = [ref.id for ref in refs]

    assert unused(story.task, ids) == [refs[5].id, refs[6].id]
    body = story.body("each", {"deep": [refs[5]]})
    assert unused(body.task, ids) == [ref.id for ref in refs if ref is not refs[5]]
    assert [ref for _, ref in binaries({"a": BinaryRef("i", "n", "t", 1)})] == [BinaryRef("i", "n", "t", 1)]
