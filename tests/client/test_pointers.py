"""JSON pointers find their line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.client.cli.pointers import locate

TEXT = '{\n  "type": "pipeline",\n  "nodes": [\n    {"id": "a", "x/y~": {"": [10, [20], 30]}},\n\t{"id": "b"}\n  ]\n}\n'


@pytest.mark.parametrize(
    ("pointer", "line", "begins"),
    [
        ("", 1, "{"),
        ("/type", 2, '"type"'),
        ("/nodes", 3, '"nodes"'),
        ("/nodes/0", 4, '{"id": "a"'),
        ("/nodes/1/id", 5, '"id": "b"'),
        ("/nodes/0/x~1y~0//1/0", 4, "20"),
        ("/nodes/0/x~1y~0//2", 4, "30"),
        ("/nodes/0/missing/deeper", 4, '{"id": "a"'),
        ("/nodes/7", 3, '"nodes"'),
        ("/type/0", 2, '"type"'),
    ],
)
def test_a_pointer_finds_its_place(pointer: str, line: int, begins: str) -> None:
    place = locate(TEXT, pointer)
    assert place.line == line
    assert place.text[place.column - 1 :].startswith(begins)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(JSON, st.sampled_from([None, 2]), st.data())
def test_every_value_is_found_in_any_document(value: object, indent: int | None, data: st.DataObject) -> None:
    text = json.dumps(value, indent=indent)
    pointer, found = "", value
    while isinstance(found, (dict, list)) and found and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(list(found) if isinstance(found, dict) else list(range(len(found)))))
        found = found[key]
        pointer += "/" + str(key).replace("~", "~0").replace("/", "~1")
    place = locate(text, pointer)
    lines = text.split("\n")
    rest = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
    decoder = json.JSONDecoder()
    value_there, end = decoder.raw_decode(rest)
    if rest[end : end + 1] == ":":
        value_there, _ = decoder.raw_decode(rest, end + 2)
    assert value_there == found
