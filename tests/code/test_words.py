"""Every word and every construct that the check lets pass works in the interpreter, as it does in Python itself."""

import ast
import builtins
import json
import math
import re
from typing import Any

import pytest

from engine.pipeline.code import compile_code
from engine.pipeline.code.words import BUILTINS, EXCEPTIONS, FUNCTIONS, MODULES, REFUSED, SYNTAX, TYPE_METHODS, TYPES
from tests.code.sandboxes import IDS, Running

FUNCTION_EXAMPLES = {
    "abs": "abs(-2)",
    "all": "all([1, 0])",
    "any": "any(x > 1 for x in [1, 2])",
    "bin": "bin(5)",
    "bool": "bool([])",
    "bytes": "len(bytes(3))",
    "chr": "chr(97)",
    "dict": "[dict(a=1), dict([('b', 2)])]",
    "divmod": "divmod(7, 2)",
    "enumerate": "list(enumerate('ab', start=1))",
    "filter": "list(filter(None, [0, 1]))",
    "float": "float('1.5')",
    "format": "format(3.14159, '.2f')",
    "frozenset": "len(frozenset([1, 1]))",
    "hash": "hash(1)",
    "hex": "hex(255)",
    "int": "int('12', 16)",
    "isinstance": "[isinstance(1, (int, str)), isinstance({}, list)]",
    "iter": "next(iter([4]))",
    "len": "len({'a': 1})",
    "list": "list('ab')",
    "map": "list(map(lambda x, y: x + y, [1, 2], [3, 4]))",
    "max": "max([1, 5, 2])",
    "min": "min([{'a': 2}, {'a': 1}], key=lambda d: d['a'])",
    "next": "next(iter([]), 7)",
    "oct": "oct(8)",
    "ord": "ord('a')",
    "pow": "pow(2, 10, 1000)",
    "range": "list(range(1, 10, 3))",
    "repr": "repr({'a': [1, 'b', None, 1.5]})",
    "reversed": "list(reversed([1, 2]))",
    "round": "[round(2.567, 1), round(2.5), round(-1.5)]",
    "set": "sorted({1, 2} & set([2, 3]) | {9})",
    "slice": "[1, 2, 3][slice(0, 2)]",
    "sorted": "sorted(['b', 'a', 'C'], key=lambda s: s.lower(), reverse=True)",
    "str": "str(1.0) + str(None) + str([1, 'a'])",
    "sum": "sum([1, 2], 10)",
    "tuple": "tuple([1, 2])",
    "type": "type(1) is int",
    "zip": "list(zip([1, 2], 'ab'))",
}

SYNTAX_EXAMPLES = """
x = 1; x += 2; x -= 1; x *= 6; x /= 2; x //= 2; x %= 2; x **= 3; x = 7; x <<= 2; x >>= 1; x |= 1; x &= 6; x ^= 3; r = x
r: int = 3
r = [not 1, ~1, +1, -1, 2 + 2, 7 - 1, 2 * 3, 7 / 2, 7 // 2, 7 % 4, 2 ** 3, 1 << 3, 8 >> 1, 6 & 3, 6 | 3, 6 ^ 3]
r = [1 == 1, 1 != 1, 1 < 2 < 3, 1 <= 1, 2 > 1, 2 >= 3, None is None, [] is not None, 1 in [1], 2 not in [1]]
r = [1 and 2, 0 or 3, 1 if 0 else 2, (n := 4), n]
a, *b = [1, 2, 3]; (c, [d, e]) = (4, [5, 6]); r = [a, b, c, d, e]
r = {**{'a': 1}, 'b': [*[1], 2], 'c': len({1, 1}), 'd': (1, 2)[0]}
r = 'abcdef'[::-1] + 'abc'[1:] + 'a' 'b' + f'{1:>3}{2!r}'
r = [[i * j for i in range(3) if i for j in range(2)], {str(k): k for k in range(2)}]
r = [len({k for k in [1, 1]}), sum(k for k in [1])]
r = (lambda p, *q, s=2, **t: [p, len(q), s, t])(1, 2, 3, u=4)
r = 0
for i, (j, k) in [(1, (2, 3))]:
    r += i + j + k
    continue
else:
    r += 100
|
r = 0
while True:
    r += 1
    if r == 3:
        break
    elif r == 1:
        pass
    else:
        continue
|
def f(p, /, q, *, s=1):
    global r
    def g():
        nonlocal q
        q = q + 1
        return
    g()
    r = p + q + s
    return r
f(1, 2)
|
try:
    r = 1 / 0
except (ZeroDivisionError, KeyError) as error:
    r = str(error)
else:
    r = 'else'
finally:
    r = r + '!'
|
try:
    try:
        raise ValueError('a') from KeyError('b')
    except ValueError:
        raise
except Exception as error:
    r = str(error)
|
try:
    assert 1 == 2, 'no'
    r = 1
except AssertionError:
    r = 2
|
import json, math as m
from re import sub as s
r = [json.dumps({'a': 1}), m.floor(2.5), s('a', 'b', 'aa')]
|
r = []
for v in [3, 'a', [1, 2, 3], {'k': 1, 'z': 2}, None, 4.5, True]:
    match v:
        case 3 | 4:
            r.append('number')
        case str():
            r.append('text')
        case [first, *rest]:
            r.append(rest)
        case {'k': found, **others}:
            r.append([found, others])
        case None:
            r.append('none')
        case float() as f if f > 4:
            r.append(f)
        case _:
            r.append('other')
|
def d(function):
    return lambda: function() + 1
@d
def r():
    return 1
r = r()
|
def count(n):
    n[0] += 1
    return n[0]
n = [0]
r = [count(n), count(n)]
"""
HEAD, *REST = SYNTAX_EXAMPLES.split("|\n")
EXAMPLES = [line for line in HEAD.split("\nr = 0\nfor")[0].strip().split("\n")]
EXAMPLES += ["r = 0\nfor" + HEAD.split("\nr = 0\nfor")[1], *REST]


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_builtin_does_as_in_python(box: Running, name: str) -> None:
    example = FUNCTION_EXAMPLES[name]
    assert re.search(rf"\b{name}\(", example)
    program = compile_code(example, "expression", ["B"])
    ran = box.do(box.sandbox.run(program, {"self": "B", "nodes": {"B": {}}, "pipeline": {}}))
    assert ran.value == as_json(eval(example))


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_each_exception_can_be_raised_and_caught(box: Running, name: str) -> None:
    assert issubclass(getattr(builtins, name), Exception)
    raised = "1 / 0" if name.startswith(("Unicode", "Arithmetic")) else f"raise {name}('x')"
    caught = "Exception" if name.startswith("Unicode") else name
    text = f"try:\n    {raised}\nexcept {caught}:\n    B.params.t = 1\nassert {name} is not None"
    assert box.run(text).scope["nodes"]["B"]["params"]["t"] == 1


