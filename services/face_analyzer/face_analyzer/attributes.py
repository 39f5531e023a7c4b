"""Age, gender, emotion and race by the models of DeepFace, where their files are there; nothing is downloaded here.

What goes into a model, and what is made of what comes out, is that of DeepFace 0.0.103 with its ONNX backend and
mediapipe as detector (`modules/detection.py`, `modules/preprocessing.py`, `modules/demography.py`, MIT License): the
box is cut out with the eyes level, black where the picture ends; fitted into 224 x 224 with black borders, bilinear;
BGR, 0 to 1. Emotion sees the grey values of that, scaled to 48 x 48. Every model gives probabilities, one per label.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .files import FILES
from .finder import Box, Pixels

Values = NDArray[np.float32]

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""What a model runs on: a graphics card where ONNX Runtime was made for one and there is one, else the processor."""

SIDE = 224
EMOTION_SIDE = 48

SUM_TOLERANCE = 0.01
"""How far the probabilities of a model may be from a sum of 1."""


class UnfitModel(Exception):
    """A model file cannot be used; the text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A model of DeepFace: the side and channels of the picture that goes in, and what its outputs mean."""

    name: str
    side: int
    channels: int
    labels: tuple[str, ...]


AGE = Attribute("age", SIDE, 3, tuple(str(years) for years in range(101)))
GENDER = Attribute("gender", SIDE, 3, ("Woman", "Man"))
EMOTION = Attribute("emotion", EMOTION_SIDE, 1, ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"))
RACE = Attribute("race", SIDE, 3, ("asian", "indian", "black", "white", "middle eastern", "latino hispanic"))
ATTRIBUTES = {each.name: each for each in (AGE, GENDER, EMOTION, RACE)}


class Model:
    """One model, loaded and tried. Raises UnfitModel where it is not what DeepFace's is."""

    def __init__(self, attribute: Attribute, path: Path) -> None:
        self._attribute = attribute
        self._path = path
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            there = onnxruntime.get_available_providers()
            providers = [each for each in PROVIDERS if each in there]
            self._session = onnxruntime.InferenceSession(path, options, providers=providers)
        except Exception as error:  # the errors of onnxruntime have no class in common but this
            raise self._unfit(f"onnxruntime cannot read it ({str(error)[:200]})") from error
        self._check_input()
        shape = (attribute.side, attribute.side, attribute.channels)
        self.probabilities(np.full(shape, 0.5, np.float32))

    def probabilities(self, picture: Values) -> NDArray[np.float64]:
        """Return one probability per label for a picture (side x side x channels, 0 to 1)."""
        try:
            outputs = self._session.run(None, {self._input: np.ascontiguousarray(picture[None])})
        except Exception as error:
            raise self._unfit(f"it does not run ({str(error)[:200]})") from error
        found = np.asarray(outputs[0], dtype=np.float64)
        expected = (1, len(self._attribute.labels))
        if found.shape != expected:
            raise self._unfit(f"its first output has the shape {list(found.shape)}, and not {list(expected)}")
        if not np.isfinite(found).all() or found.min() < 0 or abs(found.sum() - 1) > SUM_TOLERANCE:
            raise self._unfit("its outputs are no probabilities: they are below 0, or their sum is not 1")
        return np.asarray(found[0])

    def _check_input(self) -> None:
        inputs = self._session.get_inputs()
        wanted = [1, self._attribute.side, self._attribute.side, self._attribute.channels]
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or not _fits(inputs[0].shape, wanted):
            found = ", ".join(f"{each.type} {each.shape}" for each in inputs)
            raise self._unfit(f"its inputs are [{found}], and not one tensor(float) {wanted}")
        self._input: str = inputs[0].name

    def _unfit(self, why: str) -> UnfitModel:
        return UnfitModel(
            f"the model file {self._path} does not fit: {why}. Fetch it again with `make models`, or remove it; "
            f"then {self._attribute.name} is not told"
        )


class Attributes:
    """The models of the named attributes from a folder, loaded. Raises UnfitModel."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self._models = {name: Model(ATTRIBUTES[name], folder / FILES[name]) for name in names}

    def of(self, picture: Pixels, box: Box, roll: float) -> dict[str, Any]:
        """What the models say of the face in a box that is turned by `roll` degrees: the keys of DeepFace's result,
        and `gender` its most likely value; without models, nothing."""
        if not self._models:
            return {}
        face = fitted(level(picture, box, roll).astype(np.float32) / 255, SIDE)[:, :, ::-1]
        told: dict[str, Any] = {}
        for name, model in self._models.items():
            told |= _told(name, model.probabilities(grey(face) if name == EMOTION.name else face))
        return told


def _told(name: str, probabilities: NDArray[np.float64]) -> dict[str, Any]:
    """The fields of the result that an attribute gives."""
    if name == AGE.name:
        return {"age": int(probabilities @ np.arange(len(AGE.labels)))}
    if name == GENDER.name:
        return {"gender": GENDER.labels[int(probabilities.argmax())]}
    labels = (EMOTION if name == EMOTION.name else RACE).labels
    shares = 100 * probabilities / probabilities.sum()
    return {
        f"dominant_{name}": labels[int(shares.argmax())],
        name: {label: round(share, 3) for label, share in zip(labels, shares.tolist(), strict=True)},
    }


def level(picture: Pixels, box: Box, roll: float) -> Pixels:
    """The part of a picture in a box, turned about its middle so that the eyes are level; black beyond the edges."""
    width, height = max(1, round(box.right - box.left)), max(1, round(box.bottom - box.top))
    middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    matrix = cv2.getRotationMatrix2D(middle, roll, 1.0)
    matrix[0, 2] += width / 2 - middle[0]
    matrix[1, 2] += height / 2 - middle[1]
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC), dtype=np.uint8)


def fitted(face: Values, side: int) -> Values:
    """A picture scaled to fit into a square, and set in its middle on black."""
    height, width = face.shape[:2]
    factor = min(side / height, side / width)
    inner = max(1, int(width * factor)), max(1, int(height * factor))
    square = np.zeros((side, side, face.shape[2]), np.float32)
    left, top = (side - inner[0]) // 2, (side - inner[1]) // 2
    square[top : top + inner[1], left : left + inner[0]] = cv2.resize(face, inner, interpolation=cv2.INTER_LINEAR)
    return square


def grey(face: Values) -> Values:
    """The grey values of a BGR picture, as large as the emotion model takes it."""
    values = cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(values, (EMOTION_SIDE, EMOTION_SIDE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(small, dtype=np.float32)[:, :, None]


def _fits(shape: list[int | str | None], wanted: list[int]) -> bool:
    """Whether a shape of a model is the wanted one; what it leaves open (a name, None) takes any length."""
    return len(shape) == len(wanted) and all(
        not isinstance(length, int) or length == want for length, want in zip(shape, wanted, strict=True)
    )
