"""Finds the largest face of a picture and its landmarks, with the models that come with mediapipe.

Two detectors propose places: short range sees 128 x 128 pixels, full range 192 x 192. Each proposal, the largest first,
is looked at again in a close-up by the short-range detector, in four turns: its score is highest where the head is most
upright. In that turn both detectors look at it, straight and, where they are not sure, mirrored; where they agree it is
a face, and the mesh gives the landmarks, straight and mirrored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import mediapipe as mp
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A picture, height x width x 3, RGB."""

Points = NDArray[np.float64]
"""Landmarks, one row x, y each, in pixels of the picture."""

LANDMARKS = 478
"""468 of the face, and five of each iris: the right one from 468 on, the left one from 473 on."""

PROPOSAL_SCORE = 0.5
"""What a detector must say of a place, from 0 to 1, for it to be looked at."""

FACE_SCORE = 0.38
"""Mean of the looks at a close-up, a look that sees nothing being 0. The README of the service says why."""

SURE_SCORE = 0.7
"""Where both detectors say this of the straight close-up, the mirrored one is not looked at by them."""

UPRIGHT_SCORE = 0.88
"""Where the short-range detector says this of the close-up, it is not turned: of heads that were tilted by more than 60
degrees it never said more than 0.86."""

MESH_SCORE = 0.5
"""What the mesh must say of the presence of a face."""

MOST_PROPOSALS = 5
"""So many places of one look are looked at again at most, the largest ones."""

_SHORT_VIEW = 256
_FULL_VIEW = 384
_CLOSE_UP_VIEW = 384
_MARGIN = 2.0
"""The close-up is a square, so many times as large as the box."""

_WIDE_VIEW = 192
_WIDE_MARGIN = 3.0
"""The same for the full-range detector, which knows smaller faces."""

_SAME_PLACE = 0.3
"""Intersection over union above which two boxes are of one face."""

_TURNS = (0, 1, 2, 3)
"""Quarters of a turn, anticlockwise."""


