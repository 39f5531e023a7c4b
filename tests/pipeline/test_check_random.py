"""Random definitions: right ones pass, one change makes a fault, and nothing makes an exception."""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.pipeline.check import check
from engine.pipeline.flow import load
from tests.pipeline.definitions import definition, unhurried
from tests.pipeline.nested import Document, definitions, levels


def _of_type(document: Document, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["nodes"] if one.get("type") == kind)
    return found


def _inner(document: Document) -> list[tuple[list[Any], dict[str, Any]]]:
    """The nodes that are neither entry nor end, each with the level that it is in."""
    found = [(level, one) for level in levels(document["nodes"]) for one in level]
    return [(level, one) for level, one in found if one.get("type") not in ("entry", "end")]


def _some(document: Document, pick: int) -> dict[str, Any]:
    """One of these nodes."""
    inner = _inner(document)
    return inner[pick % len(inner)][1]


def _level(document: Document, pick: int) -> list[Any]:
    """The level of that node."""
    inner = _inner(document)
    return inner[pick % len(inner)][0]


def _nexts(one: dict[str, Any]) -> list[list[str]]:
    """The lists of names in a node."""
    sides = [one[side] for side in ("then", "else") if isinstance(one.get(side), dict)]
    return [owner["next"] for owner in [one, *sides] if "next" in owner]


def _first_next(one: dict[str, Any]) -> list[str]:
    return _nexts(one)[0]


def _rename(document: Document, pick: int) -> None:
    one = _some(document, pick)
    level = _level(document, pick)
    one["id"] = "renamed"
    if level is not document["nodes"] and level[0] is one:
        level[0]["next"] = ["other"]  # the first of a body need not be named by others


def _drop_all_edges_to_the_end(document: Document, pick: int) -> None:
    level = _level(document, pick)
    last = "end" if level is document["nodes"] else "loopEnd"
    for one in level:
        for named in _nexts(one):
            named[:] = [name for name in named if name != last]


def _double(document: Document, pick: int) -> None:
    _level(document, pick).append(copy.deepcopy(_some(document, pick)))


def _lead_to_the_entry(document: Document, pick: int) -> None:
    _first_next(_some(document, pick)).append(_of_type(document, "entry")["id"])


def _lead_to_itself_always(document: Document, pick: int) -> None:
    one = _some(document, pick)
    for side in ("then", "else"):
        one.pop(side, None)
    if one.get("type") == "branch":
        one.update(then="x = 1")
    one["next"] = [one["id"]]


def _lead_nowhere(document: Document, pick: int) -> None:
    _first_next(_some(document, pick)).append("nowhere")


def _leave_the_level(document: Document, pick: int) -> None:
    level = _level(document, pick)
    _first_next(_some(document, pick)).append("loopEnd" if level is document["nodes"] else "end")


def _read_later(document: Document, pick: int) -> None:
    _some(document, pick)["input"]["later"] = "end.out.x"


def _read_nothing(document: Document, pick: int) -> None:
    _some(document, pick)["input"]["x"] = "nobody.out"


def _code_of_nothing(document: Document, pick: int) -> None:
    _some(document, pick)["before"] = "node.input.x = nobody.out"


def _lose_entry(document: Document, pick: int) -> None:
    document["nodes"].remove(_of_type(document, "entry"))


def _lose_end(document: Document, pick: int) -> None:
    document["nodes"].remove(_of_type(document, "end"))


def _unknown_type(document: Document, pick: int) -> None:
    _some(document, pick)["type"] = "magic"


def _unknown_field(document: Document, pick: int) -> None:
    _some(document, pick)["colour"] = "red"


MUTATIONS: list[Callable[[Document, int], None]] = [
    _rename,
    _drop_all_edges_to_the_end,
    _double,
    _lead_to_the_entry,
    _lead_to_itself_always,
    _lead_nowhere,
    _leave_the_level,
    _read_later,
    _read_nothing,
    _code_of_nothing,
    _lose_entry,
    _lose_end,
    _unknown_type,
    _unknown_field,
]


