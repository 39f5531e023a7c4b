"""What code sees of a task, and what may become of what it has left."""

from typing import Any

import pytest

from engine.pipeline.code import compile_code
from engine.task.events import CodeRan, RunCode
from engine.task.inputs import InputError
from engine.task.scope import ScopeError, changes_of, field_name, is_same, program_of, scope_of
from tests.task.scenes import Story, binary, branch, end, entry, loop, plain, service

AFTER = RunCode("b", "after", 1)


def line(**fields: object) -> Story:
    """`a` has run, `b` runs, `c` has not."""
    story = Story(
        entry("a"), service("a", "b"), service("b", "c", params={"p": 1}, **fields), service("c", "end"), end()
    )
    story.returns("a", x=[1, {"deep": binary()}], big="x" * 1_000)
    return story


def seen(story: Story, text: str, node_id: str = "b") -> Any:
    """The scope of code of this text."""
    return scope_of(story.frame, node_id, compile_code(text, "statements", story.pipeline.ids))


# What is sent


def test_only_what_the_code_names_is_sent() -> None:
    story = line()

    assert seen(story, "x = 1") == {"self": "b", "nodes": {"b": {}}, "pipeline": {}}
    assert seen(story, "node.out.x = a.out.x")["nodes"] == {"b": {"out": {}}, "a": {"out": story.run("a").out}}
    assert seen(story, "x = a.finished, c.finished, c.id, b.type")["nodes"] == {
        "a": {"finished": True},
        "c": {"id": "c", "finished": False},
        "b": {"type": "service"},
    }


def test_node_and_the_own_id_and_input_are_one() -> None:
    nodes = seen(line(), "x = node.params, b.out, input.x")["nodes"]

    assert nodes == {"b": {"params": {"p": 1}, "input": line().run("a").out, "out": {}}}


def test_a_node_as_a_whole_has_all_its_fields() -> None:
    view = seen(line(), "x = a")["nodes"]["a"]

    assert list(view) == ["id", "type", "params", "input", "out", "finished"]
    assert view["input"] == {"a": 1} and view["finished"] is True


def test_what_has_not_run_has_an_empty_input_and_out() -> None:
    assert seen(line(), "x = c.input, c.out, c.params")["nodes"]["c"] == {"params": {}, "input": {}, "out": {}}


def test_whoever_looks_at_all_nodes_sees_all() -> None:
    nodes = seen(line(), "x = [n for n in pipeline.nodes.values()]")["nodes"]

    assert set(nodes) == {"entry", "a", "b", "c", "end"} and nodes["a"]["out"]["x"] == [1, {"deep": binary()}]


def test_fields_of_the_pipeline_are_sent_where_they_are_used() -> None:
    story = line(before="pipeline.n = 1")
    story.ran("b", "before", pipeline={"n": 1})

    assert seen(story, "pipeline.n += 1")["pipeline"] == {"n": 1} and seen(story, "x = 1")["pipeline"] == {}


def test_params_that_code_has_changed_are_those_that_are_seen() -> None:
    story = line(before="node.params.p = 2")
    story.ran("b", "before", params={"p": 2})

    assert seen(story, "x = node.params")["nodes"]["b"] == {"params": {"p": 2}}


def test_an_input_that_cannot_be_prepared_is_an_error() -> None:
    story = Story(entry("a"), plain("a", "end", input={"x": "entry.out.x"}), end())

    with pytest.raises(InputError, match="`entry.out.x` finds nothing"):
        seen(story, "x = input", "a")


def test_code_in_a_body_sees_its_instance_and_what_is_around_it() -> None:
    body = [plain("one", "two"), plain("two", "loopEnd", after="1")]
    story = Story(entry("each"), loop("each", body, "end"), end(), out={"list": ["item"]})
    found = seen(story.body("each", "item", 3), "x = node._loop, one.id, entry.out, one", "two")

    assert found["nodes"]["two"] == {"_loop": "item"} and found["nodes"]["one"]["id"] == "one3"
    assert found["nodes"]["one"]["_loop"] == "item" and found["nodes"]["entry"] == {"out": {"list": ["item"]}}


def test_fields_of_the_levels_around_a_body_are_seen_in_it() -> None:
    nodes = [
        entry("a"),
        plain("a", "each", after="1"),
        loop("each", [plain("one", "loopEnd", after="1")], "end"),
        end(),
    ]
    story = Story(*nodes, out={"list": [1]})
    story.ran("a", "after", pipeline={"n": 1, "m": 2})
    body = story.body("each", 1)
    body.ran("one", "after", pipeline={"m": 3})

    assert body.task.fields == {"m": 3} and story.task.fields == {"n": 1, "m": 2}
    assert seen(body, "x = pipeline.m", "one")["pipeline"] == {"n": 1, "m": 3}


