"""Paths into described results: what may be there, what cannot, and descriptions that were made to do harm."""

import time
from typing import Any

import pytest

from engine.pipeline.described import path_problem
from engine.pipeline.names import Hints

Schema = dict[str, Any]


def obj(properties: Schema | None = None, rest: Any = False, **others: Any) -> Schema:
    """The schema of an object that has these fields and no others."""
    return {"type": "object", "properties": properties or {}, "additionalProperties": rest, **others}


BINARY: Schema = {"type": "string", "format": "binary"}
NUMBER: Schema = {"type": "number"}
BOX: Schema = {"type": "array", "prefixItems": [{"type": "integer"}] * 4, "minItems": 4, "maxItems": 4}
FACES = obj({"answer": {"type": "array", "items": BOX}})
CROPPED = obj({"result": BINARY}, patternProperties={"^result[0-9]+$": BINARY})
ANALYZED = obj({"format": {"type": "string"}, "width": {"type": "integer"}}, rest=True)
OBJECTS = obj(
    {"objects": {"type": "array", "items": {"$ref": "#/$defs/Object"}}, "blurred.jpg": BINARY, "a.b": obj({"c.d": {}})},
    **{
        "$defs": {
            "Object": obj(
                {"label": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/Object"}}}
            )
        }
    },
)
EITHER = {"anyOf": [obj({"age": {"anyOf": [NUMBER, {"type": "null"}]}}), obj({"reason": obj({"code": NUMBER})}), obj()]}
TUPLE = obj(
    {"pair": {"prefixItems": [NUMBER, obj({"x": {}})], "items": False}, "none": {"type": "array", "maxItems": 0}}
)
MARKED = obj(
    {"kind": {"enum": ["a", 1]}, "gone": False, "both": {"type": ["object", "string"], "properties": {"x": {}}}}
)
NARROWED = {"allOf": [obj({"a": {}, "b": {}}), obj({"a": obj({"x": {}}), "b": {}})]}
POINTED = {"$ref": "#/$defs/a~1b%20~0c/1", "$defs": {"a/b ~c": [{}, obj({"x": {}})]}}
TREE = obj({"child": {"$ref": "#"}})

POSSIBLE = [
    (FACES, "answer"),
    (FACES, "answer.0"),
    (FACES, "answer.4711.3"),
    (CROPPED, "result"),
    (CROPPED, "result0"),
    (CROPPED, "result17"),
    (ANALYZED, "width"),
    (ANALYZED, "GPSInfo.GPSLatitude.0"),
    (OBJECTS, "objects.0.label"),
    (OBJECTS, "objects.0.parts.1.parts.2.label"),
    (OBJECTS, "blurred.jpg"),
    (OBJECTS, "a.b.c.d"),
    (OBJECTS, "a.b.c.d.anything"),
    (EITHER, "age"),
    (EITHER, "reason.code"),
    (TUPLE, "pair.1.x"),
    (MARKED, "both.x"),
    (NARROWED, "a.x"),
    (NARROWED, "b.y"),
    (obj(rest=NUMBER), "any"),
    (obj(rest=NUMBER), "a.key.with.dots"),
    (obj(rest=obj({"x": {}})), "any.x"),
    (obj(rest=obj({"x": {}})), "any.y"),  # `any.y` may be the name of a field
    (ANALYZED, "width.x"),
    (TREE, "child.child.child"),
    (POINTED, "x"),
    (FACES, ""),
]

IMPOSSIBLE = [
    (FACES, "anwser", "`anwser` is no field of the result of `svc`; did you mean `answer`?"),
    (FACES, "faces.0", "`faces` is no field of the result of `svc`; it has `answer`"),
    (
        FACES,
        "answer.0.4",
        "`answer.0` in the result of `svc` is a list of at most 4 items, counted from 0, and has no `4`",
    ),
    (FACES, "answer.0.1.x", "`answer.0.1` in the result of `svc` is an integer and has no fields, so no `x`"),
    (
        FACES,
        "answer.first",
        "`answer` in the result of `svc` is a list, whose items go by their number, as in `answer.0`, ",
    ),
    (FACES, "answer.01", "as in `answer.0`, not by `01`"),
    (FACES, "answer.-1", "as in `answer.0`, not by `-1`"),
    (CROPPED, "reslt", "did you mean `result`?"),
    (CROPPED, "resultx", "did you mean `result`?"),
    (CROPPED, "picture", "it has `result`, `result0` and `result1`, and so on"),
    (CROPPED, "result3.width", "`result3` in the result of `svc` is a binary and has no fields, so no `width`"),
    (OBJECTS, "objects.label", "a list, whose items go by their number; did you mean `objects.0.label`?"),
    (OBJECTS, "objects.0.lable", "`lable` is no field of `objects.0` in the result of `svc`; did you mean `label`?"),
    (
        OBJECTS,
        "objects.0.parts.3.lable",
        "no field of `objects.0.parts.3` in the result of `svc`; did you mean `label`?",
    ),
    (OBJECTS, "blured.jpg", "`blured.jpg` is no field of the result of `svc`; did you mean `blurred.jpg`?"),
    (OBJECTS, "a.b.x", "`x` is no field of `a.b` in the result of `svc`; it has `c.d`"),
    (EITHER, "agee", "did you mean `age`?"),
    (EITHER, "reason.cod", "`cod` is no field of `reason` in the result of `svc`; did you mean `code`?"),
    (EITHER, "age.x", "`age` in the result of `svc` is a number and has no fields"),
    (EITHER, "zzzzz", "it has `age` and `reason`"),
    (TUPLE, "pair.2", "a list of at most 2 items"),
    (TUPLE, "none.0", "`none` in the result of `svc` is a list of no items, and has no `0`"),
    (MARKED, "kind.x", "`kind` in the result of `svc` is a single value and has no fields"),
    (MARKED, "gone", "it has `kind` and `both`"),
    (TREE, "child.child.parent", "`parent` is no field of `child.child` in the result of `svc`; it has `child`"),
    (POINTED, "y", "`y` is no field of the result of `svc`; it has `x`"),
    (NARROWED, "c", "it has `a` and `b`"),
    (NARROWED, "a.y", "`y` is no field of `a` in the result of `svc`; it has `x`"),
    (obj(), "x", "`x` is no field of the result of `svc`, which has no fields"),
    ({"anyOf": [False, {"$ref": "#/$defs/no"}], "$defs": {"no": False}}, "x", "which has no fields"),
]


def problem(schema: Any, path: str) -> str | None:
    """What is said of a path into the result of the operation `svc`."""
    return path_problem(schema, path.split(".") if path else [], Hints(), "svc")


@pytest.mark.parametrize(("schema", "path"), POSSIBLE)
def test_what_may_be_there_is_no_fault(schema: Schema, path: str) -> None:
    assert problem(schema, path) is None


@pytest.mark.parametrize(("schema", "path", "words"), IMPOSSIBLE)
def test_what_cannot_be_there_is_told_with_the_nearest_name(schema: Schema, path: str, words: str) -> None:
    assert words in str(problem(schema, path))


def test_without_a_route_it_is_the_result() -> None:
    assert path_problem(FACES, ["x"], Hints()) == "`x` is no field of the result; it has `answer`"


def test_hints_are_bounded() -> None:
    many = obj({f"field{number}": {} for number in range(1_500)})
    hints = Hints(2_000)
    assert "did you mean `field1`?" in str(path_problem(many, ["feld1"], hints))
    told = str(path_problem(many, ["feld1"], hints))
    assert "did you mean" not in told and "and 1488 more" in told


OPEN: list[Any] = [
    {},
    True,
    {"type": "object"},
    {"properties": {"a": {}}},
    {"type": "whatever", "additionalProperties": False},
    {"type": ["object", 3], "additionalProperties": False},
    {"type": {"object": 1}, "additionalProperties": False},
    {"type": "object", "properties": ["a"], "additionalProperties": False},
    {"type": "object", "properties": {}, "additionalProperties": "no"},
    {"type": "object", "patternProperties": {"(x+x+)+y": {}}, "additionalProperties": False},
    {"type": "object", "patternProperties": 7, "additionalProperties": False},
    {"$ref": "#/$defs/missing", "$defs": {}},
    {"$ref": "https://elsewhere.test/schema.json"},
    {"$ref": "#anchor"},
    {"$ref": 4},
    {"$ref": "#/anyOf/01", "anyOf": [{}, False]},
    {"allOf": [{"$ref": "#/allOf/0"}]},
    {"anyOf": []},
    {"anyOf": "x", "oneOf": 5, "allOf": {}},
    {"oneOf": [obj(), {}]},
    {"$defs": {"other": {"$id": "urn:x", **obj()}}, "$ref": "#/$defs/other"},
    {"enum": [{"x": 1}, 2]},
    [],
    None,
    5,
]


@pytest.mark.parametrize("schema", OPEN)
def test_parts_that_are_open_or_not_understood_may_hold_anything(schema: Any) -> None:
    assert problem(schema, "x") is None
    assert problem(obj({"a": schema, "$defs": {}}), "a.x") is None


@pytest.mark.parametrize("items", [[NUMBER], "x", None, 3])
def test_lists_with_odd_fields_may_hold_anything(items: Any) -> None:
    assert problem(obj({"a": {"type": "array", "items": items}}), "a.3.x") is None
    assert problem(obj({"a": {"type": "array", "prefixItems": {"0": NUMBER}}}), "a.3.x") is None
    for most in (-1, True, 1.5, "1", None):
        assert problem(obj({"a": {"type": "array", "maxItems": most}}), "a.3") is None


def deep(levels: int, wrap: str) -> Schema:
    """A schema nested through `wrap`."""
    schema: Any = obj()
    for _ in range(levels):
        schema = {"allOf": [schema]} if wrap == "allOf" else obj({"a": schema})
    return dict(schema)


def tangled(width: int) -> Schema:
    """A few definitions, each of which is any of all of them one key further."""
    names = [f"d{number}" for number in range(width)]
    alternatives = [{"$ref": f"#/$defs/{name}"} for name in names]
    definitions = {name: obj(rest={"anyOf": alternatives}) for name in names}
    return {"anyOf": alternatives, "$defs": {**definitions, "end": obj()}}


HOSTILE: list[tuple[Any, str]] = [
    (deep(50_000, "allOf"), "x"),
    (deep(50_000, "properties"), ".".join("a" * 500)),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "x"),
    (tangled(100), ".".join("a" * 500)),
    (obj(patternProperties={f"^p{number}[0-9]+$": obj() for number in range(2_000)}), ".".join("p" * 500)),
    (obj({f"p{number}": obj() for number in range(100_000)}), ".".join("p" * 500)),
    ({"anyOf": [obj({f"p{number}": {}}) for number in range(30_000)]}, "x"),
    ({"type": "object", "patternProperties": {"^(a|a)*$" + "a" * 50_000: False}}, "a" * 900),
]


@pytest.mark.parametrize(("schema", "path"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_description_neither_raises_nor_hangs(schema: Any, path: str) -> None:
    began = time.process_time()
    problem(schema, path)
    assert time.process_time() - began < 2


def test_a_description_that_holds_itself_is_no_trouble() -> None:
    schema: Schema = {"type": "object", "additionalProperties": False}
    schema["properties"] = {"a": schema}
    schema["allOf"] = [schema]
    assert problem(schema, "a.a.a.a") is None
    assert "did you mean `a`?" in str(problem({**schema, "allOf": []}, "A"))
