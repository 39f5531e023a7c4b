"""The graph of a pipeline: which ways lead back, what lies between, what instances are called, who watches whom."""

from itertools import product

import pytest

from engine.pipeline.flow import Pipeline
from tests.task.scenes import Definition, branch, end, entry, loop, pipeline, plain, service

TWO_WAYS_BACK = [
    entry("a"),
    plain("a", "b", "side"),
    plain("b", "inner"),
    branch("inner", ["b"], ["outer"]),
    branch("outer", ["a"], ["end"]),
    plain("side", "end"),
    end(),
]


def named(*ids: str, outside: tuple[str, ...] = ()) -> Pipeline:
    """The body of a loop with these nodes, beside others outside of it."""
    body = [plain(node_id, after) for node_id, after in zip(ids, (*ids[1:], "loopEnd"), strict=True)]
    around: list[Definition] = [plain(node_id, "end") for node_id in outside]
    top = pipeline(entry("each", *outside), loop("each", body, "end"), *around, end())
    return top.bodies["each"]


# Edges


def test_predecessors_stand_in_the_order_of_the_definition() -> None:
    line = pipeline(entry("b", "a"), plain("a", "end"), plain("b", "end", "a"), end())

    assert line.predecessors == {"entry": (), "a": ("entry", "b"), "b": ("entry",), "end": ("a", "b")}


def test_a_branch_may_be_followed_by_both_of_its_sides_and_by_its_own_next_where_one_has_none() -> None:
    line = pipeline(
        entry("x", "y", "z"),
        branch("x", ["a", "b"], ["b"], next=[]),
        branch("y", ["a"], next=["c"]),
        branch("z", {"out": {}}, "1", next=["c"]),
        *(plain(name, "end") for name in "abc"),
        end(),
    )

    assert {name: line.successors[name] for name in "xyz"} == {"x": ("a", "b"), "y": ("a", "c"), "z": ("c",)}
    assert [line.chosen("y", side) for side in ("then", "else")] == [["a"], ["c"]]
    assert line.chosen("end", None) == () and line.chosen("a", None) == ["end"]


def test_edges_to_an_ancestor_lead_back() -> None:
    line = pipeline(*TWO_WAYS_BACK)

    assert line.back == {("inner", "b"), ("outer", "a")}
    assert pipeline(entry("a"), branch("a", ["a"], ["end"]), end()).back == {("a", "a")}
    assert pipeline(entry("a", "b"), plain("a", "b", "end"), plain("b", "end"), end()).back == frozenset()


def test_where_nodes_stand_in_the_definition_does_not_matter() -> None:
    assert pipeline(*TWO_WAYS_BACK[::-1]).back == {("inner", "b"), ("outer", "a")}


def test_between_are_the_nodes_on_the_ways_that_do_not_lead_back() -> None:
    line = pipeline(*TWO_WAYS_BACK)

    assert line.between("b", "inner") == ("b", "inner")
    assert line.between("a", "outer") == ("a", "b", "inner", "outer")
    assert line.between("a", "outer") is line.between("a", "outer")


def test_after_a_node_come_those_that_it_leads_to_without_going_back() -> None:
    line = pipeline(*TWO_WAYS_BACK)

    assert line.after("inner") == {"outer", "end"} and line.after("end") == frozenset()


# Levels


def test_levels_are_the_definition_and_all_bodies() -> None:
    inner = loop("inner", [plain("deep", "loopEnd")], "loopEnd", items="one._loop")
    top = pipeline(entry("each"), loop("each", [plain("one", "inner"), inner], "end"), end())

    assert list(top.levels) == ["", "each", "inner"]
    body, deep = top.levels["each"], top.levels["inner"]
    assert (top.start, top.end, body.start, body.end, deep.start, deep.end) == (
        "entry",
        "end",
        "one",
        "loopEnd",
        "deep",
        "loopEnd",
    )
    assert deep.outer is body and body.outer is top and deep.ids == {"entry", "each", "end", "one", "inner", "deep"}


