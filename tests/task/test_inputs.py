"""What a node works on: paths, the default merge, binaries; and what is said where a path finds nothing."""

from typing import Any

import pytest

from engine.pipeline.flow import Pipeline
from engine.task.frames import Frame
from engine.task.inputs import InputError, binaries, input_of
from engine.task.task import NodeRun
from tests.task.scenes import Definition, binary, end, entry, pipeline, service


def prepare_input(line: Pipeline, runs: dict[str, NodeRun], node_id: str) -> dict[str, Any]:
    """The input of a node where the others stand like this."""
    return input_of(Frame(line, runs, {}), node_id)


def done(**out: Any) -> NodeRun:
    """A node that has finished with this out."""
    return NodeRun(state="finished", turn=1, out=out)


def prepared(last: Definition, **runs: NodeRun) -> dict[str, Any]:
    """The input of `end` behind two services `a` and `b` that stand in this order in the definition."""
    line = pipeline(entry("b"), service("a", "end"), service("b", "a", "end", params={"size": [1, {"w": 2}]}), last)
    return prepare_input(line, {"entry": done(picture=binary()), **runs}, "end")


def followed(path: str, **runs: NodeRun) -> Any:
    """What one path finds."""
    return prepared(end(input={"x": path}), **runs)["x"]


# Without a directive


def test_the_input_is_the_union_of_what_the_predecessors_gave_in_the_order_of_the_definition() -> None:
    assert prepared(end(), b=done(x="b", y=1), a=done(x="a", z=2)) == {"x": "b", "y": 1, "z": 2}


def test_later_values_replace_earlier_ones_as_a_whole() -> None:
    assert prepared(end(), a=done(x={"deep": 1}), b=done(x={"other": 2})) == {"x": {"other": 2}}


def test_only_direct_predecessors_count() -> None:
    assert "picture" not in prepared(end(), a=done(), b=done())


def test_an_entry_has_no_input() -> None:
    assert prepare_input(pipeline(entry("end"), end()), {}, "entry") == {}


def test_an_empty_directive_is_an_empty_input() -> None:
    assert prepared(end(input={}), a=done(x=1), b=done(y=2)) == {}


def test_binaries_flow_like_any_value() -> None:
    assert prepared(end(), a=done(result=binary()), b=done())["result"] == binary()


# Paths


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.out.answer", [[1, 2], [3, 4]]),
        ("a.out.answer.1.0", 3),
        ("a.out", {"answer": [[1, 2], [3, 4]], "blurred.jpg": binary(), "0": "zero", "none": None}),
        ("a.out.blurred.jpg", binary()),
        ("a.out.0", "zero"),
        ("a.out.none", None),
        ("entry.out.picture", binary()),
        ("b.params", {"size": [1, {"w": 2}]}),
        ("b.params.size.1.w", 2),
        ("a.id", "a"),
        ("a.type", "service"),
        ("entry.type", "entry"),
        ("a.finished", True),
        ("node.id", "end"),
        ("node.finished", False),
        ("node.params", {}),
        ("pipeline.nodes.a.out.answer.0", [1, 2]),
        ("pipeline.nodes.b.params.size.0", 1),
        ("pipeline.nodes.entry.out.picture", binary()),
        ("pipeline.nodes.a.id", "a"),
    ],
)
def test_a_path_leads_to_a_value(path: str, found: Any) -> None:
    out = {"answer": [[1, 2], [3, 4]], "blurred.jpg": binary(), "0": "zero", "none": None}

    assert followed(path, a=done(**out), b=done()) == found


def test_node_params_of_the_node_itself() -> None:
    line = pipeline(
        entry("work"), service("work", "end", params={"boxes": [9]}, input={"areas": "node.params.boxes"}), end()
    )
    assert prepare_input(line, {"entry": done()}, "work") == {"areas": [9]}


def test_an_id_with_a_hyphen_can_be_named() -> None:
    line = pipeline(entry("my-node"), service("my-node", "end"), end(input={"x": "my-node.out.x"}))
    assert prepare_input(line, {"entry": done(), "my-node": done(x=1)}, "end") == {"x": 1}


def test_the_input_of_a_node_that_has_run_can_be_read() -> None:
    line = pipeline(
        entry("a"),
        service("a", "b", input={"image": "entry.out.picture"}),
        service("b", "end", input={"same": "a.input.image"}),
        end(input={"through": "b.input.same", "all": "a.input", "sent": "entry.input"}),
    )
    runs = {"entry": done(picture=binary()), "a": done(), "b": done()}

    assert prepare_input(line, runs, "b") == {"same": binary()}
    assert prepare_input(line, runs, "end") == {"through": binary(), "all": {"image": binary()}, "sent": {}}


def test_the_keys_of_a_directive_may_contain_dots() -> None:
    assert prepared(end(input={"blurred.jpg": "a.out.x"}), a=done(x=1), b=done()) == {"blurred.jpg": 1}


def test_values_are_shared_and_not_copied() -> None:
    value = {"big": [1, 2, 3]}

    assert followed("a.out.value", a=done(value=value), b=done()) is value


# Paths that find nothing


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a.out.b", "`a.out.b` finds nothing: `a.out` has the keys `answer`, `score`"),
        ("a.out.answer.x", "`a.out.answer.x` finds nothing: `a.out.answer` is a list of 2 items"),
        ("a.out.answer.2", "`a.out.answer.2` finds nothing: `a.out.answer` is a list of 2 items"),
        ("a.out.score.x", "`a.out.score.x` finds nothing: `a.out.score` is a number and has no keys"),
        ("b.out.x", "`b.out.x` finds nothing: `b.out` is an object without keys"),
        (
            "entry.out.picture.id",
            "`entry.out.picture.id` finds nothing: `entry.out.picture` is a binary and has no keys",
        ),
        ("node.params.x", "`node.params.x` finds nothing: `node.params` is an object without keys"),
        ("pipeline.nodes.a.out.b", "`pipeline.nodes.a.out.b` finds nothing: `pipeline.nodes.a.out` has the keys"),
    ],
)
def test_a_path_that_finds_nothing_names_itself_and_what_is_there(path: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        followed(path, a=done(answer=[1, 2], score=0.5), b=done())

    assert str(raised.value).startswith(f"input `x`: {message}")


def test_an_out_that_is_not_there_yet_is_not_found() -> None:
    with pytest.raises(InputError, match="`a` has the keys `id`, `type`, `params`, `finished`"):
        followed("a.out.x", b=done())


# Binaries in a value


def test_binaries_are_found_wherever_they_are() -> None:
    one, two, three = (binary(number=number) for number in (1, 2, 3))
    value = {"result": one, "list": [1, {"deep": two}, [three]], "text": one.id, "none": None}

    assert list(binaries(value)) == [("result", one), ("list.1.deep", two), ("list.2.0", three)]
    assert list(binaries(value, "blur.out"))[1] == ("blur.out.list.1.deep", two)
    assert list(binaries(one, "image")) == [("image", one)]
    assert list(binaries({"fields": list(one.fields())})) == []
