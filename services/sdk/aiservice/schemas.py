"""Type hints as JSON Schema (draft 2020-12) of the JSON that their values become. What no hint tells is `{}`: anything.

Objects have `additionalProperties: false` unless their type says that there may be more, for what a service gives is
made by its own types.
"""

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from aiservice.files import File

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a TypedDict or of a dataclass. `rest` is the hint of further keys, None where there are none."""

    hints: Mapping[str, Any]
    required: frozenset[str]
    rest: Any = None


class Schemas:
    """Makes schemas; what they refer to (`#/$defs/...`) gathers in `definitions`."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def of(self, hint: Any, within: tuple[type, ...] = ()) -> Schema:
        """Return the schema of a value that stands inside of these classes. Never raises for an odd hint."""
        try:
            found = TypeAdapter(hint).json_schema(mode="serialization", schema_generator=_Generator)
        except Exception:
            # A type that pydantic does not take: a TypedDict of `typing` before Python 3.12, numpy's types, a foreign
            # class. A description is a courtesy, so nothing that such a type raises keeps a service from starting.
            return self._by_parts(plain(hint), within)
        definitions = found.pop("$defs", {})
        if any(self.definitions.get(name, schema) != schema for name, schema in definitions.items()):
            return {}  # another class of the same name
        self.definitions.update(definitions)
        return found

    def _by_parts(self, hint: Any, within: tuple[type, ...]) -> Schema:
        cls, inner = get_origin(hint) or hint, get_args(hint)
        if is_union(hint):
            return either([self.of(one, within) for one in inner])
        if not isinstance(cls, type) or cls in within or issubclass(cls, File):
            return {}
        declared = fields_of(cls)
        if declared is not None:
            parts = {name: self.of(field, (*within, cls)) for name, field in declared.hints.items()}
            rest = False if declared.rest is None else self.of(declared.rest, within)
            return object_of(parts, declared.required, rest)
        if issubclass(cls, dict):
            return object_of({}, rest=self.of(inner[1], within) if len(inner) == 2 else {})
        return self._list(cls, inner, within) if issubclass(cls, (list, tuple, set, frozenset)) else {}

    def _list(self, cls: type, inner: tuple[Any, ...], within: tuple[type, ...]) -> Schema:
        if issubclass(cls, tuple) and inner and inner[-1] is not Ellipsis:
            parts = [self.of(one, within) for one in inner]
            return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
        return {"type": "array", "items": self.of(inner[0], within) if inner else {}}


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with closed objects (see the module), and without defaults, warnings and made-up titles."""

    def model_schema(self, schema: Any) -> Schema:
        return _closed(super().model_schema(schema))

    def typed_dict_schema(self, schema: Any) -> Schema:
        return _closed(super().typed_dict_schema(schema))

    def dataclass_schema(self, schema: Any) -> Schema:
        return {} if issubclass(schema["cls"], File) else _closed(super().dataclass_schema(schema))

    def dict_schema(self, schema: Any) -> Schema:
        return {"additionalProperties": True, **super().dict_schema(schema)}

    def bytes_schema(self, schema: Any) -> Schema:
        return {"type": "string"}  # inside of a value it is a text, not a binary

    def ser_schema(self, schema: Any) -> Schema | None:
        # A serializer that does not say what it returns may return anything.
        found = super().ser_schema(schema)
        return {} if found is None and schema["type"].startswith("function-") else found

    def default_schema(self, schema: Any) -> Schema:
        return self.generate_inner(schema["schema"])

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:
        return {}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def emit_warning(self, kind: Any, detail: str) -> None:
        return None


def _closed(schema: Schema) -> Schema:
    found = {key: value for key, value in schema.items() if key != "title"}
    return {"additionalProperties": False, **found} if "properties" in found else found


def object_of(parts: Mapping[str, Schema], required: Iterable[str] = (), rest: Schema | bool = False) -> Schema:
    """Return the schema of an object with these fields; `rest` is that of further ones, whatever their names."""
    wanted = set(required)
    found: Schema = {"type": "object", "properties": dict(parts)}
    if wanted:
        found["required"] = [name for name in parts if name in wanted]
    return {**found, "additionalProperties": True if rest == {} else rest}


def either(schemas: Iterable[Schema]) -> Schema:
    """Return the schema of a value that fits one of these."""
    found: list[Schema] = []
    for schema in schemas:
        found += [schema] if schema not in found else []
    if {} in found:
        return {}
    return found[0] if len(found) == 1 else {"anyOf": found}


def plain(hint: Any) -> Any:
    """Return a hint without what stands around it: `Annotated`, an alias, a `NewType`."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        else:
            return hint


def _is_read_only(hint: Any) -> bool:
    return getattr(get_origin(hint), "_name", "") == "ReadOnly"


def is_union(hint: Any) -> bool:
    """Tell whether a hint has alternatives."""
    return get_origin(hint) in (Union, types.UnionType)


def fields_of(cls: type) -> Fields | None:
    """Return the fields of a TypedDict or of a dataclass, None for other classes. Raises NameError for open names."""
    if is_dataclass(cls):
        hints = get_type_hints(cls, include_extras=True)
        names = [field.name for field in fields(cls) if not field.name.startswith("_")]
        return Fields({name: hints[name] for name in names}, frozenset(names))
    if not issubclass(cls, dict) or not hasattr(cls, "__required_keys__"):
        return None
    hints, required = {}, set()
    for name, hint in get_type_hints(cls, include_extras=True).items():
        hints[name], said = _unqualified(hint)
        # `__required_keys__` is wrong where annotations are texts, as `from __future__ import annotations` makes them.
        if said is Required or (said is None and name in cls.__required_keys__):
            required.add(name)
    return Fields(hints, frozenset(required), _rest_of(cls))


def _unqualified(hint: Any) -> tuple[Any, Any]:
    """Return the hint of a key without `Required`, `NotRequired` and `ReadOnly`, and which of the first two it had."""
    said = None
    while get_origin(hint) in (Required, NotRequired) or _is_read_only(hint):
        said = said if _is_read_only(hint) else get_origin(hint)
        hint = get_args(hint)[0]
    return hint, said


def _rest_of(cls: type) -> Any:
    """Return the hint of the keys that a TypedDict may have beside its own (PEP 728, or pydantic's `extra`)."""
    if getattr(cls, "__pydantic_config__", {}).get("extra") == "allow":
        return Any
    extra = getattr(cls, "__extra_items__", None)
    return None if extra is None or "NoExtraItems" in repr(extra) or extra is type(None) else extra
