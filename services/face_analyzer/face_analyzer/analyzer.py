"""All that is told of a picture: the face that was found, its geometry, its attributes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2

from .attributes import Attributes
from .drawing import drawn_face
from .finder import Box, Face, FaceFinder, Pixels
from .geometry import EYE_OPEN, MOUTH_OPEN, SMALLEST_FOR_EYES, SMILE, ratios, roll

_STATES = {True: "open", False: "closed"}


class Analyzer:
    """All models, loaded; those of the attributes `names` from `folder`. Used by one thread at a time.

    Raises UnfitModel where a model file cannot be used.
    """

    def __init__(self, folder: Path | None, names: list[str]) -> None:
        cv2.setNumThreads(1)
        self._finder = FaceFinder()
        self._attributes = Attributes(folder or Path(), names)
        if self._finder.largest(drawn_face()) is None:
            raise RuntimeError("the models of mediapipe do not see the face that they are tried with")

    def analysis(self, picture: Pixels, landmarks: bool) -> dict[str, Any]:
        """Return what is told of the largest face of an RGB picture, with its landmarks if asked; `{}` for none."""
        face = self._finder.largest(picture)
        if face is None:
            return {}
        told = geometry(face, picture.shape[1], picture.shape[0])
        if landmarks:
            told["landmarks"] = face.landmarks.round(1).tolist()
        return {"face": told, **self._attributes.of(picture, face.box, told["roll"])}


def geometry(face: Face, width: int, height: int) -> dict[str, Any]:
    """What the shape of a face tells, in a picture of `width` x `height` pixels."""
    found = ratios(face)
    told: dict[str, Any] = {
        "box": whole_box(face.box, width, height),
        "score": round(face.box.score, 3),
        "mouth": _STATES[found.mouth >= MOUTH_OPEN],
        "smile": found.smile >= SMILE,
        "roll": round(roll(face), 1),
        "ratios": {name: round(value, 3) for name, value in found._asdict().items()},
    }
    if face.box.side >= SMALLEST_FOR_EYES:
        told["eyes"] = {"left": _STATES[found.left_eye >= EYE_OPEN], "right": _STATES[found.right_eye >= EYE_OPEN]}
    return told


def whole_box(box: Box, width: int, height: int) -> list[int]:
    """A box as whole pixels within the picture: left and top rounded down, right and bottom up."""
    left, right = (min(max(value, 0), width) for value in (math.floor(box.left), math.ceil(box.right)))
    top, bottom = (min(max(value, 0), height) for value in (math.floor(box.top), math.ceil(box.bottom)))
    return [left, top, right, bottom]
