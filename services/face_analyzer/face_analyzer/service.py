"""The operation `face-analyze`, and the models that each worker process keeps."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Iterator, Literal, cast

from aiservice import ImageArray, Service
from pydantic import Field
from typing_extensions import NotRequired, TypedDict

from .files import FILES, present
from .settings import FaceSettings

if TYPE_CHECKING:
    from .analyzer import Analyzer

log = logging.getLogger("face_analyzer")

# One process per worker: a mediapipe graph serves one thread at a time, and the two cores are used without a lock.
service = Service("face_analyzer", summary="Tell what a face shows", workers=2, processes=True, port=8083)

TIME_LIMIT = 120
"""Seconds that one call may work: with all models it takes about a second, a busy machine some times as long."""

MODELS: Path | None = FaceSettings().models
"""The folder of the model files, as it was named when the service started."""

HAVE = present(MODELS)
"""The attributes whose files were there then."""

Eye = Literal["open", "closed"]


class Eyes(TypedDict):
    left: Annotated[Eye, Field(description="the person's own left eye")]
    right: Eye


class Ratios(TypedDict):
    left_eye: Annotated[float, Field(description="distance of the lids by the width of the eye")]
    right_eye: float
    mouth: Annotated[float, Field(description="distance of the lips by the width between the corners")]
    smile: Annotated[float, Field(description="width of the mouth and height of its corners by the face")]


class FaceShape(TypedDict):
    box: Annotated[tuple[int, int, int, int], Field(description="[x1, y1, x2, y2] in pixels of the picture")]
    score: Annotated[float, Field(description="of the detector, 0 to 1")]
    eyes: NotRequired[Annotated[Eyes, Field(description="only of a face of 100 pixels and more")]]
    mouth: Annotated[Literal["open", "closed"], Field(description="open: the lips are apart, also in a smile")]
    smile: bool
    roll: Annotated[float, Field(description="degrees that the head is turned clockwise in the picture")]
    ratios: Annotated[Ratios, Field(description="what these are judged by")]
    landmarks: NotRequired[Annotated[list[tuple[float, float]], Field(description="478 [x, y], on request")]]


class Analysis(TypedDict):
    """Nothing where there is no face; of the attributes those whose models are installed."""

    face: NotRequired[FaceShape]
    age: NotRequired[Annotated[int, Field(description="years, as the face looks")]]
    gender: NotRequired[Annotated[Literal["Man", "Woman"], Field(description="as the face looks")]]
    dominant_emotion: NotRequired[str]
    emotion: NotRequired[Annotated[dict[str, float], Field(description="percent by name")]]
    dominant_race: NotRequired[str]
    race: NotRequired[Annotated[dict[str, float], Field(description="percent by name")]]


def _description() -> str:
    missing = [name for name in FILES if name not in HAVE]
    attributes = f"It also tells {', '.join(HAVE)}." if HAVE else "It tells no attribute: no model is installed."
    absent = f" Not installed: {', '.join(missing)}." if missing else ""
    return (
        "The largest face is analysed; a picture without a face gives {}. `face` has `box` [x1, y1, x2, y2] and "
        "`score`, whether the `eyes` (from 100 pixels of face on) and the `mouth` are open, `smile`, `roll` (degrees "
        "clockwise) and the `ratios` that these are judged by. `landmarks=true` adds 478 points [x, y]. All in pixels "
        "of the picture as people see it (the EXIF rotation is applied); left and right are the person's own. "
        f"{attributes}{absent}"
    )


@service.on_ready
def ready() -> dict[str, Any]:
    """Which attributes are told, and which are not, since their model files are missing."""
    return {"attributes": HAVE, "missing": [name for name in FILES if name not in HAVE]}


@contextmanager
def silence() -> Iterator[None]:
    """Nothing that native code writes to standard error is seen: mediapipe's start-up notes have no switch."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


_analyzers: list[Analyzer] = []


@service.on_load
def load() -> None:
    """Load all models into this worker. mediapipe takes seconds to import, so it comes here, not with the module."""
    if MODELS is not None and not MODELS.is_dir():
        log.warning("there is no folder %s, which FACE_MODELS names: no attributes are told", MODELS)
    with silence():
        from .analyzer import Analyzer

        _analyzers[:] = [Analyzer(MODELS, HAVE)]


@service.operation("face-analyze", path="/compute", description=_description(), timeout=TIME_LIMIT)
def face_analyze(image: ImageArray, landmarks: bool = False) -> Analysis:
    """Tell what the face in a picture shows."""
    return cast(Analysis, _analyzers[0].analysis(image, landmarks))
