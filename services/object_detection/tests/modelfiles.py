"""Small model files for the tests, ONNX and TFLite: they take a picture and give what the test says.

Every output is a constant, plus zero times the mean of the picture. With `look`, values of the picture are written into
the output, so that a test sees what the model was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper

Outputs = Sequence[tuple[str, Any]]
_KINDS = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8, "float16": TensorProto.FLOAT16}


def write_onnx(
    path: Path,
    shape: Sequence[int | str],
    outputs: Outputs,
    kind: str = "float32",
    look: tuple[int, tuple[int, int]] | None = None,
    open_sides: bool = False,
) -> Path:
    """A model with an input `image` of this shape (a text is an open side) and constant outputs.

    `look` = (row, (y, x)): this row of the first output has, from its fifth column on, the three colours of the input
    at (y, x). `open_sides`: the outputs do not tell their shapes.
    """
    nodes = [
        helper.make_node("Cast", ["image"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
    ]
    constants = [numpy_helper.from_array(np.zeros((), np.float32), "zero")]
    given = []
    for index, (name, value) in enumerate(outputs):
        array = np.asarray(value, np.float32)
        constants.append(numpy_helper.from_array(array, f"constant {index}"))
        nodes.append(helper.make_node("Add", [f"constant {index}", "nothing"], [f"sum {index}"]))
        last = f"sum {index}"
        if index == 0 and look is not None:
            last = _with_look(nodes, constants, array.shape, *look)
        whole = np.asarray(value).dtype.kind == "i"
        nodes.append(helper.make_node("Cast", [last], [name], to=TensorProto.INT64 if whole else TensorProto.FLOAT))
        sides = [None] * array.ndim if open_sides else array.shape
        given.append(helper.make_tensor_value_info(name, TensorProto.INT64 if whole else TensorProto.FLOAT, sides))
    picture = helper.make_tensor_value_info("image", _KINDS[kind], list(shape))
    graph = helper.make_graph(nodes, "test", [picture], given, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def _with_look(nodes: Any, constants: Any, shape: tuple[int, ...], row: int, place: tuple[int, int]) -> str:
    """Nodes that put the three colours of the input at `place` (y, x) into a row of (1, rows, columns)."""
    assert len(shape) == 3 and shape[2] >= 7
    constants.append(numpy_helper.from_array(np.array([[0, colour, *place] for colour in range(3)]), "places"))
    constants.append(numpy_helper.from_array(np.array([[0, row, 4 + colour] for colour in range(3)]), "targets"))
    nodes.append(helper.make_node("GatherND", ["values", "places"], ["seen"]))
    nodes.append(helper.make_node("ScatterND", ["sum 0", "targets", "seen"], ["looked"]))
    return "looked"


def write_tflite(
    path: Path, shape: Sequence[int], outputs: Outputs, kind: str = "float32", scale: float = 0, mean: float = 0
) -> Path:
    """A model with one input of this shape, and constant outputs; with `scale` they are bytes, value / scale.

    `mean` times the mean of what the model is given is added to each output.
    """
    builder = _Tflite()
    types = {"float32": schema.TensorType.FLOAT32, "uint8": schema.TensorType.UINT8, "int8": schema.TensorType.INT8}
    picture = builder.tensor("image", shape, types[kind])
    values = picture
    if kind != "float32":
        values = builder.tensor("values", shape, schema.TensorType.FLOAT32)
        builder.operator(schema.BuiltinOperator.CAST, [picture], [values])
    axes = builder.tensor("axes", [4], schema.TensorType.INT32, np.arange(4, dtype=np.int32))
    average = builder.tensor("mean", [], schema.TensorType.FLOAT32)
    builder.operator(schema.BuiltinOperator.MEAN, [values, axes], [average], schema.ReducerOptionsT())
    factor = builder.tensor("factor", [], schema.TensorType.FLOAT32, np.array(mean, np.float32))
    more = builder.tensor("more", [], schema.TensorType.FLOAT32)
    builder.operator(schema.BuiltinOperator.MUL, [average, factor], [more], schema.MulOptionsT())
    given = []
    for name, value in outputs:
        array = np.asarray(value, np.float32)
        constant = builder.tensor(f"{name} constant", array.shape, schema.TensorType.FLOAT32, array)
        sum_name = f"{name} sum" if scale else name
        result = builder.tensor(sum_name, array.shape, schema.TensorType.FLOAT32)
        builder.operator(schema.BuiltinOperator.ADD, [constant, more], [result], schema.AddOptionsT())
        if scale:
            small = builder.tensor(name, array.shape, schema.TensorType.UINT8, scale=scale)
            builder.operator(schema.BuiltinOperator.QUANTIZE, [result], [small], schema.QuantizeOptionsT())
            result = small
        given.append(result)
    path.write_bytes(builder.file(picture, given))
    return path


class _Tflite:
    """Collects tensors and operators of one graph."""

    def __init__(self) -> None:
        self._buffers = [schema.BufferT()]
        self._tensors: list[Any] = []
        self._operators: list[Any] = []
        self._codes: list[int] = []

    def tensor(self, name: str, shape: Sequence[int], kind: int, data: Any = None, scale: float = 0) -> int:
        one = schema.TensorT()
        one.name, one.shape, one.type, one.buffer = name, list(shape), kind, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.asarray(data).tobytes(), np.uint8)
            one.buffer = len(self._buffers)
            self._buffers.append(buffer)
        if scale:
            one.quantization = schema.QuantizationParametersT()
            one.quantization.scale, one.quantization.zeroPoint = [scale], [0]
        self._tensors.append(one)
        return len(self._tensors) - 1

    def operator(self, code: int, inputs: list[int], outputs: list[int], options: Any = None) -> None:
        if code not in self._codes:
            self._codes.append(code)
        one = schema.OperatorT()
        one.opcodeIndex, one.inputs, one.outputs = self._codes.index(code), inputs, outputs
        if options is not None:
            one.builtinOptions = options
            name = type(options).__name__.removesuffix("T")
            one.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        self._operators.append(one)

    def file(self, picture: int, outputs: list[int]) -> bytes:
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self._tensors, self._operators
        graph.inputs, graph.outputs = [picture], outputs
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, [graph], self._buffers, []
        for code in self._codes:
            one = schema.OperatorCodeT()
            one.builtinCode, one.deprecatedBuiltinCode, one.version = code, min(code, 127), 1
            model.operatorCodes.append(one)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
