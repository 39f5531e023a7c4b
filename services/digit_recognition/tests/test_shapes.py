"""Shapes are told apart as a plain flood fill does it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from digit_recognition.shapes import find_shapes, label

Mask = NDArray[np.bool_]


def flooded(grid: Mask) -> list[set[tuple[int, int]]]:
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(grid), strict=True)}
    shapes = []
    while left:
        waiting = [left.pop()]
        shape = set(waiting)
        while waiting:
            y, x = waiting.pop()
            near = {(y + down, x + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= near
            shape |= near
            waiting += near
        shapes.append(shape)
    return shapes


@settings(deadline=None, max_examples=80)
@given(arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14))))
def test_as_a_flood_fill(grid: Mask) -> None:
    labels, count = label(grid)
    ours = [{(int(y), int(x)) for y, x in zip(*np.nonzero(labels == n), strict=True)} for n in range(1, count + 1)]
    assert sorted(map(sorted, ours)) == sorted(map(sorted, flooded(grid)))
    assert not labels[~grid].any()


def rectangles(*boxes: tuple[int, int, int, int], side: int = 100) -> Mask:
    mask = np.zeros((side, side), bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize(
    ("boxes", "box", "shapes"),
    [
        ([(40, 20, 50, 80)], (40, 20, 50, 80), 1),
        ([(40, 20, 50, 80), (10, 10, 12, 12)], (40, 20, 50, 80), 1),
        ([(40, 30, 50, 80), (40, 18, 60, 24)], (40, 18, 60, 80), 1),
        ([(20, 20, 30, 80), (60, 20, 70, 80)], (20, 20, 30, 80), 2),
        ([(20, 20, 30, 80), (60, 20, 70, 80), (45, 20, 50, 80)], (20, 20, 30, 80), 3),
        ([(40, 30, 60, 70), (0, 0, 100, 4)], (40, 30, 60, 70), 1),
        ([(0, 0, 20, 100)], (0, 0, 20, 100), 1),
    ],
)
def test_which_shape_is_the_digit(
    boxes: list[tuple[int, int, int, int]], box: tuple[int, int, int, int], shapes: int
) -> None:
    found = find_shapes(rectangles(*boxes))
    assert found is not None
    assert found.box == box and found.shapes == shapes


def test_nothing_and_dust_are_no_shape() -> None:
    assert find_shapes(rectangles()) is None
    assert find_shapes(rectangles((5, 5, 6, 6), side=40)) is None
