"""Areas of a picture: what callers send, made into boxes of whole pixels inside the picture."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Sequence

from aiservice import InputError

MAX_AREAS = 1_000


class Box(NamedTuple):
    """Pixels from (left, top) up to, and without, (right, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0


def boxes(areas: Sequence[Any], width: int, height: int) -> list[Box]:
    """One box per area `[x1, y1, x2, y2]`, in the same order, for a picture of `width` x `height` pixels.

    Corners may be given in any order and lie outside: a box is the part inside the picture, and may be empty.
    Fractions are rounded outwards, so that a box covers its area.
    Raises InputError, naming the area, where one is not four finite numbers, and where there are more than 1,000.
    """
    if isinstance(areas, (str, bytes)) or not isinstance(areas, Sequence):
        raise InputError("'areas' must be a list of [x1, y1, x2, y2]")
    if len(areas) > MAX_AREAS:
        raise InputError(f"'areas' holds {len(areas)} areas: send at most {MAX_AREAS}")
    return [_box(area, index, width, height) for index, area in enumerate(areas)]


def _box(area: Any, index: int, width: int, height: int) -> Box:
    if isinstance(area, (str, bytes)) or not isinstance(area, Sequence) or len(area) != 4:
        raise InputError(f"'areas[{index}]' must be a list of four numbers, [x1, y1, x2, y2]")
    for value in area:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
            raise InputError(f"'areas[{index}]' must hold finite numbers only, not {value!r:.40}")
    left, right = sorted((area[0], area[2]))
    top, bottom = sorted((area[1], area[3]))
    return Box(
        min(max(math.floor(left), 0), width),
        min(max(math.floor(top), 0), height),
        min(max(math.ceil(right), 0), width),
        min(max(math.ceil(bottom), 0), height),
    )


def _finite(value: int | float) -> bool:
    return isinstance(value, int) or math.isfinite(value)