@unhurried
@given(definitions())
def test_right_definitions_pass_and_can_be_loaded(document: Document) -> None:
    assert check(document) == []
    pipeline = load(document, "id", 1)
    assert set(pipeline.nodes) == {one["id"] for one in document["nodes"]}
    assert len(pipeline.levels) == len(levels(document["nodes"]))


@unhurried
@given(definitions(), st.sampled_from(MUTATIONS), st.integers(0, 99))
def test_one_wrong_thing_is_at_least_one_fault(
    document: Document, mutate: Callable[[Document, int], None], pick: int
) -> None:
    mutate(document, pick)
    found = check(document)
    assert found
    assert all(fault.message and "`" * 2 not in fault.message for fault in found)
    assert len({(fault.pointer, fault.message) for fault in found}) == len(found)


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)
_words = st.sampled_from(
    ["entry", "end", "node", "a", "b", "c", "a.out.x", "loop.a.out", "node._loop", "r", "http://a/b", "service", "http"]
    + ["branch", "loop", "loopEnd", "", "True", "node.out.x = a.out", "if ("]
)
_names = st.lists(_words | _anything, max_size=4) | _anything
_directive = st.dictionaries(_words, _words | _anything, max_size=3) | _anything
_side = st.fixed_dictionaries({}, optional={"next": _names, "out": _directive, "exec": _words}) | _words | _anything
_plain: dict[str, st.SearchStrategy[Any]] = {
    "id": _words | _anything,
    "type": _words | _anything,
    "next": _names,
    "input": _directive,
    "ready": _words,
    "after": _words | _anything,
    "api": st.fixed_dictionaries({}, optional={"route": _words | _anything, "body": _anything}) | _anything,
    "url": _words | _anything,
    "headers": _directive,
    "retry": _anything,
    "if": _words,
    "then": _side,
    "else": _side,
    "items": _words,
    "collect": _directive,
    "more": _anything,
}
_loose: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries({}, optional=_plain),
    lambda inner: st.fixed_dictionaries({}, optional={**_plain, "nodes": st.lists(inner | _anything, max_size=4)}),
    max_leaves=6,
)


@unhurried
@given(_anything | st.lists(_loose | _anything, max_size=6).map(lambda nodes: definition(*nodes)))
def test_no_json_raises_an_exception(document: Any) -> None:
    before = copy.deepcopy(document)
    found = check(document, {"http://a/b": {"type": "object"}, "a": {"properties": {}}})
    assert found or document["nodes"]
    assert document == before


_field = st.sampled_from(
    ["id", "type", "params", "input", "next", "api", "url", "service", "retry", "timeout", "ready", "before", "after"]
    + ["if", "then", "else", "items", "nodes", "collect", "max_parallel", "verb", "headers", "max_turns"]
)
_value = st.sampled_from(
    [None, {}, [], "", "x", 1, 0.5, {"x": "entry.out"}, ["end"], {"attempts": 2}, {"delay": 0.5}, "True", "entry.out"]
    + ["branch", "loop", "http", {"next": ["loopEnd"]}, {"next": []}, {"exec": "x = 1"}, {"out": {"x": "node.input"}}]
    + ["POST", [{"id": "new", "next": ["loopEnd"]}], ["loopEnd"]]
)


@unhurried
@given(definitions(), st.integers(0, 99), _field, _value)
def test_what_passes_can_be_loaded(document: Document, pick: int, field: str, value: Any) -> None:
    _some(document, pick)[field] = value
    if not check(document):
        pipeline = load(document, "id", 1)
        assert pipeline.entry.id == "entry"
        for level in pipeline.levels.values():
            assert level.end and set(level.predecessors) == set(level.nodes)
            for one in level.nodes:
                for step in ("ready", "before", "if", "after"):
                    assert level.code(one, step) is None or level.program(one, step)
