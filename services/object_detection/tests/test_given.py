"""Detectors given as files: from the bytes of a picture to boxes in it, and what is said of files that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from modelfiles import write_onnx, write_tflite
from pictures import Pixels

from object_detection.given import GivenDetector
from object_detection.labels import WrongModel
from object_detection.runtime import open_model
from object_detection.settings import ModelSettings, read_settings

LABELS = ["cat", "dog", "bird"]
WIDE = np.full((100, 200, 3), 200, np.uint8)
YOLO8 = np.array(
    # Three boxes of a 64 x 64 input: a dog; the same dog, a little to the right; a cat in the dog's place.
    [[[32, 33, 32], [32, 32, 32], [16, 16, 16], [8, 8, 8], [0, 0, 0.7], [0.9, 0.8, 0], [0, 0, 0]]],
    np.float32,
)
SSD = [
    ("boxes:0", [[[0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.5, 0.25]]]),
    ("classes:1", [[1.0, 2.0]]),
    ("scores:2", [[0.75, 0.875]]),
    ("count:3", [2.0]),
]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(LABELS) + "\n")
    return path


def found(model: Path, labels: Path, picture: Pixels = WIDE, threshold: float = 0.5, **more: Any) -> list[Any]:
    detector = GivenDetector(ModelSettings(model=str(model), labels=str(labels), **more))
    things = detector.find(picture, threshold)
    return [(thing.label, round(thing.score, 3), [round(value, 3) for value in thing.box]) for thing in things]


def test_yolo8_as_onnx(tmp_path: Path, labels: Path) -> None:
    model = write_onnx(tmp_path / "m.onnx", [1, 3, 64, 64], [("output0", YOLO8)])
    # 200 x 100 lies at 0.32 in rows 16 to 48: x 24..40 is 75..125, y 28..36 is 37.5..62.5. The second dog goes.
    box = [75, 37.5, 125, 62.5]
    assert found(model, labels) == [("dog", 0.9, box), ("cat", 0.7, box)]
    assert found(model, labels, threshold=0.75) == [("dog", 0.9, box)]
    assert len(found(model, labels, overlap=0.95)) == 3
    # Stretched, a pixel of the input is 3.125 wide and 1.5625 high.
    assert found(model, labels, fit="stretch", threshold=0.85) == [("dog", 0.9, [75, 43.75, 125, 56.25])]


def test_yolo8_as_tflite_gives_shares(tmp_path: Path, labels: Path) -> None:
    shares = YOLO8.copy()
    shares[:, :4] /= 64
    model = write_tflite(tmp_path / "m.tflite", [1, 64, 64, 3], [("Identity", shares)])
    assert found(model, labels)[0] == ("dog", 0.9, [75, 37.5, 125, 62.5])


def test_quantised_yolo8(tmp_path: Path, labels: Path) -> None:
    shares = YOLO8.copy()
    shares[:, :4] /= 64
    model = write_tflite(tmp_path / "m.tflite", [1, 64, 64, 3], [("Identity", shares)], kind="int8", scale=1 / 256)
    (label, score, box), *_ = found(model, labels)
    assert (
        label == "dog" and score == pytest.approx(0.9, abs=0.003) and box == pytest.approx([75, 37.5, 125, 62.5], abs=1)
    )


@pytest.mark.parametrize(("kind", "expected"), [("float32", 60 / 255 - 0.1), ("uint8", 60), ("int8", 60 - 128)])
def test_what_a_tflite_model_is_given(tmp_path: Path, kind: str, expected: float) -> None:
    path = write_tflite(tmp_path / "m.tflite", [1, 8, 8, 3], [("Identity", [[5.0]])], kind=kind, mean=1)
    (output,) = open_model(path, 640).run(np.full((8, 8, 3), 60, np.uint8), -0.1, 0.9)
    assert output.tolist() == [[pytest.approx(5 + expected, abs=1e-4)]]


@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_ssd_as_tflite(tmp_path: Path, labels: Path, kind: str) -> None:
    model = write_tflite(tmp_path / "m.tflite", [1, 32, 32, 3], SSD, kind=kind)
    # Top, left, bottom, right as shares of a picture that was stretched.
    assert found(model, labels) == [("bird", 0.875, [0, 0, 50, 50]), ("dog", 0.75, [100, 25, 200, 75])]
    assert found(model, labels, fit="letterbox")[1] == ("dog", 0.75, [100, 0, 200, 100])


def test_classes_that_begin_with_one_and_unknown_ones(tmp_path: Path, labels: Path) -> None:
    outputs = [("boxes", SSD[0][1]), ("classes", [[1, 9]]), ("scores", SSD[2][1])]
    model = write_onnx(tmp_path / "m.onnx", [1, "height", "width", 3], outputs, kind="uint8")
    assert [label for label, _, _ in found(model, labels, first_class=1, size=32)] == ["cat"]


def test_torchvision_gives_pixels_with_x_first(tmp_path: Path, labels: Path) -> None:
    outputs = [("boxes", [[24, 28, 40, 36], [0, 0, 9, 9]]), ("labels", np.array([2, 0])), ("scores", [0.75, 0.25])]
    model = write_onnx(tmp_path / "m.onnx", [1, 3, 64, 64], outputs)
    assert found(model, labels, fit="letterbox") == [("bird", 0.75, [75, 37.5, 125, 62.5])]
    # In the other order the same numbers are another place: x 28 to 36, y 24 to 40.
    other = found(model, labels, fit="letterbox", layout="ssd", units="pixels")
    assert other == [("bird", 0.75, [87.5, 25, 112.5, 75])]


def test_raw_ssd_is_suppressed_here(tmp_path: Path, labels: Path) -> None:
    scores = [[[0.0, 0.75, 0.25], [0.0, 0.875, 0.0], [1.0, 0.0, 0.0]]]
    boxes = [[[0.5, 0.5, 1, 1], [0.5, 0.5, 1, 1], [0, 0, 0.5, 0.5]]]
    model = write_onnx(tmp_path / "m.onnx", [1, 3, 64, 64], [("scores", scores), ("boxes", boxes)])
    expected = [("cat", 1.0, [0, 0, 100, 50]), ("dog", 0.875, [100, 50, 200, 100])]
    assert found(model, labels) == expected


def test_yolo5_and_yolo_with_suppression(tmp_path: Path, labels: Path) -> None:
    rows = [[[32, 32, 16, 8, 0.9, 0.1, 1.0, 0.0], [32, 32, 16, 8, 0.8, 0.0, 1.0, 0.0]]]
    model = write_onnx(tmp_path / "5.onnx", [1, 3, 64, 64], [("output0", rows)])
    assert found(model, labels) == [("dog", 0.9, [75, 37.5, 125, 62.5])]
    done = [[[24, 28, 40, 36, 0.9, 1], [24, 28, 40, 36, 0.8, 1], [0, 0, 0, 0, 0, 0]]]
    model = write_onnx(tmp_path / "nms.onnx", [1, 3, 64, 64], [("output0", done)], open_sides=True)
    assert len(found(model, labels, layout="yolo-nms")) == 2, "what the model has suppressed is left as it is"


@pytest.mark.parametrize(("span", "expected"), [("auto", 0.6), ("0 1", 0.6), ("0.1, 0.9", 0.58)])
def test_what_the_model_sees(tmp_path: Path, labels: Path, span: str, expected: float) -> None:
    """Colours are red, green, blue, in the range that is set, and the picture is where the letterbox says."""
    rows = np.zeros((1, 1, 7), np.float32)
    rows[0, 0, :4] = (32, 32, 16, 8)
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[4, 10] = (0, 153, 51)
    # A picture of 64 x 32 lies in rows 16 to 48. The best of the three scores is the green one.
    model = write_onnx(tmp_path / "m.onnx", [1, 3, 64, 64], [("output0", rows)], look=(0, (20, 10)))
    ((label, score, box),) = found(model, labels, picture, threshold=0.1, range=span, layout="yolov8")
    assert (label, score) == ("dog", pytest.approx(expected, abs=1e-3)) and box == [24, 12, 40, 20]


def test_many_boxes_are_bounded(tmp_path: Path, labels: Path) -> None:
    rows = np.random.default_rng(1).random((1, 20_000, 8)).astype(np.float32)
    rows[:, :, :2] *= 64
    rows[:, :, 4] = 1
    model = write_onnx(tmp_path / "m.onnx", [1, 3, 64, 64], [("output0", rows)])
    assert len(found(model, labels, threshold=0.01, overlap=0.9)) == 300


def wrong(model: Path | None, labels: Path | None, **more: Any) -> str:
    with pytest.raises(WrongModel) as caught:
        files: dict[str, Any] = {
            name: str(path) for name, path in (("model", model), ("labels", labels)) if path is not None
        }
        GivenDetector(ModelSettings(**files, **more))
    return str(caught.value)


def test_files_that_are_wrong(tmp_path: Path, labels: Path) -> None:
    good = write_onnx(tmp_path / "m.onnx", [1, 3, 64, 64], [("output0", YOLO8)])
    assert "OBJECT_MODEL and OBJECT_LABELS are needed both" in wrong(good, None)
    assert "OBJECT_MODEL and OBJECT_LABELS are needed both" in wrong(None, labels)
    assert "there is no file" in wrong(tmp_path / "none.onnx", labels)
    assert "cannot be read" in wrong(good, tmp_path / "none.txt")
    text = tmp_path / "model.txt"
    text.write_text("no model")
    assert "neither .onnx nor .tflite" in wrong(text, labels)
    for ending in ("onnx", "tflite"):
        junk = tmp_path / f"junk.{ending}"
        junk.write_bytes(b"no model " * 100)
        assert "cannot be loaded" in wrong(junk, labels)
    few = tmp_path / "few.txt"
    few.write_text("cat\n\ndog\n")
    assert "one name in each line" in wrong(good, few)
    few.write_text("cat\ndog\n")
    assert "do not fit any known layout with 2 labels: output0 [1, 7, 3]" in wrong(good, few)


def test_models_that_are_wrong(tmp_path: Path, labels: Path) -> None:
    flat = write_onnx(tmp_path / "flat.onnx", [1, 784], [("output0", YOLO8)])
    assert "one picture of three colours" in wrong(flat, labels)
    grey = write_onnx(tmp_path / "grey.onnx", [1, 1, 64, 64], [("output0", YOLO8)])
    assert "no picture of three colours" in wrong(grey, labels)
    loud = write_onnx(tmp_path / "loud.onnx", [1, 3, 64, 64], [("output0", YOLO8 * 10)])
    assert "scores outside of 0 to 1" in wrong(loud, labels)
    broken = write_onnx(tmp_path / "broken.onnx", [1, 3, 64, 64], [("output0", YOLO8 * np.float32("nan"))])
    assert "no numbers" in wrong(broken, labels)
    six = write_onnx(tmp_path / "six.onnx", [1, 3, 64, 64], [("output0", np.zeros((1, 5, 6)))])
    assert "OBJECT_LAYOUT" in wrong(six, _one_label(tmp_path))


def _one_label(folder: Path) -> Path:
    path = folder / "one.txt"
    path.write_text("cat")
    return path


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("OBJECT_RANGE", "1 0", "OBJECT_RANGE is wrong: it must be 'auto' or two numbers"),
        ("OBJECT_RANGE", "black", "OBJECT_RANGE is wrong: it must be 'auto' or two numbers"),
        ("OBJECT_LAYOUT", "yolo", "OBJECT_LAYOUT is wrong"),
        ("OBJECT_SIZE", "many", "OBJECT_SIZE is wrong"),
    ],
)
def test_settings_that_are_wrong(monkeypatch: pytest.MonkeyPatch, name: str, value: str, text: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=text):
        read_settings()
