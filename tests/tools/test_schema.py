"""The types of the page's requests: generated from what the engine says of itself, and never older than that."""

import json
import subprocess

import pytest

from tools import schema


def test_the_document_has_the_engines_own_routes_and_shapes() -> None:
    told = json.loads(schema.document())
    assert "/services/{route}" in told["paths"] and "/tasks/{task_id}/status" in told["paths"]
    assert "Service" in told["components"]["schemas"]


def test_the_types_are_what_the_engine_says_now() -> None:
    assert schema.TYPES.read_text() == schema.types(), "run `make schema`"


def test_a_document_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(schema, "document", lambda: b"{")
    with pytest.raises(subprocess.CalledProcessError):
        schema.types()
    before = schema.TYPES.read_bytes()
    assert schema.main() == 1 and capsys.readouterr().err
    assert schema.TYPES.read_bytes() == before
