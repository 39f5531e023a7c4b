"""Turned squares of a picture: what the models for persons and hands look at, upright as they know it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .things import Pixels, Values


@dataclass(frozen=True)
class Region:
    """A square of `side` pixels around (`x`, `y`), turned clockwise by `angle` (radians)."""

    x: float
    y: float
    side: float
    angle: float

    def grown(self, factor: float, up: float = 0.0) -> Region:
        """The region `factor` times as large, moved up, in its own direction, by `up` of its old side."""
        x = self.x + math.sin(self.angle) * up * self.side
        y = self.y - math.cos(self.angle) * up * self.side
        return Region(x, y, self.side * factor, self.angle)

    def cut(self, picture: Pixels, size: int) -> Pixels:
        """Its pixels, upright, scaled to `size` x `size`; black where it reaches beyond the picture."""
        matrix = cv2.invertAffineTransform(self._matrix(size))
        # Reduced by areas first: a picture that warping shrinks to less than half would flicker with its fine patterns.
        whole = int(self.side // size)
        if whole > 1 and min(picture.shape[:2]) >= whole:
            picture = _reduced(picture, whole)
            matrix = matrix @ np.array([[whole, 0, whole / 2 - 0.5], [0, whole, whole / 2 - 0.5], [0, 0, 1]])
        return np.asarray(cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)

    def placed(self, points: Values, size: int) -> Values:
        """Points (x, y) of the pixels that `cut` gave, as points of the picture."""
        matrix = self._matrix(size)
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)

    def _matrix(self, size: int) -> Values:
        """From pixels of the square to pixels of the picture."""
        step = self.side / size
        cos, sin = math.cos(self.angle) * step, math.sin(self.angle) * step
        middle = size / 2
        return np.array(
            [[cos, -sin, self.x - cos * middle + sin * middle], [sin, cos, self.y - sin * middle - cos * middle]],
            np.float64,
        ).astype(np.float32)


def direction(start: Values, end: Values) -> float:
    """How far a thing is turned clockwise that points from `start` to `end`, upright being 0; -pi to pi."""
    angle = math.pi / 2 - math.atan2(-float(end[1] - start[1]), float(end[0] - start[0]))
    return (angle + math.pi) % (2 * math.pi) - math.pi


def _reduced(picture: Pixels, whole: int) -> Pixels:
    rows, columns = picture.shape[0] // whole, picture.shape[1] // whole
    inner = picture[: rows * whole, : columns * whole]
    return np.asarray(cv2.resize(inner, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def bounds(points: Values, margin: float = 0.0) -> tuple[float, float, float, float]:
    """The box around points, on each side larger by `margin` of its longer side."""
    left, top = (float(value) for value in points.min(axis=0))
    right, bottom = (float(value) for value in points.max(axis=0))
    more = margin * max(right - left, bottom - top)
    return left - more, top - more, right + more, bottom + more
