"""What a declaration says, and which declarations cannot be made."""

import subprocess
import sys
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

import aiservice
from aiservice import File, ImageFile, Service
from aiservice.hints import text_key_of


class Point(BaseModel):
    x: int = Field(ge=3)
    y: float
    name: str | None = None


def declare(function: Any, **options: Any) -> Any:
    service = Service("declared")
    service.operation("route", path="/path", **options)(function)
    return service.operations[0]


def test_the_protocol_is_light() -> None:
    code = "import sys, aiservice.protocol; print(sorted({name.split('.')[0] for name in sys.modules}))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("fastapi", "starlette", "uvicorn", "aiohttp", "pydantic_settings", "prometheus_client", "numpy"):
        assert f"'{heavy}'" not in names


def test_an_author_needs_neither_numpy_nor_the_server() -> None:
    code = (
        "import sys\n"
        "from aiservice import Service, ImageArray, ImageFile, File, InputError, TryAgain, Image, encode_image\n"
        "service = Service('a')\n"
        "@service.operation('r', path='/p')\n"
        "def f(image: ImageArray, other: ImageFile) -> File: ...\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("fastapi", "uvicorn", "numpy", "PIL"):
        assert f"'{heavy}'" not in names


def test_names_of_the_package() -> None:
    assert set(aiservice.__all__) <= set(dir(aiservice))
    with pytest.raises(AttributeError, match="nothing"):
        getattr(aiservice, "nothing")


def test_a_body_lists_the_required_fields_where_there_is_a_binary() -> None:
    def function(image: ImageFile, point: Point, mask: File | None = None, level: int = 3) -> None:
        """First line.

        More
        of it.
        """

    api = declare(function).api
    assert (api.body, api.summary, api.description) == (["image", "point"], "First line.", "More\nof it.")


def test_a_body_of_json_has_examples_made_from_the_types() -> None:
    def function(point: Point, kind: Literal["a", "b"], sizes: list[int], deep: bool, extra: str = "x") -> None: ...

    assert declare(function).api.body == {"x": 3, "y": 0.5, "kind": "a", "sizes": [], "deep": True}


def test_an_example_replaces_them() -> None:
    def function(name: str) -> None: ...

    api = declare(function, example={"name": "Myself"}, summary="S", description="D").api
    assert (api.body, api.summary, api.description) == ({"name": "Myself"}, "S", "D")


async def _asynchronous(name: str) -> None: ...


def _untyped(name) -> None: ...  # type: ignore[no-untyped-def]


def _starred(*names: str) -> None: ...


def _data(data: File) -> None: ...


@pytest.mark.parametrize("function", [_asynchronous, _untyped, _starred, _data])
def test_functions_that_cannot_be_operations(function: Any) -> None:
    with pytest.raises(TypeError, match=function.__name__):
        declare(function)


@pytest.mark.parametrize("path", ["path", "/", "/a/../b", "/tasks/x", "/docs", "/a b", "/ä", "/{x}"])
def test_paths_that_cannot_be_used(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        Service("declared").operation("route", path=path)(lambda: None)


def test_nothing_is_declared_twice() -> None:
    service = Service("declared")
    service.operation("one", path="/one")(lambda: None)
    for route, path in (("one", "/two"), ("two", "/one")):
        with pytest.raises(ValueError, match="twice"):
            service.operation(route, path=path)(lambda: None)
    with pytest.raises(ValueError, match="route"):
        service.operation("wrong route", path="/wrong")(lambda: None)
    with pytest.raises(ValueError, match="name"):
        Service("wrong name")


def test_a_time_limit_needs_processes() -> None:
    with pytest.raises(ValueError, match="processes=True"):
        Service("declared").operation("one", path="/one", timeout=5)(lambda: None)
    service = Service("declared", processes=True)
    service.operation("one", path="/one", timeout=5)(lambda: None)
    assert service.operations[0].timeout == 5
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="time limit"):
            service.operation("two", path="/two", timeout=wrong)(lambda: None)


def test_a_port_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="port"):
        Service("declared", port=70_000)


class Choice(Enum):
    ONE = "one"


class Named(BaseModel):
    other: int
    more: int
    own: Choice | None = None


class Two(BaseModel):
    first: str
    second: str


class Flag(BaseModel):
    on: bool


class Sizes(BaseModel):
    sizes: list[int]


class Grade(BaseModel):
    grade: Annotated[Literal["a", "b"], Field(description="best first")] | int


@pytest.mark.parametrize(
    ("model", "name", "key"),
    [
        (Named, "own", "own"),
        (Named, "x", None),
        (Two, "x", None),
        (Flag, "x", None),
        (Sizes, "x", None),
        (Grade, "x", "grade"),
    ],
)
def test_the_key_that_a_plain_text_is_for(model: type[BaseModel], name: str, key: str | None) -> None:
    assert text_key_of(model, name) == key
