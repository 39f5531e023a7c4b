"""The faults of one node by itself: its type and its fields, in plain sentences."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.errors import Fault
from engine.pipeline import body
from engine.pipeline.jsontext import pointer
from engine.pipeline.names import Hints, listed, quoted
from engine.pipeline.nodes import NODE_ID_PATTERN, NODE_TYPES, ROUTE_PATTERN, Api, Retry
from engine.pipeline.paths import describe

CODE_FIELDS = frozenset({"ready", "before", "after"})

_PARTS: dict[str, type[BaseModel]] = {"api": Api, "retry": Retry}
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


def node_faults(position: int, node: Any, hints: Hints) -> Iterator[Fault]:
    """What is wrong with the node at `position` of `nodes`, apart from what it says of other nodes."""
    if not isinstance(node, dict):
        yield Fault(pointer("nodes", position), f"a node must be an object, not {describe(node)}")
        return
    kind = node.get("type", "node")
    known = isinstance(kind, str) and kind in NODE_TYPES
    if not known:
        yield Fault(pointer("nodes", position, "type"), _unknown_type(kind, hints))
        kind = "node"
    for error in _model_errors(kind, node):
        where = error["loc"]
        # The fields of an unknown type are not known either; names in `next` are judged with the graph.
        if (not known and error["type"] == "extra_forbidden") or (where[:1] == ("next",) and _is_text(error)):
            continue
        keys = where[:-1] if where[-1:] == ("[key]",) else where
        yield Fault(pointer("nodes", position, *keys), _sentence(error, kind, hints))
    if known and kind == "entry":
        yield from _body_faults(position, node)
    if known and kind == "service":
        yield from _target_faults(position, node)


def _model_errors(kind: str, node: dict[str, Any]) -> list[Any]:
    try:
        NODE_TYPES[kind].model_validate({**node, "type": kind})
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _is_text(error: Mapping[str, Any]) -> bool:
    return len(error["loc"]) == 2 and isinstance(error["input"], str)


def _body_faults(position: int, node: dict[str, Any]) -> Iterator[Fault]:
    api = node.get("api")
    if isinstance(api, dict) and "body" in api:
        for fault in body.faults(api["body"]):
            yield Fault(pointer("nodes", position, "api", "body") + fault.pointer, fault.message)


def _target_faults(position: int, node: dict[str, Any]) -> Iterator[Fault]:
    if node.get("url") is None and node.get("service") is None:
        message = "a service node needs a `url`, or a `service`: the route of an announced operation"
        yield Fault(pointer("nodes", position), message)
    elif node.get("url") is not None and node.get("service") is not None:
        message = "a service node takes either `url` or `service`; remove one of them"
        yield Fault(pointer("nodes", position), message)


def _unknown_type(kind: Any, hints: Hints) -> str:
    if not isinstance(kind, str):
        return f"a type must be a string, not {describe(kind)}; this engine knows {listed(NODE_TYPES)}"
    meant = hints.did_you_mean(kind, NODE_TYPES)
    return f"{quoted(kind)} is no type of node; this engine knows {listed(NODE_TYPES)}{meant}"


def _sentence(error: Mapping[str, Any], kind: str, hints: Hints) -> str:
    name, where, found = error["type"], error["loc"], error["input"]
    if name == "extra_forbidden":
        return _unknown_field(where, kind, hints)
    if name == "missing":
        return f"{quoted(where[-1])} is missing; add it"
    if name == "value_error":
        return str(error["ctx"]["error"])
    if name in _WANTED_TYPES:
        shown = repr(found) if isinstance(found, float) else describe(found)
        return f"must be {_WANTED_TYPES[name]}, not {shown}"
    if name in _BOUNDS:
        return _BOUNDS[name](error["ctx"], found)
    return str(error["msg"])


def _unknown_field(where: tuple[str | int, ...], kind: str, hints: Hints) -> str:
    field = str(where[-1])
    if len(where) == 1 and field in CODE_FIELDS:
        return f"this engine runs no code in definitions yet; remove {quoted(field)}"
    if len(where) == 1 and kind == "end" and field == "next":
        return "an end has no `next`, since the task ends there; remove it"
    if len(where) == 1 and kind == "entry" and field == "input":
        return "an entry has no `input`, since it receives what the client sends; remove it"
    model, owner = (NODE_TYPES[kind], f"of type {quoted(kind)}") if len(where) == 1 else _part(where)
    known = list(model.model_fields)
    meant = hints.did_you_mean(field, known) or f"; known are {listed(known)}"
    return f"{quoted(field)} is no field {owner}{meant}"


def _part(where: tuple[str | int, ...]) -> tuple[type[BaseModel], str]:
    name = str(where[0])
    return _PARTS[name], f"of {quoted(name)}"


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
    "too_long": lambda ctx, found: f"has {len(found):,} items; the limit is {ctx['max_length']:,}",
    "greater_than": lambda ctx, found: f"must be more than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx, found: f"must be at least {ctx['ge']:g}",
    "less_than_equal": lambda ctx, found: f"must be at most {ctx['le']:,.0f}",
}
