"""The three forms of a body: what fits, what does not, and what the documentation says of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Fault
from engine.pipeline.body import MAX_FAULTS, compile, faults, unknown_key
from engine.pipeline.names import Hints
from tests.pipeline.definitions import unhurried

PERSON = {"name": "Myself", "age": 31}

FITS: list[tuple[Any, Any]] = [
    (PERSON, {"age": 7, "name": ""}),
    ({"n": 31}, {"n": 31.0}),
    ({"n": 1.5}, {"n": 2}),
    ({"n": 1.5}, {"n": -0.25}),
    ({"b": True}, {"b": False}),
    ({"l": []}, {"l": [1, "a", None]}),
    ({"o": {}}, {"o": {"any": [1]}}),
    ({}, {"any": [1]}),
    ({"x": None}, {"x": None}),
    ({"x": None}, {"x": {"a": 1}}),
    ({"areas": [[0, 0, 10, 10]]}, {"areas": [[1, 2, 3, 4], [5, 6]]}),
    ({"areas": [[0, 0, 10, 10]]}, {"areas": []}),
    ({"l": [1, "a"]}, {"l": ["b", 2, 3, "c"]}),
    ({"l": [{"a": 1}, {"b": 1}]}, {"l": [{"b": 2}, {"a": 3}]}),
    ({"l": [None, 1]}, {"l": ["anything"]}),
    ({"u": {"v": {"w": 1}}}, {"u": {"v": {"w": 2}}}),
]

FAILS: list[tuple[Any, Any, list[tuple[str, str]]]] = [
    (PERSON, [], [("", "must be an object, not a list")]),
    (PERSON, None, [("", "must be an object, not null")]),
    (PERSON, {"name": "x", "age": "7"}, [("/age", "must be an integer, not a string")]),
    (PERSON, {"name": "x", "age": True}, [("/age", "must be an integer, not a boolean")]),
    (PERSON, {"name": "x", "age": 7.5}, [("/age", "without a fraction")]),
    (PERSON, {"name": None, "age": 7}, [("/name", "must be a string, not null")]),
    (PERSON, {"name": "x"}, [("/age", "is missing; send an integer")]),
    (PERSON, {"name": "x", "aeg": 7}, [("/age", "is missing"), ("/aeg", "did you mean `age`?")]),
    (PERSON, {"name": "x", "age": 7, "zzz": 1}, [("/zzz", "leave it out: the body has `name` and `age`")]),
    (PERSON, {"name": 1, "age": "x"}, [("/name", "must be a string"), ("/age", "must be an integer")]),
    ({"n": 1.5}, {"n": True}, [("/n", "must be a number, not a boolean")]),
    ({"b": True}, {"b": 1}, [("/b", "must be a boolean, not an integer")]),
    ({"l": []}, {"l": {}}, [("/l", "must be a list, not an object")]),
    ({"o": {}}, {"o": []}, [("/o", "must be an object, not a list")]),
    ({"x": None}, {}, [("/x", "is missing; send any value")]),
    (
        {"areas": [[0]]},
        {"areas": [[1, "2"], 3]},
        [("/areas/0/1", "must be an integer"), ("/areas/1", "must be a list")],
    ),
    ({"l": [1, "a"]}, {"l": [None]}, [("/l/0", "must be an integer or a string, not null")]),
    ({"l": [1, {"a": 1}]}, {"l": [{"a": "x"}]}, [("/l/0/a", "must be an integer, not a string")]),
    ({"a/b": {"c~d": 1}}, {"a/b": {"c~d": "x"}}, [("/a~1b/c~0d", "must be an integer")]),
    ({}, [], [("", "must be an object")]),
]

NO_FORM: list[tuple[Any, str, str]] = [
    (None, "", "not null"),
    (7, "", "not an integer"),
    (True, "", "not a boolean"),
    ("", "", "must not be empty"),
    ([], "", "at least one"),
    (["image", 7], "/1", "must be a string, not an integer"),
    (["image", "image"], "/1", "twice"),
    (["image", ""], "/1", "must not be empty"),
    (["x" * 201], "/0", "the limit is 200"),
    (["a\r\nb"], "/0", "control characters"),
    ([".."], "/0", "folder"),
    ([str(number) for number in range(1_001)], "", "limit is 1,000"),
]


def nested(depth: int) -> Any:
    return {"a": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(("example", "value"), FITS)
def test_values_of_the_shape_fit(example: Any, value: Any) -> None:
    assert compile(example).check(value) == []


@pytest.mark.parametrize(("example", "value", "expected"), FAILS)
def test_others_have_a_fault_at_each_place(example: Any, value: Any, expected: list[tuple[str, str]]) -> None:
    found = compile(example).check(value)
    assert [fault.pointer for fault in found] == [pointer for pointer, _ in expected]
    for fault, (_, words) in zip(found, expected):
        assert words in fault.message


def test_the_fault_of_the_example_in_full() -> None:
    assert compile(PERSON).check({"name": "x", "age": "7"}) == [Fault("/age", "must be an integer, not a string")]


@pytest.mark.parametrize(("body", "pointer", "words"), NO_FORM)
def test_what_is_none_of_the_three_forms_is_refused(body: Any, pointer: str, words: str) -> None:
    (fault,) = faults(body)
    assert fault.pointer == pointer
    assert words in fault.message
    with pytest.raises(ValueError) as refused:
        compile(body)
    assert str(refused.value) == fault.message


def test_an_example_has_a_depth_that_can_be_walked() -> None:
    assert faults(nested(63)) == []
    assert [fault.message for fault in faults(nested(900))] == ["the body is nested deeper than 64 levels"]


@pytest.mark.parametrize(("body", "names"), [("image", ("image",)), (["image", "areas"], ("image", "areas"))])
def test_strings_and_lists_of_strings_are_forms(body: Any, names: tuple[str, ...]) -> None:
    form = compile(body)
    assert (form.kind, form.fields) == ("form", names)
    schema = form.json_schema()
    assert schema["type"] == "object"
    assert schema["required"] == list(names)
    assert schema["additionalProperties"] is False
    for name in names:
        assert (schema["properties"][name]["type"], schema["properties"][name]["format"]) == ("string", "binary")
        assert "application/json" in schema["properties"][name]["description"]


def test_the_schema_of_an_object_says_what_the_check_does() -> None:
    integer = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
    example = {"n": 1, "f": 0.5, "s": "", "b": True, "x": None, "o": {}, "l": [], "m": [1, 2, ""], "p": [[1]]}
    body = compile(example)
    assert (body.kind, body.fields) == ("object", ())
    assert body.json_schema() == {
        "type": "object",
        "properties": {
            "n": integer,
            "f": {"type": "number"},
            "s": {"type": "string"},
            "b": {"type": "boolean"},
            "x": {},
            "o": {"type": "object"},
            "l": {"type": "array"},
            "m": {"type": "array", "items": {"anyOf": [integer, {"type": "string"}]}},
            "p": {"type": "array", "items": {"type": "array", "items": integer}},
        },
        "required": list(example),
        "additionalProperties": False,
        "examples": [example],
    }


def test_the_number_of_faults_is_bounded() -> None:
    for value in ({"l": ["x"] * 50_000}, {f"k{number}": 1 for number in range(50_000)}):
        found = compile({"l": [1]}).check(value)
        assert len(found) == MAX_FAULTS + 1
        assert "more faults" in found[-1].message


@pytest.mark.parametrize(
    ("body", "keys", "words"),
    [
        (PERSON, "aeg", "has no key `aeg`; did you mean `age`?"),
        (PERSON, "zzz", "has no key `zzz`; it has `name` and `age`"),
        (PERSON, "age.x", "has no key `x` in `age`, which is an integer"),
        ({"user": {"value": 1}}, "user.valu", "has no key `valu` in `user`; did you mean `value`?"),
    ],
)
def test_keys_that_nobody_sends_are_known_beforehand(body: Any, keys: str, words: str) -> None:
    assert unknown_key(body, tuple(keys.split(".")), Hints()) == words


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (PERSON, "age"),
        ({"u": {"v": 1}}, "u.v"),
        ({"a.b": 1}, "a.b"),
        ({"u": {}}, "u.any.key"),
        ({"u": None}, "u.any"),
        ({"u": [1]}, "u.0"),
        ({}, "any"),
    ],
)
def test_keys_that_may_be_sent_are_not_held_against_a_path(body: Any, keys: str) -> None:
    assert unknown_key(body, tuple(keys.split(".")), Hints()) is None


_examples = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-9, 9) | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)


@unhurried
@given(_examples)
def test_an_example_fits_itself(example: dict[str, Any]) -> None:
    assert compile(example).check(example) == []


@unhurried
@given(_examples, _examples)
def test_faults_point_to_what_is_there_or_missing(example: dict[str, Any], value: dict[str, Any]) -> None:
    for fault in compile(example).check(value):
        *parents, _ = [part.replace("~1", "/").replace("~0", "~") for part in fault.pointer.split("/")[1:]] or [""]
        place: Any = value
        for part in parents:
            place = place[int(part)] if isinstance(place, list) else place[part]
        assert fault.message
