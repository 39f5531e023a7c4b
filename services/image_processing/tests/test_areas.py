"""Boxes: always inside the picture, whatever is sent; and a clear error for what is no area."""

from __future__ import annotations

import math
from typing import Any

import pytest
from aiservice import InputError
from hypothesis import given, settings
from hypothesis import strategies as st

from image_processing.areas import MAX_AREAS, Box, boxes

NUMBERS = st.one_of(st.integers(), st.integers(-50, 150), st.floats(allow_nan=False, allow_infinity=False))
SIDES = st.integers(1, 100)


@settings(deadline=None)
@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), SIDES, SIDES)
def test_a_box_is_inside_and_covers_its_area(area: tuple[float, ...], width: int, height: int) -> None:
    (box,) = boxes([list(area)], width, height)
    assert 0 <= box.left <= box.right <= width and 0 <= box.top <= box.bottom <= height
    left, right = sorted((area[0], area[2]))
    top, bottom = sorted((area[1], area[3]))
    for x, y in ((0, 0), (width - 1, height - 1), (width // 2, height // 2)):
        if left < x + 1 and x < right and top < y + 1 and y < bottom:
            assert box.left <= x < box.right and box.top <= y < box.bottom


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=20))
def test_the_order_of_corners_and_areas(areas: list[tuple[float, ...]]) -> None:
    found = boxes(areas, 60, 40)
    assert len(found) == len(areas)
    assert found == boxes([(x2, y2, x1, y1) for x1, y1, x2, y2 in areas], 60, 40)


def test_examples() -> None:
    assert boxes([[-5, -5, 1000, 1000]], 60, 40) == [Box(0, 0, 60, 40)]
    assert boxes([[1.2, 1.2, 2.1, 2.1]], 60, 40) == [Box(1, 1, 3, 3)]
    assert boxes([[10**400, 5, -(10**400), 9]], 60, 40) == [Box(0, 5, 60, 9)]
    assert [box.empty for box in boxes([[100, 100, 200, 200], [5, 5, 5, 9], [0, 0, 1, 1]], 60, 40)] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "areas",
    [
        [[0, 0, 1]],
        [[0, 0, 1, 1, 1]],
        [[0, 0, 1, "1"]],
        [[0, 0, 1, None]],
        [[0, 0, 1, True]],
        [[0, 0, 1, math.nan]],
        [[0, 0, 1, math.inf]],
        ["0011"],
        [7],
        [{"x": 1}],
        "areas",
        {"a": 1},
        [[0, 0, 1, 1]] * (MAX_AREAS + 1),
    ],
)
def test_what_is_no_area(areas: Any) -> None:
    with pytest.raises(InputError, match="areas"):
        boxes(areas, 60, 40)


def test_the_error_names_the_area() -> None:
    with pytest.raises(InputError, match=r"areas\[1\]"):
        boxes([[0, 0, 1, 1], [0, 0, 1]], 60, 40)
