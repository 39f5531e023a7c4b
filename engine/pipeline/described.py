"""Whether a path may lead somewhere in a result, by the description that its service announced.

A description is a JSON Schema (draft 2020-12) of the object that a call results in; a binary is
`{"type": "string", "format": "binary"}`. It comes from outside, so it is read with care: a part that is open, unknown,
malformed or too tangled may hold anything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

from engine.pipeline.names import Hints, listed, quoted

MAX_STEPS = 20_000
"""Places of a description that are looked at for one path; what is not found by then may be there."""

MAX_DEPTH = 100
"""Parts of a description that are followed into each other."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_NUMBERED = re.compile(r"\^([\w-]*)(?:\[0-9\]|\\d)\+\$", re.ASCII)
_OF_OBJECTS = ("properties", "patternProperties", "additionalProperties")
_OF_LISTS = ("items", "prefixItems", "maxItems")

_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class _DeadEnd:
    """A place where a path goes no further, after so many of its keys."""

    position: int
    kind: Literal["object", "list", "short list", "scalar"]
    declared: Mapping[str, Any] = field(default_factory=dict)
    numbered: Mapping[str, Any] = field(default_factory=dict)
    length: int = 0
    what: str = ""

    def names(self) -> list[str]:
        """The fields of an object; of numbered ones the first two."""
        found = [name for name, part in self.declared.items() if isinstance(name, str) and part is not False]
        numbered = [start for start, part in self.numbered.items() if part is not False]
        return found + [f"{start}{number}" for start in numbered for number in (0, 1)]


def path_problem(schema: Mapping[str, Any], keys: Sequence[str], hints: Hints, service: str = "") -> str | None:
    """Why `keys`, a path within the `out` of a call, lead nowhere in any result of this description.

    None if they may lead somewhere. `service` is the route of the operation, for the sentence. Never raises, whatever
    the description is.
    """
    search = _Search(schema, tuple(keys))
    return None if search.may_exist() else _sentence(search, hints, service)


