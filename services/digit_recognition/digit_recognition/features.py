"""Figures of a picture that tell whether it is like those that the model has learned from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FEATURES = ("brightness", "contrast", "stroke", "ink", "sharpness")
"""Figures of a picture, known before a model has seen it.

brightness: mean of the grey picture as it was sent, 0 to 255; tells dark on light from light on dark
contrast: grey levels between the ink and its ground, 0 to 255
stroke: width of the strokes in pixels of the 28 x 28 frame
ink: mean of the 28 x 28 frame, 0 to 1
sharpness: 1 / width of the edges of the strokes, in pixels of the 28 x 28 frame
"""

CONFIDENCE = "confidence"
"""The figure of an answer: its highest probability, 0 to 1."""

PREDICTED = "predicted"
"""The digit of an answer; its reference is a list of classes, not of bins."""

WATCHED = (*FEATURES, CONFIDENCE)
"""All figures whose reference has bins."""


def gradient(values: NDArray[Any]) -> Floats:
    """Return the length of the gradient between neighbouring pixels, (h - 1) x (w - 1), per pixel."""
    across = values[:-1, 1:] - values[:-1, :-1]
    down = values[1:, :-1] - values[:-1, :-1]
    return np.asarray(np.sqrt(across * across + down * down), dtype=np.float32)


def stroke_width(frame: NDArray[Any]) -> float:
    """Return the mean width of the strokes of a picture (0 to 1, ink bright), in its pixels; 0 without ink.

    2 * area / perimeter, which is exact for a long bar. The perimeter is the total variation: by the coarea formula
    (Fleming and Rishel, 1960) it is the mean of the perimeters of all level sets: no threshold is needed.
    """
    perimeter = float(gradient(frame).sum())
    return 2 * float(frame.sum()) / perimeter if perimeter else 0.0


def edge_sharpness(ink: NDArray[Any], scale: float) -> float:
    """Return 1 / width of the edges in `ink` (0 to 1), `scale` being its pixels per pixel of the frame; 0 without.

    A straight ramp from 0 to 1 over w pixels has the sum of squared gradients 1 / w per pixel of its length, and the
    sum of gradients 1: their ratio is 1 / w, whatever the length of all edges.
    """
    slopes = gradient(ink)
    length = float(slopes.sum())
    return scale * float((slopes * slopes).sum()) / length if length else 0.0


def features_of(brightness: float, contrast: float, frame: Floats, ink: Floats, scale: float) -> dict[str, float]:
    """Return all FEATURES; `ink` is the digit before it was scaled, with ground around it, `scale` its pixels per pixel
    of the frame."""
    values = (brightness, contrast, stroke_width(ink) / scale, float(frame.mean()), edge_sharpness(ink, scale))
    return {
        name: round(value, 4) if math.isfinite(value) else 0.0 for name, value in zip(FEATURES, values, strict=True)
    }
