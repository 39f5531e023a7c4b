"""The body of a loop runs for each item as a task of its own, on a level that sees the levels around it."""

import pytest

from engine.task.codec import decode, encode
from engine.task.events import CallReturned, Cancelled
from engine.task.inputs import input_of
from engine.task.origin import family
from engine.task.task import Origin, child_of
from tests.task.scenes import START, Definition, Story, binary, called, end, entry, http, loop, plain, service


def looped(*nodes: Definition, out: object = None, **fields: object) -> Story:
    """A task whose loop `each` has these nodes."""
    return Story(entry("each"), loop("each", list(nodes), "end", **fields), end(), out={"list": [7], "a": out})


def test_the_first_node_of_the_list_starts_and_loop_end_ends_it() -> None:
    body = looped(service("work", "loopEnd")).body("each", "item")

    assert called(body.commands) == ["work"]
    assert (body.task.item, body.task.scope, body.status) == ("item", "each", "running")
    body.returns("work", x=1)
    assert body.status == "finished" and body.run("loopEnd").state == "finished"
    assert body.run("loopEnd").out == {}


def test_the_order_in_the_list_is_free_but_for_the_first() -> None:
    body = looped(plain("one", "two"), service("three", "loopEnd"), plain("two", "three")).body("each")

    assert called(body.commands) == ["three"]


def test_loop_end_joins_all_ways() -> None:
    nodes = [plain("one", "left", "right"), service("left", "loopEnd"), service("right", "loopEnd")]
    body = looped(*nodes).body("each")
    body.returns("left")
    assert body.status == "running"
    body.returns("right")

    assert body.status == "finished" and body.run("loopEnd").turn == 1


def test_what_a_body_gives_is_collected() -> None:
    collect = {"box": "work.out.box", "all": "work.out", "id": "work.id", "item": "work._loop"}
    body = looped(service("work", "loopEnd"), collect=collect).body("each", 7, 2)
    body.returns("work", box=binary())

    assert body.run("loopEnd").out == {"box": binary(), "all": {"box": binary()}, "id": "work2", "item": 7}


def test_what_is_not_found_is_left_out_of_what_is_collected() -> None:
    collect = {"box": "work.out.box.0", "other": "loop.work.out.x"}
    body = looped(service("work", "loopEnd"), collect=collect).body("each")
    body.returns("work", x=1, box=[])

    assert body.run("loopEnd").out == {"other": 1} and body.status == "finished"


def test_what_lies_on_a_side_that_was_not_taken_is_left_out() -> None:
    nodes = [
        {"id": "choose", "type": "branch", "if": "True", "then": {"next": ["work"]}, "next": ["loopEnd"]},
        service("work", "loopEnd"),
    ]
    body = looped(*nodes, collect={"x": "work.out.x"}).body("each")
    body.takes("choose", False)

    assert body.status == "finished" and body.run("loopEnd").out == {}


# What a body sees


def test_a_node_finds_its_item() -> None:
    nodes = [service("work", "loopEnd", input={"item": "node._loop", "part": "work._loop.b", "id": "node.id"})]
    body = looped(*nodes).body("each", {"b": binary()}, 3)

    expected = {"item": {"b": binary()}, "part": binary(), "id": "work3"}
    assert input_of(body.frame, "work") == expected


def test_loop_in_a_path_means_the_same_instance() -> None:
    nodes = [
        plain("one", "two", input={"x": "node._loop"}),
        service("two", "loopEnd", input={"x": "loop.one.out.x", "same": "one.out.x"}),
    ]
    story = looped(*nodes)

    for index, item in enumerate(["a", "b"]):
        assert input_of(story.body("each", item, index).frame, "two") == {"x": item, "same": item}


def test_outer_nodes_can_be_read() -> None:
    taken = {"a": "entry.out.a", "own": "pipeline.nodes.one.id", "outer": "pipeline.nodes.entry.id"}
    body = looped(service("one", "loopEnd", input=taken), out="A").body("each", 0, 4)

    assert input_of(body.frame, "one") == {"a": "A", "own": "one4", "outer": "entry"}


def test_a_first_node_without_input_has_an_empty_one() -> None:
    body = looped(service("one", "loopEnd")).body("each", {"x": 1})

    assert input_of(body.frame, "one") == {}


