"""The check of dynamic code: every node of its syntax tree is one that was tried, and every name is known.

`ast` gives each place as a line and a column in bytes. Within f-strings, Python before 3.12 gives wrong ones; there the
place of the whole f-string is told.
"""

import ast
import keyword
import sys
from collections.abc import Collection, Iterator

from engine.pipeline.code.chains import Chain, chain_of
from engine.pipeline.code.faults import CodeFault
from engine.pipeline.code.reach import Reach
from engine.pipeline.code.source import Edits, Places
from engine.pipeline.code.words import BUILTINS, DICT_METHODS, HINTS, MODULES, REFUSED, SYNTAX, TYPE_METHODS, TYPES
from engine.pipeline.names import Hints, listed, quoted

_SCOPE = ("node", "pipeline", "input")


class Check:
    """Goes through a tree once. What it found is in its attributes; see `Program` for their meaning."""

    def __init__(self, tree: ast.Module | ast.Expression, places: Places, ids: Collection[str]) -> None:
        self.faults: list[CodeFault] = []
        self.edits = Edits(tree, places)
        self.names: set[str] = set()
        self.modules: set[str] = set()
        self._places = places
        self._hints = Hints(2_000)
        self._string: ast.JoinedStr | None = None
        self._pattern = False
        self._parent: ast.AST = tree
        self._known = {name for name in ids if name.isidentifier() and not keyword.iskeyword(name)} | set(_SCOPE)
        self._reach = Reach(ids, self._hints)
        self._bound = _bound(tree)
        self._imported = _imported(tree)
        self._visit(tree)
        self.uses, self.every, self.fields = self._reach.uses, self._reach.every, self._reach.fields

    def _fault(self, node: ast.AST, message: str) -> None:
        if self._string is not None and sys.version_info < (3, 12):
            node = self._string
        node = node if hasattr(node, "lineno") else self._parent
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        self.faults.append(CodeFault(line, self._places.column(line, column), message))

    def _visit(self, node: ast.AST) -> None:
        if type(node) not in SYNTAX:
            name = type(node).__name__
            self._fault(node, REFUSED.get(name, f"`{name}` is not available in code; write it in another way"))
            return
        chain = chain_of(node) if isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Name)) else None
        if chain is not None and chain.root.id in self._known:
            self._chain(chain)
            return
        if isinstance(node, ast.Compare) and _asks_for_field(node):
            self.names.add("pipeline")
            self._reach.fields = True
            return
        special = getattr(self, f"_check_{type(node).__name__.lower()}", None)
        if special is not None:
            special(node)
        self._children(node)

    def _children(self, node: ast.AST) -> None:
        outer, pattern, parent = self._string, self._pattern, self._parent
        if isinstance(node, ast.JoinedStr) and outer is None:
            self._string = node
        self._pattern, self._parent = pattern or isinstance(node, ast.pattern), node
        for child in ast.iter_child_nodes(node):
            self._visit(child)
        self._string, self._pattern, self._parent = outer, pattern, parent

    # Chains that begin at a known name.

    def _chain(self, chain: Chain) -> None:
        name = chain.root.id
        self.names.add(name)
        if self._pattern:
            self._fault(chain.root, f"{quoted(name)} cannot stand in a pattern of `case`; compare with `if` instead")
            return
        if name == "input":
            self.edits.inputs.add(id(chain.root))
        for link, called in chain.links:
            self._link(link, called)
        for message in self._reach.note(chain):
            self._fault(chain.top, message)

    def _link(self, link: ast.expr, called: bool) -> None:
        if isinstance(link, ast.Attribute):
            if _is_dunder(link.attr):
                self._fault(link, f"names with two underscores are not available; write [{link.attr!r}] for a key")
            elif not called and link.attr in DICT_METHODS:
                self._fault(link, f"`{link.attr}` is a method of dicts: call it, or write [{link.attr!r}] for the key")
            elif not called:
                self.edits.keyed.add(id(link))
        elif isinstance(link, ast.Subscript):
            self._visit(link.slice)
        elif isinstance(link, ast.Call):
            for argument in (*link.args, *link.keywords):
                self._visit(argument)

    # What is particular to a kind of node; the names end in that of the node's class.

    def _check_name(self, node: ast.Name) -> None:
        name = node.id
        if _is_dunder(name):
            self._fault(node, f"{quoted(name)}: names with two underscores are not available")
        elif name in MODULES and name not in self._bound - self._imported:
            self.modules.add(name)
        elif name in self._bound or name in BUILTINS:
            return
        elif name in HINTS:
            self._fault(node, HINTS[name])
        else:
            known = [*self._known, *self._bound, *BUILTINS, *MODULES]
            meant = self._hints.did_you_mean(name, known)
            self._fault(node, f"{quoted(name)} is neither a node nor a builtin{meant}")

    def _check_attribute(self, node: ast.Attribute) -> None:
        base = node.value
        if _is_dunder(node.attr):
            self._fault(node, f"{quoted(node.attr)}: names with two underscores are not available")
        elif not isinstance(base, ast.Name) or base.id in self._bound - self._imported:
            return
        elif base.id in MODULES and node.attr not in MODULES[base.id]:
            meant = self._hints.did_you_mean(node.attr, MODULES[base.id])
            self._fault(node, f"`{base.id}` has no {quoted(node.attr)} here{meant}")
        elif base.id in TYPES and (base.id, node.attr) not in TYPE_METHODS:
            text = f"lambda value: value.{node.attr}()"
            self._fault(node, f"methods are reached on values alone; write `{text}`, not `{base.id}.{node.attr}`")

    def _check_constant(self, node: ast.Constant) -> None:
        if node.value is Ellipsis or isinstance(node.value, complex):
            self._fault(
                node, f"`{node.value}` is not available; there is no such value in JSON".replace("Ellipsis", "...")
            )
        elif isinstance(node.value, str) and any("\ud800" <= char <= "\udfff" for char in node.value):
            self._fault(node, "a string with a lone surrogate; take it out, it cannot be stored")

    def _check_import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name not in MODULES:
                self._fault(node, _no_module(alias.name))
            self._binding(node, alias.asname or alias.name)

    def _check_importfrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        if module not in MODULES:
            self._fault(node, _no_module(module))
            return
        for alias in node.names:
            if alias.name == "*":
                self._fault(node, f"`import *` is not available; name what you need, or write `{module}.name`")
            elif alias.name not in MODULES[module]:
                meant = self._hints.did_you_mean(alias.name, MODULES[module])
                self._fault(node, f"`{module}` has no {quoted(alias.name)} here{meant}")
            else:
                self._binding(node, alias.asname or alias.name)

    def _check_functiondef(self, node: ast.FunctionDef) -> None:
        self._binding(node, node.name)

    def _check_arg(self, node: ast.arg) -> None:
        self._binding(node, node.arg)

    def _check_excepthandler(self, node: ast.ExceptHandler) -> None:
        self._binding(node, node.name)

    def _check_matchas(self, node: ast.MatchAs) -> None:
        self._binding(node, node.name)

    def _check_matchstar(self, node: ast.MatchStar) -> None:
        self._binding(node, node.name)

    def _check_matchmapping(self, node: ast.MatchMapping) -> None:
        self._binding(node, node.rest)

    def _check_matchclass(self, node: ast.MatchClass) -> None:
        for name in node.kwd_attrs:
            self._fault(node, f"`{name}=` cannot stand in a pattern; values have keys, as in `{{{name!r}: x}}`")

    def _check_global(self, node: ast.Global | ast.Nonlocal) -> None:
        for name in node.names:
            self._binding(node, name)

    _check_nonlocal = _check_global

    def _check_namedexpr(self, node: ast.NamedExpr) -> None:
        if node.target.id == "input":
            self._binding(node, "input")

    def _binding(self, node: ast.AST, name: str | None) -> None:
        if name is None:
            return
        if _is_dunder(name):
            self._fault(node, f"{quoted(name)}: names with two underscores are not available")
        elif name in self._known:
            what = "has a meaning of its own" if name in _SCOPE else "is the id of a node"
            self._fault(node, f"{quoted(name)} {what}; give what you define another name")


def _asks_for_field(node: ast.Compare) -> bool:
    """`"count" in pipeline`, which needs no node."""
    asked, known = node.left, node.comparators[0]
    return (
        len(node.ops) == 1
        and isinstance(node.ops[0], (ast.In, ast.NotIn))
        and isinstance(asked, ast.Constant)
        and isinstance(asked.value, str)
        and isinstance(known, ast.Name)
        and known.id == "pipeline"
    )


def _is_dunder(name: str) -> bool:
    return name.startswith("__")


def _no_module(name: str) -> str:
    return f"{quoted(name)} cannot be imported; there are {listed(sorted(MODULES))} alone"


def _bound(tree: ast.AST) -> frozenset[str]:
    """Every name that the code itself gives a value, in whatever scope."""
    return frozenset(name for node in ast.walk(tree) for name in _binds(node))


def _binds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name
    elif isinstance(node, (ast.FunctionDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _imported(tree: ast.AST) -> frozenset[str]:
    """The modules that the code imports under their own names."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    return frozenset(alias.name for node in imports for alias in node.names if alias.asname in (None, alias.name))
