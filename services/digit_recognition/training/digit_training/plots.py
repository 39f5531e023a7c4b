"""Pictures of how a training went: its curves, and what is taken for what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .fitting import Epoch

_BLUE, _ORANGE = "#1c6dd0", "#d9730d"
_DPI = 110


def draw_curves(history: list[Epoch], path: Path) -> None:
    """Loss and accuracy over the epochs, on the varied pictures and on unvaried, unseen ones, as a PNG."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = np.arange(1, len(history) + 1)
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for key, label, colour in ((name, "learned, varied", _BLUE), (f"validation_{name}", "unseen", _ORANGE)):
            axes.plot(epochs, [epoch[key] for epoch in history], "o-", markersize=3, color=colour, label=label)
        axes.set_xlabel("epoch")
        axes.set_ylabel(name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    _write(figure, path)


def draw_confusion(confusion: NDArray[np.int64], title: str, path: Path) -> None:
    """The 10 x 10 table of digits and answers, as a PNG."""
    figure = Figure(figsize=(5.4, 5.2), layout="constrained")
    axes = figure.subplots()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(confusion > 0):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(confusion[row, column]), ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.set_xlabel("answer")
    axes.set_ylabel("digit in the picture")
    axes.set_title(title, fontsize=10)
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})
