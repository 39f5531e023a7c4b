"""Operations that wait, fail, crash and return every kind of result; a file named in the call lets them go on."""

import hashlib
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from prometheus_client import Counter
from pydantic import BaseModel, Field, RootModel, model_validator

from aiservice import File, Image, ImageArray, ImageFile, InputError, Service, TryAgain, encode_image


class Areas(BaseModel):
    areas: list[tuple[float, float, float, float]]


class Format(BaseModel):
    format: str
    quality: int = 90


class Scale(BaseModel):
    percent: float
    way: Literal["up", "down"] = "down"


class Size(BaseModel):
    width: int | None = Field(None, gt=0)
    height: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def check(self) -> "Size":
        if self.width is None and self.height is None:
            raise ValueError("give width, height or both")
        return self


class Shape(TypedDict):
    format: str
    width: int
    height: int
    name: str
    mask: int | None


class Step(BaseModel):
    """One step, and those under it."""

    name: str
    steps: list["Step"] = []


@dataclass
class Report:
    page: File
    steps: list[Step]
    _draft: bool = True


PROCESSES = os.environ.get("SPECIMEN_PROCESSES") == "1"
service = Service(
    "specimen", summary="For tests", processes=PROCESSES, port=int(os.environ.get("SPECIMEN_PORT", "8080"))
)
state: dict[str, Any] = {}


@service.on_load
def load() -> None:
    wait_for = os.environ.get("SPECIMEN_LOAD")
    if wait_for:
        _await_file(wait_for)
    if os.environ.get("SPECIMEN_BROKEN"):
        raise OSError("the model file is missing")
    state["loaded"] = os.getpid()


def _await_file(path: str) -> None:
    deadline = time.monotonic() + 60
    while not Path(path).exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{path} never came")
        time.sleep(0.005)


@service.operation("echo", path="/echo")
def echo(text: str, count: int = 1) -> dict[str, Any]:
    """Say it again.

    As often as you like.
    """
    return {"text": text * count, "pid": os.getpid(), "loaded": state["loaded"]}


@service.operation("held", path="/held", example={"gate": "/tmp/gate"})
def held(gate: str, log: str | None = None, fail: bool = False) -> dict[str, Any]:
    """Start, note it in a file, go on when the gate exists."""
    if log:
        with open(log, "a") as notes:
            notes.write("began\n")
    _await_file(gate)
    return {"gate": gate}


@service.operation("mirror", path="/mirror")
def mirror(image: ImageArray, areas: Areas, size: Size | None = None) -> File:
    """Mirror a picture."""
    return encode_image(image[:, ::-1], "png", name="mirrored.png")


@service.operation("level", path="/level")
def level(image: ImageArray) -> dict[str, Any]:
    """Tell how bright a picture is."""
    return {"level": float(image.mean())}


@service.operation("shape", path="/shape")
def shape(image: ImageFile, mask: File | None = None) -> Shape:
    """Look at a picture."""
    return {
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "name": image.name,
        "mask": mask.size if mask else None,
    }


@service.operation("digest", path="/digest")
def digest(file: File) -> dict[str, Any]:
    """Sum of a file."""
    found = hashlib.sha256()
    with open(file.path, "rb") as stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return {"sha256": found.hexdigest(), "size": file.size, "name": file.name, "content_type": file.content_type}


@service.operation("return", path="/return")
def send_back(file: File) -> File:
    """The same file."""
    return file


@service.operation("several", path="/several")
def several(how: Literal["none", "one", "many", "mixed", "array", "bytes", "list", "text", "nan", "root"]) -> Any:
    """Every kind of result."""
    import numpy as np

    array = np.zeros((4, 6, 3), np.uint8)
    kinds: dict[str, Any] = {
        "none": None,
        "one": [array],
        "many": [array, array, array],
        "mixed": {"picture": array, "boxes": [[1, 2, 3, 4]], "score": np.float32(0.5)},
        "array": array,
        "bytes": b"abc",
        "list": [1, 2, 3],
        "text": "no result",
        "root": RootModel[list[int]]([1]),
        "nan": {"value": float("nan"), "array": {"inner": np.arange(3)}},
    }
    return kinds[how]


@service.operation("png", path="/png")
def as_png(level: Annotated[int, Field(ge=0, le=255)]) -> Annotated[Any, Image("png")]:
    """An array in a format of its own."""
    import numpy as np

    return np.full((3, 5, 3), level, np.uint8)


@service.operation("fail", path="/fail")
def fail(how: Literal["input", "again", "bug", "exit", "crash", "long"]) -> dict[str, Any]:
    """Every kind of failure."""
    if how == "input":
        raise InputError("how: choose another")
    if how == "again":
        raise TryAgain("the model is warming up", retry_after=7)
    if how == "exit":
        raise SystemExit(3)
    if how == "long":
        raise ValueError("\udcff" + "a" * 10_000)
    if how == "crash":
        os._exit(9)
    logging.getLogger("specimen").info("about to fail")
    raise ZeroDivisionError("by nothing")


@service.operation("timed", path="/timed", timeout=1.0 if PROCESSES else None)
def timed(gate: str) -> dict[str, Any]:
    """Wait for the gate, where calls have a process of their own for a second at most."""
    _await_file(gate)
    return {"gate": gate}


@service.operation("render", path="/render")
def render(format: Format, scale: Scale | None = None) -> dict[str, Any]:
    """Say what came in."""
    return {"format": format.format, "quality": format.quality, "percent": scale.percent if scale else None}


@service.operation("report", path="/report")
def report(title: str) -> Report:
    """A binary and values, as a dataclass."""
    page = File.from_bytes(title.encode(), "text/plain", "page.txt")
    return Report(page, [Step(name=title, steps=[Step(name="inner")])])


@service.operation("step", path="/step")
def step(title: str) -> Step:
    """A model that holds itself."""
    return Step(name=title)


SHOWN = Counter("specimen_shown", "How often the page was shown", registry=None)
service.collect(SHOWN)


@service.page("/inventory")
def inventory() -> dict[str, Any]:
    """What there is.

    Counted anew each time.
    """
    SHOWN.inc()
    if os.environ.get("SPECIMEN_PAGE") == "broken":
        raise RuntimeError("no inventory")
    return {"things": 3, "pid": os.getpid()}


@service.on_ready
def models() -> dict[str, Any]:
    """What is installed."""
    return {"models": ["none"]}
