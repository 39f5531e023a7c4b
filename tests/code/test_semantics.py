"""What code sees and may change, one rule after the other."""

from typing import Any

import pytest

from engine.pipeline.code import compile_code
from tests.code.sandboxes import IMG, OTHER, Running, scope


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("input.imgMime", "image/png"),
        ("input['imgMime']", "image/png"),
        ("node.out.areas", [[1, 2, 3, 4], [5, 6, 7, 8]]),
        ("node.out['areas'][1][0]", 5),
        ("node['out']['n'] + node.params.step", 5),
        ("A.out.n == node.out.n", True),
        ("node is A and pipeline.nodes.A is A and pipeline.nodes['A'] is node", True),
        ("node.id + node.type", "Anode"),
        ("[A.finished, B.finished]", [False, True]),
        ("node._loop.box[0]", 1),
        ("pipeline.nodes['my-id'].out.x", 1),
        ("pipeline.nodes.B.out.x.y", 7),
        ("B.out.get('x').y", 7),
        ("B.out['items']", 5),
        ("B.out.get('none', {'y': 1})['y']", 1),
        ("A.out.name.title()", "Jane Doe"),
        ("input.text.split(',')[1]", "b"),
        ("len(A.out.areas)", 2),
        ("'areas' in A.out and 'x' not in A.out", True),
        ("[key for key in B.out.x]", ["y"]),
        ("sorted(key for key, value in A.out.items() if key != 'img')", ["age", "areas", "n", "name"]),
        ("sorted(pipeline.nodes)", ["A", "B", "max", "my-id"]),
        ("[n.out.get('x') for n in [B]] if False else B.out.x", {"y": 7}),
        ("pipeline.count + 1", 2),
        ("'count' in pipeline and 'other' not in pipeline", True),
        ("pipeline.get('other', 5)", 5),
        ("max.out.v", 4),
        ("f'{A.out.n}'", "3"),
        ("f'{A.out.n:>{B.out.x.y}}|{node.out[\"name\"]!r}|{{}}|{input.text}'", "      3|'jane doe'|{}|a,b"),
        ("f'{A.out.n + 1=}'", "A.out.n + 1=4"),
        ("f'{max.out.v:03d} {1.5:.2f}'", "004 1.50"),
        ("'{} {n}'.format(A.out.n, n=B.out.x.y)", "3 7"),
        ("'{0[age]} {a[name]}'.format(A.out, a=A.out)", "31 jane doe"),
        ("'%s is %d' % (A.out.name, A.out.age)", "jane doe is 31"),
        ("json.loads(json.dumps(A.out.areas))", [[1, 2, 3, 4], [5, 6, 7, 8]]),
        ("math.floor(math.sqrt(A.out.age))", 5),
        ("re.findall('[a-z]', input.text)", ["a", "b"]),
        ("A.out.img.name + A.out.img.type + str(A.out.img.size)", "face.pngimage/png1234"),
        ("A.out.img", IMG),
        ("[A.out.img, {'p': pipeline.nodes['my-id'].out.pic}]", [IMG, {"p": OTHER}]),
        ("(\n  A.out.n  # the number\n  + 1\n)", 4),
        ("  \n  A.out.n", 3),
        ("[area[0] for area in A.out.areas if area[0] > B.out.list[0]]", [5]),
        ("sorted(B.out.list, key=lambda n: -n * A.out.n)", [3, 2, 1]),
        ("(lambda a: a['x'])(B.out)", {"y": 7}),
        ("(1, (2, 3))", [1, [2, 3]]),
    ],
)
def test_an_expression_reads_its_scope(box: Running, text: str, value: Any) -> None:
    assert box.value(text) == value


@pytest.mark.parametrize(
    ("text", "truth"),
    [("re.search('a', input.text)", True), ("{1} & {2}", False), ("2 ** 70", True), ("range(0)", False), ("len", True)],
)
def test_an_expression_that_is_no_json_counts_by_its_truth(box: Running, text: str, truth: bool) -> None:
    assert box.value(text) is truth


