"""Persons, by mediapipe's BlazePose: a detector finds them, a second model looks at each and gives its outline."""

from __future__ import annotations

import math

import cv2
import numpy as np
from face_detection.blaze import Blaze, Layout, Network

from .letterbox import place
from .regions import Region, direction
from .things import Pixels, Thing, Values, ious

LABEL = "person"
LEAST = 0.5
"""What both models must say, from 0 to 1: mediapipe's own limits."""

_POSE = Layout("pose_detection/pose_detection.tflite", 224, ((28, 2), (14, 2), (7, 6)))
_LOOK = 256
_HIPS, _REACH = 5, 7
"""Where in a row of the detector the middle of the hips is, and a point as far from it as the head or the feet."""

_GROWTH = 1.25
_SAME = 0.5


class People:
    """Both models, loaded. Used by one thread at a time."""

    def __init__(self) -> None:
        self._detector = Blaze(_POSE, LEAST)
        self._network = Network("pose_landmark/pose_landmark_full.tflite", _LOOK, 0.0)
        self._flag = self._network.outputs[(1, 1)]
        self._mask = self._network.outputs[(1, _LOOK, _LOOK, 1)]

    def find(self, picture: Pixels) -> list[Thing]:
        """The persons of an RGB picture; boxes go round what is seen of the body, clothes and hair."""
        whole = place(picture, _POSE.size, _POSE.size, "letterbox", ground=0)
        found: list[Thing] = []
        for row in self._detector.look(whole.pixels):
            points = whole.back(np.concatenate((row[_HIPS : _HIPS + 2], row[_REACH : _REACH + 2]))[np.newaxis])[0]
            side = 2 * math.dist(points[:2], points[2:])
            region = Region(float(points[0]), float(points[1]), side, direction(points[:2], points[2:]))
            person = self._outlined(picture, region.grown(_GROWTH), float(row[4]))
            if person is not None and not any(_same(person, other) for other in found):
                found.append(person)
        return found

    def _outlined(self, picture: Pixels, region: Region, score: float) -> Thing | None:
        """The person of a region; None where the second model sees none."""
        if region.side < 1:
            return None
        self._network.run(region.cut(picture, _LOOK))
        flag = float(self._network.output(self._flag)[0, 0])
        if flag < LEAST:
            return None
        # The outline's values are log-odds: above 0 it is rather the person.
        mask = (self._network.output(self._mask)[0, :, :, 0] > 0).astype(np.uint8)
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        if not outlines:
            return None
        outline = max(outlines, key=cv2.contourArea).reshape(-1, 2).astype(np.float32)
        placed = region.placed(outline + np.float32(0.5), _LOOK)
        height, width = picture.shape[:2]
        inside = np.clip(placed, 0, np.array([width, height], np.float32))
        left, top = (float(value) for value in inside.min(axis=0))
        right, bottom = (float(value) for value in inside.max(axis=0))
        return Thing(LABEL, min(flag, score), (left, top, right, bottom))


def _same(one: Thing, other: Thing) -> bool:
    boxes: Values = np.array([one.box, other.box], np.float32)
    return bool(ious(boxes[0], boxes[1:])[0] > _SAME)
