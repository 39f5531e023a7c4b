"""The operation `face-detect`, and the models that each worker process keeps."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import Iterator

from aiservice import ImageArray, Service
from pydantic import BaseModel, Field

from .boxes import Box, whole_boxes

# One process per worker: a model serves one thread at a time, and the two cores are used without a lock.
service = Service("face_detection", summary="Find the faces of a picture", workers=2, processes=True, port=8082)

TIME_LIMIT = 120
"""Seconds that one call may work: a picture of 40 megapixels takes two, a busy machine some times as long."""


class Faces(BaseModel):
    answer: list[Box] = Field(description="[x1, y1, x2, y2] per face, the largest first")


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


class _Models:
    """The detector of this process; what it needs is imported with the loading, for the server itself does without."""

    def __init__(self) -> None:
        with silence():
            import cv2
            import numpy

            from .detector import FaceDetector

            cv2.setNumThreads(1)
            self.detector = FaceDetector()
            # The first run is slower than all others.
            self.detector.find(numpy.zeros((64, 64, 3), numpy.uint8))


_models: list[_Models] = []


@service.on_load
def load() -> None:
    """Load both models into this worker."""
    _models[:] = [_Models()]


@service.operation("face-detect", path="/compute", timeout=TIME_LIMIT)
def face_detect(image: ImageArray) -> Faces:
    """Find the faces of a picture.

    The answer has one box [x1, y1, x2, y2] per face, the largest first, in pixels of the picture as people see it (the
    EXIF rotation is applied), inside the picture. A picture without faces gives an empty list.
    """
    height, width = image.shape[:2]
    return Faces(answer=whole_boxes(_models[0].detector.find(image), width, height))
