"""Edits of a portrait that change what its geometry must say: lids slide over the eyes, lips part or close, corners
of the mouth rise or sink, the head tilts. The landmarks tell where to edit; what comes out is looked at anew."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from face_analyzer.finder import Pixels, Points

UPPER_LIDS = {
    "right": (33, 246, 161, 160, 159, 158, 157, 173, 133),
    "left": (263, 466, 388, 387, 386, 385, 384, 398, 362),
}
LOWER_LIDS = {
    "right": (33, 7, 163, 144, 145, 153, 154, 155, 133),
    "left": (263, 249, 390, 373, 374, 380, 381, 382, 362),
}
BROWS = {"right": (46, 53, 52, 65, 55), "left": (276, 283, 282, 295, 285)}
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
CHIN = (58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288)
MOUTH = 24, 16, 16
"""What is seen of a mouth within, RGB."""

Rows = NDArray[np.float64]


def upright(picture: Pixels, landmarks: Points) -> tuple[Pixels, Points]:
    """The picture turned so that the eyes are level, and the landmarks in it."""
    across = landmarks[263] - landmarks[33]
    middle = landmarks.mean(axis=0)
    matrix = cv2.getRotationMatrix2D(tuple(middle.tolist()), float(np.degrees(np.arctan2(across[1], across[0]))), 1.0)
    return _warped(picture, matrix), landmarks @ matrix[:, :2].T + matrix[:, 2]


def tilted(picture: Pixels, degrees: float, x: float, y: float) -> Pixels:
    """The picture turned clockwise about a point."""
    return _warped(picture, cv2.getRotationMatrix2D((x, y), -degrees, 1.0))


def with_lids(picture: Pixels, landmarks: Points, side: str, closed: float) -> Pixels:
    """An upright face, the upper lid of one eye slid down over the eyeball: 0 leaves it, 1 closes it."""
    columns, upper = _curve(landmarks, UPPER_LIDS[side])
    lower, brow = _at(landmarks, LOWER_LIDS[side], columns), _at(landmarks, BROWS[side], columns)
    brow = np.minimum(brow, upper - 2)
    edge = upper + closed * (lower - upper)
    rows = _identity(picture)
    for column, top, lid, low in zip(columns.astype(int), brow, upper, edge, strict=True):
        at = np.arange(int(np.ceil(top)), int(np.floor(low)) + 1)
        rows[at, column] = top + (at - top) * (lid - top) / max(low - top, 1e-6)
    return _remapped(picture, rows)


def with_mouth(picture: Pixels, landmarks: Points, apart: float) -> Pixels:
    """An upright face, its lower lip and chin moved so that the lips are `apart` times the mouth's width from each
    other in the middle; 0 closes the mouth. What is seen between them is dark, where it was closed before."""
    columns, upper = _curve(landmarks, UPPER_LIP)
    lower, chin = _at(landmarks, LOWER_LIP, columns), _at(landmarks, CHIN, columns)
    span = columns[-1] - columns[0]
    bow = 1 - ((columns - columns.mean()) / (span / 2)) ** 2
    edge = upper + apart * span * np.clip(bow, 0, 1)
    edited = picture.copy()
    rows = _identity(picture)
    for column, lip, old, new, end in zip(columns.astype(int), upper, lower, edge, chin, strict=True):
        if new > old:
            edited[int(np.ceil(lip)) : int(np.floor(lip + 1)), column] = MOUTH
        at = np.arange(int(np.ceil(new)), int(np.floor(end)) + 1)
        rows[at, column] = old + (at - new) * (end - old) / max(end - new, 1e-6)
        between = np.arange(int(np.ceil(lip)), int(np.ceil(new)))
        rows[between, column] = np.minimum(between, old) if new <= old else lip
    return _remapped(edited, rows)


def with_corners(picture: Pixels, landmarks: Points, wider: float, higher: float) -> Pixels:
    """An upright face, each corner of the mouth moved outwards and up by shares of the mouth's width; the rest of the
    face follows less the farther away it is (a Gaussian of a third of that width)."""
    width = float(np.hypot(*(landmarks[291] - landmarks[61])))
    x, y = np.meshgrid(np.arange(picture.shape[1], dtype=float), np.arange(picture.shape[0], dtype=float))
    from_x, from_y = x.copy(), y.copy()
    for corner, outwards in ((61, -1.0), (291, 1.0)):
        target = landmarks[corner] + (outwards * wider * width, -higher * width)
        near = np.exp(-((x - target[0]) ** 2 + (y - target[1]) ** 2) / (2 * (width / 3) ** 2))
        from_x -= near * outwards * wider * width
        from_y += near * higher * width
    return np.asarray(
        cv2.remap(picture, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_CUBIC), dtype=np.uint8
    )


def _curve(landmarks: Points, line: tuple[int, ...]) -> tuple[Rows, Rows]:
    """A line through landmarks as whole columns and its height in each."""
    x = landmarks[list(line), 0]
    columns = np.arange(np.ceil(x.min()), np.floor(x.max()) + 1)
    return columns, _at(landmarks, line, columns)


def _at(landmarks: Points, line: tuple[int, ...], columns: Rows) -> Rows:
    points = landmarks[list(line)]
    points = points[np.argsort(points[:, 0])]
    return np.asarray(np.interp(columns, points[:, 0], points[:, 1]))


def _identity(picture: Pixels) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    return np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)


def _remapped(picture: Pixels, rows: NDArray[np.float32]) -> Pixels:
    height, width = picture.shape[:2]
    columns = np.repeat(np.arange(width, dtype=np.float32)[None], height, axis=0)
    return np.asarray(cv2.remap(picture, columns, rows, cv2.INTER_LINEAR), dtype=np.uint8)


def _warped(picture: Pixels, matrix: Any) -> Pixels:
    size = picture.shape[1], picture.shape[0]
    return np.asarray(
        cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
    )
