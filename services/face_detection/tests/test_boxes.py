"""The geometry: boxes, duplicates, tiles."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from face_detection.boxes import Face, iou, same_face, tile_starts, whole_boxes, without_duplicates

VALUES = st.floats(-1e6, 1e6)
FACES = st.builds(Face, VALUES, VALUES, VALUES, VALUES, st.floats(0, 1))
SIDES = st.integers(1, 10_000)


@settings(deadline=None)
@given(FACES, FACES)
def test_iou_is_a_share(one: Face, other: Face) -> None:
    assert 0 <= iou(one, other) <= 1.0001
    assert abs(iou(one, other) - iou(other, one)) < 1e-9


def test_iou_examples() -> None:
    assert iou(Face(0, 0, 10, 10, 1), Face(0, 0, 10, 10, 1)) == 1
    assert iou(Face(0, 0, 10, 10, 1), Face(5, 0, 15, 10, 1)) == 1 / 3
    assert iou(Face(0, 0, 10, 10, 1), Face(10, 0, 20, 10, 1)) == 0
    assert iou(Face(3, 3, 3, 3, 1), Face(3, 3, 3, 3, 1)) == 0


@settings(deadline=None)
@given(st.lists(FACES, max_size=12))
def test_no_two_kept_boxes_show_one_face(faces: list[Face]) -> None:
    kept = without_duplicates(faces)
    assert set(kept) <= set(faces)
    assert [face.score for face in kept] == sorted((face.score for face in kept), reverse=True)
    for index, face in enumerate(kept):
        assert not any(same_face(face, other, 0.3) for other in kept[:index])
    for face in faces:
        assert face in kept or any(same_face(face, other, 0.3) for other in kept)


def test_a_face_cut_by_a_tile_is_the_same_but_a_small_face_before_a_large_is_not() -> None:
    whole, cut, small = Face(0, 0, 100, 100, 0.9), Face(0, 0, 45, 100, 0.6), Face(10, 10, 30, 30, 0.7)
    assert without_duplicates([cut, whole, small]) == [whole, small]


@settings(deadline=None)
@given(st.integers(1, 3_000), st.integers(20, 300), st.integers(10, 200))
def test_tiles_cover_everything_and_overlap(length: int, tile: int, stride: int) -> None:
    stride = min(stride, tile)
    starts = tile_starts(length, tile, stride)
    assert starts[0] == 0 and (length <= tile or starts[-1] == length - tile)
    assert all(0 <= after - before <= stride + 1 for before, after in zip(starts, starts[1:]))


@settings(deadline=None)
@given(st.lists(FACES, max_size=8), SIDES, SIDES)
def test_whole_boxes_are_inside_largest_first(faces: list[Face], width: int, height: int) -> None:
    boxes = whole_boxes(faces, width, height)
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in boxes]
    assert all(0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for x1, y1, x2, y2 in boxes)
    assert areas == sorted(areas, reverse=True)


def test_whole_boxes_examples() -> None:
    faces = [Face(-3, 1.5, 4.2, 9, 1), Face(20, 20, 99, 99, 1), Face(70, 0, 80, 10, 1)]
    assert whole_boxes(faces, 50, 40) == [(20, 20, 50, 40), (0, 1, 5, 9)]


def test_moved_and_mirrored() -> None:
    assert Face(1, 2, 3, 4, 0.5).moved(0.5, 10, 20) == Face(12, 24, 16, 28, 0.5)
    assert Face(1, 2, 3, 4, 0.5).mirrored(10) == Face(7, 2, 9, 4, 0.5)
