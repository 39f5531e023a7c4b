"""Shows how far a training is: a bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn
from rich.progress import Progress as Bar
from rich.progress import TextColumn, TimeRemainingColumn


class Progress:
    """Told of every batch and every epoch; used as a context."""

    def __init__(self, epochs: int, stream: TextIO | None = None) -> None:
        self._epochs = epochs
        self._stream = stream or sys.stderr
        self._started = time.monotonic()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("batches"),
            TimeRemainingColumn(),
            console=Console(file=self._stream),
            disable=not self._stream.isatty(),
        )
        self._task = self._bar.add_task("training", total=None)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, epoch: int, batch: int, batches: int) -> None:
        """A batch of an epoch (from 0) is done."""
        self._bar.update(
            self._task,
            description=f"epoch {epoch + 1} of {self._epochs}",
            total=self._epochs * batches,
            completed=epoch * batches + batch,
        )

    def epoch(self, epoch: int, figures: dict[str, float]) -> None:
        """An epoch (from 0) is done."""
        line = (
            f"epoch {epoch + 1} of {self._epochs}: loss {figures['loss']:.3f}, accuracy {figures['accuracy']:.3f}, "
            f"on unseen pictures {figures['validation_loss']:.3f} and {figures['validation_accuracy']:.3f}, "
            f"{time.monotonic() - self._started:.0f} s"
        )
        if self._stream.isatty():
            self._bar.console.print(line, highlight=False)
        else:
            print(line, file=self._stream, flush=True)
