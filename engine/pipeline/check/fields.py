"""The faults of one node by itself: its type and its fields, in plain sentences."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.errors import Fault
from engine.pipeline import body
from engine.pipeline.headers import header_faults
from engine.pipeline.jsontext import pointer
from engine.pipeline.names import Hints, listed, quoted
from engine.pipeline.nodes import NODE_ID_PATTERN, NODE_TYPES, ROUTE_PATTERN, Api, Retry, Side
from engine.pipeline.paths import describe

Place = tuple[str | int, ...]

_PARTS: dict[str, type[BaseModel]] = {"api": Api, "retry": Retry, "then": Side, "else": Side}
_CODE = frozenset({"ready", "before", "after", "if", "exec"})
_NOT_OF: Mapping[tuple[str, str], str] = {
    ("end", "next"): "an end has no `next`, since the task ends there; remove it",
    ("entry", "input"): "an entry has no `input`, since it receives what the client sends; remove it",
    ("entry", "ready"): "an entry has no `ready`, since it starts with the task; remove it",
}
_PATTERNS = {
    NODE_ID_PATTERN: "must be 1 to 100 letters, digits, `_` and `-`",
    ROUTE_PATTERN: "must be 1 to 200 letters, digits, `.`, `_` and `-`",
}


def kind_of(node: Any, hints: Hints) -> str | None:
    """The type of a node, or the one that was probably meant; None where nobody can tell."""
    if not isinstance(node, dict):
        return None
    name = node.get("type", "node")
    if not isinstance(name, str):
        return None
    return name if name in NODE_TYPES else hints.nearest(name, NODE_TYPES)


def node_faults(place: Place, node: Any, hints: Hints) -> Iterator[Fault]:
    """What is wrong with the node at `place` in the document, apart from what it says of other nodes.

    The nodes in the body of a loop are not looked at.
    """
    if not isinstance(node, dict):
        yield Fault(pointer(*place), f"a node must be an object, not {describe(node)}")
        return
    kind = node.get("type", "node")
    known = isinstance(kind, str) and kind in NODE_TYPES
    if not known:
        yield Fault(pointer(*place, "type"), _unknown_type(kind, hints))
        kind = "node"
    for error in _model_errors(kind, node):
        where = _where(error, node)
        # The fields of an unknown type are not known either; names in `next` are judged with the graph.
        if (not known and error["type"] == "extra_forbidden") or (where[-2:-1] == ("next",) and _is_text(error)):
            continue
        yield Fault(pointer(*place, *where), _sentence(error, where, kind, hints))
    if known:
        for fault in _further_faults(kind, node):
            yield Fault(pointer(*place) + fault.pointer, fault.message)


def _where(error: Mapping[str, Any], node: dict[str, Any]) -> Place:
    """The place of a fault in the node as it was sent."""
    where: Place = error["loc"]
    if where[-1:] == ("[key]",):
        where = where[:-1]
    is_code_alone = where[0] in ("then", "else") and isinstance(node.get(str(where[0])), str)
    return where[:1] if is_code_alone else where


def _model_errors(kind: str, node: dict[str, Any]) -> list[Any]:
    try:
        NODE_TYPES[kind].model_validate({**node, "type": kind})
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _is_text(error: Mapping[str, Any]) -> bool:
    return isinstance(error["loc"][-1], int) and isinstance(error["input"], str)


def _further_faults(kind: str, node: dict[str, Any]) -> Iterator[Fault]:
    """What the models do not say."""
    if kind == "entry":
        api = node.get("api")
        if isinstance(api, dict) and "body" in api:
            for fault in body.faults(api["body"]):
                yield Fault(pointer("api", "body") + fault.pointer, fault.message)
    elif kind == "service":
        yield from _target_faults(node)
    elif kind == "http":
        yield from _header_faults(node.get("headers"))


def _target_faults(node: dict[str, Any]) -> Iterator[Fault]:
    if node.get("url") is None and node.get("service") is None:
        yield Fault(
            "", "a service node needs a `url`, or a `service`: the route of an announced operation or a pipeline"
        )
    elif node.get("url") is not None and node.get("service") is not None:
        yield Fault("", "a service node takes either `url` or `service`; remove one of them")


def _header_faults(headers: Any) -> Iterator[Fault]:
    """Each header by itself, so that the pointer leads to it; then all of them, of which only the others are new."""
    if not isinstance(headers, dict):
        return
    texts = {name: value for name, value in headers.items() if isinstance(value, str)}
    told = set()
    for name, value in texts.items():
        for message in header_faults({name: value}):
            told.add(message)
            yield Fault(pointer("headers", name), message)
    for message in header_faults(texts):
        if message not in told:
            yield Fault(pointer("headers"), message)


def _unknown_type(kind: Any, hints: Hints) -> str:
    if not isinstance(kind, str):
        return f"a type must be a string, not {describe(kind)}; this engine knows {listed(NODE_TYPES)}"
    meant = hints.did_you_mean(kind, NODE_TYPES)
    return f"{quoted(kind)} is no type of node; this engine knows {listed(NODE_TYPES)}{meant}"


def _sentence(error: Mapping[str, Any], where: Place, kind: str, hints: Hints) -> str:
    name, found = error["type"], error["input"]
    if name == "extra_forbidden":
        return _unknown_field(where, kind, hints)
    if name == "missing":
        return _MISSING.get(where, f"{quoted(where[-1])} is missing; add it")
    if name == "value_error":
        return str(error["ctx"]["error"])
    if name in _WANTED_TYPES:
        return _wrong_type(name, where, found)
    if name == "literal_error":
        return _not_one_of(error["ctx"]["expected"], found, hints)
    if name == "string_too_short" and error["loc"][-1] in _CODE:
        return "must not be empty; write code, or remove this field"
    if name in _BOUNDS:
        return _BOUNDS[name](error["ctx"], found)
    return str(error["msg"])


def _wrong_type(name: str, where: Place, found: Any) -> str:
    shown = repr(found) if isinstance(found, float) else describe(found)
    wanted = _WANTED_TYPES[name]
    if len(where) == 1 and where[0] in ("then", "else"):
        wanted = "an object with any of `next`, `out` and `exec`, or a string of code"
    elif where[-1] in _CODE:
        wanted = "code in a string"
    return f"must be {wanted}, not {shown}"


def _not_one_of(expected: str, found: Any, hints: Hints) -> str:
    """`expected` lists the words as Python writes them: 'GET', 'HEAD' or 'POST'."""
    known = expected.replace(" or ", ", ").replace("'", "").split(", ")
    shown = quoted(found) if isinstance(found, str) else describe(found)
    hint = hints.did_you_mean(found, known) if isinstance(found, str) else ""
    return f"must be one of {listed(known, 'or')}, not {shown}{hint}"


def _unknown_field(where: Place, kind: str, hints: Hints) -> str:
    field = str(where[-1])
    if len(where) == 1 and (kind, field) in _NOT_OF:
        return _NOT_OF[kind, field]
    model, owner = (NODE_TYPES[kind], f"of type {quoted(kind)}") if len(where) == 1 else _part(where)
    known = _names(model)
    text = f"{quoted(field)} is no field {owner}"
    others = [other for other, one in NODE_TYPES.items() if len(where) == 1 and field in _names(one)]
    if others:
        return f"{text}, but of {listed(others)}; change the `type` of this node, or remove the field"
    return text + (hints.did_you_mean(field, known) or f"; known are {listed(known, most=len(known))}")


@cache
def _names(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model as they are written."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _part(where: Place) -> tuple[type[BaseModel], str]:
    name = str(where[0])
    return _PARTS[name], f"of {quoted(name)}"


_MISSING: Mapping[Place, str] = {
    ("if",): '`if` is missing; add the expression that decides, as in "if": "len(input.areas) > 0"',
    ("then",): '`then` is missing; add it, as in "then": {"next": ["..."]}',
    ("items",): '`items` is missing; add the path to the list, as in "items": "detect.out.areas"',
    ("nodes",): "`nodes` is missing; add the list of the nodes that run for each item",
}

_WANTED_TYPES = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "int_type": "an integer",
    "float_type": "a number",
}

_BOUNDS: dict[str, Callable[[Mapping[str, Any], Any], str]] = {
    "string_pattern_mismatch": lambda ctx, found: _PATTERNS[ctx["pattern"]],
    "string_too_short": lambda ctx, found: "must not be empty",
    "string_too_long": lambda ctx, found: f"is {len(found):,} characters long; the limit is {ctx['max_length']:,}",
    "too_short": lambda ctx, found: "is empty; add at least one",
    "too_long": lambda ctx, found: f"has {len(found):,} items; the limit is {ctx['max_length']:,}",
    "greater_than": lambda ctx, found: f"must be more than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx, found: f"must be at least {ctx['ge']:g}",
    "less_than_equal": lambda ctx, found: f"must be at most {ctx['le']:,.0f}",
}
