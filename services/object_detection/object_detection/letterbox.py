"""Pictures into the rectangle that a model takes, and boxes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from .things import Pixels, Values

Fit = Literal["letterbox", "stretch"]
GREY = 114
"""What YOLO models see around a picture since version 3."""


@dataclass(frozen=True)
class Placed:
    """A picture in the rectangle: its pixels, how far it was scaled, and where it begins."""

    pixels: Pixels
    scale_x: float
    scale_y: float
    left: int
    top: int

    def back(self, boxes: Values) -> Values:
        """Boxes (left, top, right, bottom) in pixels of the rectangle as pixels of the picture."""
        moved = boxes - np.array([self.left, self.top] * 2, np.float32)
        return np.asarray(moved / np.array([self.scale_x, self.scale_y] * 2, np.float32), np.float32)


def place(picture: Pixels, width: int, height: int, fit: Fit, ground: int = GREY) -> Placed:
    """Scale a picture so that it fits into `width` x `height`.

    A letterbox keeps the ratio and has `ground` on both sides, the odd pixel on the right or below.
    """
    rows, columns = picture.shape[:2]
    if fit == "stretch":
        return Placed(_scaled(picture, width, height), width / columns, height / rows, 0, 0)
    scale = min(width / columns, height / rows)
    inner_width, inner_height = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    pixels = np.full((height, width, 3), ground, np.uint8)
    pixels[top : top + inner_height, left : left + inner_width] = _scaled(picture, inner_width, inner_height)
    return Placed(pixels, inner_width / columns, inner_height / rows, left, top)


def _scaled(picture: Pixels, width: int, height: int) -> Pixels:
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = width < picture.shape[1] and height < picture.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.uint8)
