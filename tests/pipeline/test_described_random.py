"""Descriptions that chance makes, with values that fit them: nothing that such a value holds is found fault with."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.pipeline.described import path_problem
from engine.pipeline.names import Hints
from engine.pipeline.paths import PathNotFound, resolve
from tests.pipeline.definitions import unhurried
from tests.pipeline.test_described import BINARY, NUMBER, Schema, obj

WORDS = st.sampled_from(["a", "b", "a.b", "0", "1", "type", "x"])
KEYWORDS = st.sampled_from(
    "type properties patternProperties additionalProperties items prefixItems maxItems anyOf oneOf allOf enum $ref "
    "$defs $id format object array string ^a[0-9]+$ #/$defs/a # #/properties/a".split()
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5) | st.floats() | KEYWORDS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYWORDS | WORDS, inner, max_size=5),
    max_leaves=30,
)


@unhurried
@given(st.dictionaries(KEYWORDS | WORDS, ANY_JSON, max_size=6), st.lists(WORDS | KEYWORDS, max_size=6))
def test_no_json_makes_it_raise(schema: Schema, keys: list[str]) -> None:
    path_problem(schema, keys, Hints())


Pair = tuple[Schema, Any]


def of_fields(parts: dict[str, Pair]) -> Pair:
    """The schema of an object, and such an object."""
    return obj({key: schema for key, (schema, _) in parts.items()}), {key: value for key, (_, value) in parts.items()}


def of_items(items: list[Pair]) -> Pair:
    """The schema of a tuple, and such a list."""
    return {"type": "array", "prefixItems": [schema for schema, _ in items], "items": False}, [v for _, v in items]


def pairs(inner: Any) -> Any:
    """Schemas with values that fit them, made of such pairs."""
    return st.one_of(
        st.dictionaries(WORDS, inner, max_size=4).map(of_fields),
        st.lists(inner, max_size=3).map(of_items),
        inner.map(lambda pair: (obj(rest=pair[0]), {"p": pair[1], "q.r": pair[1]})),
        inner.map(lambda pair: (obj(patternProperties={"^r[0-9]+$": pair[0]}), {"r0": pair[1], "r10": pair[1]})),
        inner.map(lambda pair: ({"type": "array", "items": pair[0], "maxItems": 2}, [pair[1], pair[1]])),
        st.tuples(inner, inner).map(lambda two: ({"anyOf": [two[0][0], two[1][0]]}, two[1][1])),
        inner.map(lambda pair: ({"allOf": [pair[0], {}]}, pair[1])),
    )


SCALARS: list[Pair] = [
    (NUMBER, 1.5),
    ({"type": ["string", "null"]}, None),
    (BINARY, object()),
    ({}, {"y": 1}),
]
PAIRS = st.recursive(st.sampled_from(SCALARS), pairs, max_leaves=12)


def paths_of(value: Any) -> list[list[str]]:
    """The keys to every place of a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [[]] + [[*str(key).split("."), *rest] for key, part in inner for rest in paths_of(part)]


@unhurried
@given(PAIRS, st.lists(WORDS, max_size=4))
def test_what_a_fitting_value_holds_is_never_a_fault(pair: Pair, keys: list[str]) -> None:
    schema, value = pair
    for path in [*paths_of(value), keys]:
        try:
            resolve(value, path)
        except PathNotFound:
            continue
        assert path_problem(schema, path, Hints()) is None, (json.dumps(schema), path)