@pytest.mark.parametrize("fields", [{"before": "1"}, {"after": "1"}])
def test_code_anywhere_makes_all_levels_volatile(fields: dict[str, str]) -> None:
    def levels(**of_body: str) -> list[bool]:
        top = pipeline(entry("each"), loop("each", [plain("one", "loopEnd", **of_body)], "end"), end())
        return [level.volatile for level in top.levels.values()]

    assert levels() == [False, False] and levels(**fields) == [True, True]


@pytest.mark.parametrize("path", ["a.finished", "pipeline.nodes.a.finished", "pipeline.nodes.a", "node.finished"])
def test_what_a_node_was_given_may_change_where_it_depends_on_what_has_ended(path: str) -> None:
    line = [entry("a", "b"), service("a", "b"), service("b", "end")]

    assert pipeline(*line, end(input={"x": path})).volatile
    assert pipeline(*line, end(ready="True")).volatile
    assert not pipeline(*line, end(input={"x": "a.out.finish", "y": "pipeline.nodes.a.out"})).volatile


def test_ways_back_and_code_of_sides_make_a_pipeline_volatile() -> None:
    assert pipeline(*TWO_WAYS_BACK).volatile
    assert pipeline(entry("a"), branch("a", "1", next=["end"]), end()).volatile
    assert pipeline(entry("a"), branch("a", ["end"], {"exec": "1", "next": ["end"]}), end()).volatile
    assert not pipeline(entry("a"), branch("a", ["end"], {"out": {}}, next=["end"]), end()).volatile


# Instances


def test_an_instance_is_called_by_its_id_and_number() -> None:
    body = named("one", "two")

    assert [body.instance("one", number) for number in (0, 7, None)] == ["one0", "one7", "one"]


COLLIDING = [
    (("x", "x1"), ()),
    (("x",), ("x1", "x12", "x3")),
    (("x", "x0", "x00"), ("x000",)),
    (("step",), tuple(f"step{number}" for number in range(1, 10))),
    (tuple(f"n{number}" for number in range(30)), ("n",)),
    (("1", "11"), ("111", "2")),
    (("a", "a1", "b", "b1"), ("a_1", "a-1")),
]


@pytest.mark.parametrize(("inside", "outside"), COLLIDING)
def test_no_two_instances_have_the_same_id(inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    body = named(*inside, outside=outside)
    numbers = [*range(130), "111", "1011", "10012"]
    ids = [body.instance(node_id, str(number)) for node_id, number in product(inside, dict.fromkeys(map(str, numbers)))]

    assert len(set(ids)) == len(ids)
    assert set(ids).isdisjoint([*outside, "each", "entry", "end"])
    assert all(any(found.startswith(node_id) for node_id in inside) for found in ids)


def test_no_two_instances_of_two_loops_have_the_same_id() -> None:
    loops = [loop(f"l{name}", [plain(name, "loopEnd")], "end") for name in ("x", "x1", "x11")]
    top = pipeline(entry("lx", "lx1", "lx11"), *loops, end())
    ids = [
        level.instance(node_id, str(number))
        for level in top.bodies.values()
        for node_id in level.nodes
        if node_id != "loopEnd"
        for number in range(200)
    ]

    assert len(set(ids)) == len(ids) == 600


# Watchers


def test_who_names_a_node_in_ready_or_follows_it_watches_it() -> None:
    line = pipeline(
        entry("a", "b", "c"),
        service("a", "go"),
        service("b", "go"),
        service("c"),
        plain("go", "end", ready="a.finished and pipeline.nodes['c'].finished"),
        end(ready="go.out.x or a.finished"),
    )

    assert line.watched == {"go": ("a", "b", "c"), "end": ("a", "go")}
    assert line.watchers == {"a": ("go", "end"), "b": ("go",), "c": ("go",), "go": ("end",)}


def test_who_reaches_all_nodes_watches_all() -> None:
    line = pipeline(entry("a"), plain("a", "end"), end(ready="all(n.finished for n in pipeline.nodes.values())"))

    assert line.watched == {"end": ("entry", "a", "end")}


def test_what_stands_around_a_body_is_not_watched_from_within() -> None:
    body = [plain("one", "two"), plain("two", "loopEnd", ready="entry.finished and one.finished")]
    top = pipeline(entry("each"), loop("each", body, "end"), end())

    assert top.bodies["each"].watched == {"two": ("one",)}
