"""Variations of digits: what each parameter does, and that a seed gives the same."""

from __future__ import annotations

import numpy as np
import pytest

from digit_training.augment import Pictures, varied
from digit_training.parameters import Augment

NOTHING = {name: 0.0 for name in Augment.model_fields}
COUNT = 200


def _how(**changed: float) -> Augment:
    return Augment(**{**NOTHING, **changed})


@pytest.fixture
def bars() -> Pictures:
    """A bar of 4 x 16 pixels, upright in the middle."""
    pictures = np.zeros((COUNT, 28, 28), np.float32)
    pictures[:, 6:22, 12:16] = 1
    return pictures


def test_nothing_changes_nothing(bars: Pictures) -> None:
    assert np.abs(varied(bars, _how(), 1) - bars).max() < 1e-5


def test_the_same_seed_gives_the_same(bars: Pictures) -> None:
    one, same, other = (varied(bars, Augment(), seed) for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()
    assert one.shape == bars.shape and one.dtype == np.float32 and 0 <= one.min() and one.max() <= 1
    assert np.abs(one[0] - one[1]).max() > 0.1, "each picture is varied by itself"


def _middles(pictures: Pictures) -> np.ndarray:
    places = np.arange(28)
    total = pictures.sum(axis=(1, 2))
    return np.stack([(pictures.sum(axis=2) @ places) / total, (pictures.sum(axis=1) @ places) / total], axis=1)


def test_shift_moves_up_to_its_pixels(bars: Pictures) -> None:
    moved = _middles(varied(bars, _how(shift=3), 1)) - _middles(bars)
    assert 2.5 < np.abs(moved).max() <= 3.01 and abs(float(moved.mean())) < 0.5


def test_thicker_and_thinner_change_the_ink(bars: Pictures) -> None:
    ink = bars.sum(axis=(1, 2))
    assert (varied(bars, _how(thicker=1), 1).sum(axis=(1, 2)) >= ink - 1e-3).all()
    assert varied(bars, _how(thicker=1), 1).sum(axis=(1, 2)).max() > 1.3 * ink[0]
    assert varied(bars, _how(thinner=1), 1).sum(axis=(1, 2)).min() < 0.7 * ink[0]


def test_rotation_slant_scale_and_bend_keep_the_middle(bars: Pictures) -> None:
    for name, limit in (("rotation", 20.0), ("slant", 0.4), ("scale", 0.3), ("bend", 2.0)):
        found = varied(bars, _how(**{name: limit}), 1)
        assert np.abs(found - bars).max() > 0.5, name
        assert np.abs(_middles(found) - _middles(bars)).max() < (2.1 if name == "bend" else 0.3), name


def test_scale_changes_height_by_its_factor(bars: Pictures) -> None:
    heights = (varied(bars, _how(scale=0.3), 1).max(axis=2) > 0.5).sum(axis=1)
    assert heights.min() in (11, 12, 13) and heights.max() in (20, 21, 22)


def test_hardness_makes_soft_edges_steep(bars: Pictures) -> None:
    soft = bars.copy()
    soft[:, :, 11], soft[:, :, 16] = 0.25 * bars[:, :, 12], 0.75 * bars[:, :, 12]
    found = varied(soft, _how(hardness=1), 1)
    assert found[:, 10, 11].min() < 0.05 and found[:, 10, 16].max() > 0.95


def test_every_picture_has_its_full_contrast(bars: Pictures) -> None:
    assert varied(bars * 0.5, Augment(), 3).max(axis=(1, 2)) == pytest.approx(1)
