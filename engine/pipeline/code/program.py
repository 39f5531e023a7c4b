"""Dynamic code: what `ready`, `if`, `before`, `after` and `exec` may say, and what of the task they reach.

Code is Python, within limits (`words.py`). Names in scope are `node`, `pipeline`, `input`, and the ids of nodes
that are identifiers. A chain that begins at one of them may be written with attributes or with keys; what runs are keys
alone, since the values are plain dicts and lists: `A.out.areas` becomes `A["out"]["areas"]`, in place. An attribute
that is called stays a call, and so does every name of a method of dicts.
"""

import ast
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from engine.pipeline.code.check import Check
from engine.pipeline.code.faults import CodeFault, CodeFaults
from engine.pipeline.code.source import Places

Kind = Literal["expression", "statements"]

MAX_LENGTH = 10_000
MAX_NESTING = 100
"""Levels of the syntax tree. The interpreter takes about 180."""


@dataclass(frozen=True, slots=True)
class Program:
    """Code that was checked, and what it reaches.

    `uses` has for each node that the code names, the own one under `node`, the fields that it reaches; None stands for
    all of them. `every` says that it reaches `pipeline.nodes` in a way that cannot be told in advance, `fields` that it
    uses the fields of `pipeline` itself. `source` is what runs, line by line that of the user; `names` are those of
    nodes that stand in it, `modules` those that it needs whether it imports them or not.
    """

    kind: Kind
    source: str
    uses: Mapping[str, frozenset[str] | None]
    every: bool
    fields: bool
    names: frozenset[str]
    modules: tuple[str, ...]


def compile_code(text: str, kind: Kind, ids: Collection[str]) -> Program:
    """Check the code of a pipeline with nodes of these ids, loop bodies included.

    The result is kept, so the same code costs nothing again; quickest where `ids` is a frozenset. Raises CodeFaults.
    """
    return _compiled(text, kind, frozenset(ids))


@lru_cache(maxsize=4096)
def _compiled(text: str, kind: Kind, ids: frozenset[str]) -> Program:
    if len(text) > MAX_LENGTH:
        raise _fault(1, 1, f"this is {len(text):,} characters long; the limit is {MAX_LENGTH:,}")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _require_text(text)
    if kind == "expression":
        text, places = _unindented(text)
    else:
        places = Places(text)
    tree = _parsed(text, kind, places)
    check = Check(tree, places, ids)
    if check.faults:
        raise CodeFaults(sorted(check.faults, key=lambda fault: (fault.line, fault.column)))
    reached = {name: None if fields is None else frozenset(fields) for name, fields in check.uses.items()}
    uses = MappingProxyType(reached)
    names = frozenset(name for name in check.names if name in ids)
    return Program(kind, check.edits.source(), uses, check.every, check.fields, names, tuple(sorted(check.modules)))


def _fault(line: int, column: int, message: str) -> CodeFaults:
    return CodeFaults([CodeFault(line, column, message)])


def _require_text(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        for column, char in enumerate(line, 1):
            if char == "\0" or "\ud800" <= char <= "\udfff":
                raise _fault(number, column, f"the character {ascii(char)} cannot stand in code; take it out")


def _unindented(text: str) -> tuple[str, Places]:
    """Blanks before an expression are harmless, but not to Python."""
    begin = text.lstrip()
    blank = text[: len(text) - len(begin)]
    text = "\n" * blank.count("\n") + begin
    return text, Places(text, len(blank) - blank.rfind("\n") - 1)


def _parsed(text: str, kind: Kind, places: Places) -> ast.Module | ast.Expression:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _tree(text, kind)
            _require_flat(tree, places)
            # Finds what the grammar lets pass, such as a `return` outside of a function. Nothing of it is ever run.
            compile(tree, "code", "eval" if kind == "expression" else "exec", dont_inherit=True)
            return tree
    except SyntaxError as error:
        line = min(error.lineno or 1, len(places.lines))
        before = places.lines[line - 1][: error.offset - 1] if error.offset else places.lines[line - 1]
        raise _fault(line, places.column(line, len(before.encode())), _explained(error, text, kind)) from None
    except (RecursionError, MemoryError):
        raise _fault(1, 1, _NESTED) from None


def _tree(text: str, kind: Kind) -> ast.Module | ast.Expression:
    return ast.parse(text, mode="eval") if kind == "expression" else ast.parse(text)


def _explained(error: SyntaxError, text: str, kind: Kind) -> str:
    if kind == "expression":
        if not text.strip():
            return "an expression is needed here, as in `A.out.count > 0`; this is empty"
        if _parses(text, "exec") and not _parses(text, "eval"):
            return "an expression is needed here, as in `A.out.count > 0`; this is a statement"
    return f"this is no Python: {error.msg}"


def _parses(text: str, mode: Literal["exec", "eval"]) -> bool:
    try:
        ast.parse(text, mode=mode)
    except (SyntaxError, RecursionError, MemoryError):
        return False
    return True


_NESTED = f"this is nested too deeply; the limit is {MAX_NESTING} levels. Split it into several statements"


def _require_flat(tree: ast.AST, places: Places) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_NESTING):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    deep = next((node for node in level if isinstance(node, (ast.expr, ast.stmt))), None)
    line, column = (deep.lineno, deep.col_offset) if deep is not None else (1, 0)
    raise _fault(line, places.column(line, column), _NESTED)
