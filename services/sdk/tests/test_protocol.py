"""The description of a result in an announcement: optional, and bounded."""

from typing import Any

import pytest
from pydantic import ValidationError

from aiservice.protocol import MAX_RESULT, MAX_RESULT_DEPTH, Announcement, result_problem

PLAIN = {"route": "a", "body": ["image"], "summary": "", "description": ""}
RESULT = {"type": "object", "properties": {"answer": {"type": "array"}}, "additionalProperties": False}


def announced(**api: Any) -> Announcement:
    return Announcement.model_validate({"type": "service", "url": "http://a.test/a", "api": {**PLAIN, **api}})


def nested(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels - 1):
        found = {"a": found}
    return found


@pytest.mark.parametrize("api", [{}, {"result": None}])
def test_a_message_without_a_description_is_what_it_was(api: dict[str, Any]) -> None:
    message = announced(**api)
    assert message.api.result is None
    assert message.api.model_dump() == PLAIN
    assert message.model_dump()["api"] == PLAIN
    assert "result" not in message.model_dump_json()


def test_a_description_goes_along() -> None:
    message = announced(result=RESULT)
    assert message.api.result == RESULT
    assert message.api.model_dump() == {**PLAIN, "result": RESULT}
    assert Announcement.model_validate_json(message.model_dump_json()) == message


@pytest.mark.parametrize(
    "description", [{}, nested(MAX_RESULT_DEPTH), {"a": "x" * (MAX_RESULT - 8)}, {"a": [0] * (MAX_RESULT // 2 - 4)}]
)
def test_descriptions_up_to_the_limits(description: dict[str, Any]) -> None:
    assert result_problem(description) is None
    assert announced(result=description).api.result == description


ITSELF: dict[str, Any] = {}
ITSELF["a"] = [ITSELF] * 3


@pytest.mark.parametrize(
    ("description", "words"),
    [
        (nested(MAX_RESULT_DEPTH + 1), "nested deeper than 20 levels"),
        (nested(100_000), "nested deeper than 20 levels"),
        (ITSELF, "longer than 20,000 bytes"),
        ({"a": "x" * (MAX_RESULT - 7)}, "longer than 20,000 bytes"),
        ({"a": [0] * 1_000_000}, "longer than 20,000 bytes"),
        ({"a": "\ud800"}, "cannot be written as JSON"),
        ({"a": object()}, "cannot be written as JSON"),
        ([], "a JSON Schema"),
        ("object", "a JSON Schema"),
        (True, "a JSON Schema"),
    ],
    ids=range(10),
)
def test_other_descriptions_are_refused(description: Any, words: str) -> None:
    assert words in str(result_problem(description))
    with pytest.raises(ValidationError):
        announced(result=description)
