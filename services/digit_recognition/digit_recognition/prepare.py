"""A picture of one digit into what a model learns from: 28 x 28, bright ink on black, centred, as MNIST does it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .features import Floats, features_of, stroke_width
from .ground import Ink, ink_of
from .shapes import Found, find_shapes

FRAME = 28
BOX = 20
"""The digit is scaled into a box of this size within the frame (Y. LeCun, C. Cortes, The MNIST database)."""

WORKED = 128
"""Larger pictures are reduced to this number of pixels a side: enough for 20 x 20, and quick."""

SMALL = 30
"""A digit that is smaller than this in the reduced picture is cut out of the picture as it was, and looked at again."""

SHEET_LEAST, SHEET_PART, SHEET_FULL, SHEET_CORNER, SHEET_EDGE = 24, 0.2, 0.7, 0.4, 0.06
"""What is as wide and high as this (pixels of the reduced picture), has this part of it, and fills its box and each
quarter of a side at its corners by these shares, is a sheet of paper (tilted by 8 degrees at most): it is looked into,
without this share of it at each edge."""

MARGIN = 0.5
"""Ground kept around a digit that is cut out, in its longer sides."""

THIN, FLOOR = 2.0, 0.12
"""Strokes thinner than this (pixels of the frame) are widened to it; ink weaker than this share of the full is none."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """`image`: 28 x 28, 0 to 1, ink bright. `features`: FEATURES of the picture. `shapes`: how many shapes of the size
    of a digit stand apart in it; `image` shows the largest. `box`: its x1, y1, x2, y2 in the picture, pixels.
    """

    image: Floats
    features: dict[str, float]
    shapes: int = 1
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


def prepare(picture: NDArray[Any]) -> Prepared | None:
    """Find the digit of a picture (`uint8`, height x width, or x 3 RGB), of either polarity; None without ink.

    The ground may be uneven (a photo of paper): what counts is the difference to the ground around. A digit in another
    colour of the same brightness is found in its colour channel. Raises ValueError for arrays of another shape or type.
    """
    if picture.dtype != np.uint8 or not (picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)):
        raise ValueError(f"a picture is uint8, height x width (x 3), not {picture.dtype} {picture.shape}")
    if min(picture.shape[:2]) < 3:
        return None
    image = Image.fromarray(np.ascontiguousarray(picture))
    grey = image if image.mode == "L" else image.convert("L")
    found = _look(grey)
    brightness = None if found is None else found.brightness
    if found is None and image.mode == "RGB":
        channels = sorted(image.split(), key=lambda channel: -float(np.std(np.asarray(_reduced(channel)[0]))))
        found = next((each for each in map(_look, channels) if each is not None), None)
    if found is None:
        return None
    cut = found.cut()
    frame, scale = _framed(cut)
    if brightness is None:
        brightness = float(np.asarray(_reduced(grey)[0]).mean())
    features = features_of(brightness, found.ink.contrast, frame, np.pad(cut, 1), scale)
    return Prepared(_widened(frame), features, found.shapes, found.whole_box())


@dataclass(frozen=True, slots=True)
class _Looked:
    """The ink of a part of the picture, and where the digit is; `brightness` and `size` are the whole picture's."""

    ink: Ink
    found: Found
    factor: int
    corner: tuple[int, int]
    brightness: float
    size: tuple[int, int]

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.found.box

    @property
    def shapes(self) -> int:
        return self.found.shapes

    def cut(self) -> Floats:
        """The ink of the digit, 0 to 1."""
        left, top, right, bottom = self.box
        return self.ink.values[top:bottom, left:right] * self.found.mask[top:bottom, left:right]

    def whole_box(self) -> tuple[int, int, int, int]:
        """The box in the picture as it was sent; the last of the reduced pixels may reach beyond it."""
        left, top, right, bottom = (value * self.factor for value in self.box)
        x, y = self.corner
        return left + x, top + y, min(right + x, self.size[0]), min(bottom + y, self.size[1])


