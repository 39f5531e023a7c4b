"""What is found in pictures: faces of all sizes, and nothing where there is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from pictures import FACE, Pixels, iou, landscape, sample, with_face

from face_detection.boxes import Box, whole_boxes
from face_detection.detector import FaceDetector


def found(detector: FaceDetector, picture: Pixels) -> list[Box]:
    return whole_boxes(detector.find(picture), picture.shape[1], picture.shape[0])


@pytest.mark.parametrize("side", [64, 128, 512, 2048])
def test_the_sample_at_many_sizes(detector: FaceDetector, side: int) -> None:
    (box,) = found(detector, sample(side))
    assert iou([value * 512 / side for value in box], FACE) > 0.6


@pytest.mark.parametrize(("face", "x", "y"), [(24, 2100, 1500), (30, 40, 30), (40, 2880, 1900), (90, 700, 400)])
def test_a_small_face_in_a_large_picture(detector: FaceDetector, face: int, x: int, y: int) -> None:
    picture = landscape(3000, 2000)
    expected = with_face(picture, face, x, y)
    (box,) = found(detector, picture)
    assert iou(box, expected) > 0.5


@pytest.mark.parametrize("face", [150, 300, 450])
def test_every_size_between_in_a_large_picture(detector: FaceDetector, face: int) -> None:
    picture = landscape(3000, 2000)
    expected = with_face(picture, face, 1100, 500)
    (box,) = found(detector, picture)
    assert iou(box, expected) > 0.5


@pytest.mark.parametrize("upright", [False, True])
def test_a_face_at_the_end_of_a_small_strip(detector: FaceDetector, upright: bool) -> None:
    picture = landscape(130, 360) if upright else landscape(360, 130)
    expected = with_face(picture, 40, 5, 250) if upright else with_face(picture, 40, 235, 5)
    (box,) = found(detector, picture)
    assert iou(box, expected) > 0.5


def test_small_and_large_at_once(detector: FaceDetector) -> None:
    picture = landscape(1600, 1100)
    large = with_face(picture, 320, 50, 100)
    small = with_face(picture, 26, 1300, 900)
    first, second = found(detector, picture)
    assert iou(first, large) > 0.5 and iou(second, small) > 0.5


def test_twelve_faces(detector: FaceDetector) -> None:
    picture = landscape(1200, 900)
    expected = [
        with_face(picture, 60 + 2 * row, 300 * column + 20, 300 * row + 20) for row in range(3) for column in range(4)
    ]
    boxes = found(detector, picture)
    assert len(boxes) == 12
    assert all(max(iou(box, face) for box in boxes) > 0.5 for face in expected)


def test_a_face_that_fills_the_picture(detector: FaceDetector) -> None:
    x1, y1, x2, y2 = FACE
    close = np.ascontiguousarray(sample()[y1:y2, x1:x2])
    for picture in (close, np.asarray(cv2.resize(close, (900, 900)), np.uint8)):
        (box,) = found(detector, picture)
        assert iou(box, (0, 0, picture.shape[1], picture.shape[0])) > 0.8
    (box,) = found(detector, np.ascontiguousarray(sample()[y1 + 12 : y2 - 8, x1 + 12 : x2 - 8]))
    assert iou(box, (0, 0, 75, 75)) > 0.8


def test_two_faces_side_by_side_in_a_wide_strip(detector: FaceDetector) -> None:
    picture = landscape(2400, 260)
    expected = [with_face(picture, 80, 30, 10), with_face(picture, 80, 2000, 30)]
    boxes = found(detector, picture)
    assert len(boxes) == 2 and all(max(iou(box, face) for box in boxes) > 0.5 for face in expected)


def textures() -> dict[str, Pixels]:
    random = np.random.default_rng(11)
    noise = random.integers(0, 255, (600, 800, 3), dtype=np.uint8)
    made: dict[str, Pixels] = {"noise": noise, "hills": landscape(1500, 1000)}
    for sigma in (2, 5, 12):
        soft = cv2.GaussianBlur(noise, (0, 0), sigma)
        made[f"noise {sigma}"] = np.asarray(cv2.normalize(soft, soft.copy(), 0, 255, cv2.NORM_MINMAX), np.uint8)
    made["stripes"] = np.dstack([np.tile(np.array([0] * 9 + [255] * 9, np.uint8), (600, 40))] * 3)
    made["checks"] = np.dstack([np.kron(np.indices((20, 20)).sum(0) % 2, np.ones((40, 40))).astype(np.uint8) * 255] * 3)
    discs = np.full((600, 800, 3), 120, np.uint8)
    for _ in range(60):
        x, y, radius = (int(value) for value in random.integers((0, 0, 5), (800, 600, 80)))
        cv2.circle(discs, (x, y), radius, tuple(int(value) for value in random.integers(0, 255, 3)), -1)
    made["discs"] = discs
    for value in (0, 128, 255):
        made[f"plain {value}"] = np.full((700, 900, 3), value, np.uint8)
    body = sample().copy()
    body[:190, 140:310] = 128
    made["astronaut without a head"] = body
    return made


@pytest.mark.parametrize("name", textures())
def test_where_there_is_no_face_none_is_found(detector: FaceDetector, name: str) -> None:
    assert found(detector, textures()[name]) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 2), (7, 900), (193, 192)])
def test_odd_shapes(detector: FaceDetector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert found(detector, noise) == []
