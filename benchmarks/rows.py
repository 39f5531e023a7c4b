"""What a benchmark finds: rows of measurements, each beside its floor and its goal."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """What is to be reached: the median of the `ratio` to the floor, or of the `value` itself."""

    bound: float
    at_most: bool
    of: Literal["ratio", "value"] = "ratio"

    def reached(self, row: Row) -> bool:
        """Whether the row reaches it."""
        found = statistics.median(row.ratios if self.of == "ratio" else row.values)
        return found <= self.bound if self.at_most else found >= self.bound

    def text(self, unit: str) -> str:
        """Say it in a few characters."""
        return f"{'<=' if self.at_most else '>='} {self.bound:g}{'x' if self.of == 'ratio' else f' {unit}'.rstrip()}"


@dataclass
class Row:
    """One figure, measured once in every repeat.

    `values` are the engine's, `floors` those of the floor right before and right after, as their mean (empty where
    there is no floor), both in `unit`. `alike` are those of a floor that makes calls of another kind, as the engine
    does; no ratio is made of them. `note` says what was seen beside it. Rows of one name with a `column` are one line
    of a table of their own; those that were `predicted` stand in another one.
    """

    work: str
    name: str
    unit: str
    goal: Goal | None = None
    values: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    alike: list[float] = field(default_factory=list)
    note: str = ""
    column: str = ""
    predicted: float | None = None

    @property
    def ratios(self) -> list[float]:
        """Engine over floor, repeat by repeat."""
        return [value / floor for value, floor in zip(self.values, self.floors, strict=True)] if self.floors else []

    def add(self, value: float, *floors: float) -> None:
        """Take one repeat."""
        self.values.append(value)
        if floors:
            self.floors.append(statistics.fmean(floors))


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
