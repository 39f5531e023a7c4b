"""The arithmetic of boxes: overlap, suppression, letterboxes, turned regions; by hand-computed cases and by rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from object_detection.letterbox import place
from object_detection.regions import Region, bounds, direction
from object_detection.things import ious, suppressed, whole_box

NUMBERS = st.floats(-50, 50, width=32)


def test_overlap_by_hand() -> None:
    one = np.array([0, 0, 10, 10], np.float32)
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [5, 5, 15, 15], [10, 0, 20, 10], [3, 3, 3, 3]], np.float32)
    # 50 of 150, 25 of 175, and two that only touch or have no area.
    assert ious(one, others) == pytest.approx([1, 1 / 3, 1 / 7, 0, 0])


def test_suppression_by_hand() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [20, 0, 30, 10], [4, 0, 14, 10]], np.float32)
    scores = np.array([0.8, 0.9, 0.7, 0.6, 0.5], np.float32)
    classes = np.array([0, 0, 1, 0, 0])
    # Row 1 is the best; row 0 shares 90 of 110 with it and goes; row 2 is of another class; row 4 shares 70 of 130.
    assert suppressed(boxes, scores, classes, 0.55, 10) == [1, 2, 3, 4]
    assert suppressed(boxes, scores, classes, 0.5, 10) == [1, 2, 3]
    assert suppressed(boxes, scores, classes, 0.9, 10) == [1, 0, 2, 3, 4]
    assert suppressed(boxes, scores, classes, 0.5, 2) == [1, 2]


ROWS = st.tuples(NUMBERS, NUMBERS, st.floats(0, 40, width=32), st.floats(0, 40, width=32), st.integers(0, 2))


@settings(deadline=None)
@given(st.lists(ROWS, max_size=25), st.floats(0.1, 0.9))
def test_what_is_kept_does_not_overlap_and_what_is_not_does(rows: list[tuple[float, ...]], limit: float) -> None:
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in rows], np.float32).reshape(-1, 4)
    classes = np.array([int(row[4]) for row in rows], np.int64)
    scores = np.linspace(1, 0.1, len(rows), dtype=np.float32)
    kept = suppressed(boxes, scores, classes, limit, 100)
    assert kept == sorted(kept)
    for index in range(len(rows)):
        before = [other for other in kept if other < index and classes[other] == classes[index]]
        overlaps = ious(boxes[index], boxes[before]) > limit if before else np.zeros(0, bool)
        assert (index in kept) == (not overlaps.any())


def test_whole_boxes() -> None:
    assert whole_box((-3, 1.5, 4.2, 9), 50, 40) == (0, 1, 5, 9)
    assert whole_box((20, 20, 99, 99), 50, 40) == (20, 20, 50, 40)
    assert whole_box((70, 0, 80, 10), 50, 40) is None
    assert whole_box((math.nan, 0, 5, 5), 50, 40) is None
    assert whole_box((5, 5, 4, 9), 50, 40) is None


def test_a_letterbox_by_hand() -> None:
    # 200 x 100 into 64 x 64: a third-ish of each side, 64 x 32, with 16 rows above and below.
    picture = np.full((100, 200, 3), 200, np.uint8)
    placed = place(picture, 64, 64, "letterbox")
    assert (placed.scale_x, placed.scale_y, placed.left, placed.top) == (0.32, 0.32, 0, 16)
    assert (placed.pixels[:16] == 114).all() and (placed.pixels[48:] == 114).all()
    assert (placed.pixels[16:48] == 200).all()
    assert placed.back(np.array([[0, 16, 64, 48], [32, 32, 48, 40]], np.float32)) == pytest.approx(
        np.array([[0, 0, 200, 100], [100, 50, 150, 75]], np.float32)
    )


def test_a_letterbox_with_an_odd_pixel_and_one_that_enlarges() -> None:
    # 30 x 63 into 64 x 64: 30.48 wide, so 30, of the 34 others 17 on each side; one row is left, below.
    placed = place(np.full((63, 30, 3), 9, np.uint8), 64, 64, "letterbox")
    assert (placed.left, placed.top) == (17, 0)
    placed = place(np.full((1, 2, 3), 9, np.uint8), 65, 64, "letterbox")
    assert (placed.left, placed.top, placed.scale_x, placed.scale_y) == (0, 16, 32.5, 32)
    assert (placed.pixels[16:48] == 9).all() and (placed.pixels[:16] == 114).all() and (placed.pixels[48:] == 114).all()


def test_stretching_by_hand() -> None:
    placed = place(np.full((100, 200, 3), 200, np.uint8), 64, 64, "stretch")
    assert (placed.pixels == 200).all()
    assert placed.back(np.array([[16, 16, 32, 64]], np.float32)).tolist() == [[50, 25, 100, 100]]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(["letterbox", "stretch"]))
def test_the_whole_picture_comes_back_from_where_it_was_put(width: int, height: int, fit: str) -> None:
    placed = place(np.full((height, width, 3), 250, np.uint8), 96, 64, "letterbox" if fit == "letterbox" else "stretch")
    bright = np.argwhere(placed.pixels[:, :, 0] == 250)
    (top, left), (bottom, right) = bright.min(axis=0), bright.max(axis=0) + 1
    back = placed.back(np.array([[left, top, right, bottom]], np.float32))[0]
    assert back == pytest.approx([0, 0, width, height], abs=1e-3)


@pytest.mark.parametrize("angle", [0.0, 0.7, math.pi / 2, 3.0, -2.0])
def test_a_turned_region_shows_upright_what_points_its_way(angle: float) -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    region = Region(150, 140, 120, angle)
    # A dot towards the region's own top, three quarters of the way out.
    x, y = 150 + math.sin(angle) * 45, 140 - math.cos(angle) * 45
    ys, xs = np.mgrid[:300, :300]
    picture[(xs + 0.5 - x) ** 2 + (ys + 0.5 - y) ** 2 < 25] = 255
    cut = region.cut(picture, 80)[:, :, 0]
    place_y, place_x = (np.argwhere(cut > 128) + 0.5).mean(axis=0)
    assert (place_x, place_y) == (pytest.approx(40, abs=1), pytest.approx(10, abs=1))
    assert region.placed(np.array([[40, 10]], np.float32), 80)[0] == pytest.approx([x, y], abs=1e-3)


def test_a_large_region_is_reduced_to_the_same_place() -> None:
    picture = np.zeros((1000, 1200, 3), np.uint8)
    picture[250:450, 300:600] = 255
    cut = Region(500, 500, 1000, 0.0).cut(picture, 100)[:, :, 0]
    bright = np.argwhere(cut > 128)
    assert (bright.min(axis=0).tolist(), bright.max(axis=0).tolist()) == ([25, 30], [44, 59])


def test_directions_growth_and_bounds() -> None:
    middle = np.array([5, 5], np.float32)
    ends = {(5, 0): 0.0, (10, 5): math.pi / 2, (0, 5): -math.pi / 2}
    for end, angle in ends.items():
        assert direction(middle, np.array(end, np.float32)) == pytest.approx(angle)
    grown = Region(10, 10, 4, math.pi / 2).grown(2.0, 0.5)
    assert (grown.x, grown.y, grown.side) == pytest.approx((12, 10, 8))
    assert bounds(np.array([[1, 2], [11, 7]], np.float32), 0.1) == pytest.approx((0, 1, 12, 8))
