"""Ratios and tilt of points that are set by hand, and how they behave when the points are moved, turned and scaled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from face_analyzer.analyzer import geometry, whole_box
from face_analyzer.finder import LANDMARKS, Box, Face, Points
from face_analyzer.geometry import ratios, roll

MIRRORED = {33: 263, 160: 387, 158: 385, 133: 362, 153: 380, 144: 373, 61: 291, 78: 308, 82: 312, 87: 317}
"""Landmarks of the right side, and those of the left side that they are in the mirror."""

BOX = Box(0, 0, 200, 200, 0.9)


def by_hand(**changed: tuple[float, float]) -> Points:
    """A face that looks straight ahead, the right eye at x = 50 to 90, the left one at x = 110 to 150, y = 80; eyes 12
    high, the mouth 50 wide, its lips 4 apart of 40, its corners 2 above the inner edge of the upper lip."""
    points = np.zeros((LANDMARKS, 2))
    set_ones: dict[int, tuple[float, float]] = {33: (50, 80), 133: (90, 80), 160: (63, 74), 144: (63, 86)}
    set_ones |= {158: (77, 74), 153: (77, 86), 61: (75, 146), 78: (80, 149), 82: (90, 148), 87: (90, 152)}
    set_ones |= {other: (200 - set_ones[one][0], set_ones[one][1]) for one, other in MIRRORED.items()}
    set_ones |= {13: (100, 148), 14: (100, 152), 168: (100, 80), 2: (100, 120)}
    set_ones |= {int(name[1:]): place for name, place in changed.items()}
    for number, place in set_ones.items():
        points[number] = place
    return points


def face(points: Points, box: Box = BOX) -> Face:
    """A face whose mirrored look sees the same."""
    swapped = points.copy()
    for one, other in MIRRORED.items():
        swapped[[one, other]] = points[[other, one]]
    return Face(box, points, swapped)


def test_ratios_by_hand() -> None:
    found = ratios(face(by_hand()))
    assert found.right_eye == pytest.approx(12 / 40) and found.left_eye == pytest.approx(12 / 40)
    assert found.mouth == pytest.approx(4 / 40)
    assert found.smile == pytest.approx(50 / 100 + 2 / 50 / 2)
    assert roll(face(by_hand())) == pytest.approx(0)


def test_each_eye_has_its_own_ratio() -> None:
    winking = ratios(face(by_hand(p160=(63, 79), p144=(63, 81), p158=(77, 79), p153=(77, 81))))
    assert winking.right_eye == pytest.approx(2 / 40) and winking.left_eye == pytest.approx(12 / 40)


def test_the_lower_of_two_looks_at_an_eye_counts() -> None:
    straight, shut = face(by_hand()), by_hand(p160=(63, 80), p144=(63, 80), p158=(77, 80), p153=(77, 80))
    found = ratios(Face(BOX, straight.landmarks, face(shut).mirrored))
    assert found.right_eye == pytest.approx(0) and found.left_eye == pytest.approx(12 / 40)


def test_corners_below_the_lip_lower_the_smile() -> None:
    sad = ratios(face(by_hand(p61=(75, 158), p291=(125, 158))))
    assert sad.smile == pytest.approx(50 / 100 - 10 / 50 / 2)


def test_a_jaw_that_drops_is_no_smile() -> None:
    assert ratios(face(by_hand(p14=(100, 170), p87=(90, 165), p317=(110, 165)))).smile == ratios(face(by_hand())).smile


@given(st.floats(-179.9, 180), st.floats(0.05, 30), st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_turned_scaled_and_moved_the_ratios_stay_and_roll_tells_the_turn(
    degrees: float, scale: float, x: float, y: float
) -> None:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turned = face(by_hand() @ turn.T * scale + (x, y))
    assert ratios(turned) == pytest.approx(ratios(face(by_hand())), abs=1e-6)
    assert math.remainder(roll(turned) - degrees, 360) == pytest.approx(0, abs=1e-6)


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=2))
def test_a_face_that_is_a_single_point_gives_numbers(place: list[float]) -> None:
    found = geometry(face(np.tile(np.array(place), (LANDMARKS, 1))), 100, 100)
    assert all(math.isfinite(value) for value in (*found["ratios"].values(), found["roll"]))


def test_what_is_told() -> None:
    told = geometry(face(by_hand()), 150, 300)
    assert told["box"] == [0, 0, 150, 200] and told["score"] == 0.9
    assert told["eyes"] == {"left": "open", "right": "open"} and told["mouth"] == "open" and told["smile"] is False
    assert told["ratios"] == {"right_eye": 0.3, "left_eye": 0.3, "mouth": 0.1, "smile": 0.52} and told["roll"] == 0


def test_the_eyes_of_a_small_face_are_not_judged() -> None:
    assert "eyes" in geometry(face(by_hand(), Box(0, 0, 100, 100, 0.9)), 200, 200)
    assert "eyes" not in geometry(face(by_hand(), Box(0, 0, 99, 99, 0.9)), 200, 200)


@given(st.tuples(*[st.floats(-1e4, 1e4)] * 4), st.integers(1, 5_000), st.integers(1, 5_000))
def test_a_whole_box_lies_in_the_picture(values: tuple[float, ...], width: int, height: int) -> None:
    left, right = sorted(values[:2])
    top, bottom = sorted(values[2:])
    x1, y1, x2, y2 = whole_box(Box(left, top, right, bottom, 1), width, height)
    assert 0 <= x1 <= x2 <= width and 0 <= y1 <= y2 <= height
