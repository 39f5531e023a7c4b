"""Two portraits, and pictures made from them. The second one comes with matplotlib, which mediapipe brings along."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from face_analyzer.finder import Pixels

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"
FACE = (173, 72, 278, 176)
"""Where the face of the sample is, as the detector sees it."""


def sample(factor: float = 1.0) -> Pixels:
    """A woman who smiles with parted lips and open eyes, 512 x 512."""
    return resized(np.asarray(Image.open(SAMPLE).convert("RGB")), factor)


def serious() -> Pixels:
    """An old woman with glasses, open eyes and closed lips, who does not smile, 512 x 600 (Grace Hopper)."""
    found = importlib.util.find_spec("matplotlib")
    assert found is not None and found.origin is not None
    portrait = Path(found.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    return np.asarray(Image.open(portrait).convert("RGB"))


def resized(pixels: Pixels, factor: float) -> Pixels:
    """The picture with its sides scaled."""
    if factor == 1:
        return pixels
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), dtype=np.uint8)


def mirrored(pixels: Pixels) -> Pixels:
    """The picture with left and right exchanged."""
    return np.ascontiguousarray(pixels[:, ::-1])


def landscape(width: int, height: int) -> Pixels:
    """Soft coloured hills: texture of all sizes, and no face."""
    random = np.random.default_rng(5)
    total = np.zeros((height, width, 3), np.float32)
    for cells in (4, 16, 64):
        coarse = random.random((cells, cells, 3), np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) * (255 / 3)
    return total.astype(np.uint8)


def file_of(picture: Pixels | Image.Image, name: str = "PNG", **options: Any) -> bytes:
    """The picture as a file of the format that Pillow calls `name`."""
    stream = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(stream, name, **options)
    return stream.getvalue()


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return float(common / (areas - common))
