"""How good a model is on held-out pictures of all ten digits. The `.tflite` is measured, which is what is served."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from digit_recognition.manifest import Metrics
from numpy.typing import NDArray

from .selection import Examples

Probabilities = NDArray[np.float32]
"""Count x learned digits, in their order."""

_Z = 1.959964
"""Of the normal distribution, for 95 % in the middle."""

_LEAST = 1e-7
"""What a probability of nothing counts as in the loss; a digit that was not learned has this one."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`metrics`, and `confusion`: 10 x 10, of each digit how often it was taken for which."""

    metrics: Metrics
    confusion: NDArray[np.int64]


def answers(model: bytes, examples: Examples) -> Probabilities:
    """What a `.tflite` says of each example. Raises ValueError or RuntimeError where it is none."""
    interpreter: Any = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    given, gives = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    said = []
    for picture in examples.inputs:
        interpreter.set_tensor(given, picture[None])
        interpreter.invoke()
        said.append(interpreter.get_tensor(gives)[0].copy())
    values = np.array(said, dtype=np.float32)
    if not np.isfinite(values).all():
        raise ValueError("the model gives no numbers for some pictures")
    return values


def evaluate(said: Probabilities, digits: list[int], examples: Examples) -> Evaluation:
    """The figures of a model of `digits`, from its answers. A digit that it has not learned counts as wrong."""
    chosen = np.array(digits)[said.argmax(axis=1)]
    right = chosen == examples.labels
    learned = np.isin(examples.labels, digits)
    low, high = wilson(int(right.sum()), len(right))
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (examples.labels, chosen), 1)
    metrics = Metrics(
        accuracy=float(right.mean()),
        accuracy_low=low,
        accuracy_high=high,
        accuracy_learned=float(right[learned].mean()) if learned.any() else 0.0,
        loss=_loss(said, digits, examples),
        per_digit={str(each): float(right[examples.labels == each].mean()) for each in np.unique(examples.labels)},
    )
    return Evaluation(metrics, confusion)


def _loss(said: Probabilities, digits: list[int], examples: Examples) -> float:
    """Mean of the negative logarithm of the right digit's probability."""
    all_digits = np.zeros((len(said), 10), np.float64)
    all_digits[:, digits] = said
    right = all_digits[np.arange(len(said)), examples.labels]
    return float(-np.log(np.maximum(right, _LEAST)).mean())


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of `right` in `count` (E. B. Wilson, 1927)."""
    share = right / count
    middle = share + _Z**2 / (2 * count)
    half = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    low, high = (middle - half) / (1 + _Z**2 / count), (middle + half) / (1 + _Z**2 / count)
    return max(0.0, low), min(1.0, high)
