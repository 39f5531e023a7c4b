"""How the outputs of detectors are read: each layout by hand-computed arrays, and which layout it is."""

from __future__ import annotations

import numpy as np
import pytest

from object_detection import layouts
from object_detection.labels import WrongModel
from object_detection.layouts import Layout, find_layout

YOLO5 = np.array([[[10, 20, 4, 8, 0.5, 0.2, 0.8], [50, 60, 10, 10, 0.9, 1.0, 0.0]]], np.float32)
YOLO8 = np.array([[[10, 50, 70], [20, 60, 80], [4, 10, 2], [8, 10, 2], [0.1, 0.9, 0], [0.4, 0, 0.3]]], np.float32)


def test_yolo5_by_hand() -> None:
    raw = layouts.read_yolo5([YOLO5], 2)
    assert raw.boxes.tolist() == [[8, 16, 12, 24], [45, 55, 55, 65]]
    # 0.5 that there is a thing, times 0.8 that it is of class 1.
    assert raw.scores == pytest.approx([0.4, 0.9]) and raw.classes.tolist() == [1, 0]


@pytest.mark.parametrize("turned", [False, True])
def test_yolo8_by_hand(turned: bool) -> None:
    raw = layouts.read_yolo8([YOLO8.transpose(0, 2, 1) if turned else YOLO8], 2)
    assert raw.boxes.tolist() == [[8, 16, 12, 24], [45, 55, 55, 65], [69, 79, 71, 81]]
    assert raw.scores == pytest.approx([0.4, 0.9, 0.3]) and raw.classes.tolist() == [1, 0, 1]


def test_yolo_with_its_own_suppression_by_hand() -> None:
    raw = layouts.read_yolo_nms([np.array([[[1, 2, 3, 4, 0.75, 1], [0, 0, 0, 0, 0, 0]]], np.float32)], 2)
    assert raw.boxes[0].tolist() == [1, 2, 3, 4] and raw.scores.tolist() == [0.75, 0] and raw.classes.tolist() == [1, 0]


def test_ssd_by_hand() -> None:
    boxes = np.array([[[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8], [9, 9, 9, 9]]], np.float32)
    classes, scores = np.array([[2.0, 0.0, 5.0]]), np.array([[0.75, 0.5, 0.9]], np.float32)
    raw = layouts.read_ssd([boxes, classes, scores, np.array([2.0])], 3)
    # Top, left, bottom, right; the count says that the third row is nothing.
    assert raw.boxes == pytest.approx(np.array([[0.2, 0.1, 0.4, 0.3], [0.6, 0.5, 0.8, 0.7]], np.float32))
    assert raw.classes.tolist() == [2, 0] and raw.scores.tolist() == [0.75, 0.5]
    assert len(layouts.read_ssd_xy([boxes, classes, scores], 3).boxes) == 3


@pytest.mark.parametrize("background", [True, False])
def test_raw_ssd_by_hand(background: bool) -> None:
    boxes = np.array([[[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]]], np.float32)
    scores = np.array([[[0.9, 0.1, 0.25], [0.125, 0.75, 0.125]]], np.float32)
    raw = layouts.read_ssd_raw([boxes, scores if background else scores[:, :, 1:]], 2)
    assert raw.boxes.tolist() == boxes[0].tolist()
    assert raw.scores.tolist() == [0.25, 0.75] and raw.classes.tolist() == [1, 0]


def layout(outputs: list[tuple[str, tuple[int | None, ...]]], labels: int = 80, wanted: str = "auto") -> Layout:
    return find_layout(outputs, labels, wanted)


@pytest.mark.parametrize(
    ("outputs", "labels", "name", "pick"),
    [
        ([("output0", (1, 25200, 85))], 80, "yolov5", (0,)),
        ([("output0", (1, 84, 8400))], 80, "yolov8", (0,)),
        ([("output0", (1, 8400, 84))], 80, "yolov8", (0,)),
        ([("output0", (1, 300, 6))], 80, "yolo-nms", (0,)),
        ([("output0", (None, 300, 6))], 80, "yolo-nms", (0,)),
        (
            [
                ("TFLite_Detection_PostProcess", (1, 10, 4)),
                ("TFLite_Detection_PostProcess:1", (1, 10)),
                ("TFLite_Detection_PostProcess:2", (1, 10)),
                ("TFLite_Detection_PostProcess:3", (1,)),
            ],
            90,
            "ssd",
            (0, 1, 2, 3),
        ),
        (
            [
                ("StatefulPartitionedCall:1", (1, 10)),
                ("StatefulPartitionedCall:3", (1, 10, 4)),
                ("StatefulPartitionedCall:0", (1,)),
                ("StatefulPartitionedCall:2", (1, 10)),
            ],
            90,
            "ssd",
            (1, 3, 0, 2),
        ),
        (
            [
                ("detection_scores", (1, 10)),
                ("num_detections", (1,)),
                ("detection_boxes", (1, 10, 4)),
                ("classes", (1, 10)),
            ],
            90,
            "ssd",
            (2, 3, 0, 1),
        ),
        ([("boxes", (None, 4)), ("labels", (None,)), ("scores", (None,))], 91, "ssd-xy", (0, 1, 2)),
        ([("scores", (1, 4420, 2)), ("boxes", (1, 4420, 4))], 1, "ssd-raw", (1, 0)),
        ([("boxes", (1, 100, 4)), ("scores", (1, 100, 20))], 20, "ssd-raw", (0, 1)),
    ],
)
def test_known_outputs(
    outputs: list[tuple[str, tuple[int | None, ...]]], labels: int, name: str, pick: tuple[int, ...]
) -> None:
    found = layout(outputs, labels)
    assert (found.name, found.pick) == (name, pick)


def test_outputs_that_may_be_two_things_are_not_guessed() -> None:
    with pytest.raises(WrongModel, match="may be yolov5 or yolo-nms with 1 labels.*OBJECT_LAYOUT"):
        layout([("output0", (1, 300, 6))], 1)
    assert layout([("output0", (1, 300, 6))], 1, "yolo-nms").name == "yolo-nms"
    assert layout([("output0", (1, None, None))], 3, "yolov5").name == "yolov5"


@pytest.mark.parametrize(
    ("outputs", "wanted"),
    [
        ([("output0", (1, 25200, 85))], "yolov8"),
        ([("output0", (1, 25200, 86))], "auto"),
        ([("heat", (1, 80, 80, 3))], "auto"),
        ([("boxes", (1, 10, 4)), ("scores", (1, 20, 80))], "auto"),
        ([("boxes", (1, 10, 4)), ("more", (1, 10, 4)), ("scores", (1, 10))], "ssd"),
    ],
)
def test_outputs_that_do_not_fit(outputs: list[tuple[str, tuple[int | None, ...]]], wanted: str) -> None:
    with pytest.raises(WrongModel, match=r"do not fit .* with 80 labels: \w+ \["):
        layout(outputs, 80, wanted)
