"""Dynamic code as a pipeline sees it: names, fields, what may be changed, what is refused, how failures are told."""

from typing import Any

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Json, raw, result, submit
from tests.language.toys import Book, branch, end, failure, loop, plain, post, refused, run

BODY: Json = {"n": 1, "text": "x", "list": [], "deep": {}}
SENT: Json = {"n": 5, "text": "Ada", "list": [3, 1, 2], "deep": {"items": [1], "a": {"b": [10, 20]}}}

EXPRESSIONS: list[tuple[str, Any]] = [
    ("input.n", 5),
    ("input['n']", 5),
    ("node.input.deep.a.b[1]", 20),
    ("node['input']['deep']['a']['b'][-1]", 20),
    ("entry.out.deep['a'].b", [10, 20]),
    ("pipeline.nodes['entry'].out.n", 5),
    ("pipeline['nodes']['entry']['out']['n']", 5),
    ("pipeline.nodes.entry.out.n", 5),
    ("pipeline.nodes['the-other'].out.n", 5),
    ("len(input.list)", 3),
    ("3 in input.list", True),
    ("'n' in input", True),
    ("input.get('m', 7)", 7),
    ("sorted(input.keys())", ["deep", "list", "n", "text"]),
    ("[key for key, value in input.deep.items()]", ["items", "a"]),
    ("input.deep['items']", [1]),
    ("sorted(input.list)", [1, 2, 3]),
    ("[v * 2 for v in input.list if v > 1]", [6, 4]),
    ("{str(v): v for v in input.list}", {"3": 3, "1": 1, "2": 2}),
    ("sum(input.list) / len(input.list)", 2.0),
    ("f'{input.text!r:>7} {input.n:03d} {input.deep.a.b[0]}'", "  'Ada' 005 10"),
    ("'{} and {name:.2f}'.format(input.text, name=input.n)", "Ada and 5.00"),
    ("input.text.upper().replace('A', 'o')", "oDo"),
    ("max(input.list) - min(input.list)", 2),
    ("list(zip(input.list, range(3)))", [[3, 0], [1, 1], [2, 2]]),
    ("[list(pair) for pair in enumerate('ab')]", [[0, "a"], [1, "b"]]),
    ("any(v > 2 for v in input.list) and not all(v > 2 for v in input.list)", True),
    ("isinstance(input.n, int) and not isinstance(input.n, str)", True),
    ("round(2.567, 1) + abs(-1)", 3.6),
    ("json.loads(json.dumps(input.deep))", {"items": [1], "a": {"b": [10, 20]}}),
    ("math.floor(math.sqrt(17))", 4),
    ("re.findall('[a-z]', input.text)", ["d", "a"]),
    ("node.id + ' ' + node.type", "it node"),
    ("[entry.finished, node.finished, last.finished]", [True, False, False]),
    ("node.params.k", 9),
    ("last.out", {}),
    ("None", None),
    ("(1, 2)", [1, 2]),
    ("input.deep | {'c': 1}", {"items": [1], "a": {"b": [10, 20]}, "c": 1}),
    ("input.list[::-1]", [2, 1, 3]),
    ("'yes' if input.n > 3 else 'no'", "yes"),
    ("(lambda x: x + 1)(input.n)", 6),
]


