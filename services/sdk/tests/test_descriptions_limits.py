"""Descriptions of results that are too large to be announced, and which of them come as forms."""

from typing import Annotated, Any, TypedDict

import pytest
from pydantic import Field
from test_descriptions import BINARY, BOX, NOTHING, ONE, SEVERAL, Schema, described, obj

from aiservice.descriptions import forms_of
from aiservice.protocol import MAX_RESULT_DEPTH


def test_a_description_that_is_too_large_goes_without_its_texts(caplog: pytest.LogCaptureFixture) -> None:
    texts = TypedDict("texts", {"a": Annotated[int, Field(description="long " * 5_000, examples=[1])]})
    assert described(texts) == obj({"a": {"type": "integer"}}, "a")
    assert not caplog.records


def test_one_that_is_too_large_without_them_is_left_out_and_that_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    many = TypedDict("many", {f"field_{number}": int for number in range(1_000)})  # type: ignore[misc]
    assert described(many) is None
    assert "the result cannot be described: the description of the result is longer than 20,000 bytes" in caplog.text
    deep: Any = int
    for _ in range(MAX_RESULT_DEPTH):
        deep = list[deep]
    caplog.clear()
    assert described(dict[str, deep]) is None
    assert "nested deeper than 20 levels" in caplog.text


@pytest.mark.parametrize(
    ("schema", "values", "forms"),
    [
        (ONE, 0, 1),
        (SEVERAL, 1, 1),
        (NOTHING, 1, 0),
        (BOX, 1, 0),
        (obj({}, rest=True), 1, 1),
        (obj({}, rest=BINARY), 1, 1),
        (obj({"a": {}}), 1, 1),
        (obj({"a": {"anyOf": [BINARY, {"type": "null"}]}}), 1, 1),
        ({"anyOf": [ONE, BOX, SEVERAL]}, 2, 2),
        ({"$ref": "#/$defs/Node", "$defs": {"Node": BOX}}, 1, 0),
    ],
)
def test_which_results_are_forms(schema: Schema, values: int, forms: int) -> None:
    found = forms_of(schema)
    assert (len(found[0]), len(found[1])) == (values, forms)
