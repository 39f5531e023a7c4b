"""What the landmarks of a face say of eyes, mouth and tilt. Pure numbers.

The numbers of the landmarks are those of mediapipe's face mesh. Left and right are the person's own. Every length is
measured in two looks, straight and mirrored, which err differently. The limits were chosen on pictures; the README of
the service says which, and how often they hold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .finder import Face, Points

RIGHT_EYE = (33, 160, 158, 133, 153, 144)
"""Outer corner, two of the upper lid, inner corner, two of the lower lid below those, the inner one first."""

LEFT_EYE = (263, 387, 385, 362, 380, 373)

LIPS = ((82, 87), (13, 14), (312, 317))
"""Three places of the inner edge of the upper lip, and those of the lower lip below them."""

INNER_CORNERS = (78, 308)
OUTER_CORNERS = (61, 291)
"""Of the mouth, the right one first: where the lips part, and where the red ends."""

EYE_OPEN = 0.18
"""Ratio of an open eye, at least."""

MOUTH_OPEN = 0.08
"""Ratio of a mouth whose lips are apart, at least: teeth that are seen in a smile count."""

SMILE = 0.645
"""Ratio of a smile, at least."""

SMALLEST_FOR_EYES = 100
"""Pixels of the side of a face from which on its eyes are judged."""


class Ratios(NamedTuple):
    """Lengths within a face by each other: they do not depend on its size or tilt.

    `right_eye` and `left_eye`: how far the lids are apart by the width of the eye (eye aspect ratio; T. Soukupová,
    J. Čech: Real-Time Eye Blink Detection using Facial Landmarks, 2016), the lower of two looks. `mouth`: how far the
    lips are apart, by the width between their corners. `smile`: width of the mouth by the distance of the outer
    corners of the eyes, plus half the height of its corners above the inner edge of the upper lip by its width; a
    jaw that drops changes neither.
    """

    right_eye: float
    left_eye: float
    mouth: float
    smile: float


def ratios(face: Face) -> Ratios:
    """The ratios of a face."""
    straight, mirrored = face.landmarks, face.mirrored
    return Ratios(
        right_eye=min(_eye(straight, RIGHT_EYE), _eye(mirrored, LEFT_EYE)),
        left_eye=min(_eye(straight, LEFT_EYE), _eye(mirrored, RIGHT_EYE)),
        mouth=(_mouth(straight) + _mouth(mirrored)) / 2,
        smile=(_smile(straight) + _smile(mirrored)) / 2,
    )


def roll(face: Face) -> float:
    """Angle of the line through the outer corners of the eyes in degrees, more than -180 and at most 180.

    Positive where the head is turned clockwise in the picture, 180 where it stands on its head.
    """
    straight, mirrored = _across(face.landmarks), -_across(face.mirrored)
    across = straight / max(np.hypot(*straight), 1e-9) + mirrored / max(np.hypot(*mirrored), 1e-9)
    return float(np.degrees(np.arctan2(across[1], across[0])))


def _across(points: Points) -> Points:
    """From the outer corner of the right eye to that of the left one."""
    return np.asarray(points[LEFT_EYE[0]] - points[RIGHT_EYE[0]])


def _eye(points: Points, eye: tuple[int, int, int, int, int, int]) -> float:
    outer, upper_outer, upper_inner, inner, lower_inner, lower_outer = eye
    apart = _distance(points, upper_outer, lower_outer) + _distance(points, upper_inner, lower_inner)
    return _ratio(apart, 2 * _distance(points, outer, inner))


def _mouth(points: Points) -> float:
    apart = sum(_distance(points, upper, lower) for upper, lower in LIPS) / len(LIPS)
    return _ratio(apart, _distance(points, *INNER_CORNERS))


def _smile(points: Points) -> float:
    wide = _distance(points, *OUTER_CORNERS)
    across = _across(points)
    eyes = float(np.hypot(*across))
    # At a right angle to the eyes, towards the forehead: where `across` points depends on the look, the nose does not.
    up = points[168] - points[2]
    normal = np.array([across[1], -across[0]])
    if float(np.dot(normal, up)) < 0:
        normal = -normal
    corners = points[list(OUTER_CORNERS)].mean(axis=0)
    lifted = _ratio(float(np.dot(corners - points[LIPS[1][0]], normal)), eyes)
    return _ratio(wide, eyes) + _ratio(lifted, 2 * wide)


def _distance(points: Points, one: int, other: int) -> float:
    return float(np.hypot(*(points[one] - points[other])))


def _ratio(length: float, by: float) -> float:
    return length / by if by > 0 else 0.0
