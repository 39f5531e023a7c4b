"""Runs the targets one after the other for a while, and holds what is common to all: no hang, bounded memory."""

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from tests.walls.fuzz.inputs import chance_of
from tests.walls.fuzz.targets import Target, targets

SLOWEST = 1.0
"""Seconds of CPU that one input may take."""

HANG = 20
"""Seconds after which an input is given up that does not end at all."""

GROWTH = 64_000_000
"""Bytes by which the process may grow over all inputs of a target after the first hundred."""

WARM = 100
LEAST = 30
"""Inputs that each target has, however slow the machine is."""


@dataclass(frozen=True)
class Ran:
    """What came of a target: how many inputs it had, the slowest of them, and what went wrong with the last."""

    name: str
    inputs: int
    slowest: float
    growth: int
    wrong: str = ""

    def __str__(self) -> str:
        """A line."""
        told = (
            f"{self.name}: {self.inputs} inputs, slowest {self.slowest * 1000:.0f} ms, grown {self.growth / 1e6:.1f} MB"
        )
        return f"{told}\n  FAILED: {self.wrong}" if self.wrong else told


def run_all(seconds: float, seed: int, only: str = "", number: int | None = None) -> list[Ran]:
    """Share the time among the targets, or with `number` try one input again."""
    with targets() as known:
        chosen = {name: target for name, target in known.items() if only in ("", name)}
        return [run(name, target, seconds / len(chosen), seed, number) for name, target in chosen.items()]


def run(name: str, target: Target, seconds: float, seed: int, number: int | None = None) -> Ran:
    """Give inputs to one target, until the time is over or one goes wrong."""
    end, slowest, before = time.monotonic() + seconds, 0.0, peak()
    made = number or 0
    while True:
        begin, wrong = time.process_time(), ""
        try:
            with _alarm():
                target(chance_of(seed, name, made))
        except (Exception, _Hangs) as error:
            wrong = f"{type(error).__name__}: {error}"[:2_000]
        took = time.process_time() - begin
        slowest = max(slowest, took)
        if not wrong and took > SLOWEST:
            wrong = f"it took {took:.1f} s"
        made += 1
        if made == WARM:
            before = peak()
        growth = peak() - before
        if not wrong and growth > GROWTH:
            wrong = f"the process has grown by {growth} bytes"
        if wrong:
            wrong += f"\n  again: make fuzz ARGS='--seed {seed} --only {name} --number {made - 1}'"
        if wrong or number is not None or (time.monotonic() >= end and made >= LEAST):
            return Ran(name, made - (number or 0), slowest, growth, wrong)


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


class _Hangs(BaseException):
    """An input does not end; nothing that is fuzzed may take it for an error of its own."""


def _give_up(number: int, frame: FrameType | None) -> None:
    raise _Hangs(f"it did not end within {HANG} s")


@contextmanager
def _alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
