"""The population stability index: how far what is seen now is from what was seen before.

PSI = sum over bins of (actual - expected) * ln(actual / expected), each a share of all pictures.

Source: N. Siddiqi, Credit Risk Scorecards (Wiley, 2006), with the thresholds that are common since: below 0.1 no
change, from 0.25 a significant one. It is the Kullback-Leibler divergence, both ways added. Without any change it is on
average (bins - 1) * (1/n + 1/m) for samples of n and m pictures, distributed as (1/n + 1/m) times chi-squared with
bins - 1 degrees of freedom (B. Yurdakul, Statistical Properties of Population Stability Index, 2018): 0.1 for ten bins
and 100 pictures against 1,300.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

Level = Literal["none", "moderate", "significant"]

MODERATE = 0.1
SIGNIFICANT = 0.25

LEAST_SHARE = 1e-4
"""What an empty bin counts as in `psi`, so that no logarithm is infinite."""


def edges_of(values: Sequence[float], bins: int = 10) -> list[float]:
    """Return the inner edges (at most `bins` - 1, ascending, all different) that cut `values` into bins of equal size.

    The outer bins are open. Values that are equal in many pictures give fewer bins. Raises ValueError without values.
    """
    if not len(values):
        raise ValueError("edges need at least one value")
    quantiles = np.quantile(np.asarray(values, dtype=np.float64), np.arange(1, bins) / bins)
    return [float(edge) for edge in np.unique(quantiles)]


def shares(values: Sequence[float], edges: Sequence[float]) -> list[float]:
    """Return the share of `values` in each of the `len(edges)` + 1 bins; a value at an edge is in the bin above it.

    Smoothed: half a value is added to every bin (Krichevsky and Trofimov, 1981), so that a bin that is empty by chance
    does not weigh as one that is never met. The shares add up to 1; without values all are equal.
    """
    bins = np.searchsorted(np.asarray(edges, dtype=np.float64), np.asarray(values, dtype=np.float64), side="right")
    return smoothed([int(count) for count in np.bincount(bins, minlength=len(edges) + 1)])


def smoothed(counts: Sequence[int]) -> list[float]:
    """Return counts as shares that add up to 1, half a count added to each."""
    total = sum(counts) + 0.5 * len(counts)
    return [(count + 0.5) / total for count in counts]


def psi(expected_shares: Sequence[float], actual_shares: Sequence[float]) -> float:
    """Return the population stability index of two lists of shares over the same bins.

    Shares below 0.0001 count as 0.0001. Raises ValueError where the lists have different lengths.
    """
    total = 0.0
    for expected, actual in zip(expected_shares, actual_shares, strict=True):
        before, now = max(expected, LEAST_SHARE), max(actual, LEAST_SHARE)
        total += (now - before) * math.log(now / before)
    return total


def level_of(value: float) -> Level:
    """Return what a population stability index means: `none` below 0.1, `significant` from 0.25."""
    if value >= SIGNIFICANT:
        return "significant"
    return "moderate" if value >= MODERATE else "none"
