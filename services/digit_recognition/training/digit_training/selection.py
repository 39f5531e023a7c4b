"""From a dataset to what a model learns: pictures as people send them, prepared as the service prepares them.

To learn: the digits that were chosen, of the pictures not held out, and what people have corrected. To measure with:
all held-out pictures, of all digits, whatever was chosen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from digit_recognition.features import FEATURES
from digit_recognition.prepare import Prepared, prepare
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from .dataset import Bytes, Dataset

DRAWN = 64
"""Pixels a side of the pictures that the dataset's are drawn out to, bicubic, before paper is put around them."""

PAPER = 16
"""Pixels of white paper around a digit."""

LARGEST_SIDE = 4096
"""Pixels a side of a corrected picture; larger ones are left out."""


class NothingToLearn(ValueError):
    """There are no pictures of a digit that is to be learned; the text names it."""


@dataclass(frozen=True, slots=True)
class Examples:
    """`frames`: count x 28 x 28, 0 to 255, ink bright; `labels`; `features`: count x FEATURES, of pictures as sent."""

    frames: Bytes
    labels: Bytes
    features: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def inputs(self) -> NDArray[np.float32]:
        """What a model is given: count x 28 x 28 x 1, 0 to 1."""
        return (self.frames.astype(np.float32) / np.float32(255))[..., None]

    @property
    def sha256(self) -> str:
        """Of frames and labels, as 64 hexadecimal digits."""
        return hashlib.sha256(self.frames.tobytes() + self.labels.tobytes()).hexdigest()

    def write(self, path: Path) -> None:
        """Store them; the same examples give the same bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, frames=self.frames, labels=self.labels, features=self.features)


@dataclass(frozen=True, slots=True)
class Selected:
    """`learn`, `held_out`; `corrected`: how many of `learn` people have corrected; `left_out`: pictures without ink."""

    learn: Examples
    held_out: Examples
    corrected: int
    left_out: int


def read_examples(path: Path) -> Examples:
    """Examples that were stored. Raises OSError."""
    with np.load(path) as stored:
        return Examples(stored["frames"], stored["labels"], stored["features"])


def select(dataset: Dataset, digits: list[int], corrected: Path | None) -> Selected:
    """The examples for a model of `digits`; `corrected` is the folder of pictures that people have corrected.

    Raises NothingToLearn where there is no picture of one of the digits.
    """
    wanted = ~dataset.held_out & np.isin(dataset.labels, digits)
    learn, without = _prepared(as_sent(dataset.pictures[wanted]), dataset.labels[wanted])
    held_out, more_without = _prepared(as_sent(dataset.pictures[dataset.held_out]), dataset.labels[dataset.held_out])
    people, unreadable = _corrected(corrected, digits, held_out) if corrected else (_examples([], []), 0)
    joined = Examples(
        *(np.concatenate([getattr(learn, name), getattr(people, name)]) for name in ("frames", "labels", "features"))
    )
    for digit in digits:
        if digit not in joined.labels:
            raise NothingToLearn(f"there is no picture to learn {digit} from")
    return Selected(joined, held_out, len(people), without + more_without + unreadable)


def as_sent(pictures: Bytes) -> list[Bytes]:
    """Pictures of a dataset as people send them: dark ink on white paper, drawn out to 64 x 64, with paper around."""
    return [255 - np.pad(_drawn_out(picture), PAPER) for picture in pictures]


def _drawn_out(picture: Bytes) -> Bytes:
    return np.asarray(Image.fromarray(picture).resize((DRAWN, DRAWN), Image.Resampling.BICUBIC), dtype=np.uint8)


def _prepared(pictures: list[Bytes], labels: Bytes) -> tuple[Examples, int]:
    """The examples, and how many pictures were left out for want of ink."""
    found = [prepare(picture) for picture in pictures]
    kept = [(each, int(label)) for each, label in zip(found, labels, strict=True) if each is not None]
    return _examples([each for each, _ in kept], [label for _, label in kept]), len(found) - len(kept)


def _examples(prepared: list[Prepared], labels: list[int]) -> Examples:
    frames = [np.round(each.image * 255).astype(np.uint8) for each in prepared]
    features = [[each.features[name] for name in FEATURES] for each in prepared]
    return Examples(
        np.array(frames, np.uint8).reshape(-1, 28, 28),
        np.array(labels, np.uint8),
        np.array(features, np.float32).reshape(-1, len(FEATURES)),
    )


def _corrected(folder: Path, digits: list[int], held_out: Examples) -> tuple[Examples, int]:
    """The pictures that people have corrected, `<digit>/<id>.png` (28 x 28, prepared), and how many cannot be read.

    What the models are measured with is not learned, whoever sent it. The features are those of the picture itself,
    `../originals/<id>.png`; where that is gone they are NaN.
    """
    measured = {frame.tobytes() for frame in held_out.frames}
    frames: list[Bytes] = []
    labels: list[int] = []
    features: list[list[float]] = []
    unreadable = 0
    for digit in digits:
        for path in sorted((folder / str(digit)).glob("*.png")):
            frame = _grey(path)
            if frame is None or frame.shape != (28, 28):
                unreadable += 1
            elif frame.tobytes() not in measured:
                frames.append(frame)
                labels.append(digit)
                features.append(_features_of(folder.parent / "originals" / path.name))
    stacked = np.array(frames, np.uint8).reshape(-1, 28, 28), np.array(labels, np.uint8)
    return Examples(*stacked, np.array(features, np.float32).reshape(-1, len(FEATURES))), unreadable


def _grey(path: Path) -> Bytes | None:
    try:
        with Image.open(path) as picture:
            if max(picture.size) > LARGEST_SIDE:
                return None
            return np.asarray(picture.convert("L"), dtype=np.uint8)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return None


def _features_of(path: Path) -> list[float]:
    picture = _grey(path)
    found = None if picture is None else prepare(picture)
    return [found.features[name] if found else float("nan") for name in FEATURES]
