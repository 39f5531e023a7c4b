"""The text that runs: a program between lines that bind its scope and lines that give back what became of it.

The scope goes in and comes back as JSON texts, one for each node and one for the pipeline's own fields: the interpreter
reads and writes them much faster than objects can be handed over, and nothing but JSON can come back. A text that did
not change is not sent back. The added lines use names with two underscores, which the check refuses in code, and take
the builtins that they need before the code can hide them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from engine.pipeline.code import Program

MAX_DEPTH = 128
"""Levels of lists and objects in the value of a field."""

_DUMPS = 'allow_nan=False, ensure_ascii=False, separators=(",", ":")'

_BEFORE = (
    "from json import dumps as __dumps__, loads as __loads__",
    "__bool__ = bool; __enumerate__ = enumerate; __len__ = len; __type__ = type; __zip__ = zip",
    "__parts__ = [__loads__(__text__) for __text__ in __texts__]",
)
_AFTER_STATEMENTS = f"""
pipeline.pop("nodes", None)
__after__ = [__dumps__(__part__, {_DUMPS}) for __part__ in __parts__]
__changed__ = [None if __a__ == __b__ else __a__ for __a__, __b__ in __zip__(__after__, __texts__)]
__changed__ if [__loads__(__text__) for __text__ in __after__] == __parts__ else None
"""
_AFTER_EXPRESSION = f"""
)
__parts__ = [__value__]
__changed__ = [__dumps__(__value__, {_DUMPS})]
__changed__ if [__loads__(__changed__[0])] == __parts__ else None
"""

CHECK = f"""
def __fault__(value):
    todo = [(value, [])]
    while todo:
        value, path = todo.pop()
        kind = __type__(value).__name__
        if kind == "list" or kind == "tuple":
            items = __enumerate__(value)
        elif kind == "dict":
            items = value.items()
            for key in value:
                if __type__(key).__name__ != "str":
                    return [path, "has a key of the type " + __type__(key).__name__ + "; keys must be strings"]
                if "\\0" in key:
                    return [path, "has a key with a NUL character; take it out"]
        elif kind == "str":
            if "\\0" in value:
                return [path, "has a NUL character; take it out"]
            continue
        elif kind == "int":
            if not -9223372036854775808 <= value <= 9223372036854775807:
                return [path, "is an integer beyond 64 bits; make it a string"]
            continue
        elif kind == "float":
            if value != value or value - value != 0:
                return [path, "is NaN or Infinity, which JSON does not have"]
            continue
        elif kind == "bool" or kind == "NoneType":
            continue
        else:
            return [path, "is of the type " + kind + "; make it a list, dict, string or number"]
        if __len__(path) > {MAX_DEPTH}:
            return [path[:8], "is nested deeper than {MAX_DEPTH} levels, or contains itself"]
        for key, item in items:
            todo.append((item, path + [key]))
    return None

[__fault__(__part__) for __part__ in __parts__]
"""
"""Finds the first thing in each part that is no JSON value: a list of its path and the end of a sentence, or None."""

TRUTH = "__bool__(__value__)"
AGAIN = "__changed__"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """`source` runs; the user's lines in it are the `lines` after the first `before`."""

    source: str
    before: int
    lines: int


def wrap(program: Program, own: str, ids: Sequence[str]) -> Wrapped:
    """The text for a scope whose parts are the nodes `ids`, in this order, and then the pipeline."""
    nodes = ", ".join(f"{json.dumps(node_id)}: __parts__[{index}]" for index, node_id in enumerate(ids))
    bound = "".join(f"; {name} = __parts__[{ids.index(name)}]" for name in program.names if name in ids)
    before = [
        *_BEFORE,
        f"pipeline = __parts__[{len(ids)}]; pipeline['nodes'] = {{{nodes}}}; node = __parts__[{ids.index(own)}]{bound}",
    ]
    if program.modules:
        before.append("import " + ", ".join(program.modules))
    after = _AFTER_STATEMENTS
    if program.kind == "expression":
        before.append("__value__ = (")
        after = _AFTER_EXPRESSION
    source = "\n".join([*before, program.source]) + after
    return Wrapped(source, len(before), program.source.count("\n") + 1)
