"""The ink of a picture: what differs from its ground, on paper that is lit unevenly too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import Floats

RING = 0.12
"""The outer part of the picture, of each side, that is taken for ground at first."""

LEAST_CONTRAST, NOISE, LEAST_INK = 12.0, 5.0, 6
"""Ink differs from the ground by this many grey levels, and by this many standard deviations of the ground's noise, in
this many pixels."""

ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Ink:
    """`values`: 0 (ground) to 1 (full ink); `mask`: more than half; `contrast`: grey levels from ground to ink."""

    values: Floats
    mask: NDArray[np.bool_]
    contrast: float


def ink_of(grey: NDArray[Any]) -> Ink | None:
    """Return the ink of a grey picture (0 to 255), of either polarity; None where nothing stands out."""
    height, width = grey.shape
    ring, terms = _terms(height, width)
    flat = np.asarray(grey, dtype=np.float32).reshape(-1)
    surface, noise = _fit(flat[ring], terms[ring])
    away = flat - terms @ surface
    least = max(LEAST_CONTRAST, NOISE * noise)
    sign = _polarity(away, least)
    if sign == 0:
        return None
    away = away * np.float32(sign)
    sure = away[away > least]
    if len(sure) < LEAST_INK:
        return None
    level = float(np.quantile(sure, 0.75))
    mask = away > level / 2
    floor = min(noise, level / 4)
    values = np.clip((away - np.float32(floor)) / np.float32(level - floor), 0, 1)
    return Ink(values.reshape(height, width), mask.reshape(height, width), level)


def _polarity(away: Floats, least: float) -> int:
    """Return 1 where the ink is brighter than the ground, -1 where it is darker, 0 where there is none."""
    squares = away * away
    bright, dark = float(squares[away > least].sum()), float(squares[away < -least].sum())
    if bright == dark == 0:
        return 0
    return 1 if bright > dark else -1


@lru_cache(maxsize=64)
def _terms(height: int, width: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the pixels of the ring, and the terms 1, x, y, x^2, xy, y^2 for every pixel (-1 to 1)."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32).reshape(2, -1)
    across, down = max(1, round(RING * width)), max(1, round(RING * height))
    inside = np.zeros((height, width), bool)
    inside[down:-down, across:-across] = True
    ring = np.flatnonzero(~inside)
    return ring[:: max(1, len(ring) // 800)], np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _fit(grey: Floats, terms: Floats) -> tuple[Floats, float]:
    """Return the surface of second order through the ground, and the standard deviation of the ground around it.

    Least squares, repeated without what lies far off: ink that reaches into the ring, the edge of the paper. It starts
    from the median, so less than half of the ring may be other than ground.
    """
    middle = float(np.median(grey))
    surface = np.array([middle, 0, 0, 0, 0, 0], np.float32)
    away = grey - np.float32(middle)
    noise = 1.4826 * float(np.median(np.abs(away)))
    for _ in range(ROUNDS if noise > 0 else 0):
        weights = 1 / (1 + (away / max(3 * noise, 3.0)) ** 2) ** 2
        weighted = terms * weights[:, None]
        matrix = weighted.T @ terms + np.eye(6, dtype=np.float32) * np.float32(1e-3 * len(grey))
        matrix[0, 0] -= np.float32(1e-3 * len(grey))
        surface = np.linalg.solve(matrix, weighted.T @ grey)
        away = grey - terms @ surface
        noise = 1.4826 * float(np.median(np.abs(away)))
    return np.asarray(surface, dtype=np.float32), noise
