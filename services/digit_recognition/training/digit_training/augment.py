"""Variations of a digit, so that a model learns the digit and not the hand and the scanner that made the pictures.

Each picture is turned, scaled, slanted, bent and shifted a little, its strokes are made thicker or thinner, and softer
or harder. All pictures of an epoch at once, in numpy, from one generator: the same seed gives the same pictures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .parameters import Augment

Pictures = NDArray[np.float32]
"""Count x 28 x 28, from 0 (ground) to 1 (ink)."""

_SIDE = 28


def varied(pictures: Pictures, how: Augment, seed: int) -> Pictures:
    """One variation of each picture."""
    random = np.random.default_rng(seed)
    moved = _sampled(pictures, _places(len(pictures), how, random))
    strokes = _with_strokes(moved, random.uniform(-how.thinner, how.thicker, len(pictures)).astype(np.float32))
    return _with_hardness(strokes, random.uniform(0, how.hardness, len(pictures)).astype(np.float32))


def _places(count: int, how: Augment, random: np.random.Generator) -> NDArray[np.float32]:
    """Where in the old picture each pixel of the new one comes from: count x 2 (row, column) x 28 x 28."""

    def drawn(limit: float) -> NDArray[np.float32]:
        return random.uniform(-limit, limit, (count, 1, 1)).astype(np.float32)

    middle = (_SIDE - 1) / 2
    rows, columns = np.mgrid[:_SIDE, :_SIDE].astype(np.float32) - middle
    angle, slant = np.deg2rad(drawn(how.rotation)), drawn(how.slant)
    height, width = np.exp(drawn(how.scale)), np.exp(drawn(how.scale))
    turned_rows = np.cos(angle) * rows - np.sin(angle) * columns
    turned_columns = np.sin(angle) * rows + np.cos(angle) * columns
    from_rows = turned_rows / height + drawn(how.shift)
    from_columns = (turned_columns + slant * turned_rows) / width + drawn(how.shift)
    bent_rows, bent_columns = (_waves(count, how.bend, random) for _ in range(2))
    return np.stack([from_rows + bent_rows + middle, from_columns + bent_columns + middle], axis=1)


def _waves(count: int, height: float, random: np.random.Generator) -> NDArray[np.float32]:
    """A smooth displacement of at most `height` pixels: one wave along a random direction, count x 28 x 28."""
    rows, columns = np.mgrid[:_SIDE, :_SIDE].astype(np.float32) / _SIDE
    direction = random.uniform(-1.2, 1.2, (2, count, 1, 1)).astype(np.float32)
    phase = random.uniform(0, 1, (count, 1, 1)).astype(np.float32)
    strength = random.uniform(0, height, (count, 1, 1)).astype(np.float32)
    wave: NDArray[np.float32] = strength * np.sin(2 * np.pi * (direction[0] * rows + direction[1] * columns + phase))
    return wave


def _sampled(pictures: Pictures, places: NDArray[np.float32]) -> Pictures:
    """The pictures read at `places`, bilinear; outside of them is ground."""
    padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    rows, columns = (np.clip(places[:, axis] + 1, 0, _SIDE + 0.999) for axis in range(2))
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    down, right = rows - top, columns - left
    which = np.arange(len(pictures))[:, None, None]
    above = padded[which, top, left] * (1 - right) + padded[which, top, left + 1] * right
    below = padded[which, top + 1, left] * (1 - right) + padded[which, top + 1, left + 1] * right
    return np.asarray(above * (1 - down) + below * down, dtype=np.float32)


def _with_strokes(pictures: Pictures, change: NDArray[np.float32]) -> Pictures:
    """Strokes wider by `change` pixels on each side (narrower where it is negative): grey dilation and erosion by a
    cross, of which a share is taken."""
    padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    cross = np.stack(
        [padded[:, 1:-1, 1:-1], padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]]
    )
    wider = np.maximum(change, 0)[:, None, None]
    narrower = np.maximum(-change, 0)[:, None, None]
    return np.asarray(
        pictures + wider * (cross.max(axis=0) - pictures) + narrower * (cross.min(axis=0) - pictures), dtype=np.float32
    )


def _with_hardness(pictures: Pictures, hardness: NDArray[np.float32]) -> Pictures:
    """Edges harder by a share (0: as they are, 1: a steep ramp between 0.3 and 0.7), as a pen on a screen draws them;
    and each picture at its own full contrast."""
    hard = np.clip((pictures - 0.3) / 0.4, 0, 1)
    mixed = pictures + hardness[:, None, None] * (hard - pictures)
    return np.asarray(mixed / np.maximum(mixed.max(axis=(1, 2), keepdims=True), 1e-6), dtype=np.float32)
