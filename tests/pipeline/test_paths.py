"""Paths: how they are written, what they find, and what is said where they find nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pipeline.paths import Path, PathNotFound, describe, parse, resolve
from tests.pipeline.definitions import unhurried

PICTURE = object()  # stands for the reference of a binary: it is neither object, list nor scalar

VALUE: dict[str, Any] = {
    "image": PICTURE,
    "areas": [[1, 2], [3, 4, {"deep": [{"x": None}]}]],
    "0": "a key, not an index",
    "blurred.jpg": "dotted",
    "a": {"b": 1},
    "a.c": 2,
    "a.b": "hidden by the shorter key",
    "list.of": [{"x.y.z": 3}],
    "p.q": {"r.s": "the fewest parts first"},
    "p.q.r": {"s": "not this"},
    "empty": {},
    "no": None,
}

FOUND: list[tuple[str, Any]] = [
    ("image", PICTURE),
    ("areas.1.0", 3),
    ("areas.1.2.deep.0.x", None),
    ("0", "a key, not an index"),
    ("blurred.jpg", "dotted"),
    ("a.b", 1),
    ("a.c", 2),
    ("list.of.0.x.y.z", 3),
    ("p.q.r.s", "the fewest parts first"),
    ("empty", {}),
]

NOT_FOUND: list[tuple[str, str]] = [
    ("imag", "`A.out.imag` finds nothing: `A.out` has the keys `image`, `areas`, `0`"),
    ("image.width", "`A.out.image` is a binary and has no keys"),
    ("areas.2", "`A.out.areas` is a list of 2 items"),
    ("areas.-1", "`A.out.areas` is a list of 2 items"),
    ("areas.01", "`A.out.areas` is a list of 2 items"),
    ("areas.first", "`A.out.areas` is a list of 2 items"),
    ("areas.²", "`A.out.areas` is a list of 2 items"),
    ("areas." + "9" * 900, "`A.out.areas` is a list of 2 items"),
    ("a.b.c", "`A.out.a.b` is an integer and has no keys"),
    ("a.x", "`A.out.a` has the key `b`"),
    ("empty.x", "`A.out.empty` is an object without keys"),
    ("no.x", "`A.out.no` is null and has no keys"),
    ("0.1", "`A.out.0` is a string and has no keys"),
]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("A.out", Path("A", "out", ())),
        ("A.out.b.0.c", Path("A", "out", ("b", "0", "c"))),
        ("my-node_2.params.x y", Path("my-node_2", "params", ("x y",))),
        ("node.id", Path("node", "id", ())),
    ],
)
def test_a_path_has_a_node_a_field_and_keys(text: str, path: Path) -> None:
    assert parse(text) == path
    assert str(path) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must not be empty"),
        ("A", "say which field of it, as in `A.out`"),
        (".", "empty part"),
        (".out", "empty part"),
        ("A.", "empty part"),
        ("A..out", "empty part"),
        ("A.out.", "empty part"),
        ("A.out..b", "empty part"),
    ],
)
def test_a_path_without_them_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)


@pytest.mark.parametrize(("path", "value"), FOUND)
def test_keys_lead_to_a_value(path: str, value: Any) -> None:
    assert resolve(VALUE, path.split(".")) == value


def test_no_keys_lead_to_the_value_itself() -> None:
    assert resolve(VALUE, ()) is VALUE
    assert resolve(PICTURE, ()) is PICTURE


@pytest.mark.parametrize(("path", "words"), NOT_FOUND)
def test_what_is_there_is_said_where_nothing_is_found(path: str, words: str) -> None:
    with pytest.raises(PathNotFound) as missing:
        resolve(VALUE, path.split("."), "A.out")
    assert words in str(missing.value)
    assert len(str(missing.value)) < 1_000


def test_of_many_keys_the_first_are_named() -> None:
    with pytest.raises(PathNotFound, match="`key19` and 980 more$"):
        resolve({f"key{number}": 0 for number in range(1_000)}, ["x"])


_trees = st.recursive(
    st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a.b", "c.0", "0"]), inner),
    max_leaves=15,
)


def _places(value: Any, way: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(way, value), *(found for key, item in inner for found in _places(item, (*way, str(key))))]


@unhurried
@given(_trees)
def test_every_place_of_a_tree_is_reached_by_its_keys(tree: Any) -> None:
    places = _places(tree)
    for way, _ in places:
        keys = ".".join(way).split(".") if way else []
        same = [value for other, value in places if ".".join(other) == ".".join(way)]
        assert any(resolve(tree, keys) is value for value in same)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({}, "an object"),
        ([], "a list"),
        ("", "a string"),
        (True, "a boolean"),
        (1, "an integer"),
        (1.0, "a number"),
        (None, "null"),
        (PICTURE, "a binary"),
    ],
)
def test_types_have_the_names_of_json(value: Any, name: str) -> None:
    assert describe(value) == name
