"""JSON from outside: what is refused, with which words, and what is not."""

import time

import pytest

from aiservice.errors import Problem
from aiservice.testing import RunningService, form
from aiservice.values import parse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('{"a": {"b": 1, "c": 2, "b": 1}}', "the key 'b' stands twice"),
        ('{"a": {"x": 1}, "a": 2}', "the key 'a' stands twice"),
        ('[{"text": "a:b::c", "n": 1, "n": 1}]', "the key 'n' stands twice"),
        ('{"\\u0061": 1, "a": 2}', "the key 'a' stands twice"),
        ("9223372036854775808", "9223372036854775808 has more than 64 bits"),
        ('{"a": [-9223372036854775809]}', "-9223372036854775809 has more than 64 bits"),
        ("1" * 200, "has more than 64 bits"),
        ("NaN", "not JSON"),
        ('{"a": Infinity}', "not JSON"),
        ("1e999", "not JSON"),
        ('{"a": "b\\u0000"}', "NUL character"),
        ('["\\\\\\u0000"]', "NUL character"),
        ('["\\ud800"]', "not JSON"),
        ("[" * 65 + "]" * 65, "more than 64 levels"),
        ('{"a":' * 65 + "1" + "}" * 65, "more than 64 levels"),
        ("", "empty"),
        ("{", "not JSON"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(text.encode(), "field")
    assert caught.value.status == 400
    assert caught.value.detail.startswith("field: ") and words in caught.value.detail


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("0.12345678901234567890", 0.12345678901234568),
        ('{"a": "12345678901234567890", "b": {"a": "x:y"}}', {"a": "12345678901234567890", "b": {"a": "x:y"}}),
        ('[{"a": 1}, {"a": 1}]', [{"a": 1}, {"a": 1}]),
        ('["\\\\u0000"]', ["\\u0000"]),
        ("[" * 64 + "]" * 64, [[]]),
    ],
)
def test_what_is_taken(text: str, value: object) -> None:
    found = parse(text.encode(), "field")
    while isinstance(found, list) and len(found) == 1 and isinstance(found[0], list) and found[0]:
        found = found[0]
    assert found == value


def test_a_long_text_is_read_in_little_time() -> None:
    text = b'{"areas": [' + b'{"name": "a:b", "box": [1, 2, 3, 4]},' * 50_000 + b"{}]}"
    began = time.process_time()
    assert len(parse(text, "body")["areas"]) == 50_001
    assert time.process_time() - began < 5


def test_a_call_with_a_doubled_key_is_told_which(specimen: RunningService) -> None:
    body = b'{"text": "a", "count": 1, "count": 2}'
    answer = specimen.request("POST", "/echo", body, {"Content-Type": "application/json"})
    assert (answer.status, answer.json["detail"][:28]) == (400, "body: the key 'count' stands")
    kind, multipart = form({"file": ("a", b"1", "image/png")}, {"count": 1, "other": 2})
    twice = multipart.replace(b'"other"', b'"count"')
    answer = specimen.request("POST", "/digest", twice, {"Content-Type": kind})
    assert (answer.status, answer.json["detail"][:28]) == (400, "data: the key 'count' stands")
    large = specimen.request(
        "POST", "/echo", b'{"text": "a", "count": 1%s}' % (b"0" * 30), {"Content-Type": "application/json"}
    )
    assert (large.status, "64 bits" in large.json["detail"]) == (400, True)
