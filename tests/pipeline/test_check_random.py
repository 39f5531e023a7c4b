"""Random definitions: right ones pass, one change makes a fault, and nothing makes an exception."""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.pipeline.check import check
from engine.pipeline.nodes import load
from tests.pipeline.definitions import definition, node, service, unhurried

Document = dict[str, Any]


@st.composite
def definitions(draw: st.DrawFn) -> Document:
    """entry -> a random acyclic graph -> end, in any order; each node may read what has run before it."""
    count = draw(st.integers(1, 8))
    names = [f"step-{number}" for number in range(count)]
    following: dict[str, list[str]] = {name: [] for name in ["entry", *names]}
    above: dict[str, set[str]] = {"entry": set()}
    for place, name in enumerate([*names, "end"]):
        before = draw(st.lists(st.sampled_from(["entry", *names[:place]]), min_size=1, max_size=3, unique=True))
        above[name] = set(before).union(*(above[one] for one in before))
        for one in before:
            following[one].append(name)
    nodes: list[Any] = []
    for name in names:
        read = draw(st.lists(st.sampled_from(sorted(above[name])), max_size=2))
        make = draw(st.sampled_from([node, service]))
        nodes.append(make(name, *following[name], input={f"x{place}": f"{one}.out" for place, one in enumerate(read)}))
    read = sorted(above["end"])
    end = {"id": "end", "type": "end", "input": {"result.jpg": f"{read[0]}.out.x"}}
    entry = {
        "id": "entry",
        "type": "entry",
        "api": {"route": "r", "body": "image"},
        "next": following["entry"],
    }
    return definition(*draw(st.permutations([entry, *nodes, end])))


def _of_type(document: Document, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["nodes"] if one.get("type") == kind)
    return found


def _some(document: Document, pick: int) -> dict[str, Any]:
    """One of the nodes that is neither entry nor end."""
    inner = [one for one in document["nodes"] if one.get("type") not in ("entry", "end")]
    chosen: dict[str, Any] = inner[pick % len(inner)]
    return chosen


def _rename(document: Document, pick: int) -> None:
    _some(document, pick)["id"] = "renamed"


def _drop_all_edges_to(document: Document, pick: int) -> None:
    lost = _some(document, pick)["id"]
    for one in document["nodes"]:
        if "next" in one:
            one["next"] = [name for name in one["next"] if name != lost]


def _remove(document: Document, pick: int) -> None:
    document["nodes"].remove(_some(document, pick))


def _double(document: Document, pick: int) -> None:
    document["nodes"].append(copy.deepcopy(_some(document, pick)))


def _lead_back(document: Document, pick: int) -> None:
    last = _some(document, pick)
    last["next"].append(_of_type(document, "entry")["id"])


def _lead_to_itself(document: Document, pick: int) -> None:
    _some(document, pick)["next"].append(_some(document, pick)["id"])


def _lead_nowhere(document: Document, pick: int) -> None:
    _some(document, pick)["next"].append("nowhere")


def _read_later(document: Document, pick: int) -> None:
    _some(document, pick)["input"]["later"] = "end.out.x"


def _read_nothing(document: Document, pick: int) -> None:
    _some(document, pick)["input"]["x"] = "nobody.out"


def _lose_entry(document: Document, pick: int) -> None:
    document["nodes"].remove(_of_type(document, "entry"))


def _lose_end(document: Document, pick: int) -> None:
    document["nodes"].remove(_of_type(document, "end"))


def _unknown_type(document: Document, pick: int) -> None:
    _some(document, pick)["type"] = "magic"


def _unknown_field(document: Document, pick: int) -> None:
    _some(document, pick)["after"] = "node.out = {}"


MUTATIONS: list[Callable[[Document, int], None]] = [
    _rename,
    _drop_all_edges_to,
    _remove,
    _double,
    _lead_back,
    _lead_to_itself,
    _lead_nowhere,
    _read_later,
    _read_nothing,
    _lose_entry,
    _lose_end,
    _unknown_type,
    _unknown_field,
]


@unhurried
@given(definitions())
def test_right_definitions_pass_and_can_be_loaded(document: Document) -> None:
    assert check(document) == []
    assert set(load(document, "id", 1).nodes) == {one["id"] for one in document["nodes"]}


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
_words = st.sampled_from(["entry", "end", "node", "a", "b", "a.out.x", "r", "http://a/b", "service", "loop", ""])
_loose = st.fixed_dictionaries(
    {},
    optional={
        "id": _words | _anything,
        "type": _words | _anything,
        "next": st.lists(_words | _anything, max_size=4) | _anything,
        "input": st.dictionaries(_words, _words | _anything, max_size=3) | _anything,
        "api": st.fixed_dictionaries({}, optional={"route": _words | _anything, "body": _anything}) | _anything,
        "url": _words | _anything,
        "retry": _anything,
        "then": _anything,
        "more": _anything,
    },
)


@unhurried
@given(_anything | st.lists(_loose | _anything, max_size=6).map(lambda nodes: definition(*nodes)))
def test_no_json_raises_an_exception(document: Any) -> None:
    before = copy.deepcopy(document)
    found = check(document)
    assert found or document["nodes"]
    assert document == before


_field = st.sampled_from(["id", "type", "params", "input", "next", "api", "url", "service", "retry", "timeout"])
_value = st.sampled_from([None, {}, [], "", "x", 1, 0.5, {"x": "entry.out"}, ["end"], {"attempts": 2}, {"delay": 0.5}])


@unhurried
@given(definitions(), st.integers(0, 99), _field, _value)
def test_what_passes_can_be_loaded(document: Document, pick: int, field: str, value: Any) -> None:
    _some(document, pick)[field] = value
    if not check(document):
        assert load(document, "id", 1).entry.id == "entry"
