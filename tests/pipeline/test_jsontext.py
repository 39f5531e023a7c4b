"""Strict JSON: what is read, what is refused and with which words."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, Invalid, TooLarge
from engine.pipeline.jsontext import dumps, parse, pointer
from tests.pipeline.definitions import unhurried

GOOD: list[tuple[bytes, Any]] = [
    (b'{"name": "Myself", "age": 31}', {"name": "Myself", "age": 31}),
    (b" [1, 2.5, -3e2, true, false, null] ", [1, 2.5, -300.0, True, False, None]),
    (b'"text"', "text"),
    (b"{}", {}),
    ('"ü€😀"'.encode(), "ü€😀"),
    (b'"\\ud83d\\ude00"', "😀"),
    (b'"\\\\u0000"', "\\u0000"),
    (b'{"a": "\\u003a::", "b": ":"}', {"a": ":::", "b": ":"}),
    (b"[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
    (b"[0.1234567890123456789012345]", [0.1234567890123456789012345]),
    (b'"12345678901234567890123"', "12345678901234567890123"),
    (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
    (b'["' + b"[{" * 500 + b'"]', ["[{" * 500]),
]

BAD: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b" \n", "is empty"),
    (b"{", "line 1, column 2"),
    (b'{"a": 1,\n "b" 2}', "line 2, column 6"),
    (b"{'a': 1}", "not JSON"),
    (b"[1, 2,]", "trailing comma"),
    (b"1 2", "not JSON"),
    (b'["a\nb"]', "control character"),
    (b'["a\xff"]', "not UTF-8 (line 1, column 4)"),
    (b'[\n"\xc3\xa9", "\xc3"]', "not UTF-8 (line 2, column 7)"),
    (b'"\xed\xa0\x80"', "not UTF-8"),
    (b"\xef\xbb\xbf{}", "byte order mark"),
    (b'["\\ud800"]', "surrogate pair in a string, which is no character (line 1, column 3)"),
    (b'["\\udc00"]', "surrogate"),
    (b'["\\ud800\\u0041"]', "surrogate"),
    (b'["\\u0000"]', "NUL"),
    (b'{"a": {"\\u0000": 1}}', "NUL"),
    (b"[NaN]", "has NaN, which JSON does not know"),
    (b"[Infinity]", "has Infinity"),
    (b"[-Infinity]", "has Infinity"),
    (b"[1e999]", "too large for a double"),
    (b"[-1e999]", "too large for a double"),
    (b"9" * 5_000, "too large for a double"),
    (b'{"a": 1, "a": 2}', 'has the key "a" twice'),
    (b'{"a": [{"b": 1, "c": 2, "b": 1}]}', 'has the key "b" twice'),
    (b'{"a": 1, "a": "\\u003a"}', 'has the key "a" twice'),
    (b'{"a": 1, "a": "\\u003A"}', 'has the key "a" twice'),
    (b'{"a": 1234567890123456789, "a": 2}', 'has the key "a" twice'),
    (b'{"caf\\u00e9": 1, "caf\xc3\xa9": 2}', 'has the key "café" twice'),
    (b"[9223372036854775808]", "beyond 64 bits"),
    (b"[-9223372036854775809]", "beyond 64 bits"),
    (b"[18446744073709551616]", "beyond 64 bits"),
    (b"9" * 300, "beyond 64 bits"),
    (b"[" * 65 + b"]" * 65, "deeper than 64"),
    (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper than 64"),
    (b"[" * 1_000 + b"]" * 1_000, "deeper than 64"),
    (b"[" * 100_000 + b"]" * 100_000, "deeper than 64"),
    (b"[" * 100_000, "deeper than 64"),
    (b'{"a":' * 100_000, "deeper than 64"),
]


@pytest.mark.parametrize(("raw", "value"), GOOD)
def test_valid_json_is_read(raw: bytes, value: Any) -> None:
    assert parse(raw) == value


@pytest.mark.parametrize(("raw", "words"), BAD)
def test_all_else_is_refused_with_a_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(raw, "the part `data`")
    assert refused.value.detail.startswith("The part `data` ")
    assert words in refused.value.detail
    assert len(refused.value.detail) < 300


def test_the_limit_of_bytes_comes_first() -> None:
    assert parse(b" " * 95 + b"[]", max_bytes=97) == []
    with pytest.raises(TooLarge, match="98 bytes long; the limit is 97 bytes"):
        parse(b"[" * 98, max_bytes=97)


def test_the_limit_of_depth_counts_containers() -> None:
    assert parse(b"1", max_depth=0) == 1
    assert parse(b"[{}]", max_depth=2) == [{}]
    with pytest.raises(Invalid, match="deeper than 1 level"):
        parse(b"[{}]", max_depth=1)


@unhurried
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.text(alphabet='[]{}",:\\ud08naN1e9 -\x00', max_size=40).map(str.encode)
)
def test_no_bytes_raise_anything_but_an_engine_error(raw: bytes) -> None:
    try:
        value = parse(raw)
    except EngineError:
        return
    assert json.loads(raw) == value


_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)


@unhurried
@given(_values, st.booleans(), st.sampled_from([None, 2]))
def test_it_agrees_with_the_standard_library(value: Any, escaped: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    assert parse(text.encode()) == json.loads(text) == value
    assert parse(dumps(value)) == value


def _doubled(value: Any, key: str) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name in ("x", key, "y", key)) + "}"


@unhurried
@given(_values, _text, st.integers(0, 5))
def test_doubled_keys_are_found_wherever_they_are(value: Any, key: str, depth: int) -> None:
    text = '{"in": [' * depth + _doubled(value, key) + "]}" * depth
    with pytest.raises(Invalid, match="twice"):
        parse(text.encode())


@dataclass
class Reference:
    id: str


def test_what_json_has_no_word_for_is_given_to_default() -> None:
    assert dumps({"img": Reference("7")}, lambda value: {"$binary": value.id}) == b'{"img":{"$binary":"7"}}'
    with pytest.raises(TypeError):
        dumps({"img": Reference("7")})


def test_pointers_escape_tilde_and_slash() -> None:
    assert pointer() == ""
    assert pointer("nodes", 2, "a/b~c", "") == "/nodes/2/a~1b~0c/"
