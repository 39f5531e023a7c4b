"""Pictures for the tests, made from the one sample with one face."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"
FACE = (178, 83, 273, 178)
HEAD = (60, 20, 340, 240)
"""What is pasted: the face with hair and neck."""

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]


def sample(side: int = 512) -> Pixels:
    return resized(np.asarray(Image.open(SAMPLE)), side / 512)


def resized(pixels: Pixels, factor: float) -> Pixels:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), dtype=np.uint8)


def with_face(background: Pixels, face: int, x: int, y: int) -> Box:
    """Paste the head, its face `face` pixels wide, with its corner at (x, y); return where the face is."""
    left, top, right, bottom = HEAD
    factor = face / (FACE[2] - FACE[0])
    head = resized(sample()[top:bottom, left:right], factor)
    background[y : y + head.shape[0], x : x + head.shape[1]] = head
    x1, y1, x2, y2 = (
        offset + factor * (value - start)
        for value, start, offset in zip(FACE, (left, top) * 2, (x, y) * 2, strict=True)
    )
    return x1, y1, x2, y2


def landscape(width: int, height: int) -> Pixels:
    """Soft coloured hills: texture of all sizes, and no face."""
    random = np.random.default_rng(5)
    total = np.zeros((height, width, 3), np.float32)
    for cells in (4, 16, 64):
        coarse = random.random((cells, cells, 3), np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) * (255 / 3)
    return total.astype(np.uint8)


def file_of(picture: Pixels | Image.Image, name: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(stream, name, **options)
    return stream.getvalue()


def iou(one: Any, other: Any) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return float(common / (areas - common))