@pytest.mark.parametrize(("text", "value"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_expressions(system: Engine, text: str, value: Any) -> None:
    """The same as a value and as a condition."""
    it = plain("it", "if", params={"k": 9}, before=f"node.params.found = [{text}]", input={"n": "the-other.out.n"})
    it["input"] = {name: f"the-other.out.{name}" for name in BODY}
    fork = branch("if", "pipeline.nodes['it'].params['found'] != [] ", "node.out = {}", None, "last")
    last = plain("last", "end", input={"found": "it.params.found"}, after="node.out = {'value': input.found[0]}")
    route = post(system, BODY, plain("the-other", "it"), it, fork, last, end())
    assert run(system, route, SENT) == {"value": value}


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("node.out.x = 1", {"n": 1, "x": 1}),
        ("node['out']['x'] = 1", {"n": 1, "x": 1}),
        ("node.out = {'x': {'y': [1, None]}}", {"x": {"y": [1, None]}}),
        ("node.out.n += 5", {"n": 6}),
        ("node.out.pop('n')", {}),
        ("node.out.update({'a': 1})", {"n": 1, "a": 1}),
        ("for i in range(3):\n    node.out[f'i{i}'] = i", {"n": 1, "i0": 0, "i1": 1, "i2": 2}),
        ("out = node.out\nout['x'] = 2", {"n": 1, "x": 2}),
        ("def twice(x):\n    return 2 * x\nnode.out.n = twice(input.n)", {"n": 2}),
        ("try:\n    x = input.missing\nexcept KeyError:\n    node.out.x = 'none'", {"n": 1, "x": "none"}),
        ("import math\nnode.out.x = math.pi > 3", {"n": 1, "x": True}),
        ("while node.out.n < 100:\n    node.out.n = node.out.n * 3", {"n": 243}),
        ("x, *rest = [1, 2, 3]\nnode.out.rest = rest", {"n": 1, "rest": [2, 3]}),
        ("node.out.setdefault('l', []).append(4)", {"n": 1, "l": [4]}),
        ("input.m = 4\nnode.out.seen = node.input.m", {"n": 1, "seen": 4}),
        ("entry.out.m = 3\nnode.out.m = pipeline.nodes['entry'].out.m", {"n": 1, "m": 3}),
        ("pass", {"n": 1}),
    ],
)
def test_statements(system: Engine, text: str, out: Json) -> None:
    assert run(system, post(system, {"n": 1}, plain("it", "end", after=text), end()), {"n": 1}) == out


def test_the_order_of_the_fields(system: Engine, book: Book) -> None:
    """ready, before, the work, after; each sees what the one before left."""
    it = book.node("it", "double", "end", params={"seen": []})
    it |= {"ready": "entry.finished and not node.finished and input.n == 4"}
    it |= {"before": "node.params.seen.append(['before', input.n, node.out])\ninput.n = 10"}
    it |= {"after": "node.params.seen.append(['after', input.n, dict(node.out)])\nnode.out.n += 1"}
    job = submit(system, post(system, {"n": 1}, it, end(input={"n": "it.out.n", "seen": "it.params.seen"})), {"n": 4})
    assert result(system, job) == {"n": 21, "seen": [["before", 4, {}], ["after", 10, {"n": 20}]]}
    assert book.numbers() == {10: 1}
    node = raw(system, job)["nodes"]["it"]
    assert (node["input"], node["out"]) == ({"n": 10}, {"n": 21})


def test_code_of_the_entry_and_of_the_end(system: Engine) -> None:
    fields: dict[str, Any] = {"before": "node.out.a = 1", "after": "node.out.b = node.out.a + 1", "params": {"p": 3}}
    last = end(before="input.c = entry.params.p", after="node.out.d = 4")
    assert run(system, post(system, {"n": 1}, last, **fields), {"n": 0}) == {"n": 0, "a": 1, "b": 2, "c": 3, "d": 4}


def test_a_name_of_a_node_hides_a_builtin(system: Engine) -> None:
    nodes = [plain("sum", "len"), plain("len", "it", after="node.out = {'n': sum.out.n + 1}")]
    it = plain("it", "end", after="node.out = {'n': len.out.n + len['out']['n']}")
    assert run(system, post(system, {"n": 1}, *nodes, it, end()), {"n": 1}) == {"n": 4}


def test_params_are_the_tasks_own(system: Engine) -> None:
    """What one task changes in its copy no other task sees."""
    it = plain("it", "end", params={"l": [0]}, before="node.params.l.append(input.n)", input={"n": "entry.out.n"})
    route = post(system, {"n": 1}, it, end(input={"l": "it.params.l"}))
    assert [run(system, route, {"n": n}) for n in (1, 2)] == [{"l": [0, 1]}, {"l": [0, 2]}]
    assert system.client.get(f"/services/{route}").json()["nodes"][1]["params"] == {"l": [0]}


def test_the_input_that_code_leaves_is_the_input(system: Engine, book: Book) -> None:
    """A body of a call is the input as `before` has left it, also where it is replaced as a whole."""
    it = book.node("it", "echo", "end", before="node.input = {'a': input.n, 'b': [input.n]}")
    assert run(system, post(system, {"n": 1}, it, end()), {"n": 3}) == {"a": 3, "b": [3]}
    assert book.calls[0]["values"] == {"a": 3, "b": [3]}


def test_fields_of_the_pipeline_are_set_one_after_the_other(system: Engine) -> None:
    """Code that sets one keeps the others, also those that it sees and does not change."""
    nodes = [plain("a", "b", after="pipeline.one = [1]"), plain("b", "c", after="pipeline.two = len(pipeline.one) + 1")]
    nodes.append(plain("c", "end", after="pipeline.one = pipeline.one + [pipeline.two]"))
    route = post(system, {"n": 1}, *nodes, end(input={"one": "pipeline.one", "two": "pipeline.two"}))
    assert run(system, route, {"n": 1}) == {"one": [1, 2], "two": 2}


