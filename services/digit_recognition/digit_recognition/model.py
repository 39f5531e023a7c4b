"""One version of a model: fetched, checked against its own check pictures, and asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from .features import Floats
from .manifest import Check, Manifest, Pointer, WrongManifest, read_check, read_manifest, sha256_bytes
from .places import Place

MODEL_FILE = "model.tflite"

TOLERANCE = 1e-3
"""How far a probability may be from the one that the model gave where it was made."""


class Refused(Exception):
    """A published model that is not taken up; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`probabilities` are those of the digits that the model has learned."""

    digit: int
    confidence: float
    probabilities: dict[str, float]


class Model:
    """A loaded model. Its interpreter serves one thread at a time: a call takes some hundredths of a millisecond."""

    def __init__(self, manifest: Manifest, content: bytes) -> None:
        """Load it. Raises Refused where its shapes are not those of the manifest."""
        self.manifest = manifest
        self._lock = threading.Lock()
        try:
            self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise Refused(f"{MODEL_FILE} cannot be loaded: {error}") from error
        (given, *others), outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        expected = ([1, 28, 28, 1], [1, len(manifest.labels)])
        found = ([int(side) for side in given["shape"]], [int(side) for side in outputs[0]["shape"]])
        if others or len(outputs) != 1 or found != expected or manifest.input.shape != expected[0]:
            raise Refused(f"its input and output are {found[0]} and {found[1]}, not {expected[0]} and {expected[1]}")
        if given["dtype"] != np.float32 or outputs[0]["dtype"] != np.float32:
            raise Refused("its input and output must be float32")
        self._input, self._output = given["index"], outputs[0]["index"]

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def version(self) -> str:
        return self.manifest.version

    def run(self, image: Floats) -> Floats:
        """Return the probabilities of a prepared picture (28 x 28), in the order of the labels."""
        with self._lock:
            self._interpreter.set_tensor(self._input, image.reshape(1, 28, 28, 1))
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._output)[0], dtype=np.float32)

    def answer(self, image: Floats) -> Answer:
        """Return the digit of a prepared picture. Raises RuntimeError where the model fails or gives no numbers."""
        values = self.run(image)
        if not np.isfinite(values).all():
            raise RuntimeError(f"the model {self.name} {self.version} gives no probabilities for this picture")
        best = int(values.argmax())
        labels = self.manifest.labels
        pairs = sorted((labels[at], round(float(value), 6)) for at, value in enumerate(values))
        return Answer(labels[best], round(float(values[best]), 6), {str(digit): value for digit, value in pairs})


def load_model(place: Place, pointer: Pointer) -> Model:
    """Fetch what a pointer names, check it, and return it ready. Raises Refused, and PlaceError."""
    data = place.read(pointer.manifest)
    if data is None:
        raise Refused(f"{pointer.manifest} is not there")
    if sha256_bytes(data) != pointer.sha256:
        raise Refused(f"{pointer.manifest} has another checksum than the pointer says")
    try:
        manifest = read_manifest(data)
        folder = pointer.manifest.rpartition("/")[0]
        content = _fetch(place, folder, MODEL_FILE, manifest)
        check = read_check(_fetch(place, folder, manifest.check, manifest))
    except WrongManifest as error:
        raise Refused(str(error)) from error
    model = Model(manifest, content)
    passes(model, check)
    return model


def _fetch(place: Place, folder: str, name: str, manifest: Manifest) -> bytes:
    entry = manifest.files.get(name)
    if entry is None:
        raise Refused(f"the manifest does not list {name}")
    data = place.read(f"{folder}/{name}" if folder else name)
    if data is None:
        raise Refused(f"{name} is not there")
    if len(data) != entry.bytes or sha256_bytes(data) != entry.sha256:
        raise Refused(f"{name} is not the file that the manifest lists: its size or its checksum differs")
    return data


def passes(model: Model, check: Check) -> None:
    """Ask the model for every picture of its check. Raises Refused where it says something else than it should."""
    for number, picture in enumerate(check.pictures):
        image = np.asarray(picture.pixels, dtype=np.float32).reshape(28, 28) / np.float32(255)
        values = model.run(image)
        if len(picture.probabilities) != len(values):
            raise Refused(f"its check has {len(picture.probabilities)} probabilities for {len(values)} outputs")
        away = float(np.abs(values - np.asarray(picture.probabilities, dtype=np.float32)).max())
        if not away <= TOLERANCE:
            raise Refused(f"picture {number} of its check: a probability is off by {away:.4f}")
        digit = model.manifest.labels[int(values.argmax())]
        if digit != picture.digit:
            raise Refused(f"picture {number} of its check: it reads {digit}, and should read {picture.digit}")