def test_programs_and_names_of_code_fields() -> None:
    node = branch("b", {"exec": "x = 1"}, {"exec": "x = 2"}, next=["end"], before="x = 3", ready="True")
    story = Story(entry("b"), node, end())
    story.ran("b", "ready", True)
    story.ran("b", "before")
    story.ran("b", "if", False)
    command = RunCode("b", "exec", 1)

    assert field_name(story.frame, command) == "else.exec" and program_of(story.frame, command).source == "x = 2"
    assert field_name(story.frame, RunCode("b", "before", 1)) == "before"
    assert program_of(story.frame, RunCode("b", "if", 1)).kind == "expression"


# What comes back


def copied(value: Any) -> Any:
    """The value as code gets it: no part of it is shared."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def left(story: Story, text: str, change: Any, command: RunCode = AFTER) -> CodeRan:
    """What has changed when this is done to the scope of the code."""
    before = seen(story, text, command.node)
    after = copied(before)
    change(after)
    return changes_of(story.frame, command, before, after)


def test_what_stays_as_it_was_is_no_change() -> None:
    ran = left(line(), "x = a, b, c, pipeline", lambda after: None)

    assert ran == CodeRan("b", "after", 1) and ran.changes == {} and ran.fields is None


def test_changed_fields_are_told_by_node() -> None:
    def change(after: Any) -> None:
        after["nodes"]["a"]["out"]["x"][1]["deep"] = 5
        after["nodes"]["b"]["params"] = {}
        after["nodes"]["c"]["input"]["new"] = True

    ran = left(line(), "x = a, b, c", change)

    assert ran.changes == {
        "a": {"out": {"x": [1, {"deep": 5}], "big": "x" * 1_000}},
        "b": {"params": {}},
        "c": {"input": {"new": True}},
    }


def test_fields_of_the_pipeline_are_told_as_a_whole() -> None:
    story = line(before="pipeline.n = 1")
    story.ran("b", "before", pipeline={"n": 1, "m": 2})

    def change(after: Any) -> None:
        after["pipeline"]["n"] = 5
        del after["pipeline"]["m"]

    assert left(story, "pipeline.n = 5", change).fields == {"n": 5}


def test_in_a_body_only_what_code_has_set_belongs_to_the_body() -> None:
    nodes = [entry("a"), plain("a", "each", after="1"), loop("each", [service("one", "loopEnd")], "end"), end()]
    story = Story(*nodes, out={"list": [1]})
    story.ran("a", "after", pipeline={"n": 1, "m": 2})
    body = story.body("each", 1)

    ran = left(body, "pipeline.m = 3", lambda after: after["pipeline"].update(m=3), RunCode("one", "after", 1))
    assert ran.fields == {"m": 3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda nodes: nodes["a"].update(id="z"), "`a.id` cannot be changed; only out, input, params can"),
        (lambda nodes: nodes["b"].update(finished=True), "`node.finished` cannot be changed"),
        (lambda nodes: nodes["a"].pop("type"), "`a.type` cannot be changed"),
        (
            lambda nodes: nodes["b"].update(count=1),
            "a node has no field `count`; it has id, type, params, input, out, finished, _loop: "
            "set `node.out.count` instead",
        ),
        (lambda nodes: nodes["a"].pop("out"), "`a.out` was deleted; give it an empty object instead"),
        (lambda nodes: nodes["a"].update(out=[1]), "`a.out` must stay an object, and became list"),
        (lambda nodes: nodes["b"].update(params=None), "`node.params` must stay an object, and became NoneType"),
    ],
)
def test_what_code_may_only_read_is_refused(change: Any, message: str) -> None:
    with pytest.raises(ScopeError) as raised:
        left(line(), "x = a, b", lambda after: change(after["nodes"]))

    assert str(raised.value).startswith(message)


def test_code_in_a_body_can_change_its_own_nodes_and_only_read_those_outside() -> None:
    body = [plain("one", "two"), service("two", "loopEnd")]
    story = Story(entry("each"), loop("each", body, "end"), end(), out={"list": [1]}).body("each", 1)
    command = RunCode("two", "after", 1)

    own = left(story, "one.out.x = 1", lambda after: after["nodes"]["one"]["out"].update(x=1), command)
    assert own.changes == {"one": {"out": {"x": 1}}}
    with pytest.raises(ScopeError, match="`entry` lies outside of this loop's body, and code in a body can only read"):
        left(story, "entry.out.x = 1", lambda after: after["nodes"]["entry"]["out"].update(x=1), command)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        ("a", "a", True),
        ([1, [2]], [1, [2]], True),
        ([1, 2], [1], False),
        ([1], [True], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": 1}, {"b": 1}, False),
        ({}, [], False),
        (binary(), binary(), True),
        (binary(), binary(number=2), False),
    ],
)
def test_values_are_the_same_where_json_would_write_the_same(one: Any, other: Any, same: bool) -> None:
    assert is_same(one, other) is same and is_same(other, one) is same
