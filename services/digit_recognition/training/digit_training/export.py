"""A trained model as files: Keras' own two forms, and the one that the digit service runs."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KERAS, H5, TFLITE = "model.keras", "model.h5", "model.tflite"
MODEL_FILES = (KERAS, H5, TFLITE)


def export(network: Any, folder: Path) -> None:
    """Write all MODEL_FILES into `folder`. The `.tflite` takes one picture, 1 x 28 x 28 x 1, float32."""
    import keras
    import tensorflow as tf

    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS)
    with tempfile.TemporaryDirectory() as saved, _without_advice():
        network.save(folder / H5)
        picture = keras.InputSpec(shape=(1, 28, 28, 1), dtype="float32", name="picture")
        network.export(saved, format="tf_saved_model", input_signature=[picture], verbose=False)
        (folder / TFLITE).write_bytes(tf.lite.TFLiteConverter.from_saved_model(saved).convert())


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keras advises against `.h5`, and tensorflow tells of each file: both are known, and wanted."""
    logs = [logging.getLogger(name) for name in ("absl", "tensorflow")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
