"""The words of dynamic code: which builtins, modules and kinds of syntax there are.

All of it was tried on the interpreter that runs the code (pydantic-monty 1.4.0), and a test runs each word and each
construct there again. What is missing here is refused when a pipeline is posted.
"""

import ast

FIELDS = ("id", "type", "params", "input", "out", "finished", "_loop")
"""The fields of a node, as code sees it."""
WRITABLE = frozenset({"params", "input", "out"})

DICT_METHODS = frozenset(name for name in dir(dict) if not name.startswith("_"))

_FUNCTIONS = (
    "abs all any bin bool bytes chr dict divmod enumerate filter float format frozenset hash hex int isinstance iter "
    "len list map max min next oct ord pow range repr reversed round set slice sorted str sum tuple type zip"
)
_EXCEPTIONS = (
    "ArithmeticError AssertionError AttributeError Exception IndexError KeyError LookupError MemoryError NameError "
    "OverflowError RecursionError RuntimeError StopIteration TimeoutError TypeError "
    "UnboundLocalError UnicodeDecodeError UnicodeEncodeError ValueError ZeroDivisionError"
)
FUNCTIONS = frozenset(_FUNCTIONS.split())
EXCEPTIONS = frozenset(_EXCEPTIONS.split())
BUILTINS = FUNCTIONS | EXCEPTIONS

TYPES = frozenset(
    {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "range", "set", "slice", "str", "tuple"}
)
TYPE_METHODS = {("dict", "fromkeys"), ("bytes", "fromhex")}
"""What types offer by themselves; their other methods are there on values alone."""

_MATH = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 "
    "fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log "
    "log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc ulp"
)
_RE = (
    "A ASCII DOTALL I IGNORECASE M MULTILINE NOFLAG S compile error escape findall finditer fullmatch match search "
    "split sub"
)
MODULES = {
    "json": frozenset({"JSONDecodeError", "dumps", "loads"}),
    "math": frozenset(_MATH.split()),
    "re": frozenset(_RE.split()),
}

SYNTAX: frozenset[type[ast.AST]] = frozenset(
    {
        # Programs and statements.
        *(ast.Module, ast.Expression, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Pass, ast.Global),
        *(ast.Nonlocal, ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Try, ast.ExceptHandler, ast.Raise),
        *(ast.Assert, ast.FunctionDef, ast.Return, ast.arguments, ast.arg, ast.Import, ast.ImportFrom, ast.alias),
        *(ast.Match, ast.match_case, ast.MatchValue, ast.MatchSingleton, ast.MatchSequence, ast.MatchMapping),
        *(ast.MatchClass, ast.MatchStar, ast.MatchAs, ast.MatchOr),
        # Expressions.
        *(ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Call, ast.keyword, ast.Starred),
        *(ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.List, ast.Tuple),
        *(ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
        *(ast.JoinedStr, ast.FormattedValue, ast.Load, ast.Store),
        # Operators.
        *(ast.And, ast.Or, ast.Not, ast.Invert, ast.UAdd, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv),
        *(ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor, ast.Eq, ast.NotEq, ast.Lt),
        *(ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn),
    }
)

REFUSED = {
    "Delete": "`del` is not available; use `.pop(key)`, or assign a list or dict without the item",
    "Yield": "`yield` is not available; fill a list and return it",
    "YieldFrom": "`yield` is not available; fill a list and return it",
    "ClassDef": "classes are not available; use dicts and functions",
    "AsyncFunctionDef": "`async` is not available; write an ordinary function",
    "AsyncFor": "`async` is not available; write an ordinary loop",
    "AsyncWith": "`async with` is not available; there is nothing to open",
    "Await": "`await` is not available; there is nothing to wait for",
    "With": "`with` is not available; there is nothing to open",
    "TryStar": "`except*` is not available; write `except`",
    "MatMult": "`@` is not available; there are no matrices",
    "TypeAlias": "`type` statements are not available; leave it out",
    "TypeVar": "type parameters are not available; leave them out",
    "TemplateStr": "t-strings are not available; write an f-string",
}

HINTS = {
    "print": "`print` is not available; write what you want to see to `node.out`, where the task shows it",
    "open": "`open` is not available; code reaches no files. Binaries are followed as they are: assign or copy them",
    "exec": "`exec` is not available; write the code itself",
    "eval": "`eval` is not available; write the expression itself, or use `json.loads` for data",
    "compile": "`compile` is not available; write the code itself (or `re.compile`)",
    "getattr": "`getattr` is not available; values are dicts, so write `value.get(key, default)`",
    "hasattr": "`hasattr` is not available; values are dicts, so write `key in value`",
    "setattr": "`setattr` is not available; values are dicts, so write `value[key] = ...`",
    "globals": "`globals` is not available; reach nodes by `pipeline.nodes[...]`",
    "locals": "`locals` is not available; reach nodes by `pipeline.nodes[...]`",
    "vars": "`vars` is not available; values are dicts, so write `value.items()`",
    "self": "`self` is not known; this node is called `node`",
    "this": "`this` is not known; this node is called `node`",
    "loop": "`loop` is for paths alone; code writes the id of a node of the body, and `node._loop` for the item",
    "true": "`true` is not known; Python writes `True`",
    "false": "`false` is not known; Python writes `False`",
    "null": "`null` is not known; Python writes `None`",
}