@pytest.mark.parametrize(
    ("text", "node", "field", "value"),
    [
        ("node.out = {'a': 1}", "A", "out", {"a": 1}),
        ("node.params.a = {}\nnode.params.a.b = 1", "A", "params", {"step": 2, "a": {"b": 1}}),
        ("A.params.step += 1", "A", "params", {"step": 3}),
        ("input = {'x': input.text}", "A", "input", {"x": "a,b"}),
        ("input.x, node.params.y = 1, 2", "A", "params", {"step": 2, "y": 2}),
        ("input['text'] = 'c'\ninput.pop('img')\ninput.imgMime = None", "A", "input", {"imgMime": None, "text": "c"}),
        ("B.out.x.y *= 2", "B", "out", {"x": {"y": 14}, "list": [3, 1, 2], "items": 5}),
        ("B.out.list.sort()\nB.out.pop('x')", "B", "out", {"list": [1, 2, 3], "items": 5}),
        ("pipeline.nodes['my-id'].out = [A.out.n]", "my-id", "out", [3]),
        ("pipeline.nodes['my-id'].out = {'pic': A.out.img}", "my-id", "out", {"pic": IMG}),
        ("for n in pipeline.nodes.values():\n    n['params'] = {'k': n['id']}", "max", "params", {"k": "max"}),
        ("a = B.out\na['x'] = 1\na['list'] = a['items'] = None", "B", "out", {"x": 1, "list": None, "items": None}),
        ("B.params.t = (1, (2,), [(3,)])", "B", "params", {"t": [1, [2], [[3]]]}),
        ("B.params.t = math.inf > 1\nimport math", "B", "params", {"t": True}),
        ("from math import floor as f\nimport json as j\nB.params.t = j.dumps(f(2.5))", "B", "params", {"t": "2"}),
        (
            "def area(box):\n    return box[2] * box[3]\nB.params.t = [area(b) for b in A.out.areas]",
            "B",
            "params",
            {"t": [12, 56]},
        ),
        (
            "try:\n    A.out.missing\nexcept KeyError as error:\n    B.params.t = str(error)",
            "B",
            "params",
            {"t": "'missing'"},
        ),
        ("B.params.t = f'''\n{A.out.n}\n'''", "B", "params", {"t": "\n3\n"}),
        ("len = type = zip = bool = enumerate = 1\nB.params.t = len", "B", "params", {"t": 1}),
        ("B.params['ünï'] = 'é\\n\\u2028'", "B", "params", {"ünï": "é\n\u2028"}),
        ("B.params.t = [9223372036854775807, -9223372036854775808]", "B", "params", {"t": [2**63 - 1, -(2**63)]}),
        (
            "B.params.t = [0.1, 1e22, -0.0, 5e-324, 1.7976931348623157e308]",
            "B",
            "params",
            {"t": [0.1, 1e22, -0.0, 5e-324, 1.7976931348623157e308]},
        ),
    ],
)
def test_statements_change_their_scope(box: Running, text: str, node: str, field: str, value: Any) -> None:
    assert box.run(text).scope["nodes"][node][field] == value


def test_code_sets_fields_of_its_own_on_the_pipeline(box: Running) -> None:
    after = box.run("pipeline.count = pipeline.count + 1\npipeline.pic = A.out.img\npipeline['two words'] = 1").scope
    assert after["pipeline"] == {"count": 2, "seen": [], "pic": IMG, "two words": 1}


def test_what_is_given_stays_as_it_was(box: Running) -> None:
    given = scope()
    after = box.do(box.sandbox.run(compile_code("A.out.n = 9", "statements", given["nodes"]), given)).scope
    assert given == scope()
    assert after["nodes"]["A"]["out"]["n"] == 9
    assert after["nodes"]["B"] is given["nodes"]["B"]
    assert after["pipeline"] is given["pipeline"]


def test_an_expression_leaves_no_change(box: Running) -> None:
    given = scope()
    ran = box.do(box.sandbox.run(compile_code("A.out.areas.append(1) is None", "expression", given["nodes"]), given))
    assert ran.value is True
    assert ran.scope is given and given == scope()


def test_each_run_begins_anew(box: Running) -> None:
    box.run("kept = 1\nA.out.areas.append(5)")
    after = box.run("try:\n    kept = kept\nexcept NameError:\n    B.params.t = len(A.out.areas)")
    assert after.scope["nodes"]["B"]["params"] == {"t": 2}


def test_the_own_node_may_have_any_id(box: Running) -> None:
    after = box.run("node.out.x = 2\npipeline.nodes['my-id'].out.y = node is pipeline.nodes['my-id']", own="my-id")
    assert after.scope["nodes"]["my-id"]["out"] == {"x": 2, "y": True, "pic": OTHER}


def test_a_binary_is_copied_moved_and_followed(box: Running) -> None:
    text = "pics = [pipeline.nodes['my-id'].out.pop('pic'), A.out.img, A.out.img]\n"
    text += "B.out = {'pics': pics, 'one': {**pics[0]}}"
    after = box.run(text).scope["nodes"]
    assert after["B"]["out"] == {"pics": [OTHER, IMG, IMG], "one": OTHER}
    assert after["my-id"]["out"] == {"x": 1}
    assert after["A"]["out"]["img"] == IMG
