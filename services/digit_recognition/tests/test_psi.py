"""The population stability index against cases that were computed by hand, and against its distribution by chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognition.psi import edges_of, level_of, psi, shares, smoothed


def test_by_hand() -> None:
    # 0.3 * ln(0.5 / 0.2) - 0.3 * ln(0.2 / 0.5), by a calculator: 0.3 * 0.9162907 * 2
    assert psi([0.2, 0.8 - 0.5, 0.5], [0.5, 0.3, 0.2]) == pytest.approx(0.5497744, abs=1e-6)
    # (0.25 - 0.5) * ln(0.25 / 0.5) + (0.75 - 0.5) * ln(0.75 / 0.5) = 0.1732868 + 0.1013663
    assert psi([0.5, 0.5], [0.25, 0.75]) == pytest.approx(0.2746531, abs=1e-6)


def test_an_empty_bin_counts_as_one_of_ten_thousand() -> None:
    assert psi([0.5, 0.5], [0, 1]) == pytest.approx(0.4999 * np.log(5000) + 0.5 * np.log(2), abs=1e-3)
    with pytest.raises(ValueError, match="zip"):
        psi([1.0], [0.5, 0.5])


@pytest.mark.parametrize(("value", "level"), [(0, "none"), (0.0999, "none"), (0.1, "moderate"), (0.25, "significant")])
def test_levels(value: float, level: str) -> None:
    assert level_of(value) == level


def test_edges_cut_into_equal_parts() -> None:
    values = list(range(1000))
    edges = edges_of(values)
    assert len(edges) == 9
    assert shares(values, edges) == pytest.approx([0.1] * 10, abs=0.001)
    assert edges_of([3.0] * 50) == [3.0]
    assert shares([3.0, 3.0, 1.0], [3.0]) == [1.5 / 4, 2.5 / 4]
    assert smoothed([0, 0]) == [0.5, 0.5]
    with pytest.raises(ValueError, match="at least one"):
        edges_of([])


def test_by_chance_it_is_what_its_distribution_says() -> None:
    random = np.random.default_rng(3)
    before = random.normal(size=100_000)
    edges = edges_of(list(before))
    expected = shares(list(before), edges)
    values = [psi(expected, shares(list(random.normal(size=200)), edges)) for _ in range(400)]
    assert np.mean(values) == pytest.approx(9 / 200, rel=0.1)
    assert np.std(values) == pytest.approx(np.sqrt(18) / 200, rel=0.2)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=12), st.data())
def test_it_is_symmetric_and_never_negative(weights: list[float], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.floats(0.001, 1), min_size=len(weights), max_size=len(weights)))
    one, other = [w / sum(weights) for w in weights], [w / sum(others) for w in others]
    assert psi(one, other) == pytest.approx(psi(other, one)) and psi(one, other) >= 0
    assert psi(one, one) == 0
