"""What a proof is given, and what it finds."""

import random
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
SHOWN = 8


class NotRun(Exception):
    """The proof cannot be made on this machine; the text says why."""


@dataclass(frozen=True)
class Run:
    """A run of a proof: a folder of its own, the seed that all its chance comes from, and how much is done."""

    folder: Path
    seed: int
    short: bool

    def pick(self, full: T, short: T) -> T:
        """One of two amounts."""
        return short if self.short else full

    def chance(self, name: str = "") -> random.Random:
        """Chance that is the same for the same seed and name."""
        return random.Random(f"{self.seed} {name}")

    def say(self, text: str) -> None:
        """Tell how far it is."""
        print(f"  {text}", flush=True)


@dataclass
class Findings:
    """What came of a proof. `times` is how often the fault happened, `recoveries` are seconds, and `broken` are
    sentences on what does not hold."""

    fault: str
    times: int = 0
    tasks: int = 0
    lost: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_run: str = ""
    seconds: float = 0.0

    def expect(self, holds: bool, sentence: str) -> None:
        """Something must hold, or the sentence says what is broken."""
        if not holds:
            self.broken.append(sentence)

    @property
    def holds(self) -> bool:
        """Whether nothing is broken."""
        return not (self.lost or self.stuck or self.doubled or self.wrong or self.broken or self.not_run)

    @property
    def verdict(self) -> str:
        """In one word."""
        return f"NOT RUN: {self.not_run}" if self.not_run else "holds" if self.holds else "BROKEN"

    def lines(self) -> Iterable[str]:
        """All that is to be said beside the numbers."""
        for name in ("lost", "stuck", "doubled", "wrong", "broken"):
            found: list[str] = getattr(self, name)
            yield from (f"{name.upper()}: {text}" for text in found[:SHOWN])
            if len(found) > SHOWN:
                yield f"{name.upper()}: and {len(found) - SHOWN} more"
        yield from self.notes

    def row(self) -> tuple[str, ...]:
        """The row of the table."""
        if self.not_run:
            return (self.fault, *["-"] * 7, "NOT RUN", f"{self.seconds:.0f} s")
        found = sorted(self.recoveries)
        times = f"{statistics.median(found):.1f} / {found[-1]:.1f} s" if found else "-"
        counts = [len(each) for each in (self.lost, self.stuck, self.doubled, self.wrong)]
        numbers = (f"{self.times:,}", f"{self.tasks:,}", *map(str, counts))
        return (self.fault, *numbers, times, self.verdict, f"{self.seconds:.0f} s")


Proof = Callable[[Run], Findings]
HEAD = ("fault", "times", "tasks", "lost", "stuck", "doubled", "wrong", "recovery (median / max)", "verdict", "took")


def table(all_findings: list[Findings]) -> str:
    """All rows below each other."""
    rows = [HEAD, *(findings.row() for findings in all_findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
