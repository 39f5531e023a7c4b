"""A drawn face that the models see as one. The first look at a face builds what is left to be built in mediapipe, and
shows that the models work, before the first call comes."""

from __future__ import annotations

import cv2
import numpy as np

from .finder import Pixels

_SIDE = 192
_PAPER = (230, 230, 230)
_SKIN, _HAIR, _BROWS, _NOSE, _LIPS = (205, 165, 140), (70, 50, 40), (80, 55, 45), (160, 110, 95), (170, 80, 80)
_WHITE, _IRIS = (245, 245, 245), (40, 30, 30)


def drawn_face() -> Pixels:
    """Return a picture of 192 x 192 pixels with one face of about half its width, eyes open, mouth closed."""
    picture = np.full((_SIDE, _SIDE, 3), _PAPER, np.uint8)
    cv2.ellipse(picture, (96, 100), (48, 64), 0, 0, 360, _SKIN, -1)
    cv2.ellipse(picture, (96, 52), (50, 26), 0, 180, 360, _HAIR, -1)
    for x in (76, 116):
        cv2.ellipse(picture, (x, 88), (10, 5), 0, 0, 360, _WHITE, -1)
        cv2.circle(picture, (x, 88), 4, _IRIS, -1)
        cv2.ellipse(picture, (x, 78), (13, 4), 0, 180, 360, _BROWS, 3)
    cv2.ellipse(picture, (96, 112), (7, 4), 0, 0, 180, _NOSE, 3)
    cv2.ellipse(picture, (96, 134), (18, 5), 0, 0, 360, _LIPS, -1)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), dtype=np.uint8)