@pytest.mark.parametrize("module", sorted(MODULES))
def test_each_member_of_a_module_is_there(box: Running, module: str) -> None:
    members = sorted(MODULES[module])
    text = ", ".join(f"repr({module}.{member})" for member in members)
    assert len(box.value(f"[{text}]")) == len(members)
    assert all(hasattr({"json": json, "math": math, "re": re}[module], member) for member in members)


def test_types_offer_what_is_let_pass(box: Running) -> None:
    assert box.value("dict.fromkeys(['a'], 1)") == {"a": 1}
    assert box.value("len(bytes.fromhex('aa'))") == 1
    assert TYPE_METHODS == {("dict", "fromkeys"), ("bytes", "fromhex")}
    assert TYPES <= BUILTINS


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0][:30])
def test_each_construct_does_as_in_python(box: Running, example: str) -> None:
    namespace: dict[str, Any] = {}
    exec(example, namespace)
    assert box.run(f"{example}\nB.params.r = r").scope["nodes"]["B"]["params"]["r"] == as_json(namespace["r"])


def test_the_examples_hold_every_kind_of_syntax() -> None:
    seen = {type(node) for example in EXAMPLES for node in ast.walk(ast.parse(example))}
    seen |= {type(node) for node in ast.walk(ast.parse("a.b", mode="eval"))}
    assert SYNTAX <= seen
    assert not {kind.__name__ for kind in SYNTAX} & set(REFUSED)


@pytest.mark.parametrize(
    "shape",
    [
        lambda n: "1" + "+1" * n,
        lambda n: "[" * n + "]" * n,
        lambda n: "not " * n + "1",
        lambda n: "str(" * n + "1" + ")" * n,
        lambda n: "lambda: " * n + "1",
        lambda n: "1 if 1 else " * n + "1",
        lambda n: "B.out" + "['x']" * n if n < 3 else "{'a':" * n + "1" + "}" * n,
        lambda n: "f'{" * 0 + "(1, " * n + "1" + ")" * n,
        lambda n: "[1 for i in " * (n // 3) + "[]" + "]" * (n // 3),
    ],
)
def test_what_is_not_nested_too_deeply_for_the_check_is_not_for_the_interpreter(box: Running, shape: Any) -> None:
    deepest = max(n for n in range(1, 99) if accepted(shape(n)))
    assert deepest >= 90
    box.do(
        box.sandbox.run(
            compile_code(shape(deepest), "expression", IDS), {"self": "B", "nodes": {"B": {}}, "pipeline": {}}
        )
    )


def accepted(text: str) -> bool:
    try:
        compile_code(text, "expression", IDS)
    except ValueError:
        return False
    return True
