"""What is found: a label, a score, and a box in pixels of the picture. Pure numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]


@dataclass(frozen=True)
class Thing:
    """One thing in a picture. Left, top, right and bottom are pixels and may reach outside; `score` is 0 to 1."""

    label: str
    score: float
    box: tuple[float, float, float, float]
    text: str | None = None


def whole_box(box: tuple[float, float, float, float], width: int, height: int) -> tuple[int, int, int, int] | None:
    """The box in whole pixels of a picture, left and top rounded down, right and bottom up; None without a pixel."""
    if not all(math.isfinite(value) for value in box):
        return None
    left, top = min(max(math.floor(box[0]), 0), width), min(max(math.floor(box[1]), 0), height)
    right, bottom = min(max(math.ceil(box[2]), 0), width), min(max(math.ceil(box[3]), 0), height)
    return (left, top, right, bottom) if right > left and bottom > top else None


def ious(one: Values, others: Values) -> Values:
    """Intersection over union of one box and each of several (left, top, right, bottom), from 0 to 1."""
    sides = np.minimum(one[2:4], others[:, 2:4]) - np.maximum(one[:2], others[:, :2])
    common = np.prod(np.maximum(sides, 0), axis=1)
    areas = np.prod(np.maximum(others[:, 2:4] - others[:, :2], 0), axis=1)
    union = np.prod(np.maximum(one[2:4] - one[:2], 0)) + areas - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0), np.float32)


def suppressed(boxes: Values, scores: Values, classes: NDArray[np.int64], limit: float, most: int) -> list[int]:
    """Greedy non-maximum suppression, each class by itself: the indexes of what is kept, best first, at most `most`.

    Of boxes of one class whose intersection over union is above `limit` the best stays.
    """
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while left.size and len(kept) < most:
        best = int(left[0])
        kept.append(best)
        same = (classes[left] == classes[best]) & (ious(boxes[best], boxes[left]) > limit)
        same[0] = True
        left = left[~same]
    return kept


def best_first(things: Iterable[Thing]) -> list[Thing]:
    """By score; those of one score by label and place, so that the same picture always gives the same list."""
    return sorted(things, key=lambda thing: (-thing.score, thing.label, thing.box))
