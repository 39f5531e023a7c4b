"""A model ready to be published: a folder with its files, a manifest that says all of it, pictures to check it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from digit_recognition import psi
from digit_recognition.features import CONFIDENCE, FEATURES, PREDICTED
from digit_recognition.manifest import (
    MANIFEST,
    Check,
    CheckPicture,
    Classes,
    Dataset,
    Distribution,
    FileEntry,
    Manifest,
    Metrics,
    read_manifest,
    sha256_bytes,
    sha256_of,
)

from .evaluation import Probabilities
from .export import TFLITE
from .parameters import Parameters
from .selection import Examples

CHECK = "check.json"
CHECK_PICTURES = 20


def name_of(digits: Sequence[int]) -> str:
    """The name of a model: after the digits that it has learned."""
    return "mnist_model_" + "_".join(str(digit) for digit in digits)


def assemble(
    folder: Path,
    files: Sequence[Path],
    parameters: Parameters,
    said: Probabilities,
    metrics: Metrics,
    learn: Examples,
    held_out: Examples,
) -> Manifest:
    """Copy `files` into `folder`, add the check, and return the manifest; `write_manifest` completes the release."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        shutil.copyfile(path, folder / path.name)
    (folder / CHECK).write_text(_check(said, parameters.digits, held_out).model_dump_json())
    now = datetime.now(UTC)
    names = sorted([path.name for path in files] + [CHECK])
    entries = {name: FileEntry(sha256=sha256_of(folder / name), bytes=(folder / name).stat().st_size) for name in names}
    return Manifest(
        name=name_of(parameters.digits),
        version=f"{now:%Y%m%dT%H%M%SZ}-{entries[TFLITE].sha256[:8]}",
        created=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        digits=parameters.digits,
        dataset=Dataset(
            name=parameters.dataset,
            sha256=sha256_bytes(f"{learn.sha256} {held_out.sha256}".encode()),
            train=len(learn),
            test=len(held_out),
        ),
        files=entries,
        labels=parameters.digits,
        metrics=metrics,
        reference=_reference(said, parameters.digits, learn, held_out),
        params=parameters.model_dump(mode="json", exclude={"mnist"}),
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Complete a release."""
    write_text(folder / MANIFEST, manifest.model_dump_json(indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file at once: it is there as a whole or not at all."""
    half = path.with_name(f".{path.name}.part")
    half.write_text(text)
    os.replace(half, path)


def read_release(folder: Path) -> Manifest:
    """The manifest of a release. Raises OSError, WrongManifest."""
    return read_manifest((folder / MANIFEST).read_bytes())


def _check(said: Probabilities, digits: Sequence[int], held_out: Examples) -> Check:
    """Held-out pictures, evenly taken over the digits of the answers, and what the model says of them."""
    chosen = said.argmax(axis=1)
    share = -(-CHECK_PICTURES // len(digits))
    indexes = [index for each in range(len(digits)) for index in np.flatnonzero(chosen == each)[:share]]
    return Check(
        pictures=[
            CheckPicture(
                pixels=[int(pixel) for pixel in held_out.frames[index].ravel()],
                digit=digits[int(chosen[index])],
                probabilities=[round(float(value), 6) for value in said[index]],
            )
            for index in indexes
        ]
    )


def _reference(
    said: Probabilities, digits: Sequence[int], learn: Examples, held_out: Examples
) -> dict[str, Distribution | Classes]:
    """What ordinary pictures look like: those that were learned; and how sure answers are: those to held-out pictures
    of the learned digits, for answers to learned pictures are surer than any later one."""
    reference: dict[str, Distribution | Classes] = {}
    for column, name in enumerate(FEATURES):
        values = learn.features[:, column]
        reference[name] = _distribution([float(value) for value in values[np.isfinite(values)]])
    known = np.isin(held_out.labels, digits)
    reference[CONFIDENCE] = _distribution([float(value) for value in said[known].max(axis=1)])
    counts = np.bincount(said[known].argmax(axis=1), minlength=len(digits))
    reference[PREDICTED] = Classes(labels=list(digits), shares=psi.smoothed([int(count) for count in counts]))
    return reference


def _distribution(values: list[float]) -> Distribution:
    edges = psi.edges_of(values)
    return Distribution(edges=edges, shares=psi.shares(values, edges))
