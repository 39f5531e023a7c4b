"""Small ONNX files in place of DeepFace's: the same names, inputs and outputs, and a judgement that tests can foresee.

`python onnx_files.py FOLDER [NAME...]` writes those of the named attributes, by default of all. Each model takes the
mean colour (BGR, or grey) of the picture, 0 to 1, weighs it, and gives probabilities (softmax).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, save

FILES = {
    "age": "age_model_weights.onnx",
    "gender": "gender_model_weights.onnx",
    "emotion": "facial_expression_model_weights.onnx",
    "race": "race_model_single_batch.onnx",
}
SURE = 1000.0
"""A weight that makes a small difference of colour decide."""

Weights = NDArray[np.float32]


def weights_of(name: str) -> tuple[Weights, Weights]:
    """Weights and biases: a warm picture is of a woman of 30, black, a grey one of a man of 60, white; a
    bright face is happy, a dark one sad."""
    if name == "emotion":
        weights, biases = np.zeros((1, 7), np.float32), np.full(7, -SURE, np.float32)
        weights[0, 3], biases[3], biases[4] = SURE, -SURE * 0.3, 0
        return weights, biases
    count, warm, cold = {"age": (101, 30, 60), "gender": (2, 0, 1), "race": (6, 2, 3)}[name]
    weights, biases = np.zeros((3, count), np.float32), np.full(count, -SURE, np.float32)
    weights[:, warm] = (-SURE, 0, SURE)
    biases[warm], biases[cold] = -SURE * 0.04, 0
    return weights, biases


def model(
    weights: Weights, biases: Weights, shape: Sequence[int | str], softmax: bool = True, kind: int = TensorProto.FLOAT
) -> ModelProto:
    """A model of pictures of this shape: mean colour, times `weights`, plus `biases`, softmax."""
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["colour"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["colour", "weights"], ["weighed"]),
        helper.make_node("Add", ["weighed", "biases"], ["sums" if softmax else "out"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["sums"], ["out"], axis=1))
    held = [
        helper.make_tensor("weights", kind, weights.shape, weights.ravel().tolist()),
        helper.make_tensor("biases", kind, biases.shape, biases.tolist()),
    ]
    given = [helper.make_tensor_value_info("picture", kind, shape)]
    out = [helper.make_tensor_value_info("out", kind, [shape[0], len(biases)])]
    graph = helper.make_graph(nodes, "mean colour", given, out, held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def shape_of(name: str) -> list[int | str]:
    """What DeepFace's model of this attribute takes; the first length is open."""
    return ["batch", 48, 48, 1] if name == "emotion" else ["batch", 224, 224, 3]


def write(folder: Path, names: Sequence[str] = tuple(FILES), instead: Mapping[str, ModelProto] | None = None) -> None:
    """Write the files of these attributes; `instead` has other models for some."""
    for name in names:
        made = (instead or {}).get(name) or model(*weights_of(name), shape_of(name))
        save(made, folder / FILES[name])


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:] or tuple(FILES))
