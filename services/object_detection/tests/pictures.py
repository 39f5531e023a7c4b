"""Pictures for the tests: the sample with one person, a drawn hand, QR codes, and landscapes with nothing."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"
FACE = (173, 72, 277, 176)
PERSON = (0, 10, 370, 512)
"""The astronaut with her suit; the helmet before her is no part of her."""

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]

_HAND_MIDDLE, _HAND_REACH = (243, 300), 0.5
_FINGERS = (
    ((195, 290), (165, 130), 34),
    ((228, 280), (220, 100), 36),
    ((262, 282), (275, 110), 35),
    ((292, 300), (330, 150), 30),
    ((200, 360), (110, 260), 38),
)
_WRIST = ((240, 480), (240, 400), 90)
_FOLDS = (((185, 330), (290, 318)), ((190, 352), (300, 345)), ((205, 330), (235, 410)))
_SKIN, _LINE = (214, 165, 140), (160, 110, 90)


def sample(side: int = 512) -> Pixels:
    return resized(np.asarray(Image.open(SAMPLE)), side / 512)


def resized(pixels: Pixels, factor: float) -> Pixels:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), np.uint8)


def landscape(width: int, height: int) -> Pixels:
    """Soft coloured hills: texture of all sizes, and no thing."""
    random = np.random.default_rng(5)
    total = np.zeros((height, width, 3), np.float32)
    for cells in (4, 16, 64):
        coarse = random.random((cells, cells, 3), np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) * (255 / 3)
    return total.astype(np.uint8)


def drawn_hand(angle: float, side: int = 480) -> tuple[Pixels, Box]:
    """An open hand, turned clockwise by `angle` (radians), and the box around its finger tips and wrist."""
    fine = 4
    picture = np.full((side * fine, side * fine, 3), (205, 210, 215), np.uint8)

    def at(point: tuple[float, float]) -> tuple[int, int]:
        x, y = ((point[0] - _HAND_MIDDLE[0]) * _HAND_REACH, (point[1] - _HAND_MIDDLE[1]) * _HAND_REACH)
        turned = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
        return round((side / 2 + turned[0]) * fine), round((side / 2 + turned[1]) * fine)

    def stroke(
        start: tuple[float, float], end: tuple[float, float], width: float, colour: tuple[int, int, int]
    ) -> None:
        cv2.line(picture, at(start), at(end), colour, max(1, int(width * _HAND_REACH * fine)))

    for colour, more in ((_LINE, 4), (_SKIN, 0)):
        for start, end, width in (_WRIST, *_FINGERS):
            stroke(start, end, width + more, colour)
        cv2.circle(picture, at((243, 340)), int((75 + more / 2) * _HAND_REACH * fine), colour, -1)
    for fold in _FOLDS:
        stroke(*fold, 4, _LINE)
    soft = cv2.GaussianBlur(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    ends = np.array([at(end) for _, end, _ in _FINGERS] + [at((240, 420))]) / fine
    (left, top), (right, bottom) = ends.min(axis=0), ends.max(axis=0)
    return np.asarray(soft, np.uint8), (left, top, right, bottom)


def with_code(picture: Pixels, text: str, x: int, y: int, module: int) -> Box:
    """Put a QR code on a picture, its white margin at (x, y), `module` pixels for each of its squares; where it is."""
    code = np.asarray(cv2.QRCodeEncoder.create().encode(text), np.uint8)
    large = np.kron(code, np.ones((module, module), np.uint8))
    picture[y : y + large.shape[0], x : x + large.shape[1]] = large[:, :, np.newaxis]
    dark = np.argwhere(large == 0)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0) + 1
    return x + left, y + top, x + right, y + bottom


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
