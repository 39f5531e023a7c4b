"""Geometry of face boxes: where to look, and which of several boxes are the same face. Pure numbers."""

from __future__ import annotations

import math
from typing import Iterable, NamedTuple, Sequence

Box = tuple[int, int, int, int]
"""A face as whole pixels: `x1`, `y1`, `x2`, `y2`."""


class Face(NamedTuple):
    """A box around a face, in pixels of the picture it was found in, and how sure the model is, from 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def area(self) -> float:
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def side(self) -> float:
        """The longer side."""
        return max(self.right - self.left, self.bottom - self.top)

    def moved(self, scale: float, left: float, top: float) -> Face:
        """The same face in a picture that is `1 / scale` times as large and begins `left`, `top` before this one."""
        return Face(
            self.left / scale + left,
            self.top / scale + top,
            self.right / scale + left,
            self.bottom / scale + top,
            self.score,
        )

    def mirrored(self, width: float) -> Face:
        """The same face in the picture mirrored left to right, which is `width` wide."""
        return self._replace(left=width - self.right, right=width - self.left)


def overlap(one: Face, other: Face) -> float:
    """Area of the intersection."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)


def iou(one: Face, other: Face) -> float:
    """Intersection over union, from 0 to 1."""
    common = overlap(one, other)
    union = one.area + other.area - common
    return common / union if union > 0 else 0.0


def same_face(one: Face, other: Face, limit: float) -> bool:
    """Whether two boxes show one face: by intersection over union, or one lies in the other and is not far smaller.

    The second rule catches faces that the edge of a tile has cut.
    """
    if iou(one, other) > limit:
        return True
    smaller, larger = sorted((one.area, other.area))
    return smaller > 0 and overlap(one, other) / smaller > 0.8 and larger / smaller < 6


def without_duplicates(faces: Iterable[Face], limit: float = 0.3) -> list[Face]:
    """Greedy non-maximum suppression: of boxes that show one face the surest is kept. Surest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(same_face(face, other, limit) for other in kept):
            kept.append(face)
    return kept


def tile_starts(length: int, tile: int, stride: int) -> list[int]:
    """Where tiles begin, so that they cover `length` evenly and begin at most `stride` after each other."""
    if length <= tile:
        return [0]
    count = math.ceil((length - tile) / stride) + 1
    return [round(index * (length - tile) / (count - 1)) for index in range(count)]


def whole_boxes(faces: Sequence[Face], width: int, height: int) -> list[Box]:
    """`[x1, y1, x2, y2]` per face, whole pixels inside a `width` x `height` picture, the largest face first.

    Left and top are rounded down, right and bottom up. Boxes without a pixel inside the picture are left out.
    """
    boxes = [
        (
            min(max(math.floor(face.left), 0), width),
            min(max(math.floor(face.top), 0), height),
            min(max(math.ceil(face.right), 0), width),
            min(max(math.ceil(face.bottom), 0), height),
        )
        for face in faces
    ]
    inside = [box for box in boxes if box[2] > box[0] and box[3] > box[1]]
    return sorted(inside, key=lambda box: (-(box[2] - box[0]) * (box[3] - box[1]), box))
