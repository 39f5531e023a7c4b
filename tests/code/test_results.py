"""What code leaves is stored only if it is JSON; otherwise the error names the place."""

import pytest

from engine.code.base import CodeError
from engine.code.process import Limits
from tests.code.sandboxes import NODES, Running

DEEP = "x = 1\nfor i in range({}): x = [x]\nB.params.x = x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A.out.x = {1, 2}", "`A.out.x` is of the type set; make it a list, dict, string or number"),
        ("A.out.x = [1, {'y': range(3)}]", "`A.out.x[1].y` is of the type range;"),
        ("A.out.x = lambda: 1", "`A.out.x` is of the type function;"),
        ("A.out.x = len", "`A.out.x` is of the type builtin_function_or_method;"),
        ("A.out.x = json", "`A.out.x` is of the type module;"),
        ("A.out.x = b'x'", "`A.out.x` is of the type bytes;"),
        ("A.out.x = A.out.items()", "`A.out.x` is of the type dict_items;"),
        ("A.out.x = ValueError('x')", "`A.out.x` is of the type ValueError;"),
        ("A.out.x = re.match('a', 'a')", "is of the type "),
        ("A.out.x = float('nan')", "`A.out.x` is NaN or Infinity, which JSON does not have"),
        ("A.out.x = [1e308 * 10]", "`A.out.x[0]` is NaN or Infinity"),
        ("A.out.x = -math.inf", "`A.out.x` is NaN or Infinity"),
        ("A.out.x = {1: 2}", "`A.out.x` has a key of the type int; keys must be strings"),
        ("A.out.x = {None: 2}", "`A.out.x` has a key of the type NoneType; keys must be strings"),
        ("A.out.x = {True: 2, 'True': 3}", "`A.out.x` has a key of the type bool; keys must be strings"),
        ("A.out.x = {1: 2, '1': 3}", "`A.out.x` has a key of the type int; keys must be strings"),
        ("A.out.x = {(1, 2): 3}", "`A.out.x` has a key of the type tuple; keys must be strings"),
        ("A.out.x = 2 ** 63", "`A.out.x` is an integer beyond 64 bits; make it a string"),
        ("A.out.x = -2 ** 63 - 1", "`A.out.x` is an integer beyond 64 bits; make it a string"),
        ("A.out.x = 10 ** 5000", "`A.out.x` is an integer beyond 64 bits; make it a string"),
        ("A.out.x = 'a\\0b'", "`A.out.x` has a NUL character; take it out"),
        ("A.out.x = {'\\0': 1}", "`A.out.x` has a key with a NUL character; take it out"),
        (DEEP.format(128), "is nested deeper than 128 levels, or contains itself"),
        ("x = []\nx.append(x)\nA.out.x = x", "is nested deeper than 128 levels, or contains itself"),
        ("A.out.x = A", "is nested deeper than 128 levels, or contains itself"),
        ("A.out['two words'] = {1}", "`A.out['two words']` is of the type set;"),
        ("pipeline.nodes['my-id'].out.x = {1}", "`pipeline.nodes['my-id'].out.x` is of the type set;"),
        ("pipeline.mine = [{1}]", "`pipeline.mine[0]` is of the type set;"),
        ("type = len = 1\nA.out.x = {1}", "`A.out.x` is of the type set;"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(box: Running, text: str, message: str) -> None:
    with pytest.raises(CodeError) as caught:
        box.run(text)
    assert message in caught.value.message
    assert box.value("A.out.n") == 3


def test_more_than_16_mb_is_refused() -> None:
    roomy = Running(Limits(seconds=20, memory=256 << 20))
    try:
        text = "B.params.x = 'a' * 8000000\nB.params.y = 'b' * {}"
        assert len(roomy.run(text.format(7_900_000)).scope["nodes"]["B"]["params"]["y"]) == 7_900_000
        with pytest.raises(CodeError, match="16,000,0.. bytes long as JSON; the limit is 16,000,000"):
            roomy.run(text.format(8_000_000))
    finally:
        roomy.close()


def test_depth_128_is_taken(box: Running) -> None:
    """The field itself is an object around it."""
    value = box.run(DEEP.format(127)).scope["nodes"]["B"]["params"]["x"]
    depth = 0
    while isinstance(value, list):
        value, depth = value[0], depth + 1
    assert (value, depth) == (1, 127)


def test_a_lone_surrogate_cannot_come_to_be(box: Running) -> None:
    """The interpreter's strings hold none; the check refuses the escape, so that nothing is replaced silently."""
    assert box.unchecked("B['params'] = {'x': '\\ud800'}").scope["nodes"]["B"]["params"] == {"x": "\ufffd"}


@pytest.mark.parametrize("change", ["'x'", "True", "None", "1.0", "-1", "7", "[0]", "2 ** 70"])
def test_a_binary_that_was_changed_is_refused(box: Running, change: str) -> None:
    text = f"key = [k for k in A.out.img if k not in ('name', 'type', 'size')][0]\nB.params.x = {{key: {change}}}"
    with pytest.raises(CodeError, match="a binary was changed; copy it as it is|beyond 64 bits"):
        box.run(text)


def test_a_binary_cannot_be_made_up(box: Running) -> None:
    img = NODES["A"]["out"]["img"]
    made = {"id": img.id, "name": img.name, "type": img.type, "size": img.size}
    assert box.run(f"B.params.x = {made!r}").scope["nodes"]["B"]["params"]["x"] == made


def test_the_key_of_binaries_is_another_in_each_run(box: Running) -> None:
    keys = {str(box.value("' '.join(A.out.img)")) for _ in range(3)}
    assert len(keys) == 3


@pytest.mark.parametrize("text", ["A['out'] = 1", "B['out'] = [1]", "pipeline.clear()", "A.clear()"])
def test_whole_fields_may_be_replaced(box: Running, text: str) -> None:
    box.unchecked(text)


def test_a_part_stays_an_object(box: Running) -> None:
    with pytest.raises(CodeError, match="`A` is no object any more"):
        box.unchecked("__parts__[0] = 5")
