"""A detector that is given as a file: what the file and the settings say of it, and what it finds in pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .labels import WrongModel, read_labels
from .layouts import Layout, Raw, find_layout
from .letterbox import Fit, place
from .runtime import open_model
from .settings import ModelSettings
from .things import Pixels, Thing, Values, best_first, suppressed

MOST = 300
"""Things of one picture at most: the best are kept."""

MOST_CANDIDATES = 3_000
"""Boxes that are compared with each other at most; the best are kept, for the time grows with the square."""


class GivenDetector:
    """The model of OBJECT_MODEL, loaded, tried once, and used by one thread at a time."""

    def __init__(self, settings: ModelSettings) -> None:
        """Raises WrongModel where the files cannot be used, with what to change."""
        if settings.model is None or settings.labels is None:
            raise WrongModel("a detector is two files: OBJECT_MODEL and OBJECT_LABELS are needed both")
        path = Path(settings.model)
        self._labels = read_labels(Path(settings.labels))
        self._model = open_model(path, settings.size)
        self._layout: Layout = find_layout(self._model.outputs, len(self._labels), settings.layout)
        ssd = self._layout.name.startswith("ssd")
        self._fit: Fit = settings.fit if settings.fit != "auto" else ("stretch" if ssd else "letterbox")
        self._low, self._high = settings.limits() or ((-1.0, 1.0) if ssd and path.suffix == ".tflite" else (0.0, 1.0))
        units = settings.units if settings.units != "auto" else _usual_units(self._layout.name, path.suffix.lower())
        self._unit = (self._model.shape.width, self._model.shape.height) if units == "shares" else (1, 1)
        self._first, self._overlap = settings.first_class, settings.overlap
        self._tried(path.name)

    def _tried(self, name: str) -> None:
        """One run on grey. Raises WrongModel where its outputs are not what the layout says."""
        shape = self._model.shape
        try:
            raw = self._read(np.full((shape.height, shape.width, 3), 114, np.uint8))
        except Exception as error:
            raise WrongModel(f"{name} cannot be run as {self._layout.name}: {str(error)[:300]}") from error
        if not (np.isfinite(raw.boxes).all() and np.isfinite(raw.scores).all()):
            raise WrongModel(f"{name} gives values on a grey picture that are no numbers")
        if raw.scores.size and not (raw.scores.min() >= -0.01 and raw.scores.max() <= 1.01):
            raise WrongModel(f"{name} gives scores outside of 0 to 1: its outputs are not {self._layout.name}")

    def _read(self, pixels: Pixels) -> Raw:
        outputs = self._model.run(pixels, self._low, self._high)
        return self._layout.read([outputs[index] for index in self._layout.pick], len(self._labels))

    def find(self, picture: Pixels, threshold: float) -> list[Thing]:
        """The things of an RGB picture (uint8, height x width x 3) of at least this score, best first, at most 300."""
        shape = self._model.shape
        placed = place(picture, shape.width, shape.height, self._fit)
        raw = self._read(placed.pixels)
        classes = raw.classes - self._first
        known = (raw.scores >= threshold) & (classes >= 0) & (classes < len(self._labels))
        best = np.flatnonzero(known & np.isfinite(raw.boxes).all(axis=1))
        best = best[np.argsort(-raw.scores[best], kind="stable")][:MOST_CANDIDATES]
        boxes: Values = raw.boxes[best] * np.array(self._unit * 2, np.float32)
        kept = list(range(min(len(best), MOST)))
        if not self._layout.suppressed:
            kept = suppressed(boxes, raw.scores[best], classes[best], self._overlap, MOST)
        back = placed.back(boxes[kept]).tolist()
        return best_first(
            Thing(self._labels[int(classes[best[index]])], float(min(1.0, raw.scores[best[index]])), tuple(box))
            for index, box in zip(kept, back, strict=True)
        )


def _usual_units(layout: str, ending: str) -> str:
    """SSD models give shares, those of torchvision pixels; YOLO gives pixels as ONNX and shares as TFLite."""
    if layout == "ssd-xy":
        return "pixels"
    return "shares" if layout.startswith("ssd") or ending == ".tflite" else "pixels"