# Binaries


def test_a_binary_is_copied_as_a_reference(system: Engine, book: Book) -> None:
    code = "node.out = {'a': input.file, 'b': {'c': [input['file'], 1]}, 'n': len(input)}"
    it = plain("it", "size", after=code)
    size = book.node("size", "measure", "end", input={"x": "it.out.b.c.0", "y": "it.out.a", "n": "it.out.n"})
    last = end(input={"a.png": "it.out.a", "b": "it.out.b", "size": "size.out"})
    told = run(system, post(system, "file", it, size, last), files={"file": ("a.png", PNG, "image/png")})
    assert told["size"] == {"n": 2 * len(PNG), "files": 2}
    assert httpx.get(told["a.png"]).content == httpx.get(told["b"]["c"][0]).content == PNG
    assert told["b"]["c"][1] == 1


def test_binaries_in_pipeline_fields_and_params(system: Engine, book: Book) -> None:
    it = plain("it", "end", before="pipeline.kept = [input.file]\nnode.params.kept = input.file")
    last = end(input={"one": "pipeline.kept.0", "two": "it.params.kept"})
    told = run(system, post(system, "file", it, last), files={"file": ("a.bin", b"bytes", "application/x-a")})
    assert httpx.get(told["one"]).content == httpx.get(told["two"]).content == b"bytes"


# What code in a body may change


LIST: Json = {"l": []}


@pytest.mark.parametrize("field", ["out", "params", "input"])
def test_code_in_a_body_may_not_change_nodes_outside(system: Engine, field: str) -> None:
    body = [plain("x", "loopEnd", after=f"a.{field}['n'] = 2")]
    route = post(system, LIST, plain("a", "each"), loop("each", "a.out.l", body, "end"), end())
    message, _ = failure(system, route, {"l": [1]})
    assert message.startswith("node each: item 0: node x0: `after`"), message
    assert "`a` lies outside of this loop's body" in message and "only read" in message


def test_a_body_changes_its_own_nodes(system: Engine) -> None:
    body = [plain("a", "b", after="node.out.n = node._loop"), plain("b", "loopEnd", after="a.out.n = a.out.n * 10")]
    route = post(system, LIST, loop("each", "entry.out.l", body, "end", collect={"n": "a.out.n"}), end())
    assert run(system, route, {"l": [1, 2]}) == {"n0": 10, "n1": 20}


def test_fields_of_the_pipeline_in_bodies(system: Engine) -> None:
    """A body sees the fields that were set before the loop; what it sets is its own."""
    start = plain("start", "each", before="pipeline.base = 100\npipeline.n = 0")
    code = "pipeline.n = pipeline.n + node._loop + pipeline.base\npipeline['own'] = node._loop"
    body = [
        plain("x", "y", before=code),
        plain("y", "loopEnd", after="node.out = {'n': pipeline.n, 'own': pipeline.own}"),
    ]
    each = loop("each", "entry.out.l", body, "last", collect={"v": "y.out"})
    last = plain("last", "end", after="node.out.n = pipeline.n\nnode.out.own = pipeline.get('own', 'none')")
    assert run(system, post(system, LIST, start, each, last, end()), {"l": [1, 2, 3]}) == {
        **{f"v{index}": {"n": 101 + index, "own": index + 1} for index in range(3)},
        **{"n": 0, "own": "none"},
    }


def test_names_in_bodies(system: Engine) -> None:
    """The item, nodes of the same instance, nodes around, and their instances' ids."""
    inner = [
        plain("deep", "loopEnd", after="node.out = {'v': [node._loop, row._loop, row.out.x, entry.out.l[0], node.id]}")
    ]
    cells = loop("cells", "node._loop", inner, "loopEnd", collect={"v": "deep.out.v"})
    body = [plain("row", "cells", after="node.out.x = sum(node['_loop'])"), cells]
    each = loop("each", "entry.out.l", body, "end", collect={"c": "cells.out"})
    found = run(system, post(system, LIST, each, end()), {"l": [[1, 2], [3]]})
    values = [value for cells in found.values() for value in cells.values()]
    assert [value[:4] for value in values] == [[1, [1, 2], 3, [1, 2]], [2, [1, 2], 3, [1, 2]], [3, [3], 3, [1, 2]]]
    assert len({value[4] for value in values}) == 3