def _reduced(image: Image.Image) -> tuple[Image.Image, int]:
    factor = -(-max(image.size) // WORKED)
    return (image.reduce(factor) if factor > 1 else image), factor


def _look(grey: Image.Image) -> _Looked | None:
    coarse = _look_at(grey, (0, 0, *grey.size))
    if coarse is None:
        return None
    box = coarse.whole_box()
    if _is_sheet(coarse):
        across, down = int(SHEET_EDGE * (box[2] - box[0])), int(SHEET_EDGE * (box[3] - box[1]))
        inner = _look_at(grey, (box[0] + across, box[1] + down, box[2] - across, box[3] - down))
        if inner is None:
            return coarse
        coarse, box = inner, inner.whole_box()
    side = max(box[2] - box[0], box[3] - box[1])
    if coarse.factor == 1 or side >= SMALL * coarse.factor:
        return coarse
    margin = int(MARGIN * side) + coarse.factor
    area = (
        max(box[0] - margin, 0),
        max(box[1] - margin, 0),
        min(box[2] + margin, grey.width),
        min(box[3] + margin, grey.height),
    )
    fine = _look_at(grey, area)
    if fine is None:
        return coarse
    return replace(fine, found=replace(fine.found, shapes=coarse.shapes), brightness=coarse.brightness)


def _is_sheet(looked: _Looked) -> bool:
    """Tell whether what was found is a sheet of paper that lies on something else: large, and full in each corner."""
    left, top, right, bottom = looked.box
    mask = looked.ink.mask[top:bottom, left:right]
    if min(mask.shape) < SHEET_LEAST or mask.size < SHEET_PART * looked.ink.mask.size or mask.mean() < SHEET_FULL:
        return False
    rows, columns = mask.shape[0] // 4, mask.shape[1] // 4
    halves = mask[:rows], mask[-rows:]
    return all(part.mean() >= SHEET_CORNER for half in halves for part in (half[:, :columns], half[:, -columns:]))


def _look_at(grey: Image.Image, area: tuple[int, int, int, int]) -> _Looked | None:
    """Look at a part of the picture: left, top, right, bottom."""
    part = grey if area == (0, 0, *grey.size) else grey.crop(area)
    small, factor = _reduced(part)
    levels = np.asarray(small, dtype=np.float32)
    ink = ink_of(levels)
    if ink is None:
        return None
    found = find_shapes(ink.mask)
    return None if found is None else _Looked(ink, found, factor, area[:2], float(levels.mean()), grey.size)


def _framed(cut: Floats) -> tuple[Floats, float]:
    """Return the frame of a digit, and how many of its pixels one pixel of the frame is.

    Scaled and moved in one step, by fractions of a pixel: a digit drawn a little to the side gives the same frame.
    """
    scale = max(cut.shape) / BOX
    side = math.ceil(FRAME * scale) + 1
    ground = np.zeros((side, side), np.float32)
    corner, starts = [], []
    for axis, length in enumerate(cut.shape):
        weights = cut.sum(axis=1 - axis)
        middle = float(weights @ np.arange(0.5, length)) / float(weights.sum())
        # The centre of mass in the middle, as far as all of the digit stays within the frame.
        start = min(max(middle - FRAME / 2 * scale, length - FRAME * scale), 0.0)
        starts.append(-math.floor(start))
        corner.append(start - math.floor(start))
    top, left = starts
    ground[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    area = (corner[1], corner[0], corner[1] + FRAME * scale, corner[0] + FRAME * scale)
    scaled = Image.fromarray(ground).resize((FRAME, FRAME), Image.Resampling.BICUBIC, box=area)
    values = np.clip(np.asarray(scaled), 0, 1)
    values = np.where(values < FLOOR, np.float32(0), values)
    inked = np.sort(values[values > 0])
    full = float(inked[-max(1, len(inked) // 10) :].mean()) if len(inked) else 1.0
    return np.asarray(np.minimum(values / np.float32(full), 1), dtype=np.float32), scale


def _widened(frame: Floats) -> Floats:
    """Widen strokes that are thinner than any pen of the training data by what is missing, half of it on each side."""
    missing = THIN - stroke_width(frame)
    if missing <= 0:
        return frame
    padded = np.pad(frame, 1)
    around = np.maximum.reduce([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    return np.asarray(frame + np.float32(missing / 2) * np.maximum(around - frame, 0), dtype=np.float32)
