"""Model files, ONNX and TFLite, behind one face: pixels in, arrays out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Protocol

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from .labels import WrongModel
from .things import Pixels

Array = NDArray[Any]

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""What a model runs on: a graphics card where ONNX Runtime was made for one and there is one, else the processor."""


@dataclass(frozen=True)
class Shape:
    """What a model takes: pixels, and whether the three colours come first."""

    width: int
    height: int
    colours_first: bool


class Model(Protocol):
    """A loaded model, used by one thread at a time."""

    shape: Shape
    whole_numbers: bool
    """Whether it takes bytes: 0 (or -128) is black and 255 (or 127) white, whatever OBJECT_RANGE says."""
    outputs: list[tuple[str, tuple[int | None, ...]]]
    """Names and shapes; None is a side that is known only when it has run."""

    def run(self, picture: Pixels, low: float, high: float) -> list[Array]:
        """Work on an RGB picture of its shape, 0 to 255 scaled to `low` to `high`; the outputs in their order."""


def open_model(path: Path, size: int) -> Model:
    """Load a file by its ending; a side that the model leaves open becomes `size`. Raises WrongModel."""
    if not path.is_file():
        raise WrongModel(f"there is no file {path}")
    kinds: dict[str, Callable[[Path, int], Model]] = {".onnx": OnnxModel, ".tflite": TfliteModel}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise WrongModel(f"{path.name} is neither .onnx nor .tflite, going by its name")
    try:
        return kind(path, size)
    except WrongModel:
        raise
    except Exception as error:
        reason = re.sub(r"\s+", " ", str(error))[:300]
        raise WrongModel(f"{path.name} cannot be loaded: {reason}") from error


def _shape(name: str, sides: list[int | None], size: int) -> Shape:
    """The shape of an input; sides that are open are `size`."""
    if len(sides) != 4 or sides[0] not in (None, 1):
        raise WrongModel(f"{name} takes {sides}: one picture of three colours is needed, [1, 3, height, width] or last")
    if sides[1] == 3 and sides[3] != 3:
        return Shape(sides[3] or size, sides[2] or size, True)
    if sides[3] == 3:
        return Shape(sides[2] or size, sides[1] or size, False)
    raise WrongModel(f"{name} takes {sides}, which is no picture of three colours")


def _arranged(picture: Pixels, shape: Shape) -> Array:
    return np.ascontiguousarray(picture.transpose(2, 0, 1) if shape.colours_first else picture)[np.newaxis]


def _scaled(values: Array, low: float, high: float, kind: Any) -> Array:
    return (values.astype(np.float32) * np.float32((high - low) / 255) + np.float32(low)).astype(kind)


_ONNX_KINDS: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}


class OnnxModel:
    """A model that onnxruntime runs, on one core."""

    def __init__(self, path: Path, size: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        there = onnxruntime.get_available_providers()
        providers = [each for each in PROVIDERS if each in there]
        self._session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise WrongModel(f"{path.name} has {len(inputs)} inputs, and exactly one is needed, the picture")
        kind = inputs[0].type
        if kind not in _ONNX_KINDS:
            raise WrongModel(f"{path.name} takes {kind}: float, float16, double or uint8 are known")
        self.shape = _shape(path.name, [side if isinstance(side, int) else None for side in inputs[0].shape], size)
        self._name, self._kind = inputs[0].name, _ONNX_KINDS[kind]
        self.whole_numbers = self._kind is np.uint8
        self.outputs = [
            (one.name, tuple(side if isinstance(side, int) else None for side in one.shape))
            for one in self._session.get_outputs()
        ]

    def run(self, picture: Pixels, low: float, high: float) -> list[Array]:
        values = _arranged(picture, self.shape)
        given = values if self.whole_numbers else _scaled(values, low, high, self._kind)
        return [np.asarray(one) for one in self._session.run(None, {self._name: given})]


class TfliteModel:
    """A model that LiteRT runs, on one core; quantised values become numbers."""

    def __init__(self, path: Path, size: int) -> None:
        self._interpreter = Interpreter(str(path), num_threads=1)
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise WrongModel(f"{path.name} has {len(inputs)} inputs, and exactly one is needed, the picture")
        sides = [int(side) for side in inputs[0].get("shape_signature", inputs[0]["shape"])]
        self.shape = _shape(path.name, [side if side > 0 else None for side in sides], size)
        index, self._kind = int(inputs[0]["index"]), np.dtype(inputs[0]["dtype"]).type
        if self._kind not in (np.float32, np.uint8, np.int8):
            raise WrongModel(f"{path.name} takes {self._kind.__name__}: float32, uint8 or int8 are known")
        if min(sides) < 1:
            rows, columns = self.shape.height, self.shape.width
            whole = (1, 3, rows, columns) if self.shape.colours_first else (1, rows, columns, 3)
            self._interpreter.resize_tensor_input(index, whole)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self.whole_numbers = self._kind is not np.float32
        self._details = self._interpreter.get_output_details()
        self.outputs = [(str(one["name"]), tuple(int(side) or None for side in one["shape"])) for one in self._details]

    def run(self, picture: Pixels, low: float, high: float) -> list[Array]:
        given = _arranged(picture, self.shape)
        if not self.whole_numbers:
            given = _scaled(given, low, high, np.float32)
        elif self._kind is np.int8:
            given = (given.astype(np.int16) - 128).astype(np.int8)
        self._interpreter.set_tensor(self._input["index"], given)
        self._interpreter.invoke()
        return [_number(self._interpreter.get_tensor(one["index"]), one) for one in self._details]


def _number(values: Array, details: dict[str, Any]) -> Array:
    scale, zero = details["quantization"]
    if scale == 0 or values.dtype.kind == "f":
        return np.asarray(values)
    return np.asarray((values.astype(np.float32) - zero) * np.float32(scale))