# What cannot be changed, and what fails


@pytest.mark.parametrize(
    ("field", "text", "parts"),
    [
        ("after", "node.out = 5", ["`after`", "must stay an object", "int"]),
        ("before", "node.input = [1]", ["`before`", "must stay an object"]),
        ("after", "x = 1\ny = input.missing", ["`after`", "line 2", "KeyError", "missing"]),
        ("before", "\n\nx = 1 / 0", ["`before`", "line 3", "ZeroDivisionError"]),
        ("after", "x = [1][input.n]", ["`after`", "line 1", "IndexError"]),
        ("after", "raise ValueError('too few: ' + str(input.n))", ["`after`", "line 1", "ValueError", "too few: 1"]),
        ("after", "def f():\n    return 1 + 'a'\nf()", ["`after`", "line 2", "TypeError"]),
        ("before", "assert input.n == 2, 'not two'", ["`before`", "line 1", "AssertionError", "not two"]),
        ("after", "while True:\n    pass", ["`after`", "time"]),
        ("after", "x = 'a' * (1 << 40)", ["`after`", "memory"]),
        ("after", "def f(n):\n    return f(n + 1)\nf(0)", ["`after`", "recursion"]),
        ("after", "node.out.f = len", ["`after`"]),
        ("after", "node.out.s = {1, 2}", ["`after`"]),
        ("after", "node.out.x = float('nan')", ["`after`"]),
        ("after", "node.out.x = 10 ** 30", ["`after`"]),
        ("after", "pipeline.x = {'a': {1: 2}}", ["`after`"]),
    ],
)
def test_code_that_fails(system: Engine, field: str, text: str, parts: list[str]) -> None:
    it = plain("it", "end", **{field: text})
    message, job = failure(system, post(system, {"n": 1}, it, end()), {"n": 1})
    assert message.startswith("node it: "), message
    for part in parts:
        assert part.lower() in message.lower(), (part, message)
    node = raw(system, job)["nodes"]["it"]
    assert node["state"] == "error" and f"node it: {node['error']}" == message


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"ready": "entry.out.missing"}, "`ready`"),
        ({"type": "branch", "if": "input.missing", "then": "pass"}, "`if`"),
        ({"type": "branch", "if": "True", "then": {"exec": "\nx = input.missing"}}, "`then.exec`, line 2"),
        ({"type": "branch", "if": "False", "then": {}, "else": "x = input.missing"}, "`else.exec`, line 1"),
    ],
)
def test_the_field_that_fails_is_named(system: Engine, fields: Json, name: str) -> None:
    message, _ = failure(system, post(system, {"n": 1}, {**plain("it", "end"), **fields}, end()), {"n": 1})
    assert message.startswith(f"node it: {name}") and "KeyError" in message and "missing" in message


def test_a_binary_is_no_value_to_count_with(system: Engine) -> None:
    route = post(system, "file", plain("it", "end", after="node.out.n = input.file + 1"), end())
    message, _ = failure(system, route, files={"file": ("a", b"x", "application/x")})
    assert message.startswith("node it: `after`, line 1: ") and "TypeError" in message


def test_an_input_that_finds_nothing(system: Engine) -> None:
    it = plain("it", "end", input={"x": "a.out.deep.wrong"})
    route = post(system, {"n": 1}, plain("a", "it", after="node.out.deep = {'one': 1, 'two': 2}"), it, end())
    message, _ = failure(system, route, {"n": 1})
    assert message == ("node it: input `x`: `a.out.deep.wrong` finds nothing: `a.out.deep` has the keys `one`, `two`")


def test_a_thousand_runs_of_code_leave_nothing_behind(system: Engine) -> None:
    """Names that one code field has set, another does not see."""
    body = [
        plain("x", "y", after="secret = 5\nnode.out = {'n': node._loop}"),
        plain("y", "loopEnd", after="s = len(input)"),
    ]
    each = loop("each", "entry.out.l", body, "end", collect={"n": "y.out.n"})
    assert len(run(system, post(system, LIST, each, end()), {"l": list(range(300))})) == 300
    found = refused(
        system, {"n": 1}, plain("a", "b", before="secret = 5"), plain("b", "end", before="x = secret"), end()
    )
    assert list(found) == ["/nodes/2/before"] and "secret" in found["/nodes/2/before"]
