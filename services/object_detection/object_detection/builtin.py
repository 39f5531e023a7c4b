"""What can be found without a model file: faces, persons, hands and QR codes."""

from __future__ import annotations

import numpy as np
from face_detection.detector import FaceDetector

from .codes import LABEL as CODE
from .codes import Codes
from .hands import LABEL as HAND
from .hands import Hands
from .people import LABEL as PERSON
from .people import People
from .things import Pixels, Thing, best_first

FACE = "face"
LABELS = (FACE, PERSON, HAND, CODE)


class BuiltIn:
    """All of them, loaded. Used by one thread at a time."""

    def __init__(self) -> None:
        self._faces, self._people, self._hands, self._codes = FaceDetector(), People(), Hands(), Codes()
        # The first run is slower than all others.
        self.find(np.zeros((64, 64, 3), np.uint8), 0.5)

    def find(self, picture: Pixels, threshold: float) -> list[Thing]:
        """The things of an RGB picture (uint8, height x width x 3) of at least this score, best first."""
        things = [
            Thing(FACE, face.score, (face.left, face.top, face.right, face.bottom))
            for face in self._faces.find(picture)
        ]
        things += self._people.find(picture) + self._hands.find(picture) + self._codes.find(picture)
        return best_first(thing for thing in things if thing.score >= threshold)
