"""Handwritten digits to learn from, divided into pictures to learn and pictures held out.

Which pictures are held out depends on the dataset and the seed alone, never on the digits that are to be learned: so
models of different digits are measured on the same pictures.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .mnist import fetch_mnist
from .parameters import Parameters

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Dataset:
    """`pictures`: count x height x width, 0 (ground) to 255 (ink); `labels`: the digit of each; `held_out`: which of
    them no model learns from."""

    pictures: Bytes
    labels: Bytes
    held_out: NDArray[np.bool_]

    @property
    def sha256(self) -> str:
        """Of all that it holds, as 64 hexadecimal digits."""
        digest = hashlib.sha256(repr(self.pictures.shape).encode())
        for part in (self.pictures, self.labels, self.held_out):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    def write(self, path: Path) -> None:
        """Store it; the same dataset gives the same bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, pictures=self.pictures, labels=self.labels, held_out=self.held_out)


def read_dataset(path: Path) -> Dataset:
    """A dataset that was stored. Raises OSError."""
    with np.load(path) as stored:
        return Dataset(stored["pictures"], stored["labels"], stored["held_out"])


def fetch(parameters: Parameters, downloads: Path) -> Dataset:
    """The dataset that the parameters name; what has to be downloaded is kept in `downloads`.

    Raises DownloadFailed where a file cannot be had, or is not the one that the parameters name.
    """
    if parameters.dataset == "mnist":
        return Dataset(*fetch_mnist(parameters.mnist, downloads))
    return _scikit_learn(parameters.held_out, parameters.seed)


def _scikit_learn(share: float, seed: int) -> Dataset:
    """The 1,797 digits that come with scikit-learn: 8 x 8 pixels of 17 levels, the test part of the UCI ML hand-written
    digits datasets (E. Alpaydin, C. Kaynak, 1998). A share is held out, the same of each digit."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    found = load_digits()
    pictures = np.round(found.images * (255 / 16)).astype(np.uint8)
    labels = found.target.astype(np.uint8)
    held_out = np.zeros(len(labels), dtype=np.bool_)
    chosen = train_test_split(np.arange(len(labels)), test_size=share, random_state=seed, stratify=labels)[1]
    held_out[chosen] = True
    return Dataset(pictures, labels, held_out)