class Box(NamedTuple):
    """A place in a picture, in pixels, and how sure the detector is, from 0 to 1. It may reach beyond the edges."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def side(self) -> float:
        """The longer side."""
        return max(self.right - self.left, self.bottom - self.top)

    def moved(self, scale: float, left: float, top: float) -> Box:
        """The same place in a picture `1 / scale` times as large that begins `left`, `top` before this one."""
        return Box(
            self.left / scale + left,
            self.top / scale + top,
            self.right / scale + left,
            self.bottom / scale + top,
            self.score,
        )


@dataclass(frozen=True, slots=True)
class Face:
    """A face: where it is, with the mean score of all looks, and its landmarks (`LANDMARKS` rows x, y in pixels).

    `mirrored` are those that were found in the mirrored picture, at their places in this one: what it calls the left
    eye is the right one.
    """

    box: Box
    landmarks: Points
    mirrored: Points


class FaceFinder:
    """The models, loaded. An object is used by one thread at a time: a mediapipe graph keeps state."""

    def __init__(self) -> None:
        detector = mp.solutions.face_detection.FaceDetection
        self._short = detector(model_selection=0, min_detection_confidence=PROPOSAL_SCORE)
        self._full = detector(model_selection=1, min_detection_confidence=PROPOSAL_SCORE)
        self._mesh = mp.solutions.face_mesh.FaceMesh(
            static_image_mode=True, max_num_faces=1, refine_landmarks=True, min_detection_confidence=MESH_SCORE
        )

    def close(self) -> None:
        """Free the models; the object cannot be used any more."""
        for model in (self._short, self._full, self._mesh):
            model.close()

    def largest(self, picture: Pixels) -> Face | None:
        """Return the largest face of a picture, None where there is none."""
        looks = (self._close_up(picture, proposal) for proposal in self._proposals(picture))
        return next((face for face in looks if face is not None), None)

    def _proposals(self, picture: Pixels) -> Iterator[Box]:
        """Places to look at: in the picture as it is, then in each turn, each time the largest first. The detectors
        know upright heads: a small one that lies is seen in the turned picture alone."""
        for turn in _TURNS:
            found = _turned_back(self._in_whole(_turned(picture, turn)), turn, picture)
            yield from sorted(found, key=lambda box: -box.side)[:MOST_PROPOSALS]

    def _in_whole(self, picture: Pixels) -> list[Box]:
        height, width = picture.shape[:2]
        found = []
        for model, longest in ((self._short, _SHORT_VIEW), (self._full, _FULL_VIEW)):
            scale = min(1.0, longest / max(width, height))
            small = _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
            found += [box.moved(scale, 0, 0) for box in _boxes(model, small)]
        return found

    def _close_up(self, picture: Pixels, proposal: Box) -> Face | None:
        near = _View(picture, proposal, _MARGIN, _CLOSE_UP_VIEW)
        box, turn = near.look(self._short, 0), 0
        if box is None or box.score < UPRIGHT_SCORE:
            turns = [(near.look(self._short, other), other) for other in _TURNS[1:]]
            box, turn = max([(box, turn), *turns], key=lambda look: look[0].score if look[0] else 0.0)
        if box is None:
            return None
        wide = _View(picture, proposal, _WIDE_MARGIN, _WIDE_VIEW)
        scores = [box.score, _score(wide.look(self._full, turn))]
        if min(scores) < SURE_SCORE:
            scores += [_score(near.look(self._short, turn, True)), _score(wide.look(self._full, turn, True))]
        score = sum(scores) / len(scores)
        if score < FACE_SCORE:
            return None
        points, mirrored = near.landmarks(self._mesh, turn), near.landmarks(self._mesh, turn, True)
        return None if points is None or mirrored is None else Face(box._replace(score=score), points, mirrored)


class _View:
    """The square around a proposal, `margin` times as large, scaled to `size` pixels; edges are drawn out."""

    def __init__(self, picture: Pixels, proposal: Box, margin: float, size: int) -> None:
        self._proposal = proposal
        side = max(1, round(proposal.side * margin))
        self._left = round((proposal.left + proposal.right - side) / 2)
        self._top = round((proposal.top + proposal.bottom - side) / 2)
        self._size = size
        self._scale = size / side
        self._pixels = _square(picture, self._left, self._top, side, size)

    def look(self, model: Any, turn: int, mirrored: bool = False) -> Box | None:
        """What a detector sees where the proposal is, in pixels of the picture."""
        boxes = _boxes(model, self._seen(turn, mirrored))
        placed = [_spanned(self._back(_corners(box), turn, mirrored), box.score) for box in boxes]
        best = max(placed, key=lambda box: _iou(box, self._proposal), default=None)
        return best if best is not None and _iou(best, self._proposal) >= _SAME_PLACE else None

    def landmarks(self, mesh: Any, turn: int, mirrored: bool = False) -> Points | None:
        """The landmarks, in pixels of the picture."""
        found = mesh.process(self._seen(turn, mirrored)).multi_face_landmarks
        if not found:
            return None
        points = np.array([(point.x, point.y) for point in found[0].landmark], dtype=np.float64) * self._size
        return self._back(points, turn, mirrored)

    def _seen(self, turn: int, mirrored: bool) -> Pixels:
        pixels = np.rot90(self._pixels, turn)
        return np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels)

    def _back(self, points: Points, turn: int, mirrored: bool) -> Points:
        if mirrored:
            points = np.stack((self._size - points[:, 0], points[:, 1]), axis=1)
        placed = _points_back(points, turn, self._size, self._size) / self._scale
        return np.asarray(placed + (self._left, self._top), dtype=np.float64)


def _turned(picture: Pixels, turn: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(picture, turn))


def _points_back(points: Points, turn: int, width: float, height: float) -> Points:
    """Points of a picture that was turned, as points of the picture before, which is `width` x `height`."""
    x, y = points[:, 0], points[:, 1]
    places = ((x, y), (width - y, x), (width - x, height - y), (y, height - x))
    return np.stack(places[turn], axis=1)


def _turned_back(boxes: list[Box], turn: int, picture: Pixels) -> list[Box]:
    """Boxes of a picture that was turned, as boxes of `picture`, the one before."""
    height, width = picture.shape[:2]
    return [_spanned(_points_back(_corners(box), turn, width, height), box.score) for box in boxes]


def _score(box: Box | None) -> float:
    return box.score if box else 0.0


def _corners(box: Box) -> Points:
    """Two opposite corners."""
    return np.array([(box.left, box.top), (box.right, box.bottom)], dtype=np.float64)


def _spanned(corners: Points, score: float) -> Box:
    """The box that has these opposite corners."""
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return Box(left, top, right, bottom, score)


def _boxes(model: Any, picture: Pixels) -> list[Box]:
    """What a detector sees, in pixels of this picture."""
    height, width = picture.shape[:2]
    boxes = []
    for detection in model.process(picture).detections or ():
        box = detection.location_data.relative_bounding_box
        left, top = box.xmin * width, box.ymin * height
        boxes.append(Box(left, top, left + box.width * width, top + box.height * height, detection.score[0]))
    return boxes


def _iou(one: Box, other: Box) -> float:
    """Intersection over union, from 0 to 1."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    common = max(0.0, width) * max(0.0, height)
    areas = sum((box.right - box.left) * (box.bottom - box.top) for box in (one, other))
    return common / (areas - common) if areas > common else 0.0


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
