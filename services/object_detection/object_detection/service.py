"""The operation `object-detect`, and the detector that each worker process keeps."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Iterator, Protocol

from aiservice import ImageArray, Service
from pydantic import BaseModel, Field
from typing_extensions import NotRequired, TypedDict

from .labels import read_labels
from .settings import ModelSettings, read_settings
from .things import Pixels, Thing, whole_box

# One process per worker: a model serves one thread at a time, and one that crashes on its file takes no other with it.
service = Service("object_detection", summary="Find what is in a picture", workers=2, processes=True, port=8085)

TIME_LIMIT = 120
"""Seconds that one call may work."""

BUILT_IN = ("face", "person", "hand", "qr code")


class Detector(Protocol):
    """What finds things."""

    def find(self, picture: Pixels, threshold: float) -> list[Thing]:
        """The things of an RGB picture of at least this score, best first."""


class Found(TypedDict):
    label: Annotated[str, Field(description="what it is")]
    score: Annotated[float, Field(ge=0, le=1, description="how sure the model is, 0 to 1")]
    box: Annotated[tuple[int, int, int, int], Field(description="[x1, y1, x2, y2] in pixels, inside the picture")]
    text: NotRequired[Annotated[str, Field(description="what a QR code says")]]


class Objects(BaseModel):
    objects: list[Found] = Field(description="the best score first")


@contextmanager
def silence() -> Iterator[None]:
    """Nothing that native code writes to standard error is seen: LiteRT's note on loading has no switch."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _detector(settings: ModelSettings) -> Detector:
    """Load what the settings name; the libraries take a second to import, so they come with the loading."""
    import cv2

    cv2.setNumThreads(1)
    if settings.model is None and settings.labels is None:
        from .builtin import BuiltIn

        return BuiltIn()
    from .given import GivenDetector

    return GivenDetector(settings)


_loaded: list[Detector] = []


@service.on_load
def load() -> None:
    """Load the detector into this worker."""
    with silence():
        _loaded[:] = [_detector(read_settings())]


@service.on_ready
def ready() -> dict[str, Any]:
    """Which model there is, and how many labels it knows."""
    settings = read_settings()
    if settings.model is None or settings.labels is None:
        return {"model": "built in", "labels": list(BUILT_IN)}
    return {"model": Path(settings.model).name, "labels": read_labels(Path(settings.labels))[:100]}


@service.operation("object-detect", path="/compute", timeout=TIME_LIMIT)
def object_detect(image: ImageArray, threshold: Annotated[float, Field(ge=0.01, le=1)] = 0.5) -> Objects:
    """Find what is in a picture.

    The answer has one object per thing, the best score first: `label`, `score` (0 to 1) and `box` [x1, y1, x2, y2] in
    pixels of the picture as people see it (the EXIF rotation is applied). Things of a score below `threshold` are left
    out. Which labels there are depends on the model that the service was started with, /health/ready tells; without
    one they are face, person (one near person), hand and qr code, with its text.
    """
    height, width = image.shape[:2]
    objects: list[Found] = []
    for thing in _loaded[0].find(image, threshold):
        box = whole_box(thing.box, width, height)
        if box is not None:
            found: Found = {"label": thing.label, "score": round(min(1.0, max(0.0, thing.score)), 4), "box": box}
            if thing.text is not None:
                found["text"] = thing.text
            objects.append(found)
    return Objects(objects=objects)
