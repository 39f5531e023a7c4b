"""Finds faces of all sizes with two models that come inside mediapipe.

The short-range model sees 128 x 128 pixels and finds faces from 15 % of the picture to all of it; the full-range one
finds faces from 12.5 pixels to some 100, in an input of any size. So the first sees the whole picture, and the second
the picture at several scales, in windows that overlap. What they find are proposals: each is looked at again in a
close-up by both models, straight and mirrored, and is a face where they agree.
"""

from __future__ import annotations

from typing import Sequence

import cv2
import numpy as np

from .blaze import FULL_RANGE, SHORT_RANGE, Blaze, Pixels
from .boxes import Face, iou, tile_starts, without_duplicates

SMALLEST_FACE = 20
"""Pixels of the longer side of a box; smaller faces are not looked for."""

SMALLEST_SHARE = 0.008
"""Of the picture's longer side; smaller faces are not looked for, which bounds the number of windows to 16 and 9."""

SHORT_PROPOSAL, FULL_PROPOSAL = 0.5, 0.35
"""What the short-range and the full-range model must say of a box, from 0 to 1, for it to be looked at again."""

LOOK_SCORES = {128: 0.5, 192: 0.6}
"""What the models (by their inputs) must say of a close-up for it to count at all: mediapipe's own limits."""

FACE_SCORE = 0.4
"""Mean of the looks at a close-up, a look that sees nothing being 0. In 543 pictures (photographs, drawings, diagrams,
screenshots) all that had 0.40 and more were faces: real, drawn, carved, of animals or robots."""

SURE_SCORE = 0.7
"""Where both models say this of the straight close-up, the mirrored one is not looked at."""

_SHORT_INPUT = 128
_FULL_INPUT = 192
_SMALLEST_SEEN = 12.5
"""The full-range model finds faces from this many pixels of its input on."""

_LEVEL_STEP = 3
_WINDOWS = (192, 256, 320, 384, 448)
"""Sizes of the input that the full-range model is used with."""

_USUAL = 320
"""What a picture of 512 pixels needs."""

_OVERLAP = 48
"""Of neighbouring windows: more than a face of 38 pixels, the largest that the next level does not see."""

_SHORT_MARGIN = 2.2
_FULL_MARGIN = 3.0
_FLAT = 4.0
"""A window whose values deviate less than this from their mean holds no face."""


