"""What an operation gives, as its return type says: a JSON Schema (draft 2020-12) of the result, which is an object.

| return type | the result is described as |
|---|---|
| a model, a TypedDict, a dataclass | an object with these fields; more of them only where the type says so |
| `dict[str, X]` | an object whose values are X |
| `File`, `bytes`, an array | `result`, a binary: `{"type": "string", "format": "binary"}` |
| a list of those, a tuple of a fixed number of those | `result` or `result0`, `result1`, ...; those of the tuple |
| `None` | an object without fields |
| alternatives | `anyOf` |
| no type, `Any`, what cannot be returned | nothing |
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from aiservice.hints import kind_of
from aiservice.images import Image
from aiservice.protocol import result_problem
from aiservice.results import RESULT
from aiservice.schemas import Fields, Schema, Schemas, either, fields_of, is_union, object_of, plain

log = logging.getLogger("aiservice.descriptions")

BINARY: Schema = {"type": "string", "format": "binary"}
SEVERAL = f"^{RESULT}[0-9]+$"


def result_of(function: Callable[..., Any]) -> Schema | None:
    """Return the description of a function's results, None where its return type tells nothing.

    One that is too large to be announced goes without the texts in it; if that is not enough, it is left out, which is
    logged.
    """
    hint = get_type_hints(function, include_extras=True).get("return", Any)
    try:
        schema = _Result().of(hint)
        problem = result_problem(schema) if schema else None
        if schema and problem:
            schema = _without_texts(schema)
            problem = result_problem(schema)
    except Exception as error:
        # As in `schemas.py`: what cannot be described is not described.
        problem = f"{type(error).__name__}: {error}"
    if problem:
        log.warning("%s: the result cannot be described: %s", function.__qualname__, problem)
        return None
    return schema


def forms_of(schema: Schema) -> tuple[list[Schema], list[Schema]]:
    """Return the alternatives of a description that come as plain JSON, and those that come as a form with binaries.

    One that may hold binaries, and need not, is in both.
    """
    alternatives = schema["anyOf"] if "anyOf" in schema else [schema]
    values = [one for one in alternatives if not any(name in _binaries(one) for name in one.get("required", ()))]
    return values, [one for one in alternatives if any(True for _ in _binaries(one))]


def _binaries(schema: Schema) -> Iterator[str]:
    """The names of the fields that may be binaries; an empty one for those whose names are open."""
    for name, field in schema.get("properties", {}).items():
        if _may_be_binary(field):
            yield name
    rest = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties", False)]
    if any(_may_be_binary(field) for field in rest):
        yield ""


def _may_be_binary(field: Any) -> bool:
    return (
        field is True
        or field == {}
        or field == BINARY
        or (isinstance(field, dict) and BINARY in field.get("anyOf", ()))
    )


class _Result:
    def __init__(self) -> None:
        self._values = Schemas()

    def of(self, hint: Any) -> Schema | None:
        found = self._of(hint)
        if found is None or not self._values.definitions:
            return found
        return {**found, "$defs": self._values.definitions}

    def _of(self, hint: Any) -> Schema | None:
        if _is_binary(hint):
            return object_of({RESULT: BINARY}, [RESULT])
        hint = plain(hint)
        if hint is None or hint is type(None):
            return object_of({})
        if is_union(hint):
            return self._either(get_args(hint))
        cls = get_origin(hint) or hint
        if not isinstance(cls, type):
            return None
        if issubclass(cls, (list, tuple)) or cls is Sequence:
            return _several(cls, get_args(hint))
        if issubclass(cls, BaseModel):
            return self._model(hint)
        declared = fields_of(cls) or _fields_of_dict(cls, get_args(hint))
        return self._object(declared) if declared is not None else None

    def _either(self, hints: Sequence[Any]) -> Schema | None:
        parts = [self._of(hint) for hint in hints]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            return None
        nothing = object_of({})
        others = [part for part in found if part != nothing]
        if len(others) == 1 and "$ref" not in others[0]:
            return {key: value for key, value in others[0].items() if key != "required"}
        return either(found)

    def _model(self, hint: Any) -> Schema | None:
        schema = self._values.of(hint)
        target = schema
        if "$ref" in schema:
            target = self._values.definitions.get(schema["$ref"].removeprefix("#/$defs/"), {})
        return schema if target and target.get("type", "object") == "object" else None

    def _object(self, declared: Fields) -> Schema:
        parts = {name: self._field(hint) for name, hint in declared.hints.items()}
        rest = False if declared.rest is None else self._field(declared.rest)
        return object_of(parts, declared.required, rest)

    def _field(self, hint: Any) -> Schema:
        """Return the schema of a value at the top level of a result, where binaries may stand."""
        if _is_binary(hint):
            return dict(BINARY)
        inner = plain(hint)
        if is_union(inner) and any(_is_binary(one) for one in get_args(inner)):
            return either(self._field(one) for one in get_args(inner))
        return self._values.of(inner if get_origin(hint) is not Annotated else hint)


def _fields_of_dict(cls: type, inner: tuple[Any, ...]) -> Fields | None:
    if not issubclass(cls, dict):
        return None
    return Fields({}, frozenset(), inner[1] if len(inner) == 2 else Any)


def _several(cls: type, inner: tuple[Any, ...]) -> Schema | None:
    """Return the description of a list as a result: it holds binaries only."""
    if issubclass(cls, tuple) and inner and inner[-1] is not Ellipsis:
        if not all(_is_binary(hint) for hint in inner):
            return None
        names = [RESULT] if len(inner) == 1 else [f"{RESULT}{index}" for index in range(len(inner))]
        return object_of({name: BINARY for name in names}, names)
    if inner and inner[0] is not Any and not _is_binary(inner[0]):
        return None
    return {**object_of({RESULT: BINARY}), "patternProperties": {SEVERAL: BINARY}}


def _is_binary(hint: Any) -> bool:
    """Tell whether a value of this type, at the top level of a result, is a binary."""
    inner = plain(hint)
    if is_union(inner):
        return all(_is_binary(one) for one in get_args(inner))
    if inner is Any:
        return any(isinstance(mark, Image) for mark in getattr(hint, "__metadata__", ()))
    return kind_of(inner) in ("file", "image_file", "image_array") or inner in (bytes, bytearray)


def _without_texts(schema: Any) -> Any:
    """Return a schema without its descriptions and examples."""
    if isinstance(schema, list):
        return [_without_texts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: value
        for key, value in schema.items()
        if not (key == "description" and isinstance(value, str) or key == "examples" and isinstance(value, list))
    }
    return {key: _without_texts(value) for key, value in kept.items()}
