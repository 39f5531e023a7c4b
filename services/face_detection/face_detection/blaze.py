"""Runs the detectors that come inside mediapipe (BlazeFace and its kin) with LiteRT: a square of pixels in, boxes out.

They are single shot detectors: at each cell of a grid stand anchors, and each anchor gets a score, a box and key points
relative to it (Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs"). Anchors,
value ranges and the blending of overlapping boxes are those of mediapipe's own graphs. The package mediapipe itself is
not imported: its graphs copy and scale each picture several times over, which costs as much as the models do.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Rows = NDArray[np.float32]
"""One row per thing: left, top, right, bottom, score, then x and y of each key point; in pixels."""

SAME = 0.3
"""Boxes of a higher intersection over union show one thing and are blended."""


@dataclass(frozen=True)
class Layout:
    """One of mediapipe's detectors. The file is a path within its folder `modules`."""

    file: str
    size: int
    """Pixels of each side of the input."""
    grids: tuple[tuple[int, int], ...]
    """Cells of a side, and anchors of a cell, in the order of the outputs."""
    lowest: float = -1.0
    """What black is, -1 or 0; white is 1."""


SHORT_RANGE = Layout("face_detection/face_detection_short_range.tflite", 128, ((16, 2), (8, 6)))
FULL_RANGE = Layout("face_detection/face_detection_full_range_sparse.tflite", 192, ((48, 1),))


def model_file(name: str) -> Path:
    """A file of the folder `modules` of mediapipe. Raises FileNotFoundError where it is not there."""
    package = find_spec("mediapipe")
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder) / "modules" / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} is not there: mediapipe 0.10.21 is the last release that holds it")


def widened(model: bytes, size: int, wanted: int) -> bytes:
    """A model that takes squares of `size` pixels, made ready for `wanted` ones; both are multiples of 32.

    BlazeFace is made of convolutions, so that it does not mind how large its input is. But where it enlarges what it
    has found in a coarse grid, the sides of the finer one are written in the file, and these are changed.
    """
    changed = bytearray(model)
    whole = schema.Model.GetRootAs(changed, 0)
    graph = whole.Subgraphs(0)
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        if whole.OperatorCodes(operator.OpcodeIndex()).BuiltinCode() == schema.BuiltinOperator.RESIZE_BILINEAR:
            sides = whole.Buffers(graph.Tensors(operator.Inputs(1)).Buffer()).DataAsNumpy().view(np.int32)
            sides[:] = sides * wanted // size
    return bytes(changed)


class Network:
    """A model of mediapipe with one input, a square picture. It works in one thread, and is used by one at a time."""

    def __init__(self, file: str, size: int, lowest: float, own: int | None = None) -> None:
        """`own`: the size that is written in the file, where it is another than that which is wanted."""
        model = model_file(file).read_bytes()
        self._interpreter = Interpreter(
            model_content=model if own is None else widened(model, own, size), num_threads=1
        )
        details = self._interpreter.get_input_details()[0]
        if own is not None:
            self._interpreter.resize_tensor_input(details["index"], (1, size, size, 3))
        self._interpreter.allocate_tensors()
        details = self._interpreter.get_input_details()[0]
        if tuple(details["shape"]) != (1, size, size, 3):
            raise ValueError(f"{file} takes {tuple(details['shape'])}, and this service knows (1, {size}, {size}, 3)")
        self._input = int(details["index"])
        self._factor, self._lowest = np.float32((1 - lowest) / 255), np.float32(lowest)
        self.outputs = {
            tuple(map(int, one["shape"])): int(one["index"]) for one in self._interpreter.get_output_details()
        }
        self.order = [int(one["index"]) for one in self._interpreter.get_output_details()]
        """Indexes of the outputs, by shape and as they stand."""

    def run(self, square: Pixels) -> None:
        """Work on an RGB picture of exactly the input's size; `output` has the results until the next run."""
        values = square.astype(np.float32)
        values *= self._factor
        values += self._lowest
        self._interpreter.set_tensor(self._input, values[np.newaxis])
        self._interpreter.invoke()

    def output(self, index: int) -> Rows:
        """A copy of one output."""
        return np.asarray(self._interpreter.get_tensor(index), np.float32)


class Blaze:
    """A detector, loaded. Things of a score below `least` (0 to 1) are dropped.

    `size` makes its input another square than the model's own, for the full-range model of faces alone: a multiple of
    32. It sees things of the same sizes in pixels, in a larger piece of the picture.
    """

    def __init__(self, layout: Layout, least: float, size: int | None = None) -> None:
        self.size = size or layout.size
        own = None if self.size == layout.size else layout.size
        self._network = Network(layout.file, self.size, layout.lowest, own)
        grids = layout.grids
        if own is not None:
            grids = tuple((cells * self.size // own, anchors) for cells, anchors in grids)
        self._anchors = _anchors(grids)
        count = len(self._anchors)
        shapes = {shape[-1]: index for shape, index in self._network.outputs.items() if shape[1] == count}
        if len(shapes) != 2 or 1 not in shapes:
            raise ValueError(f"{layout.file} does not give {count} boxes and scores: {list(self._network.outputs)}")
        self._scores, self._boxes = shapes.pop(1), shapes.popitem()[1]
        self._least = np.float32(np.log(least / (1 - least)))

    def look(self, square: Pixels) -> Rows:
        """What is seen in an RGB picture of exactly the input's size, in its pixels, the surest first."""
        self._network.run(square)
        raw = self._network.output(self._scores)[0, :, 0]
        likely = np.flatnonzero(raw >= self._least)
        if not likely.size:
            return np.empty((0, 5), np.float32)
        values = self._network.output(self._boxes)[0, likely]
        anchors = self._anchors[likely] * self.size
        points = values.reshape(len(likely), -1, 2)
        points[:, 0] += anchors
        points[:, 2:] += anchors[:, np.newaxis]
        centre, half = points[:, 0], points[:, 1] / 2
        score = 1 / (1 + np.exp(-np.clip(raw[likely], -100, 100)))
        rows = (centre - half, centre + half, score[:, np.newaxis], points[:, 2:].reshape(len(likely), -1))
        return blended(np.concatenate(rows, axis=1))


def _anchors(grids: tuple[tuple[int, int], ...]) -> Rows:
    """The centres of the cells, x and y from 0 to 1, row by row, each as often as it has anchors."""
    parts = []
    for cells, anchors in grids:
        middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        parts.append(np.repeat(np.stack((x.ravel(), y.ravel()), axis=1), anchors, axis=0))
    return np.concatenate(parts)


def blended(rows: Rows) -> Rows:
    """Weighted non-maximum suppression: of boxes that show one thing the mean, weighted by score, with the best score.

    As the surest of those that are left is taken, all that overlap it are blended into it and are gone.
    """
    left = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = []
    while len(left):
        same = overlaps(left[0], left) > SAME
        same[0] = True
        group = left[same]
        mean = (group * group[:, 4:5]).sum(axis=0) / group[:, 4].sum()
        mean[4] = group[0, 4]
        kept.append(mean)
        left = left[~same]
    return np.stack(kept)


def overlaps(one: Rows, others: Rows) -> Rows:
    """Intersection over union of one box and each of several, from 0 to 1."""
    width = np.minimum(one[2], others[:, 2]) - np.maximum(one[0], others[:, 0])
    height = np.minimum(one[3], others[:, 3]) - np.maximum(one[1], others[:, 1])
    common = np.maximum(width, 0) * np.maximum(height, 0)
    union = (
        (one[2] - one[0]) * (one[3] - one[1]) + (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1]) - common
    )
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0), np.float32)
