"""The errors of code: the exception, its text, and the line of the user's own text."""

import asyncio

import pytest

from engine.code.base import CodeError
from engine.pipeline.code import compile_code
from tests.code.sandboxes import IDS, Running, scope


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x = 1\n\ny = A.out.foo", "KeyError: 'foo'", 3),
        ("1 / 0", "ZeroDivisionError: division by zero", 1),
        ("json.loads('x')", "JSONDecodeError: ", 1),
        ("import json\nmath.sqrt(-1)", "ValueError: ", 2),
        ("def f():\n    return A.out['nix']\n\nf()", "KeyError: 'nix'", 2),
        ("raise ValueError('too few')", "ValueError: too few", 1),
        ("raise ValueError", "ValueError", 1),
        ("x = f'''\n{A.out.n}\n\n'''\nassert A.out.n == 4, 'wrong'", "AssertionError: wrong", 5),
        ("x = [\n    1,\n    len(5),\n]", "TypeError: ", 3),
        ("A.out.areas.nothing", "TypeError: list indices must be integers or slices, not str", 1),
        (
            "for a in [B.out]:\n    a.x",
            "AttributeError: 'dict' object has no attribute 'x'; write ['x']: only what begins",
            2,
        ),
        ("'{0.out}'.format(A)", "AttributeError: 'dict' object has no attribute 'out'", 1),
        ("x = y\ny = 1", "NameError: ", 1),
        ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError: ", 2),
        ("x = 'a' * 10 ** 9", "MemoryError: the code needs more than 64 MB and was stopped", 1),
        ("re.compile('(')", "error: ", 1),
    ],
)
def test_an_error_tells_exception_and_line(box: Running, text: str, message: str, line: int) -> None:
    with pytest.raises(CodeError) as caught:
        box.run(text)
    assert caught.value.message.removeprefix("Pattern").removeprefix("re.").startswith(message), caught.value.message
    assert caught.value.line == line
    assert str(caught.value) == f"line {line}: {caught.value.message}"


def test_an_expression_tells_its_line(box: Running) -> None:
    with pytest.raises(CodeError) as caught:
        box.value("(\nA.out.n\n+ A.out.foo\n)")
    assert (caught.value.message, caught.value.line) == ("KeyError: 'foo'", 3)


def test_a_long_message_is_cut(box: Running) -> None:
    with pytest.raises(CodeError) as caught:
        box.run("raise ValueError('x' * 1000000)")
    assert caught.value.message == "ValueError: " + "x" * 1000


def test_errors_do_not_disturb_other_runs(box: Running) -> None:
    async def many() -> list[object]:
        bad, good = compile_code("1 / 0", "statements", IDS), compile_code("A.out.n", "expression", IDS)
        runs = [box.sandbox.run(bad if number % 3 else good, scope()) for number in range(300)]
        return list(await asyncio.gather(*runs, return_exceptions=True))

    results = box.do(many())
    assert [getattr(result, "value", None) for result in results[::3]] == [3] * 100
    assert all(isinstance(result, CodeError) for number, result in enumerate(results) if number % 3)
