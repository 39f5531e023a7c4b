"""Hands, by mediapipe's hand models: one finds palms, a second one looks at each and gives its joints."""

from __future__ import annotations

import numpy as np
from face_detection.blaze import Blaze, Layout, Network

from .letterbox import place
from .regions import Region, bounds, direction
from .things import Pixels, Thing, Values, ious

LABEL = "hand"
LEAST = 0.5
"""What both models must say, from 0 to 1: mediapipe's own limits."""

_PALM = Layout("palm_detection/palm_detection_full.tflite", 192, ((24, 2), (12, 6)), 0.0)
_LOOK = 224
_WRIST, _MIDDLE = 5, 9
"""Where in a row of the detector the wrist and the root of the middle finger are."""

_GROWTH, _UP = 2.6, 0.5
_MARGIN = 0.08
"""Joints and finger tips lie inside the hand: its edge is about so much of the longer side further out."""

_SAME = 0.5


class Hands:
    """Both models, loaded. Used by one thread at a time."""

    def __init__(self) -> None:
        self._detector = Blaze(_PALM, LEAST)
        self._network = Network("hand_landmark/hand_landmark_full.tflite", _LOOK, 0.0)
        # In this order: 21 joints in pixels, whether there is a hand, which one it is, joints in metres.
        self._joints, self._flag = self._network.order[:2]

    def find(self, picture: Pixels) -> list[Thing]:
        """The hands of an RGB picture; boxes reach from the wrist to the finger tips."""
        whole = place(picture, _PALM.size, _PALM.size, "letterbox", ground=0)
        found: list[Thing] = []
        for row in self._detector.look(whole.pixels):
            left, top, right, bottom = (float(value) for value in whole.back(row[np.newaxis, :4])[0])
            points = whole.back(np.concatenate((row[_WRIST : _WRIST + 2], row[_MIDDLE : _MIDDLE + 2]))[np.newaxis])[0]
            side = max(right - left, bottom - top)
            palm = Region((left + right) / 2, (top + bottom) / 2, side, direction(points[:2], points[2:]))
            hand = self._jointed(picture, palm.grown(_GROWTH, _UP), float(row[4]))
            if hand is not None and not any(_same(hand, other) for other in found):
                found.append(hand)
        return found

    def _jointed(self, picture: Pixels, region: Region, score: float) -> Thing | None:
        """The hand of a region; None where the second model sees none."""
        if region.side < 1:
            return None
        self._network.run(region.cut(picture, _LOOK))
        flag = float(self._network.output(self._flag)[0, 0])
        if flag < LEAST:
            return None
        joints = self._network.output(self._joints).reshape(-1, 3)[:, :2]
        return Thing(LABEL, min(flag, score), bounds(region.placed(joints, _LOOK), _MARGIN))


def _same(one: Thing, other: Thing) -> bool:
    boxes: Values = np.array([one.box, other.box], np.float32)
    return bool(ious(boxes[0], boxes[1:])[0] > _SAME)