class FaceDetector:
    """Both models, loaded (20 ms). An object is used by one thread at a time."""

    def __init__(self) -> None:
        self._short = Blaze(SHORT_RANGE, SHORT_PROPOSAL)
        self._full_range: dict[int, Blaze] = {}
        for size in (_FULL_INPUT, _USUAL):
            self._full(size)

    def find(self, picture: Pixels) -> list[Face]:
        """The faces of an RGB picture (uint8, height x width x 3), the surest first. Boxes may reach outside of it."""
        full = self._by_full_range(picture)
        proposals = _faces(self._short, picture) + full or self._beyond_edges(picture)
        sure = [face for face in full if face.score >= SURE_SCORE]
        looks = (self._confirmed(picture, proposal, sure) for proposal in without_duplicates(proposals))
        return without_duplicates(face for face in looks if face is not None)

    def _by_full_range(self, picture: Pixels) -> list[Face]:
        """What the full-range model sees at all scales, largest first: there the smallest faces are large enough."""
        found: list[Face] = []
        scales = _scales(picture.shape[1], picture.shape[0])
        for scale in scales:
            found += self._in_windows(picture, scale)
        if not scales or max(picture.shape) * scales[-1] > _WINDOWS[-1]:
            found += _faces(self._full(_FULL_INPUT), picture)
        return found

    def _in_windows(self, picture: Pixels, scale: float) -> list[Face]:
        height, width = picture.shape[:2]
        scaled = _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
        size = window_size(scaled.shape[1], scaled.shape[0])
        model = self._full(size)
        found = []
        for top in tile_starts(scaled.shape[0], size, size - _OVERLAP):
            for left in tile_starts(scaled.shape[1], size, size - _OVERLAP):
                window = scaled[top : top + size, left : left + size]
                if float(window[::4, ::4].std()) >= _FLAT:
                    seen = _seen(model, _padded(window, size))
                    found += [face.moved(scale, left / scale, top / scale) for face in seen]
        return found

    def _full(self, size: int) -> Blaze:
        """The full-range model for windows of this size."""
        if size not in self._full_range:
            self._full_range[size] = Blaze(FULL_RANGE, FULL_PROPOSAL, size)
        return self._full_range[size]

    def _beyond_edges(self, picture: Pixels) -> list[Face]:
        """Faces so near that the picture's edges cut them: the models see them where the edges are drawn out."""
        height, width = picture.shape[:2]
        side = 2 * max(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        seen = _faces(self._short, _square(picture, left, top, side, _SHORT_INPUT))
        return [face.moved(_SHORT_INPUT / side, left, top) for face in seen]

    def _confirmed(self, picture: Pixels, proposal: Face, sure: Sequence[Face]) -> Face | None:
        """The face of a proposal, with the short-range model's box and the mean score; None where it is no face.

        Where the full-range model was `sure` of it before, it does not look again unless the short-range one is not.
        """
        short = _CloseUp(picture, proposal, _SHORT_MARGIN, _SHORT_INPUT)
        seen = short.look(self._short)
        if seen is None:
            return None
        before = max((face.score for face in sure if _same_place(face, proposal)), default=None)
        if before is not None and seen.score >= SURE_SCORE:
            return seen._replace(score=(seen.score + before) / 2)
        full = _CloseUp(picture, proposal, _FULL_MARGIN, _FULL_INPUT)
        scores = [seen.score, _score(full.look(self._full(_FULL_INPUT)))]
        if min(scores) < SURE_SCORE:
            scores += [
                _score(short.look(self._short, mirrored=True)),
                _score(full.look(self._full(_FULL_INPUT), mirrored=True)),
            ]
        score = sum(scores) / len(scores)
        return seen._replace(score=score) if score >= FACE_SCORE else None


class _CloseUp:
    """The square around a proposal, `margin` times as large, scaled to `size` pixels; edges are drawn out."""

    def __init__(self, picture: Pixels, proposal: Face, margin: float, size: int) -> None:
        self._proposal = proposal
        side = max(1, round(proposal.side * margin))
        self._left = round((proposal.left + proposal.right - side) / 2)
        self._top = round((proposal.top + proposal.bottom - side) / 2)
        self._scale = size / side
        self._pixels = _square(picture, self._left, self._top, side, size)

    def look(self, model: Blaze, mirrored: bool = False) -> Face | None:
        """The face that a model sees where the proposal is, in pixels of the picture."""
        pixels = self._pixels[:, ::-1] if mirrored else self._pixels
        faces = [face for face in _faces(model, pixels) if face.score >= LOOK_SCORES[model.size]]
        if mirrored:
            faces = [face.mirrored(pixels.shape[1]) for face in faces]
        placed = [face.moved(self._scale, self._left, self._top) for face in faces]
        best = max(placed, key=lambda face: iou(face, self._proposal), default=None)
        return best if best is not None and _same_place(best, self._proposal) else None


def _same_place(one: Face, other: Face) -> bool:
    return iou(one, other) > 0.3


def _score(face: Face | None) -> float:
    return face.score if face else 0.0


def _faces(model: Blaze, picture: Pixels) -> list[Face]:
    """What a model sees of a whole picture, in pixels of this picture."""
    height, width = picture.shape[:2]
    scale = model.size / max(width, height)
    inner = _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (model.size - inner.shape[1]) // 2, (model.size - inner.shape[0]) // 2
    square = _padded(inner, model.size, left, top)
    return [face.moved(scale, -left / scale, -top / scale) for face in _seen(model, square)]


def _padded(inner: Pixels, size: int, left: int = 0, top: int = 0) -> Pixels:
    """A square with a picture in it, black around it."""
    if inner.shape[:2] == (size, size):
        return inner
    square = np.zeros((size, size, 3), np.uint8)
    square[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return square


def _seen(model: Blaze, square: Pixels) -> list[Face]:
    return [Face(*row[:5]) for row in model.look(square).tolist()]


def _scales(width: int, height: int) -> list[float]:
    """How far the picture is scaled before it is cut into windows, largest first, so that no size of face is left out.

    A level finds faces from 12.5 pixels to more than 38, where the next one begins.
    """
    longer = max(width, height)
    scale = _SMALLEST_SEEN / max(SMALLEST_FACE, SMALLEST_SHARE * longer)
    scales = []
    while longer * scale > 1.2 * _FULL_INPUT:
        scales.append(scale)
        scale /= _LEVEL_STEP
    return scales


def window_size(width: int, height: int) -> int:
    """The size of window that covers a picture with the fewest pixels in all; of equal ones the largest."""

    def pixels(size: int) -> int:
        columns, rows = (len(tile_starts(length, size, size - _OVERLAP)) for length in (width, height))
        return columns * rows * size * size

    return min(reversed(_WINDOWS), key=pixels)


def _resized(picture: Pixels, width: int, height: int) -> Pixels:
    """The picture scaled; shrunk by whole pixels first, for which OpenCV is twelve times as fast as for fractions."""
    if picture.shape[:2] == (height, width):
        return picture
    if width > picture.shape[1] or height > picture.shape[0]:
        return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    whole = min(picture.shape[1] // width, picture.shape[0] // height)
    if whole > 1:
        rows, columns = picture.shape[0] // whole, picture.shape[1] // whole
        inner = picture[: rows * whole, : columns * whole]
        picture = np.asarray(cv2.resize(inner, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _square(picture: Pixels, left: int, top: int, side: int, size: int) -> Pixels:
    """The square of `side` pixels at (`left`, `top`), scaled to `size`; beyond an edge its pixels are repeated."""
    height, width = picture.shape[:2]
    inner = picture[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    before, after = max(0, -top), max(0, top + side - height)
    ahead, behind = max(0, -left), max(0, left + side - width)
    drawn_out = cv2.copyMakeBorder(inner, before, after, ahead, behind, cv2.BORDER_REPLICATE)
    return _resized(np.asarray(drawn_out, dtype=np.uint8), size, size)
