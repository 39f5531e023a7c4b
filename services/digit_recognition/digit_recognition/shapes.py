"""Which ink is the digit: connected shapes, specks and edges left out, several digits noticed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

CELLS = 64
"""Shapes are told apart on a grid of at most this many cells a side: a gap of less than a cell is none."""

SPECK = 0.02
"""Ink of less than this share of the largest shape's is dust."""

NEAR = 0.35
"""A smaller piece belongs to the digit where the gap is at most this share of the digit's longer side."""

ALIKE = 0.6
"""Another shape is a digit of its own where it stands beside or below the first and is this share of its height."""


@dataclass(frozen=True, slots=True)
class Found:
    """`box`: left, top, right, bottom of the digit in the mask; `mask`: its pixels and those around them; `shapes`: how
    many shapes of the size of a digit stand apart."""

    box: Box
    mask: Mask
    shapes: int


@dataclass(slots=True)
class _Shape:
    label: int
    box: Box
    area: int
    at_edge: bool

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def side(self) -> int:
        return max(self.box[2] - self.box[0], self.height)


def find_shapes(mask: Mask) -> Found | None:
    """Return the digit of a mask; None where there is nothing but dust."""
    step = -(-max(mask.shape) // CELLS)
    grid = _pooled(mask, step)
    labels, count = label(grid)
    shapes = _shapes(labels, count, step)
    if not shapes:
        return None
    main = shapes[0]
    own, apart = [main], 1
    for shape in shapes[1:]:
        if shape.area < SPECK * main.area:
            continue
        if shape.height >= ALIKE * main.height and _gap(shape.box, main.box) > 0:
            apart += 1
        elif _gap(shape.box, main.box) <= NEAR * main.side:
            own.append(shape)
    is_own = np.zeros(count + 1, bool)
    is_own[[shape.label for shape in own]] = True
    kept = is_own[labels]
    box = _box_of(mask) if len(own) == count else _box_of(_scaled(kept, step, mask) & mask)
    return Found(box, _scaled(_grown(kept), step, mask), apart)


def _scaled(grid: Mask, step: int, like: Mask) -> Mask:
    """Return a mask of the pixels in the cells of a grid."""
    return np.repeat(np.repeat(grid, step, axis=0), step, axis=1)[: like.shape[0], : like.shape[1]]


def _box_of(mask: Mask) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _shapes(labels: NDArray[np.int32], count: int, step: int) -> list[_Shape]:
    """Return the shapes, the largest first; those at the edge of the picture last, if there are others to speak of."""
    found = []
    height, width = labels.shape
    areas = np.bincount(labels.reshape(-1), minlength=count + 1)
    for number in range(1, count + 1):
        if areas[number] * step * step < 3:
            continue
        inside = labels == number
        box = _box_of(inside)
        at_edge = box[0] == 0 or box[1] == 0 or box[2] == width or box[3] == height
        found.append(_Shape(number, box, int(areas[number]), at_edge))
    found.sort(key=lambda shape: -shape.side * 1000 - shape.area)
    inner = [shape for shape in found if not shape.at_edge]
    if inner and inner[0].height >= 0.15 * height:
        return inner
    return found


def _gap(one: Box, other: Box) -> int:
    """Return how far two boxes are apart; 0 or less where they overlap both ways."""
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return max(across, down)


def _pooled(mask: Mask, step: int) -> Mask:
    if step == 1:
        return mask
    grid = np.zeros((-(-mask.shape[0] // step), -(-mask.shape[1] // step)), bool)
    for down in range(step):
        for across in range(step):
            part = mask[down::step, across::step]
            grid[: part.shape[0], : part.shape[1]] |= part
    return grid


def _grown(mask: Mask) -> Mask:
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    wide[:, 1:] |= wide[:, :-1].copy()
    wide[:, :-1] |= wide[:, 1:].copy()
    return wide


def label(grid: Mask) -> tuple[NDArray[np.int32], int]:
    """Number the shapes of a grid, neighbours at corners being connected: 0 is ground. Returns the numbers, how many.

    Runs of cells in a row, joined with those that they touch in the row above (union-find).
    """
    height, width = grid.shape
    edges = np.diff(np.pad(grid, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    runs = list(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True))
    parent = list(range(len(runs)))
    above: list[int] = []
    current: list[int] = []
    row = -1
    for index, (at, start, end) in enumerate(runs):
        if at != row:
            above = current if at == row + 1 else []
            current, row = [], at
        for other in above:
            if runs[other][1] <= end and runs[other][2] >= start:
                parent[_root(parent, other)] = _root(parent, index)
        current.append(index)
    labels = np.zeros((height, width), np.int32)
    numbers: dict[int, int] = {}
    for index, (at, start, end) in enumerate(runs):
        labels[at, start:end] = numbers.setdefault(_root(parent, index), len(numbers) + 1)
    return labels, len(numbers)


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index
