"""Finds faces of all sizes with mediapipe's two models.

The short-range model sees 128 x 128 pixels and finds faces from 15 % of the picture to all of it; the full-range
model sees 192 x 192 and finds them from 7 %. So a picture is looked at several times: whole by both models, and at
larger scales in overlapping tiles by the full-range one. What they find are proposals: each is looked at again in a
close-up by both models, straight and mirrored, and is a face where they agree.
"""

from __future__ import annotations

from typing import Any

import cv2
import mediapipe as mp
import numpy as np
from numpy.typing import NDArray

from .boxes import Face, iou, tile_starts, without_duplicates

Pixels = NDArray[np.uint8]

SMALLEST_FACE = 20
"""Pixels of the longer side of a box; smaller faces are not looked for."""

SMALLEST_SHARE = 0.008
"""Of the picture's longer side; smaller faces are not looked for, which bounds the number of tiles to some 150."""

PROPOSAL_SCORE = 0.5
"""What a model must say of a box, from 0 to 1, for it to be looked at again; lower ones are dropped in the model."""

FACE_SCORE = 0.4
"""Mean of the four looks at a close-up, a look that sees nothing being 0. Of 498 pictures (photographs, drawings,
screenshots; 208 proposals passed a single look) faces had 0.40 and more, everything else 0.37 and less."""

SURE_SCORE = 0.7
"""Where both models say this of the straight close-up, the mirrored one is not looked at."""

_SHORT_INPUT = 128
_FULL_INPUT = 192
_STRIDE = 144
_TILE_FACE = 13
"""The full-range model finds faces from this many of its 192 pixels on."""

_LEVEL_STEP = 3
_SHORT_MARGIN = 2.2
_FULL_MARGIN = 3.0
_FLAT = 4.0
"""A tile whose values deviate less than this from their mean holds no face."""


class FaceDetector:
    """Both models, loaded (20 ms). An object is used by one thread at a time: a mediapipe graph keeps state."""

    def __init__(self) -> None:
        model = mp.solutions.face_detection.FaceDetection
        self._short = model(model_selection=0, min_detection_confidence=PROPOSAL_SCORE)
        self._full = model(model_selection=1, min_detection_confidence=PROPOSAL_SCORE)

    def close(self) -> None:
        """Free the models; the object cannot be used any more."""
        self._short.close()
        self._full.close()

    def find(self, picture: Pixels) -> list[Face]:
        """The faces of an RGB picture (uint8, height x width x 3), the surest first. Boxes may reach outside of it."""
        proposals = self._in_whole(picture, self._short, 2 * _SHORT_INPUT)
        proposals += self._in_whole(picture, self._full, 2 * _FULL_INPUT)
        for scale in _tile_scales(picture.shape[1], picture.shape[0]):
            proposals += self._in_tiles(picture, scale)
        if not proposals:
            proposals = self._beyond_edges(picture)
        looks = (self._confirmed(picture, proposal) for proposal in without_duplicates(proposals))
        return without_duplicates(face for face in looks if face is not None)

    def _in_whole(self, picture: Pixels, model: Any, longest: int) -> list[Face]:
        height, width = picture.shape[:2]
        scale = min(1.0, longest / max(width, height))
        small = _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
        return [face.moved(scale, 0, 0) for face in _faces(model, small)]

    def _in_tiles(self, picture: Pixels, scale: float) -> list[Face]:
        height, width = picture.shape[:2]
        scaled = _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
        found = []
        for top in tile_starts(scaled.shape[0], _FULL_INPUT, _STRIDE):
            for left in tile_starts(scaled.shape[1], _FULL_INPUT, _STRIDE):
                tile = scaled[top : top + _FULL_INPUT, left : left + _FULL_INPUT]
                if float(tile[::4, ::4].std()) >= _FLAT:
                    found += [face.moved(scale, left / scale, top / scale) for face in _faces(self._full, tile)]
        return found

    def _beyond_edges(self, picture: Pixels) -> list[Face]:
        """Faces so near that the picture's edges cut them: the models see them where the edges are drawn out."""
        height, width = picture.shape[:2]
        side = 2 * max(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        seen = _faces(self._short, _square(picture, left, top, side, 2 * _SHORT_INPUT))
        return [face.moved(2 * _SHORT_INPUT / side, left, top) for face in seen]

    def _confirmed(self, picture: Pixels, proposal: Face) -> Face | None:
        """The face of a proposal, with the short-range model's box and the mean score; None where it is no face."""
        short = _CloseUp(picture, proposal, _SHORT_MARGIN, 2 * _SHORT_INPUT)
        seen = short.look(self._short)
        if seen is None:
            return None
        full = _CloseUp(picture, proposal, _FULL_MARGIN, _FULL_INPUT)
        scores = [seen.score, _score(full.look(self._full))]
        if min(scores) < SURE_SCORE:
            scores += [_score(short.look(self._short, mirrored=True)), _score(full.look(self._full, mirrored=True))]
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

    def look(self, model: Any, mirrored: bool = False) -> Face | None:
        """The face that a model sees where the proposal is, in pixels of the picture."""
        pixels = self._pixels[:, ::-1] if mirrored else self._pixels
        faces = _faces(model, pixels)
        if mirrored:
            faces = [face.mirrored(pixels.shape[1]) for face in faces]
        placed = [face.moved(self._scale, self._left, self._top) for face in faces]
        best = max(placed, key=lambda face: iou(face, self._proposal), default=None)
        return best if best is not None and iou(best, self._proposal) > 0.3 else None


def _score(face: Face | None) -> float:
    return face.score if face else 0.0


def _faces(model: Any, picture: Pixels) -> list[Face]:
    """What a model sees, in pixels of this picture."""
    height, width = picture.shape[:2]
    faces = []
    for detection in model.process(np.ascontiguousarray(picture)).detections or ():
        box = detection.location_data.relative_bounding_box
        left, top = box.xmin * width, box.ymin * height
        faces.append(Face(left, top, left + box.width * width, top + box.height * height, detection.score[0]))
    return faces


def _tile_scales(width: int, height: int) -> list[float]:
    """How far the picture is scaled before it is cut into tiles, largest first, so that no size of face is left out.

    A level finds faces from 13 to about 40 of a tile's 192 pixels; larger ones are found at the next, or in the whole.
    """
    longer = max(width, height)
    scale = _TILE_FACE / max(SMALLEST_FACE, SMALLEST_SHARE * longer)
    scales = []
    while longer * scale > 1.2 * _FULL_INPUT:
        scales.append(scale)
        scale /= _LEVEL_STEP
    return scales


def _resized(picture: Pixels, width: int, height: int) -> Pixels:
    shrinks = width < picture.shape[1] or height < picture.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way), dtype=np.uint8)


def _square(picture: Pixels, left: int, top: int, side: int, size: int) -> Pixels:
    """The square of `side` pixels at (`left`, `top`), scaled to `size`; beyond an edge its pixels are repeated."""
    height, width = picture.shape[:2]
    inner = picture[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    before, after = max(0, -top), max(0, top + side - height)
    ahead, behind = max(0, -left), max(0, left + side - width)
    drawn_out = cv2.copyMakeBorder(inner, before, after, ahead, behind, cv2.BORDER_REPLICATE)
    return _resized(np.asarray(drawn_out, dtype=np.uint8), size, size)
