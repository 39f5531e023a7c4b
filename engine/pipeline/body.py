"""The body of an entry: what a client has to send, as JSON of the shape of an example or as the fields of a form.

| `body` | the client sends |
|---|---|
| object, `{"name": "Myself", "age": 31}` | JSON of that shape |
| string, `"image"` | multipart with that one field |
| list of strings, `["image", "areas"]` | multipart with those fields |

The shape of an example:

| example | fits |
|---|---|
| object with keys | an object with all of these keys and no others, each value of its shape |
| `{}` | any object |
| list of examples | a list in which each item fits one of the examples |
| `[]` | any list |
| string, boolean | a string, a boolean |
| integer | an integer; 1.0 counts as one, as in JSON Schema; a boolean does not |
| number with a fraction | any number |
| `null` | anything |
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from engine.errors import Fault
from engine.pipeline import jsontext
from engine.pipeline.names import Hints, listed, name_fault, quoted
from engine.pipeline.paths import describe

MAX_FIELDS = 1_000
MAX_DEPTH = 64
MAX_FAULTS = 100
_COMPARISONS = 2_000
_LEAST, _LARGEST = -(2**63), 2**63 - 1

# What is wrong, and the keys that lead there, innermost first: no pointer is built while all is right.
_Found = tuple[list[str | int], str]
_Check = Callable[[Any], list[_Found]]


@dataclass(frozen=True)
class Body:
    """What a route takes. `fields` are the names of a form's fields, and empty for an object."""

    kind: Literal["object", "form"]
    fields: tuple[str, ...]
    example: Any
    _check: "_Check" = field(repr=False, compare=False)

    def check(self, value: Any) -> list[Fault]:
        """All that is wrong with `value`, the JSON body of an object; empty if it fits. At most 100 faults.

        For a form any object is right: what its JSON fields hold is not laid down.
        """
        found = self._check(value)
        if not found:
            return []
        faults = [Fault(jsontext.pointer(*reversed(keys)), message) for keys, message in found[:MAX_FAULTS]]
        if len(found) > MAX_FAULTS:
            faults.append(Fault("", "there are more faults than these, which are not listed"))
        return faults

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12, as in OpenAPI 3.1) of an `application/json` body, or of a `multipart/form-data` one."""
        if self.kind == "object":
            return {**_schema(self.example), "examples": [self.example]}
        part = {
            "type": "string",
            "format": "binary",
            "description": "A file; or, sent as application/json, an object whose keys are merged into the input.",
        }
        return {
            "type": "object",
            "properties": {name: dict(part) for name in self.fields},
            "required": list(self.fields),
            "additionalProperties": False,
        }


def compile(body: Any) -> Body:
    """Make the check of a body once, to be used for each submission.

    Raises `ValueError` with a sentence if `body` is none of the three forms.
    """
    for fault in faults(body):
        raise ValueError(fault.message)
    if isinstance(body, dict):
        return Body("object", (), body, _compiled(body))
    return Body("form", (body,) if isinstance(body, str) else tuple(body), body, _expect(dict, "an object"))


def faults(body: Any) -> list[Fault]:
    """Why `body` is none of the three forms, with pointers into it; empty if it is one."""
    if isinstance(body, dict):
        deep = _deeper_than(body, MAX_DEPTH)
        return [Fault("", f"the body is nested deeper than {MAX_DEPTH} levels")] if deep else []
    if isinstance(body, str):
        problem = name_fault(body)
        return [Fault("", f"the body names a field of a form: {problem}")] if problem else []
    if not isinstance(body, list):
        return [Fault("", f"a body is an object (an example), a string or a list of strings, not {describe(body)}")]
    if not body:
        return [Fault("", "a body that is a list names the fields of a form: at least one")]
    if len(body) > MAX_FIELDS:
        return [Fault("", f"the body names {len(body):,} fields; the limit is {MAX_FIELDS:,}")]
    return list(_field_faults(body))


def unknown_key(example: dict[str, Any], keys: tuple[str, ...], hints: Hints) -> str | None:
    """Why `keys` lead nowhere in any body of the shape of `example`; None if they may lead somewhere.

    Only objects with keys and scalars say what is there: `{}`, lists and `null` may hold anything.
    A sentence without its end: "has no key `agee`; did you mean `age`?".
    """
    place: Any = example
    left = keys
    while left:
        if isinstance(place, dict) and place:
            size = next((n for n in range(1, len(left) + 1) if ".".join(left[:n]) in place), 0)
            if not size:
                return f"has no key {quoted(left[0])}{_inside(keys, left)}" + (
                    hints.did_you_mean(left[0], place) or f"; it has {listed(place)}"
                )
            place, left = place[".".join(left[:size])], left[size:]
        elif place is None or isinstance(place, (dict, list)):
            return None
        else:
            return f"has no key {quoted(left[0])}{_inside(keys, left)}, which is {describe(place)}"
    return None


def _inside(keys: tuple[str, ...], left: tuple[str, ...]) -> str:
    return f" in {quoted('.'.join(keys[: len(keys) - len(left)]))}" if len(left) < len(keys) else ""


def _field_faults(names: list[Any]) -> Iterable[Fault]:
    seen: set[str] = set()
    for position, name in enumerate(names):
        pointer = jsontext.pointer(position)
        if not isinstance(name, str):
            yield Fault(pointer, f"the name of a field must be a string, not {describe(name)}")
        elif problem := name_fault(name):
            yield Fault(pointer, problem)
        elif name in seen:
            yield Fault(pointer, f"the field {quoted(name)} is there twice; keep one of them")
        else:
            seen.add(name)


def _deeper_than(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        inner = [item for place in level for item in (place.values() if isinstance(place, dict) else place)]
        level = [item for item in inner if isinstance(item, (dict, list))]
    return bool(level)


def _compiled(example: Any) -> _Check:
    if example is None:
        return lambda value: []
    if isinstance(example, dict):
        return _object(example) if example else _expect(dict, "an object")
    if isinstance(example, list):
        return _list(example) if example else _expect(list, "a list")
    if isinstance(example, str):
        return _expect(str, "a string")
    if isinstance(example, bool):
        return _expect(bool, "a boolean")
    return _integer if isinstance(example, int) else _number


def _wrong(wanted: str, value: Any) -> list[_Found]:
    return [([], f"must be {wanted}, not {describe(value)}")]


def _expect(kind: type, name: str) -> _Check:
    return lambda value: [] if isinstance(value, kind) else _wrong(name, value)


def _integer(value: Any) -> list[_Found]:
    if type(value) is int or (type(value) is float and value.is_integer()):
        return []
    return _wrong("an integer", value) if type(value) is not float else [([], "must be an integer, without a fraction")]


def _number(value: Any) -> list[_Found]:
    return [] if type(value) in (int, float) else _wrong("a number", value)


def _object(example: dict[str, Any]) -> _Check:
    checks = {key: _compiled(value) for key, value in example.items()}

    def check(value: Any) -> list[_Found]:
        if not isinstance(value, dict):
            return _wrong("an object", value)
        found: list[_Found] = []
        for key, check_value in checks.items():
            if key not in value:
                found.append(([key], "is missing; send " + _wanted(example[key])))
            elif inner := check_value(value[key]):
                found.extend(_below(key, inner))
        if len(value) > len(checks) or found:
            found.extend(_unknown(value, checks))
        return found

    return check


def _wanted(example: Any) -> str:
    return "any value" if example is None else describe(example)


def _unknown(value: dict[str, Any], known: dict[str, _Check]) -> Iterable[_Found]:
    missing = [key for key in known if key not in value]
    hints = Hints(_COMPARISONS)
    for key in islice((key for key in value if key not in known), MAX_FAULTS + 1):
        # A mistyped key is most probably one that is missing.
        hint = hints.did_you_mean(key, missing) or hints.did_you_mean(key, known)
        yield [key], f"is not known{hint or f'; leave it out: the body has {listed(known)}'}"


def _list(examples: list[Any]) -> _Check:
    by_schema: dict[bytes, Any] = {}
    for example in examples:
        by_schema.setdefault(jsontext.dumps(_schema(example)), example)
    different = list(by_schema.values())
    checks = [_compiled(example) for example in different]

    def check(value: Any) -> list[_Found]:
        if not isinstance(value, list):
            return _wrong("a list", value)
        found: list[_Found] = []
        for position, item in enumerate(value):
            if inner := _fits_one(item, checks, different):
                found.extend(_below(position, inner))
                if len(found) > MAX_FAULTS:
                    break
        return found

    return check


def _fits_one(item: Any, checks: list[_Check], examples: list[Any]) -> list[_Found]:
    """Nothing if one of the checks passes; else what the one says whose example is most like the item."""
    first: list[_Found] | None = None
    for check, example in zip(checks, examples):
        found = check(item)
        if not found:
            return []
        if describe(example) == describe(item) and first is None:
            first = found
    if first is not None:
        return first
    if len(checks) == 1:
        return checks[0](item)
    wanted = list(dict.fromkeys(describe(example) for example in examples))
    return _wrong(" or ".join(wanted), item)


def _below(key: str | int, inner: list[_Found]) -> list[_Found]:
    for keys, _ in inner:
        keys.append(key)
    return inner


def _schema(example: Any) -> dict[str, Any]:
    if example is None:
        return {}
    if isinstance(example, dict):
        return _object_schema(example) if example else {"type": "object"}
    if isinstance(example, list):
        return _list_schema(example) if example else {"type": "array"}
    if isinstance(example, str):
        return {"type": "string"}
    if isinstance(example, bool):
        return {"type": "boolean"}
    if isinstance(example, int):
        return {"type": "integer", "minimum": _LEAST, "maximum": _LARGEST}
    return {"type": "number"}


def _object_schema(example: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: _schema(value) for key, value in example.items()},
        "required": list(example),
        "additionalProperties": False,
    }


def _list_schema(examples: list[Any]) -> dict[str, Any]:
    schemas: list[dict[str, Any]] = []
    for schema in map(_schema, examples):
        if schema not in schemas:
            schemas.append(schema)
    return {"type": "array", "items": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
