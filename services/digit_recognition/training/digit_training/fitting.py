"""Fits the network to the examples. The same examples and parameters give the same model, on the same machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .augment import varied
from .model import build
from .parameters import Parameters
from .progress import Progress
from .selection import Examples

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# With oneDNN the order of additions depends on the machine's load.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

Epoch = dict[str, float]
"""`loss` and `accuracy` on the varied pictures, `validation_loss` and `validation_accuracy` on unvaried ones."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained Keras model, and how it went, epoch by epoch."""

    network: Any
    history: list[Epoch]


def fit(examples: Examples, parameters: Parameters, progress: Progress) -> Fitted:
    """A model of the parameters' digits, in their order. Takes seconds to minutes, and tells its progress."""
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    keras.utils.set_random_seed(parameters.seed)
    tf.config.experimental.enable_op_determinism()
    how = parameters.train
    classes = np.searchsorted(parameters.digits, examples.labels)
    learn, validate = _divided(classes, how.validation, parameters.seed)
    given, wanted = np.tile(learn, how.copies), np.tile(classes[learn], how.copies)
    batches = -(-len(given) // how.batch)
    network = build(len(parameters.digits), how.dropout, how.learning_rate, batches * how.epochs)
    history: list[Epoch] = []
    for epoch in range(how.epochs):
        pictures = varied(examples.inputs[given, :, :, 0], parameters.augment, parameters.seed * 1000 + epoch)
        sums = np.zeros(2)
        for count, part in enumerate(_batches(len(given), how.batch, parameters.seed * 1000 + epoch), 1):
            figures = network.train_on_batch(pictures[part, :, :, None], wanted[part], return_dict=True)
            sums += len(part) * np.array([figures["loss"], figures["accuracy"]], np.float64)
            progress.step(epoch, count, batches)
        seen = network.evaluate(examples.inputs[validate], classes[validate], verbose=0, return_dict=True)
        history.append(_epoch(sums / len(given), seen))
        progress.epoch(epoch, history[-1])
    return Fitted(network, history)


def _divided(classes: NDArray[Any], share: float, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indexes to learn from and to draw the curves with: a share of each class, at least one."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(classes))
    validate: list[int] = []
    for each in np.unique(classes):
        members = order[classes[order] == each]
        validate += [int(index) for index in members[: max(1, int(share * len(members)))]]
    chosen = np.zeros(len(classes), np.bool_)
    chosen[validate] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _batches(count: int, size: int, seed: int) -> Iterator[NDArray[np.intp]]:
    order = np.random.default_rng(seed).permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def _epoch(learned: NDArray[np.float64], seen: dict[str, Any]) -> Epoch:
    return {
        "loss": float(learned[0]),
        "accuracy": float(learned[1]),
        "validation_loss": float(seen["loss"]),
        "validation_accuracy": float(seen["accuracy"]),
    }
