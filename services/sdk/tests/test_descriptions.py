"""Descriptions of results: what return types say, as it is announced and shown; and that results are as described."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, NewType, NotRequired, Optional, Required, TypedDict, Union

import numpy as np
import pytest
import typing_extensions
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, RootModel, WithJsonSchema, computed_field, field_serializer

from aiservice import File, Image, ImageArray, ImageFile
from aiservice.descriptions import result_of
from aiservice.protocol import result_problem

Schema = dict[str, Any]
BINARY = {"type": "string", "format": "binary"}
ANY: Schema = {}


def obj(properties: Schema, required: str = "", rest: Any = False, **others: Any) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": rest, **others}
    return {**found, "required": required.split()} if required else found


def described(hint: Any) -> Schema | None:
    def function() -> Any: ...

    function.__annotations__["return"] = hint
    return result_of(function)


ONE = obj({"result": BINARY}, "result")
SEVERAL = obj({"result": BINARY}, patternProperties={"^result[0-9]+$": BINARY})
NOTHING = obj({})


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Box(TypedDict):
    x: int
    label: NotRequired[Literal["cat", "dog"]]


class Loose(TypedDict, total=False):
    score: Required[Annotated[float, Field(ge=0)]]
    boxes: list[Box]


class Mixed(TypedDict):
    picture: File
    mask: NotRequired[NDArray[np.uint8] | None]
    anything: Any
    boxes: list[Box]


class Tree(TypedDict):
    name: str
    children: list["Tree"]


class Open(TypedDict):
    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    name: str
    icon: File


class Exact(typing_extensions.TypedDict):
    name: str


class Extended(typing_extensions.TypedDict, extra_items=int):  # type: ignore[call-arg]
    name: str


class Person(BaseModel):
    """A person."""

    name: str = Field(alias="fullName")
    age: int | None
    secret: str = Field("", exclude=True)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def old(self) -> bool:
        return (self.age or 0) > 99


class Family(BaseModel):
    model_config = ConfigDict(extra="allow")
    head: Person
    others: dict[str, Person] = {}
    moods: set[Mood] = set()
    title: str = "x"


class Written(BaseModel):
    when: datetime
    where: datetime

    @field_serializer("when")
    def date(self, value: datetime):  # type: ignore[no-untyped-def]
        return {"year": value.year}

    @field_serializer("where")
    def year(self, value: datetime) -> int:
        return value.year


class Node(BaseModel):
    next: "Node | None" = None


class Foreign:
    pass


class Held(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    array: np.ndarray[Any, Any]
    inside: bytes


@dataclass
class Point:
    x: float
    when: datetime
    y: float


@dataclass
class Hidden:
    x: int = 3
    _hidden: int = 0


@dataclass
class Report:
    page: File
    points: list[Point]


class Frame(TypedDict):
    matrix: NDArray[np.float32]
    size: tuple[int, int]
    point: Point


Alias = NewType("Alias", Point)
BOX = obj({"x": {"type": "integer"}, "label": {"enum": ["cat", "dog"], "type": "string"}}, "x")
POINT = obj(
    {"x": {"type": "number"}, "when": {"type": "string", "format": "date-time"}, "y": {"type": "number"}}, "x when y"
)

# A TypedDict that holds itself is followed once.
TREE = obj({"name": {"type": "string"}, "children": {"type": "array", "items": ANY}}, "name children")

KINDS: list[tuple[Any, Schema | None]] = [
    (Exact, obj({"name": {"type": "string"}}, "name")),
    (Extended, obj({"name": {"type": "string"}}, "name", rest={"type": "integer"})),
    (File, ONE),
    (ImageFile, ONE),
    (ImageArray, ONE),
    (bytes, ONE),
    (bytearray, ONE),
    (np.ndarray, ONE),
    (NDArray[np.uint8], ONE),
    (Annotated[np.ndarray, Image("png")], ONE),
    (Annotated[Any, Image("png")], ONE),
    (File | bytes, ONE),
    (list[File], SEVERAL),
    (list[ImageArray], SEVERAL),
    (Annotated[list[np.ndarray], Image("png")], SEVERAL),
    (tuple[File, ...], SEVERAL),
    (Sequence[File | bytes], SEVERAL),
    (list, SEVERAL),
    (list[Any], SEVERAL),
    (tuple[File], ONE),
    (tuple[File, bytes], obj({"result0": BINARY, "result1": BINARY}, "result0 result1")),
    (None, NOTHING),
    (File | None, obj({"result": BINARY})),
    (Optional[dict[str, float]], obj({}, rest={"type": "number"})),
    (dict, obj({}, rest=True)),
    (dict[str, Any], obj({}, rest=True)),
    (dict[str, File], obj({}, rest=BINARY)),
    (dict[str, File | int], obj({}, rest={"anyOf": [BINARY, {"type": "integer"}]})),
    (dict[str, list[Box]], obj({}, rest={"type": "array", "items": BOX})),
    (Box, BOX),
    (Alias, POINT),
    (Loose, obj({"score": {"type": "number", "minimum": 0}, "boxes": {"type": "array", "items": BOX}}, "score")),
    (Open, obj({"name": {"type": "string"}, "icon": BINARY}, "name icon", rest=True)),
    (Tree, obj({"name": {"type": "string"}, "children": {"type": "array", "items": TREE}}, "name children")),
    (Union[Box, bytes], {"anyOf": [BOX, ONE]}),
    (Union[File, Box, None], {"anyOf": [ONE, BOX, NOTHING]}),
    (Point, POINT),
    (Hidden, obj({"x": {"type": "integer"}}, "x")),
    (Any, None),
    (object, None),
    (int, None),
    (list[int], None),
    (tuple[File, int], None),
    (dict[str, Any] | int, None),
    (Literal["x"], None),
    (RootModel[dict[str, int]], {"type": "object", "additionalProperties": {"type": "integer"}}),
    (RootModel[Annotated[Any, WithJsonSchema({"type": "object"})]], {"type": "object"}),
    (RootModel[list[int]], None),
    (Foreign, None),
]


@pytest.mark.parametrize(("hint", "schema"), KINDS, ids=range(len(KINDS)))
def test_what_return_types_say(hint: Any, schema: Schema | None) -> None:
    found = described(hint)
    assert found == schema
    assert found is None or result_problem(found) is None


def test_without_a_return_type_there_is_no_description() -> None:
    def silent():  # type: ignore[no-untyped-def]
        return {}

    assert result_of(silent) is None


def test_binaries_and_values_side_by_side() -> None:
    parts = {"picture": BINARY, "anything": ANY, "boxes": {"type": "array", "items": BOX}}
    parts["mask"] = {"anyOf": [BINARY, {"type": "null"}]}
    assert described(Mixed) == {**obj(parts), "required": ["picture", "anything", "boxes"]}


def test_a_dataclass_with_a_binary() -> None:
    points = {"type": "array", "items": {"$ref": "#/$defs/Point"}}
    assert described(Report) == {
        **obj({"page": BINARY, "points": points}, "page points"),
        "$defs": {"Point": POINT},
    }


def test_what_is_no_json_type_may_be_anything_and_the_rest_is_told() -> None:
    pair = {"type": "array", "prefixItems": [{"type": "integer"}] * 2, "minItems": 2, "maxItems": 2}
    assert described(Frame) == obj({"matrix": BINARY, "size": pair, "point": POINT}, "matrix size point")
    inner = obj({"matrix": ANY, "size": pair, "point": POINT}, "matrix size point")
    assert described(dict[str, list[Frame]]) == obj({}, rest={"type": "array", "items": inner})
    assert described(dict[str, Frame | Foreign]) == obj({}, rest=True)
    assert described(Held) == obj({"array": ANY, "inside": {"type": "string"}}, "array inside")
    files = {"type": "array", "items": {"$ref": "#/$defs/File"}}
    assert described(dict[str, list[File]]) == {**obj({}, rest=files), "$defs": {"File": ANY}}


def test_models_are_described_as_they_are_written() -> None:
    person = obj(
        {
            "fullName": {"type": "string"},
            "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "old": {"type": "boolean", "readOnly": True},
        },
        "fullName age old",
        description="A person.",
    )
    assert described(Person) == person
    found = described(Family)
    assert found and found["$defs"]["Person"] == person
    assert found["$defs"]["Mood"]["enum"] == ["good", "bad"]
    assert found["additionalProperties"] is True
    assert found["properties"]["head"] == {"$ref": "#/$defs/Person"}
    assert found["properties"]["others"] == {"type": "object", "additionalProperties": {"$ref": "#/$defs/Person"}}
    assert found["properties"]["title"] == {"type": "string"}


def test_serializers_are_believed_if_they_have_a_return_type() -> None:
    assert described(Written) == obj({"when": ANY, "where": {"type": "integer"}}, "when where")


def test_a_model_that_holds_itself() -> None:
    found = described(Node)
    assert found and found["$ref"] == "#/$defs/Node"
    assert found["$defs"]["Node"]["properties"]["next"]["anyOf"][0] == {"$ref": "#/$defs/Node"}


def test_two_classes_of_one_name_are_not_mixed_up() -> None:
    other = type("Person", (BaseModel,), {"__annotations__": {"height": int}})
    both = TypedDict("both", {"a": list[Person], "b": list[other]})  # type: ignore[valid-type]
    found = described(both)
    assert found and found["properties"] == {"a": {"type": "array", "items": {"$ref": "#/$defs/Person"}}, "b": ANY}
    assert "fullName" in found["$defs"]["Person"]["properties"]


def test_names_that_cannot_be_found_are_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    lost = TypedDict("lost", {"a": "Nowhere"})  # type: ignore[name-defined]  # noqa: F821
    assert described(lost) is None
    assert "the result cannot be described" in caplog.text
