"""How a training shows where it is: on a terminal, and elsewhere."""

from __future__ import annotations

import io
import os
import pty
import re
import threading

from digit_training.progress import Progress

FIGURES = {"loss": 0.5, "accuracy": 0.875, "validation_loss": 0.25, "validation_accuracy": 0.9375}
LINE = "epoch 2 of 2: loss 0.500, accuracy 0.875, on unseen pictures 0.250 and 0.938, 0 s"


def _two_epochs(progress: Progress) -> None:
    with progress:
        for epoch in range(2):
            for batch in range(1, 11):
                progress.step(epoch, batch, 10)
            progress.epoch(epoch, FIGURES)


def test_without_a_terminal_there_is_a_line_per_epoch_and_nothing_else() -> None:
    stream = io.StringIO()
    _two_epochs(Progress(2, stream))
    assert stream.getvalue().splitlines() == [LINE.replace("epoch 2", "epoch 1"), LINE]


def _read_all(place: int, found: list[str]) -> None:
    """Read a terminal until its other end is closed, which Linux tells as an error."""
    parts = []
    try:
        while part := os.read(place, 65_536):
            parts.append(part)
    except OSError:
        pass
    found.append(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(parts).decode()))


def test_on_a_terminal_there_is_a_bar_too() -> None:
    reading, writing = pty.openpty()
    shown: list[str] = []
    reader = threading.Thread(target=_read_all, args=(reading, shown))
    reader.start()
    with open(writing, "w", encoding="utf-8") as terminal:
        _two_epochs(Progress(2, terminal))
    reader.join(10)
    os.close(reading)
    assert "20/20 batches" in shown[0] and "epoch 1 of 2: loss 0.500" in shown[0] and "\u2501" in shown[0]
