"""What code becomes before it runs: chains become subscripts, in place."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pipeline.code import CodeFaults, compile_code

IDS = frozenset({"A", "B", "my-id", "max", "if"})


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("A.out.areas", 'A["out"]["areas"]'),
        ("A.out['areas']", 'A["out"]["areas"]'.replace('"areas"', "'areas'")),
        ("node._loop.x", 'node["_loop"]["x"]'),
        ("input.imgMime", 'node["input"]["imgMime"]'),
        ("len(input)", 'len(node["input"])'),
        ("pipeline.nodes['my-id'].out.x", 'pipeline["nodes"][\'my-id\']["out"]["x"]'),
        ("pipeline.count", 'pipeline["count"]'),
        ("A.out.get('x').y", 'A["out"].get(\'x\')["y"]'),
        ("A.out.items()", 'A["out"].items()'),
        ("A.out.name.title()", 'A["out"]["name"].title()'),
        ("A.out.name.title().x", 'A["out"]["name"].title()["x"]'),
        ("A.out.areas[B.out.n].x", 'A["out"]["areas"][B["out"]["n"]]["x"]'),
        ("A.out.f(B.out.n, key=input.k)", 'A["out"].f(B["out"]["n"], key=node["input"]["k"])'),
        ("max.out.x", 'max["out"]["x"]'),
        ("{}.get(1).x", "{}.get(1).x"),
        ("[a.x for a in A.out.list]", '[a.x for a in A["out"]["list"]]'),
        ("(A).out", '(A)["out"]'),
        ("(A\n  .out  # a.b\n  . x\n)", '(A\n  ["out"]  # a.b\n   ["x"]\n)'),
        ("(A.\\\nout)", '(A\\\n["out"])'),
        ("'é' + A.out.é + 'ü' + A.out.x", '\'é\' + A["out"]["é"] + \'ü\' + A["out"]["x"]'),
        ("f'{A.out.n}'", "('{}'.format(A['out']['n']))"),
        ("f'{A.out.n!r:>{B.out.w}} {{}}'", "('{!r:>{}} {{}}'.format(A['out']['n'], B['out']['w']))"),
        ("f'{1}' + A.out.x", 'f\'{1}\' + A["out"]["x"]'),
        ("'{}'.format(A.out.n)", '\'{}\'.format(A["out"]["n"])'),
        ("'A.out.x'", "'A.out.x'"),
        ("lambda x=A.out.n: x", 'lambda x=A["out"]["n"]: x'),
    ],
)
def test_an_expression_is_rewritten(text: str, source: str) -> None:
    assert compile_code(text, "expression", IDS).source == source
    assert compile_code(text, "statements", IDS).source == source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("A.out.x = 1", 'A["out"]["x"] = 1'),
        ("A.out.x += B.out.y", 'A["out"]["x"] += B["out"]["y"]'),
        ("pipeline.count = pipeline.count + 1", 'pipeline["count"] = pipeline["count"] + 1'),
        ("input = {'a': input.b}", 'node["input"] = {\'a\': node["input"]["b"]}'),
        ("input.x, A.out.y = 1, 2", 'node["input"]["x"], A["out"]["y"] = 1, 2'),
        ("for A.out.i in [1]:\n    pass", 'for A["out"]["i"] in [1]:\n    pass'),
        ("x = f'''\n{A.out.n}\n'''\ny = 1", "x = ('\\n{}\\n'.format(A['out']['n'])\n\n)\ny = 1"),
        ("# A.out\nx = 1", "# A.out\nx = 1"),
        ("x = 1\r\ny = A.out.n\ry = 2", 'x = 1\ny = A["out"]["n"]\ny = 2'),
        ("", ""),
    ],
)
def test_statements_are_rewritten_in_place(text: str, source: str) -> None:
    program = compile_code(text, "statements", IDS)
    assert program.source == source
    assert program.source.count("\n") == text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("A.out.x", {"A": {"out"}}),
        ("A['out'] and A.get('params')", {"A": {"out", "params"}}),
        ("A.out.x + A.params.y + B.finished", {"A": {"out", "params"}, "B": {"finished"}}),
        ("node.out.x + input.y", {"node": {"out", "input"}}),
        ("input", {"node": {"input"}}),
        ("node", {"node": None}),
        ("A", {"A": None}),
        ("[A, A.out]", {"A": None}),
        ("A.items()", {"A": None}),
        ("A[B.id]", {"A": None, "B": {"id"}}),
        ("pipeline.nodes.A.out.x", {"A": {"out"}}),
        ("pipeline.nodes['my-id'].out.x", {"my-id": {"out"}}),
        ("pipeline['nodes']['my-id']", {"my-id": None}),
        ("f'{A.out.n:{B.out.w}}'", {"A": {"out"}, "B": {"out"}}),
        ("1", {}),
    ],
)
def test_uses_name_the_nodes_and_fields(text: str, uses: dict[str, set[str] | None]) -> None:
    program = compile_code(text, "expression", IDS)
    assert program.uses == uses
    assert not program.every


@pytest.mark.parametrize(
    ("text", "every", "fields"),
    [
        ("pipeline.count", False, True),
        ("pipeline['count']", False, True),
        ("'count' in pipeline", False, True),
        ("pipeline.get('count', 0)", False, True),
        ("pipeline.setdefault('count', 0)", False, True),
        ("pipeline.update(count=1)", False, True),
        ("pipeline.nodes.A", False, False),
        ("pipeline.nodes", True, False),
        ("pipeline.nodes[A.id]", True, False),
        ("pipeline.nodes.items()", True, False),
        ("pipeline.nodes.get('A')", True, False),
        ("pipeline", True, True),
        ("pipeline.get('nodes')", True, True),
        ("pipeline[A.id]", True, True),
        ("pipeline.items()", True, True),
        ("A.out", False, False),
    ],
)
def test_uses_of_the_pipeline(text: str, every: bool, fields: bool) -> None:
    program = compile_code(text, "expression", IDS)
    assert (program.every, program.fields) == (every, fields)


def test_names_and_modules() -> None:
    program = compile_code("import json\nx = math.floor(A.out.n)\njson.dumps(pipeline.nodes.B)", "statements", IDS)
    assert program.names == {"A"}
    assert program.modules == ("json", "math")
    assert compile_code("re = 1\nre", "statements", IDS).modules == ()
    assert compile_code("math.out", "expression", ["math"]).modules == ()


def test_the_same_code_is_compiled_once() -> None:
    assert compile_code("A.out.n", "expression", IDS) is compile_code("A.out.n", "expression", set(IDS))


_steps = st.sampled_from([".out", ".x", "['y z']", "[0]", ".get('k')", ".title()", "[B.out.n]", "\n  .q", "[-1:]"])
_chains = st.tuples(st.sampled_from(["A.out", "node.params", "input", "pipeline.own"]), st.lists(_steps, max_size=6))
_templates = st.sampled_from(
    ["({})", "[{}, 1]", "len({})", "f'{{({})}}'", "'é' + str({})", "lambda: ({})", "({}) and 'ü'"]
)


@given(st.lists(st.tuples(_templates, _chains), min_size=1, max_size=4))
def test_what_is_rewritten_parses_and_has_no_chain_of_attributes_left(
    parts: list[tuple[str, tuple[str, list[str]]]],
) -> None:
    text = "[\n" + ",\n".join(template.format(root + "".join(steps)) for template, (root, steps) in parts) + "]"
    try:
        program = compile_code(text, "expression", IDS)
    except CodeFaults as faults:
        # Python before 3.12 takes neither quotes of its own kind nor line breaks within an f-string.
        assert "f-string" in str(faults) or "EOL" in str(faults) or "unterminated" in str(faults)
        return
    assert program.source.count("\n") == text.count("\n")
    for node in ast.walk(ast.parse(program.source, mode="eval")):
        if isinstance(node, ast.Attribute):
            assert node.attr in ("get", "title", "format")
