"""Figures, against ones computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from digit_training.evaluation import answers, evaluate, wilson
from digit_training.selection import Examples


def _examples(labels: list[int]) -> Examples:
    count = len(labels)
    return Examples(np.zeros((count, 28, 28), np.uint8), np.array(labels, np.uint8), np.zeros((count, 5), np.float32))


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    # R. G. Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval(right: int, count: int, low: float, high: float) -> None:
    assert wilson(right, count) == pytest.approx((low, high), abs=5.1e-5)
    assert wilson(count - right, count) == pytest.approx((1 - high, 1 - low), abs=5.1e-5)


def test_a_digit_that_was_not_learned_counts_as_wrong() -> None:
    said = np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]], np.float32)
    found = evaluate(said, [3, 8], _examples([3, 8, 8, 5]))
    assert found.metrics.accuracy == 0.5 and found.metrics.accuracy_learned == pytest.approx(2 / 3)
    assert found.metrics.per_digit == {"3": 1.0, "5": 0.0, "8": 0.5}
    logarithms = [np.log(0.7), np.log(0.8), np.log(0.4), np.log(1e-7)]
    assert found.metrics.loss == pytest.approx(-np.mean(logarithms), rel=1e-5)
    assert found.confusion.sum() == 4
    assert [found.confusion[3, 3], found.confusion[8, 8], found.confusion[8, 3], found.confusion[5, 8]] == [1, 1, 1, 1]


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises((ValueError, RuntimeError)):
        answers(b"no model", _examples([1]))
