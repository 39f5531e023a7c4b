"""Code that is refused when a pipeline is posted: where, and what the sentence says."""

import pytest

from engine.pipeline.code import CodeFaults, Kind, compile_code
from engine.pipeline.code.words import REFUSED

IDS = frozenset({"A", "faces", "my-id", "max"})


def faults(text: str, kind: Kind = "statements") -> list[tuple[int, int, str]]:
    with pytest.raises(CodeFaults) as caught:
        compile_code(text, kind, IDS)
    return [(fault.line, fault.column, fault.message) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("x = (1,\ny = 2", 1, 5, "this is no Python: '(' was never closed"),
        ("x = 1\nif x\n    y = 2", 2, 5, "this is no Python: expected ':'"),
        ("é = 'ü' +", 1, 10, "this is no Python: invalid syntax"),
        ("return 1", 1, 1, "'return' outside function"),
        ("break", 1, 1, "'break' outside loop"),
        ("x = 1\n  y = 2", 2, 2, "unexpected indent"),
        ("x = 1\0", 1, 6, "the character '\\x00' cannot stand in code; take it out"),
        ("x = 1\ny = '\ud800'", 2, 6, "the character '\\ud800' cannot stand in code; take it out"),
        ("x = '\\ud800'", 1, 5, "a string with a lone surrogate; take it out, it cannot be stored"),
        ("x = fcaes.out", 1, 5, "`fcaes` is neither a node nor a builtin; did you mean `faces`?"),
        ("x = 1\ny = lne(A.out.x)", 2, 5, "`lne` is neither a node nor a builtin; did you mean `len`?"),
        ("total = 1\nx = totla", 2, 5, "`totla` is neither a node nor a builtin; did you mean `total`?"),
        ("'é' + qqqqqq", 1, 7, "`qqqqqq` is neither a node nor a builtin"),
        ("print(A.out)", 1, 1, "`print` is not available; write what you want to see to `node.out`"),
        ("open('x')", 1, 1, "`open` is not available"),
        ("x = true", 1, 5, "`true` is not known; Python writes `True`"),
        ("loop.A.out", 1, 1, "`loop` is for paths alone"),
        ("import os", 1, 1, "`os` cannot be imported; there are `json`, `math` and `re` alone"),
        ("import json, os.path", 1, 1, "`os.path` cannot be imported"),
        ("from . import x", 1, 1, "`.` cannot be imported"),
        ("from math import *", 1, 1, "`import *` is not available; name what you need, or write `math.name`"),
        ("from math import sqr", 1, 1, "`math` has no `sqr` here; did you mean `sqrt`?"),
        ("x = math.sqr(2)", 1, 5, "`math` has no `sqr` here; did you mean `sqrt`?"),
        ("json.load(1)", 1, 1, "`json` has no `load` here; did you mean `loads`?"),
        ("map(str.upper, [])", 1, 5, "methods are reached on values alone; write `lambda value: value.upper()`"),
        ("x.__class__\nx = 1", 1, 1, "`__class__`: names with two underscores are not available"),
        ("A.out.__class__", 1, 1, "names with two underscores are not available; write ['__class__'] for a key"),
        ("__import__('os')", 1, 1, "`__import__`: names with two underscores are not available"),
        ("__x = 1", 1, 1, "`__x`: names with two underscores are not available"),
        ("def __f(): pass", 1, 1, "`__f`: names with two underscores are not available"),
        ("A.ot.x = 1", 1, 1, "`A` has no field `ot`; did you mean `out`?"),
        ("x = A['zzz']", 1, 5, "`A` has no field `zzz`; a node has `id`, `type`, `params`"),
        ("pipeline.nodes['my-id'].ouput", 1, 1, "`pipeline.nodes['my-id']` has no field `ouput`; did you mean `out`?"),
        ("A.id = 'x'", 1, 1, "`id` cannot be changed; code may change `out`, `input` and `params` of nodes"),
        ("A.finished = True", 1, 1, "`finished` cannot be changed"),
        ("node._loop.x = True", 1, 1, "`_loop` cannot be changed"),
        ("A = 1", 1, 1, "`A` cannot be assigned; assign to a field, as in `A.out = ...`"),
        ("node = 1", 1, 1, "`node` cannot be assigned"),
        ("pipeline = 1", 1, 1, "`pipeline` cannot be assigned; set a field of your own, as in `pipeline.count = 1`"),
        ("pipeline.nodes = {}", 1, 1, "`pipeline.nodes` cannot be changed"),
        ("pipeline.nodes['A'] = {}", 1, 1, "`pipeline.nodes` cannot be changed"),
        ("pipeline.nodes.face", 1, 1, "there is no node `face`; did you mean `faces`?"),
        ("pipeline.nodes['nix']", 1, 1, "there is no node `nix`"),
        ("max(1, 2)", 1, 1, "`max` is a node here and cannot be called; a node's id hides a builtin of that name"),
        ("pipeline()", 1, 1, "`pipeline` cannot be called"),
        ("for A in []: pass", 1, 5, "`A` cannot be assigned"),
        ("def A(): pass", 1, 1, "`A` is the id of a node; give what you define another name"),
        ("def f(input): pass", 1, 7, "`input` has a meaning of its own; give what you define another name"),
        ("x = lambda A: 1", 1, 12, "`A` is the id of a node; give what you define another name"),
        ("import json as faces", 1, 1, "`faces` is the id of a node; give what you define another name"),
        ("try: pass\nexcept KeyError as A: pass", 2, 1, "`A` is the id of a node; give what you define another name"),
        ("(input := 1)", 1, 2, "`input` has a meaning of its own"),
        ("x = [A for A in []]", 1, 12, "`A` cannot be assigned"),
        ("A.out.items", 1, 1, "`items` is a method of dicts: call it, or write ['items'] for the key"),
        (
            "match 1:\n    case A.out.x: pass",
            2,
            10,
            "`A` cannot stand in a pattern of `case`; compare with `if` instead",
        ),
        (
            "match 1:\n    case str(x=1): pass",
            2,
            10,
            "`x=` cannot stand in a pattern; values have keys, as in `{'x': x}`",
        ),
        ("x = 1j", 1, 5, "`1j` is not available; there is no such value in JSON"),
        ("x = ...", 1, 5, "`...` is not available; there is no such value in JSON"),
        ("x = 1\ndel x", 2, 1, "`del` is not available; use `.pop(key)`"),
        ("def f():\n    yield 1", 2, 5, "`yield` is not available; fill a list and return it"),
        ("def f():\n    x = yield from []", 2, 9, "`yield` is not available"),
        ("class X: pass", 1, 1, "classes are not available; use dicts and functions"),
        ("async def f(): pass", 1, 1, "`async` is not available"),
        ("with A.out.x: pass", 1, 1, "`with` is not available; there is nothing to open"),
        ("try: pass\nexcept* KeyError: pass", 1, 1, "`except*` is not available; write `except`"),
        ("x = 1 @ 2", 1, 5, "`@` is not available; there are no matrices"),
        ("x" * 10_001, 1, 1, "this is 10,001 characters long; the limit is 10,000"),
        ("x = " + "[" * 99 + "]" * 99, 1, 101, "this is nested too deeply; the limit is 100 levels."),
        ("x = " + "-" * 5000 + "1", 1, 1, "this is nested too deeply"),
        ("(" * 500 + ")" * 500, 1, 201, "too many nested parentheses"),
    ],
)
def test_statements_are_refused(text: str, line: int, column: int, message: str) -> None:
    found = faults(text)
    assert (found[0][0], message in found[0][2]) == (line, True), found
    if "nested" not in message:
        assert found[0][1] == column


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "an expression is needed here, as in `A.out.count > 0`; this is empty"),
        ("A.out.x = 1", 1, 9, "an expression is needed here, as in `A.out.count > 0`; this is a statement"),
        ("import os", 1, 1, "this is a statement"),
        ("1\n2", 2, 1, "this is a statement"),
        ("A.out.x +", 1, 10, "this is no Python: invalid syntax"),
        ("1) + (2", 1, 2, "this is no Python: unmatched ')'"),
        ("  A.out.n +\n nix", 1, 12, "this is no Python"),
        ("\n   nix", 2, 4, "`nix` is neither a node nor a builtin"),
        ("(1 +\n  nix)", 2, 3, "`nix` is neither a node nor a builtin"),
        ("f'{nix}'", 1, 4, "`nix` is neither a node nor a builtin"),
        ("await A", 1, 1, "this is no Python: 'await' outside function"),
    ],
)
def test_expressions_are_refused(text: str, line: int, column: int, message: str) -> None:
    found = faults(text, "expression")
    assert found[0][0] == line and message in found[0][2], found
    if "f'" not in text:
        assert found[0][1] == column, found


def test_all_faults_are_told_in_the_order_of_the_text() -> None:
    found = faults("x = nix\nimport os\ndel x\nA.ot = f'{foo}'")
    assert [(line, message.split(" ")[0]) for line, _, message in found] == [
        (1, "`nix`"),
        (2, "`os`"),
        (3, "`del`"),
        (4, "`A`"),
        (4, "`foo`"),
    ]


def test_each_sentence_about_syntax_is_reached() -> None:
    """Those of newer versions of Python are not named by older ones."""
    assert {"Delete", "Yield", "ClassDef", "With", "AsyncFunctionDef", "Await", "TryStar", "MatMult"} <= set(REFUSED)


def test_no_text_makes_the_check_fail() -> None:
    for text in (
        "\\",
        "'''",
        "\x0c",
        "\t",
        "x = 1\\",
        "0" * 9_000,
        "9" * 9_000,
        "#",
        "\ufeffx = 1",
        "x =\u2028 1",
        "if 1:" * 99,
    ):
        for kind in ("expression", "statements"):
            try:
                compile_code(text, kind, IDS)
            except CodeFaults as error:
                assert all(fault.line >= 1 and fault.column >= 1 and fault.message for fault in error.faults)
