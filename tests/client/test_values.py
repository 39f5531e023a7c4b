"""Inputs as they are written on a command line."""

from pathlib import Path
from typing import Any

import pytest

from engine.client.cli.values import inputs_of
from engine.client.definitions import Body
from engine.client.errors import WrongInput
from engine.client.inputs import Upload, encode

FORM = Body(("image", "areas"), ["image", "areas"])
OBJECT = Body(None, {"name": "Me", "age": 31, "tags": ["a"], "any": None})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files to name, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(b"jpeg")
    (tmp_path / "areas.json").write_text('{"areas": [[1]]}')
    (tmp_path / "note.txt").write_text("a note")
    return tmp_path


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("image=photo.jpg", Path("photo.jpg")),
        ("image=@photo.jpg", Upload(Path("photo.jpg"))),
        ("image=@photo.jpg;type=image/png", Upload(Path("photo.jpg"), type="image/png")),
        ("image=@areas.json", {"areas": [[1]]}),
        ("image=@areas.json;type=text/plain", Upload(Path("areas.json"), type="text/plain")),
        ("image=@note.txt;type=application/json", WrongInput),
        ('image={"a": 1}', {"a": 1}),
        ("image=[1, 2]", [1, 2]),
        ('image="text"', "text"),
        ("image=12.5", 12.5),
        ("image=phto.jpg", WrongInput),
        ("image=@phto.jpg", WrongInput),
        ("image={1}", WrongInput),
        ("photo.jpg", WrongInput),
    ],
)
def test_fields_of_a_form(written: str, expected: Any, folder: Path) -> None:
    if expected is WrongInput:
        with pytest.raises(WrongInput):
            inputs_of(FORM, [written], None, folder)
    else:
        assert inputs_of(FORM, [written], None, folder) == {"image": expected}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("name=31", "31"),
        ("name={x}", "{x}"),
        ("name=@note.txt", "a note"),
        ("age=31", 31),
        ("age=old", WrongInput),
        ('tags=["x"]', ["x"]),
        ("tags=@areas.json", {"areas": [[1]]}),
        ("any=free text", "free text"),
        ("any=1", 1),
        ("unknown=1", 1),
    ],
)
def test_keys_of_an_object(written: str, expected: Any, folder: Path) -> None:
    if expected is WrongInput:
        with pytest.raises(WrongInput, match="31"):
            inputs_of(OBJECT, [written], None, folder)
    else:
        assert inputs_of(OBJECT, [written], None, folder) == {written.partition("=")[0]: expected}


def test_pairs_go_over_the_whole(folder: Path) -> None:
    whole = '{"name": "A", "age": 1}'
    assert inputs_of(OBJECT, ["age=2"], whole, folder) == {"name": "A", "age": 2}
    (folder / "whole.json").write_text(whole)
    assert inputs_of(OBJECT, [], "@whole.json", folder) == {"name": "A", "age": 1}
    with pytest.raises(WrongInput):
        inputs_of(OBJECT, [], "[1]", folder)


def test_a_wrong_name_of_a_file_is_told_with_the_nearest(folder: Path) -> None:
    with pytest.raises(WrongInput, match="did you mean photo.jpg"):
        inputs_of(FORM, ["image=foto.jpg"], None, folder)


def test_what_cannot_be_sent_is_told_field_by_field(folder: Path) -> None:
    with pytest.raises(WrongInput) as told:
        encode(FORM, {"image": b"x", "x/y": 1})
    assert [(fault.pointer, fault.detail) for fault in told.value.faults] == [
        ("/areas", "the field is missing"),
        ("/x~1y", "there is no such field; this route takes image, areas"),
    ]
    with pytest.raises(WrongInput, match="neither JSON"):
        encode(FORM, {"image": b"x", "areas": {"a": object()}})
    with pytest.raises(WrongInput, match="open it with mode 'rb'"), (folder / "note.txt").open() as text:
        encode(FORM, {"image": text, "areas": 1})
    with pytest.raises(WrongInput, match="there is no file"):
        encode(FORM, {"image": Path("gone.jpg"), "areas": 1})
