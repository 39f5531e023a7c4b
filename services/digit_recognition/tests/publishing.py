"""Models for the tests: the one that ships with the service, published under other versions, labels and references."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognition.features import CONFIDENCE, FEATURES, PREDICTED
from digit_recognition.manifest import CANDIDATE, MANIFEST, SERVED, read_pointer, sha256_bytes
from digit_recognition.model import MODEL_FILE, load_model
from digit_recognition.places import Folder, Place
from digit_recognition.prepare import prepare
from digit_recognition.psi import edges_of, shares, smoothed
from digit_recognition.recognizer import SHIPPED

PLAIN = list(range(10))
TURNED = list(reversed(range(10)))
"""The outputs read the other way round: a model that takes a 0 for a 9, a real one with other answers."""


@cache
def shipped_file(name: str) -> bytes:
    place = Folder(SHIPPED)
    folder = json.loads((SHIPPED / SERVED).read_bytes())["manifest"].rpartition("/")[0]
    data = place.read(f"{folder}/{name}")
    assert data is not None
    return data


@dataclass
class Release:
    """A model to be published; tests change what they want to be wrong."""

    version: str
    labels: list[int] = field(default_factory=lambda: list(PLAIN))
    reference: dict[str, Any] | None = None
    model: bytes = b""
    check: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = self.model or shipped_file(MODEL_FILE)
        self.check = json.loads(shipped_file("check.json"))
        for picture in self.check["pictures"]:
            picture["digit"] = self.labels[int(np.argmax(picture["probabilities"]))]
        manifest = json.loads(shipped_file(MANIFEST))
        manifest |= {"version": self.version, "labels": self.labels, "files": {}}
        if self.reference is not None:
            manifest["reference"] = self.reference
        self.manifest = manifest

    def publish(self, place: Place, pointer: str = SERVED, share: float | None = None) -> None:
        """Write all files with their checksums, as they are now, and the pointer last."""
        folder = f"{self.manifest['name']}/{self.version}"
        for name, data in ((MODEL_FILE, self.model), ("check.json", json.dumps(self.check).encode())):
            place.write(f"{folder}/{name}", data)
            self.manifest["files"].setdefault(name, {"sha256": sha256_bytes(data), "bytes": len(data)})
        data = json.dumps(self.manifest).encode()
        place.write(f"{folder}/{MANIFEST}", data)
        said = {"manifest": f"{folder}/{MANIFEST}", "sha256": sha256_bytes(data)}
        assert pointer == CANDIDATE or share is None
        place.write(pointer, json.dumps(said if share is None else said | {"share": share}).encode())


def reference_of(pictures: Sequence[NDArray[np.uint8]]) -> dict[str, Any]:
    """The distributions of these pictures, as a training writes them."""
    shipped = Folder(SHIPPED)
    model = load_model(shipped, read_pointer(shipped.read(SERVED) or b""))
    found = [each for each in map(prepare, pictures) if each is not None]
    answers = [model.answer(each.image) for each in found]
    values = {name: [each.features[name] for each in found] for name in FEATURES}
    values[CONFIDENCE] = [answer.confidence for answer in answers]
    reference: dict[str, Any] = {}
    for name, column in values.items():
        edges = edges_of(column)
        reference[name] = {"edges": edges, "shares": shares(column, edges)}
    counts = np.bincount([answer.digit for answer in answers], minlength=10)
    reference[PREDICTED] = {"labels": PLAIN, "shares": smoothed([int(count) for count in counts])}
    return reference
