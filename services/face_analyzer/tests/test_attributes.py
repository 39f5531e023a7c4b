"""Attributes: what goes into the models, what is made of what comes out, and which model files are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx_files
import pytest
from edits import tilted
from onnx import ModelProto, TensorProto
from pictures import FACE, sample

from face_analyzer.attributes import ATTRIBUTES, Attributes, Model, UnfitModel, fitted, grey, level
from face_analyzer.files import FILES, present
from face_analyzer.finder import Box

BOX = Box(100, 50, 180, 130, 0.9)


def plain(red: int, green: int, blue: int) -> Any:
    return np.full((200, 300, 3), (red, green, blue), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("all")
    onnx_files.write(folder)
    return folder


@pytest.fixture(scope="module")
def attributes(folder: Path) -> Attributes:
    return Attributes(folder, list(FILES))


def test_the_files_are_those_that_the_tests_make() -> None:
    assert onnx_files.FILES == FILES and list(ATTRIBUTES) == list(FILES)


def test_present(folder: Path, tmp_path: Path) -> None:
    assert present(folder) == ["age", "gender", "emotion", "race"]
    onnx_files.write(tmp_path, ["race", "age"])
    (tmp_path / FILES["gender"]).mkdir()
    assert present(tmp_path) == ["age", "race"]
    assert present(tmp_path / "nowhere") == present(None) == []


def test_a_warm_and_a_grey_picture(attributes: Attributes) -> None:
    warm, cold = attributes.of(plain(200, 150, 100), BOX, 0), attributes.of(plain(60, 60, 60), BOX, 0)
    assert (warm["age"], warm["gender"], warm["dominant_emotion"], warm["dominant_race"]) == (
        30,
        "Woman",
        "happy",
        "black",
    )
    assert (cold["age"], cold["gender"], cold["dominant_emotion"], cold["dominant_race"]) == (60, "Man", "sad", "white")
    for told in (warm, cold):
        assert list(told["emotion"]) == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
        assert list(told["race"]) == ["asian", "indian", "black", "white", "middle eastern", "latino hispanic"]
        assert sum(told["emotion"].values()) == pytest.approx(100) and sum(told["race"].values()) == pytest.approx(100)


def test_age_is_the_whole_years_of_the_mean(folder: Path, tmp_path: Path) -> None:
    biases = np.full(101, -1000, np.float32)
    biases[[20, 51]] = np.log([0.25, 0.75])
    onnx_files.write(
        tmp_path, ["age"], {"age": onnx_files.model(np.zeros((3, 101), np.float32), biases, [1, 224, 224, 3])}
    )
    assert Attributes(tmp_path, ["age"]).of(plain(1, 2, 3), BOX, 0) == {"age": 43}, "0.25 x 20 + 0.75 x 51 = 43.25"


def test_without_models_nothing_is_told(tmp_path: Path) -> None:
    assert Attributes(tmp_path, []).of(plain(1, 2, 3), BOX, 0) == {}


def test_the_face_is_cut_out_level() -> None:
    x1, y1, x2, y2 = FACE
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    straight = level(sample(), Box(*FACE, 0.9), 0)
    assert straight.shape == (104, 105, 3)
    assert np.abs(straight.astype(int) - sample()[y1:y2, x1:x2]).mean() < 1
    turned = level(tilted(sample(), 25, *middle), Box(*FACE, 0.9), 25)
    assert np.abs(turned.astype(int) - straight).mean() < 6
    assert np.abs(level(sample(), Box(*FACE, 0.9), 25).astype(int) - straight).mean() > 20


def test_beyond_the_edges_it_is_black() -> None:
    cut = level(plain(200, 200, 200), Box(-40, -40, 40, 40, 0.9), 0)
    assert cut[:39, :39].max() == 0 and cut[41:, 41:].min() == 200


def test_fitted_into_a_square_with_black_borders() -> None:
    wide = fitted(np.ones((50, 100, 3), np.float32), 224)
    assert wide.shape == (224, 224, 3) and wide[56:168].min() == 1 and wide[:56].max() == wide[168:].max() == 0
    high = fitted(np.ones((300, 100, 3), np.float32), 224)
    assert high[:, 75:149].min() == 1 and high[:, :75].max() == high[:, 149:].max() == 0
    assert fitted(np.ones((1, 900, 3), np.float32), 224).sum() == 224 * 3


def test_grey_is_the_luma_of_bgr() -> None:
    picture = np.zeros((224, 224, 3), np.float32)
    picture[:, :] = (1.0, 0.5, 0.25)
    assert grey(picture).shape == (48, 48, 1)
    assert grey(picture) == pytest.approx(0.114 + 0.587 * 0.5 + 0.299 * 0.25, abs=1e-3)


def test_models_see_blue_first(tmp_path: Path) -> None:
    weights = np.array([[50, 0], [0, 0], [0, 50]], np.float32)  # blue: the first label, red: the second
    gender = onnx_files.model(weights, np.zeros(2, np.float32), ["n", 224, 224, 3])
    onnx_files.write(tmp_path, ["gender"], {"gender": gender})
    told = Attributes(tmp_path, ["gender"])
    assert told.of(plain(0, 0, 255), BOX, 0) == {"gender": "Woman"}
    assert told.of(plain(255, 0, 0), BOX, 0) == {"gender": "Man"}


def test_a_part_of_the_face_reaches_its_place_in_the_model() -> None:
    """What lies on the left cheek of the picture lies there in the input too, whatever the tilt."""
    picture = plain(0, 0, 0)
    cv2.circle(picture, (120, 90), 4, (255, 255, 255), -1)
    face = fitted(level(picture, BOX, 0).astype(np.float32) / 255, 224)
    rows, columns = np.nonzero(face[:, :, 0] > 0.5)
    assert (columns.mean(), rows.mean()) == pytest.approx((20 / 80 * 224, 40 / 80 * 224), abs=2)
    turned = fitted(level(picture, BOX, 90).astype(np.float32) / 255, 224)
    rows, columns = np.nonzero(turned[:, :, 0] > 0.5)
    assert (columns.mean(), rows.mean()) == pytest.approx((40 / 80 * 224, 60 / 80 * 224), abs=3), "turned anticlockwise"


ONES, NONE = np.ones((3, 2), np.float32), np.zeros(2, np.float32)
UNFIT: dict[str, tuple[ModelProto, str]] = {
    "channels first": (onnx_files.model(np.ones((224, 2), np.float32), NONE, [1, 3, 224, 224]), "[1, 3, 224, 224]"),
    "smaller": (onnx_files.model(ONES, NONE, [1, 112, 112, 3]), "and not one tensor(float) [1, 224, 224, 3]"),
    "double": (onnx_files.model(ONES, NONE, [1, 224, 224, 3], kind=TensorProto.DOUBLE), "tensor(double)"),
    "three labels": (
        onnx_files.model(np.ones((3, 3), np.float32), np.zeros(3, np.float32), [1, 224, 224, 3]),
        "the shape [1, 3], and not [1, 2]",
    ),
    "no probabilities": (onnx_files.model(ONES, NONE, [1, 224, 224, 3], softmax=False), "no probabilities"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_a_model_that_does_not_fit_is_refused(tmp_path: Path, kind: str) -> None:
    made, why = UNFIT[kind]
    onnx_files.write(tmp_path, ["gender"], {"gender": made})
    with pytest.raises(UnfitModel) as refused:
        Model(ATTRIBUTES["gender"], tmp_path / FILES["gender"])
    assert why in str(refused.value) and FILES["gender"] in str(refused.value)
    assert str(refused.value).endswith("or remove it; then gender is not told")


@pytest.mark.parametrize("content", [b"", b"<html>Not Found</html>", b"\x08\x08" + bytes(5_000)])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILES["age"]).write_bytes(content)
    with pytest.raises(UnfitModel, match="onnxruntime cannot read it"):
        Attributes(tmp_path, ["age"])


def test_a_model_that_was_cut_is_refused(folder: Path, tmp_path: Path) -> None:
    whole = (folder / FILES["age"]).read_bytes()
    (tmp_path / FILES["age"]).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnfitModel):
        Attributes(tmp_path, ["age"])
