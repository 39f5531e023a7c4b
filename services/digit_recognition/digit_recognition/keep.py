"""Pictures for people to label: those that the model was not sure of, kept for a time, and labelled ones.

    <folder>/unsure/<id>.png, <id>.json    prepared picture, 28 x 28, and what the model said
    <folder>/labelled/<digit>/<id>.png     prepared pictures with the right answer, for the next training
    <folder>/originals/<id>.png            the part of the picture that shows the digit, for people to look at

An id is the SHA-256 of the prepared picture's pixels: the same picture is kept once.
"""

from __future__ import annotations

import io
import logging
import os
import re
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from aiservice import InputError
from numpy.typing import NDArray
from PIL import Image

from .manifest import sha256_bytes
from .model import Answer
from .places import Folder
from .prepare import Prepared

log = logging.getLogger("digit_recognition")

AROUND = 0.25
"""Ground that is kept around the digit, in its longer sides: the rest of the picture is nobody's business."""

SIDE = 512
"""Pixels a side of what is kept of a picture, at most."""

_ID = re.compile(r"^[0-9a-f]{64}$")


class Keeper:
    """The folder of kept pictures; all methods may be called from any thread."""

    def __init__(self, folder: Path, below: float, count: int, days: float) -> None:
        """Raises OSError where the folder cannot be made."""
        self._root, self._place = folder, Folder(folder)
        self._below, self._count, self._seconds = below, count, days * 86_400
        self._lock = threading.Lock()
        for name in ("unsure", "originals", "labelled"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        stored = sorted((folder / "unsure").glob("*.json"), key=lambda path: path.stat().st_mtime)
        self._kept = deque(path.stem for path in stored)
        self._known = set(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def offer(self, picture: NDArray[np.uint8], prepared: Prepared, answer: Answer, version: str) -> str | None:
        """Keep a picture that the model is not sure of; return its id, or None where it is sure. Raises PlaceError."""
        if answer.confidence >= self._below:
            return None
        small = _png(prepared.image)
        name = _id_of(prepared)
        with self._lock:
            if name in self._known:
                return name
            said = {"digit": answer.digit, "confidence": answer.confidence, "version": version}
            self._place.write(f"originals/{name}.png", _png(_cut(picture, prepared)))
            self._place.write(f"unsure/{name}.png", small)
            self._place.write(f"unsure/{name}.json", orjson.dumps(said | {"probabilities": answer.probabilities}))
            self._kept.append(name)
            self._known.add(name)
            while len(self._kept) > self._count:
                self._remove(self._kept[0])
        return name

    def label(self, name: str, digit: int) -> int | None:
        """Store the right answer to a kept picture; return what the model had said. Raises InputError, PlaceError."""
        if not _ID.match(name):
            raise InputError("picture: the id that came with an answer has 64 hexadecimal digits")
        with self._lock:
            small, said = self._place.read(f"unsure/{name}.png"), self._place.read(f"unsure/{name}.json")
            if small is None or said is None:
                raise InputError(f"picture: no picture {name} is kept; send the picture itself, to digit-label")
            self._store(name, digit, small)
            self._remove(name, original=False)
        return int(orjson.loads(said)["digit"])

    def add(self, picture: NDArray[np.uint8], prepared: Prepared, digit: int) -> str:
        """Store a picture with the right answer; return its id. Raises PlaceError."""
        name = _id_of(prepared)
        with self._lock:
            self._place.write(f"originals/{name}.png", _png(_cut(picture, prepared)))
            self._store(name, digit, _png(prepared.image))
            if name in self._known:
                self._remove(name, original=False)
        return name

    def _store(self, name: str, digit: int, small: bytes) -> None:
        """The last answer counts: a picture is labelled once."""
        self._place.write(f"labelled/{digit}/{name}.png", small)
        for other in set(range(10)) - {digit}:
            self._place.delete(f"labelled/{other}/{name}.png")

    def _remove(self, name: str, original: bool = True) -> None:
        self._known.discard(name)
        if name in self._kept:
            self._kept.remove(name)
        for key in (f"unsure/{name}.json", f"unsure/{name}.png"):
            self._place.delete(key)
        if original and not any((self._root / "labelled" / str(digit) / f"{name}.png").exists() for digit in range(10)):
            self._place.delete(f"originals/{name}.png")

    def tidy(self) -> None:
        """Remove what was kept for longer than it may be. Raises PlaceError."""
        oldest = time.time() - self._seconds
        with self._lock:
            for name in list(self._kept):
                try:
                    if os.stat(self._root / "unsure" / f"{name}.json").st_mtime >= oldest:
                        return
                except FileNotFoundError:
                    pass
                self._remove(name)

    def view(self) -> dict[str, Any]:
        """Return the state as JSON."""
        labelled = {str(digit): len(list((self._root / "labelled" / str(digit)).glob("*.png"))) for digit in range(10)}
        return {"below": self._below, "unsure": len(self._kept), "at_most": self._count, "labelled": labelled}


def _id_of(prepared: Prepared) -> str:
    return sha256_bytes(_levels(prepared.image).tobytes())


def _levels(image: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.round(image * 255) if image.dtype != np.uint8 else image, dtype=np.uint8)


def _png(image: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    picture = Image.fromarray(_levels(image))
    picture.thumbnail((SIDE, SIDE))
    picture.save(stream, "PNG")
    return stream.getvalue()


def _cut(picture: NDArray[np.uint8], prepared: Prepared) -> NDArray[np.uint8]:
    left, top, right, bottom = prepared.box
    around = int(AROUND * max(right - left, bottom - top)) + 1
    return picture[max(top - around, 0) : bottom + around, max(left - around, 0) : right + around]
