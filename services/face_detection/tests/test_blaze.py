"""The models as LiteRT runs them: their arithmetic by hand, and inputs of other sizes."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import FACE, iou, resized, sample

from face_detection.blaze import FULL_RANGE, SHORT_RANGE, Blaze, Layout, blended, model_file, overlaps
from face_detection.detector import window_size


def test_boxes_of_one_thing_are_blended_by_hand() -> None:
    rows = np.array(
        [[0, 0, 10, 10, 0.6, 5, 5], [40, 0, 50, 10, 0.7, 45, 5], [2, 0, 12, 10, 0.9, 7, 5], [10, 0, 20, 10, 0.5, 0, 0]],
        np.float32,
    )
    # The first and the third share 80 of 120; 0.6 of 1.5 is 0.4 of the weight. The last shares 20 of 180.
    assert blended(rows) == pytest.approx(
        np.array([[1.2, 0, 11.2, 10, 0.9, 6.2, 5], [40, 0, 50, 10, 0.7, 45, 5], [10, 0, 20, 10, 0.5, 0, 0]], np.float32)
    )


def test_overlap_by_hand() -> None:
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [3, 3, 3, 3]], np.float32)
    assert overlaps(np.array([0, 0, 10, 10], np.float32), others) == pytest.approx([1, 1 / 3, 0, 0])


@pytest.mark.parametrize(("layout", "points"), [(SHORT_RANGE, 6), (FULL_RANGE, 6)])
def test_each_model_sees_the_sample_and_its_eyes(layout: Layout, points: int) -> None:
    factor = layout.size / 512
    (row,) = Blaze(layout, 0.5).look(resized(sample(), factor))
    assert row.shape == (5 + 2 * points,) and row[4] > 0.8
    assert iou(row[:4] / factor, FACE) > 0.6
    # The first two points are the eyes, that on the left of the picture first.
    eyes = row[5:9].reshape(2, 2) / factor
    assert eyes == pytest.approx(np.array([[202, 112], [245, 113]]), abs=12)


@pytest.mark.parametrize("size", [192, 256, 320, 448])
def test_a_larger_input_sees_the_same_face_at_another_place(size: int) -> None:
    model = Blaze(FULL_RANGE, 0.5, size)
    small = resized(sample(), 192 / 512)
    picture = np.zeros((size, size, 3), np.uint8)
    offset = size - 192
    picture[offset:, offset:] = small
    (row,) = model.look(picture)
    box = (row[:4] - offset) * 512 / 192
    assert iou(box, FACE) > 0.6 and row[4] > 0.6


def test_what_is_surer_than_the_limit_is_there_and_nothing_else() -> None:
    picture = resized(sample(), 128 / 512)
    scores = Blaze(SHORT_RANGE, 0.05).look(picture)[:, 4]
    assert len(scores) > 1 and (np.diff(scores) <= 0).all() and scores.min() >= 0.05
    assert len(Blaze(SHORT_RANGE, 0.95).look(picture)) == 0


def test_models_that_are_not_there_or_others() -> None:
    with pytest.raises(FileNotFoundError, match="0.10.21"):
        model_file("face_detection/none.tflite")
    with pytest.raises(ValueError, match="takes"):
        Blaze(Layout(SHORT_RANGE.file, 192, SHORT_RANGE.grids), 0.5)
    with pytest.raises(ValueError, match="does not give 256 boxes"):
        Blaze(Layout(SHORT_RANGE.file, 128, ((16, 1),)), 0.5)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    # One window of 320; one of 256; four of 384 rather than nine of 320; a strip, in nine windows of 192.
    [(320, 320, 320), (250, 120, 256), (700, 660, 384), (1300, 150, 192)],
)
def test_windows_cost_as_little_as_possible(width: int, height: int, size: int) -> None:
    assert window_size(width, height) == size
