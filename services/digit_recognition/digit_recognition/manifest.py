"""What is said of a published model: its manifest, its check, and the pointers that name the models to be served.

A place for models (a folder, or a bucket with a prefix) holds

    served.json       {"manifest": "<name>/<version>/manifest.json", "sha256": "<of that manifest's bytes>"}
    candidate.json    the same, and "share": the part of the calls that the candidate answers
    <name>/<version>/ manifest.json, and the files that it lists

Pointers are written last, each at once (a rename, one PUT): who reads one finds all that it names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

SERVED = "served.json"
CANDIDATE = "candidate.json"
MANIFEST = "manifest.json"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
FileName = Name
"""A plain name: no folders, nothing hidden."""
Key = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,9}$")
]
Digit = Annotated[int, Field(ge=0, le=9)]
Share = Annotated[float, Field(ge=0, le=1)]


class WrongManifest(ValueError):
    """A manifest, a check or a pointer that is not what it must be; the text says what is wrong."""


class _Part(BaseModel):
    """Fields that are not known are kept out of the way: a later publisher may say more."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class Pointer(_Part):
    """Which model is to be served: `manifest` is a key in the place for models, `sha256` that of the manifest."""

    manifest: Key
    sha256: Sha256
    share: Annotated[float, Field(gt=0, le=1)] | None = None


class Dataset(_Part):
    name: str
    sha256: str
    train: int
    test: int


class FileEntry(_Part):
    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


class Input(_Part):
    shape: list[int] = [1, 28, 28, 1]


class Metrics(_Part):
    """Measured on held-out pictures of all ten digits; `accuracy_low` and `accuracy_high` are Wilson's 95 % interval.
    `accuracy_learned` counts the pictures of the digits that the model has learned."""

    accuracy: Share
    accuracy_low: Share
    accuracy_high: Share
    accuracy_learned: Share
    loss: float
    per_digit: dict[str, float] = {}


class Distribution(_Part):
    """Of one feature in the training data: inner edges of its bins, and the share of pictures in each bin."""

    edges: list[float]
    shares: list[Share]


class Classes(_Part):
    """How often each digit was predicted in the training data."""

    labels: list[Digit]
    shares: list[Share]


class Manifest(_Part):
    """All that is known of one version of a model; `labels` are the digits in the order of the model's outputs."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, protected_namespaces=())

    name: Name
    version: Name
    created: str
    digits: list[Digit]
    dataset: Dataset
    files: dict[FileName, FileEntry]
    input: Input = Input()
    labels: list[Digit]
    metrics: Metrics
    reference: dict[str, Distribution | Classes]
    check: FileName = "check.json"
    params: dict[str, Any] = {}
    mlflow_run: str | None = None

    def distributions(self) -> dict[str, Distribution]:
        """Return the reference of the features that are numbers."""
        return {name: part for name, part in self.reference.items() if isinstance(part, Distribution)}

    def classes(self) -> Classes | None:
        """Return the reference of the predicted digits, where there is one."""
        part = self.reference.get("predicted")
        return part if isinstance(part, Classes) else None


class CheckPicture(_Part):
    """A prepared picture (28 x 28, row by row, 0 to 255), the digit, and what the model gave when it was made."""

    pixels: Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=784, max_length=784)]
    digit: Digit
    probabilities: list[float]


class Check(_Part):
    pictures: Annotated[list[CheckPicture], Field(min_length=1)]


_Read = TypeVar("_Read", bound=BaseModel)


def read_manifest(data: bytes) -> Manifest:
    """Return a manifest from its file. Raises WrongManifest."""
    manifest = _read(Manifest, data, "the manifest")
    if len(set(manifest.labels)) != len(manifest.labels) or not manifest.labels:
        raise WrongManifest("the manifest: `labels` must name each digit that the model gives once")
    for name, part in manifest.distributions().items():
        if len(part.shares) != len(part.edges) + 1 or part.edges != sorted(part.edges):
            raise WrongManifest(
                f"the manifest: the reference of {name} needs ascending edges and one share more than edges"
            )
    classes = manifest.classes()
    if classes is not None and len(classes.labels) != len(classes.shares):
        raise WrongManifest("the manifest: the reference of predicted needs one share for each label")
    return manifest


def read_check(data: bytes) -> Check:
    """Return the pictures that a model is checked with. Raises WrongManifest."""
    return _read(Check, data, "the check")


def read_pointer(data: bytes) -> Pointer:
    """Return what a pointer says. Raises WrongManifest."""
    return _read(Pointer, data, "the pointer")


def _read(kind: type[_Read], data: bytes, what: str) -> _Read:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WrongManifest(f"{what}: {where}: {first['msg']}") from error


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