def test_loops_in_loops_see_all_levels() -> None:
    taken = {"item": "node._loop", "outer": "one._loop", "far": "entry.out.a", "out": "one.out.x"}
    inner = loop("inner", [service("deep", "loopEnd", input=taken)], "loopEnd", items="one.out.x")
    story = looped(plain("one", "inner", input={"x": "node._loop"}), inner, out="far")
    body = story.body("each", [1, 2], 1)
    assert body.run("inner").more.total == 2
    deep = body.body("inner", 2, 1, number="111")

    assert input_of(deep.frame, "deep") == {"item": 2, "outer": [1, 2], "far": "far", "out": [1, 2]}
    assert deep.frame.instance("deep") == "deep111"


# Ends


def test_a_body_that_fails_names_the_instance() -> None:
    body = looped(service("work", "loopEnd")).body("each", 0, 5)
    body.fails("work", "no picture", again=False)

    assert body.status == "error" and body.task.message == "node work5: no picture"
    assert called(body.retry()) == ["work"]
    body.returns("work")
    assert body.status == "finished"


def test_the_first_node_of_a_body_that_failed_after_its_result_starts_anew() -> None:
    body = looped(service("work", "loopEnd", after="1 / 0")).body("each")
    body.returns("work", x="x" * 100)
    body.broke("work", "after")
    assert body.run("work").out is not None

    body.retry()
    assert body.run("work").out is None and body.task.weight < 100


def test_a_body_in_which_nothing_goes_on_says_so() -> None:
    body = looped(plain("one", "two"), plain("two", "loopEnd", ready="False")).body("each", 0, 1)
    body.ran("two", "ready", False)

    assert body.task.message == (
        "nothing runs and loopEnd was not reached: two1 waits for its `ready`, which does not hold"
    )


def test_a_body_can_be_cancelled_and_ignores_what_is_late() -> None:
    body = looped(http("work", "loopEnd")).body("each")
    call = body.call("work")
    body.tell(Cancelled())

    assert body.task.message == "cancelled" and body.changes_nothing(CallReturned(call, {}))


# Children as such


def test_the_id_of_a_child_is_derived() -> None:
    story = looped(plain("x", "loopEnd"))
    one, same, other = story.body("each", 1, 0), story.body("each", 2, 0), story.body("each", 1, 1)

    assert one.task.id == same.task.id and len(one.task.id) == 32
    assert len({story.task.id, one.task.id, other.task.id}) == 3


@pytest.mark.parametrize(
    "changed", [{"parent": "0b" * 16}, {"node": "other"}, {"turn": 2}, {"index": 1}, {"call": "0c" * 32}]
)
def test_no_two_children_have_the_same_id(changed: dict[str, object]) -> None:
    story = looped(plain("x", "loopEnd"))
    fields = {"root": story.task.id, "parent": story.task.id, "node": "each", "turn": 1, "depth": 1, "index": 0}
    parent = story.task
    one = child_of(parent, "d", "r", Origin(**fields), None, START)  # type: ignore[arg-type]
    if "parent" in changed:
        object.__setattr__(parent, "id", changed["parent"])
    other = child_of(parent, "d", "r", Origin(**{**fields, **changed}), None, START)  # type: ignore[arg-type]

    assert one.id != other.id


def test_a_child_belongs_to_its_root_and_shares_its_seal() -> None:
    story = looped(plain("x", "loopEnd"))
    body = story.body("each", binary(), 3)

    assert (body.task.root, body.task.head, body.task.seal) == (story.task.id, story.task.id, story.task.seal)
    assert body.task.origin is not None and body.task.origin.family == family("each", 1) == "each/1"
    assert decode(encode(body.task)) == body.task and body.task.item == binary()


def test_a_child_that_runs_a_whole_definition_is_a_head_of_its_own() -> None:
    story = looped(plain("x", "loopEnd"))
    origin = Origin(story.task.id, story.task.id, "sub", 1, 1, call="0c" * 32)
    child = child_of(story.task, "definition-2", "other", origin, None, START)

    assert (child.root, child.head, child.scope, child.route) == (story.task.id, child.id, "", "other")