class _Search:
    """Looks for the places of a description that keys can lead to, and notes where they lead no further.

    A conjunction, such as `allOf`, is judged part by part: what one of its parts forbids is not there. So a path that
    is found fault with cannot exist, while one that is not may still fail at run time.
    """

    def __init__(self, schema: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.dead_ends: list[_DeadEnd] = []
        self.root = schema
        self._known: dict[tuple[int, int], bool] = {}
        self._steps = 0

    def may_exist(self) -> bool:
        """Whether there may be something at the end of the keys."""
        return self._may(self.root, 0, 0)

    def _may(self, schema: Any, position: int, depth: int) -> bool:
        """Whether `keys[position:]` may lead somewhere from a value of this schema."""
        if schema is False:
            return False
        self._steps += 1
        tangled = self._steps > MAX_STEPS or depth > MAX_DEPTH
        if position == len(self.keys) or tangled or not isinstance(schema, Mapping):
            return True
        if "$id" in schema and schema is not self.root:
            return True  # a document of its own, with references of its own
        place = (id(schema), position)
        if place not in self._known:
            self._known[place] = True  # a part that refers to itself says nothing new
            self._known[place] = all(part for part in self._parts(schema, position, depth + 1))
        return self._known[place]

    def _parts(self, schema: Mapping[str, Any], position: int, depth: int) -> Iterator[bool]:
        """What each part of a schema, all of which hold, says of the keys."""
        if "$ref" in schema:
            yield self._may(self._referred(schema["$ref"]), position, depth)
        for name in ("anyOf", "oneOf"):
            if isinstance(schema.get(name), list) and schema[name]:
                yield any([self._may(one, position, depth) for one in schema[name]])
        if isinstance(schema.get("allOf"), list):
            yield all([self._may(one, position, depth) for one in schema["allOf"]])
        yield self._itself(schema, position, depth)

    def _referred(self, reference: Any) -> Any:
        """What `#/$defs/name` names; True, which allows all, where that is not to be found."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return True
        place: Any = self.root
        for part in unquote(reference[1:]).split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(place, Mapping) and part in place:
                place = place[part]
            elif isinstance(place, list) and _INDEX.fullmatch(part) and int(part) < len(place):
                place = place[int(part)]
            else:
                return True
        return place if reference == "#" or reference.startswith("#/") else True

    def _itself(self, schema: Mapping[str, Any], position: int, depth: int) -> bool:
        kinds = _kinds(schema)
        if kinds is None:
            return True
        # Each is asked, also where the first is enough, so that all dead ends are known.
        found = [
            self._in_object(schema, position, depth) if "object" in kinds else False,
            self._in_list(schema, position, depth) if "array" in kinds else False,
        ]
        if not {"object", "array"} & set(kinds):
            what = "a binary" if schema.get("format") == "binary" else _NAMES.get(kinds[0], "a single value")
            self.dead_ends.append(_DeadEnd(position, "scalar", what=what))
        return any(found)

    def _in_object(self, schema: Mapping[str, Any], position: int, depth: int) -> bool:
        declared = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        if not isinstance(declared, Mapping) or not isinstance(patterns, Mapping):
            return True
        self._steps += len(patterns)
        prefixes = [_NUMBERED.fullmatch(pattern) if isinstance(pattern, str) else None for pattern in patterns]
        if None in prefixes:
            return True  # another pattern: it could be any, so it is not tried
        starts = {found[1]: part for found, part in zip(prefixes, patterns.values(), strict=True) if found}
        rest = schema.get("additionalProperties", True)
        found = False
        for end in range(position + 1, len(self.keys) + 1):
            self._steps += len(starts)
            if self._steps > MAX_STEPS:
                return True
            for part in _parts_of(".".join(self.keys[position:end]), declared, starts, rest):
                found = self._may(part, end, depth) or found
        if not found:
            self.dead_ends.append(_DeadEnd(position, "object", declared, starts))
        return found

    def _in_list(self, schema: Mapping[str, Any], position: int, depth: int) -> bool:
        key = self.keys[position]
        first, rest = schema.get("prefixItems", []), schema.get("items", True)
        if not _INDEX.fullmatch(key):
            self.dead_ends.append(_DeadEnd(position, "list"))
            return False
        if not isinstance(first, list):
            return True
        index = int(key)
        limits = [schema["maxItems"]] if _is_count(schema.get("maxItems")) else []
        limits += [len(first)] if rest is False else []
        if limits and index >= min(limits):
            self.dead_ends.append(_DeadEnd(position, "short list", length=min(limits)))
            return False
        return self._may(first[index] if index < len(first) else rest, position + 1, depth)


def _parts_of(key: str, declared: Mapping[str, Any], starts: Mapping[str, Any], rest: Any) -> Iterator[Any]:
    """The schema of the value under a key, or several where all of them hold and one may be asked for each."""
    found = [declared[key]] if key in declared else []
    for start, part in starts.items():
        if key.startswith(start) and re.fullmatch(r"[0-9]+", key[len(start) :]):
            found.append(part)
    yield from found or [rest]


def _kinds(schema: Mapping[str, Any]) -> list[str] | None:
    """The JSON types of a schema's values, told by its other fields where it has no `type`; None if it may be any."""
    if "type" not in schema:
        if isinstance(schema.get("enum"), list) and not any(isinstance(one, (dict, list)) for one in schema["enum"]):
            return ["value"]
        kinds = ["object"] * any(name in schema for name in _OF_OBJECTS)
        return kinds + ["array"] * any(name in schema for name in _OF_LISTS) or None
    stated = schema["type"]
    kinds = [stated] if isinstance(stated, str) else stated if isinstance(stated, list) else []
    return kinds if kinds and all(isinstance(kind, str) and kind in _NAMES for kind in kinds) else None


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _sentence(search: _Search, hints: Hints, service: str) -> str:
    """Tell of the dead end that lies furthest; where several do, of that which says most."""
    furthest = max((end.position for end in search.dead_ends), default=0)
    ends = [end for end in search.dead_ends if end.position == furthest]
    by_kind = {kind: [end for end in ends if end.kind == kind] for kind in ("list", "short list", "scalar")}
    objects = [end for end in ends if end.kind == "object"]
    result = f"the result of {quoted(service)}" if service else "the result"
    place = f"{quoted('.'.join(search.keys[:furthest]))} in {result}" if furthest else result
    if objects or not ends:
        return _no_field(search.keys[furthest:], place, objects, hints)
    if by_kind["list"]:
        return f"{place} is a list{_by_number(search, furthest)}"
    if by_kind["short list"]:
        length = max(end.length for end in by_kind["short list"])
        items = f"at most {length} item{'s' * (length > 1)}, counted from 0" if length else "no items"
        return f"{place} is a list of {items}, and has no {quoted(search.keys[furthest])}"
    kinds = sorted({end.what for end in by_kind["scalar"]} - {"null"})
    return f"{place} is {' or '.join(kinds) or 'null'} and has no fields, so no {quoted(search.keys[furthest])}"


def _no_field(left: tuple[str, ...], place: str, ends: list[_DeadEnd], hints: Hints) -> str:
    known = list(dict.fromkeys(name for end in ends for name in end.names()))
    name, meant = ".".join(left), None
    # A field may have dots in its name: then the rest of the path may be meant to be that name.
    if any("." in other for other in known):
        meant = hints.nearest(name, known)
    if meant is None:
        name, meant = left[0], hints.nearest(left[0], known)
    text = f"{quoted(name)} is no field of {place}"
    if meant is not None:
        return f"{text}; did you mean {quoted(meant)}?"
    if not known:
        return f"{text}, which has no fields"
    more = ", and so on" if any(end.numbered for end in ends) else ""
    return f"{text}; it has {listed(known)}{more}"


def _by_number(search: _Search, position: int) -> str:
    before, after = search.keys[:position], search.keys[position:]
    meant = (*before, "0", *after)
    if _Search(search.root, meant).may_exist():
        return f", whose items go by their number; did you mean {quoted('.'.join(meant))}?"
    return (
        f", whose items go by their number, as in {quoted('.'.join(meant[: position + 1]))}, not by {quoted(after[0])}"
    )
