"""Publishes a release, and points at it where it is not worse than what is served.

Both are measured on the same held-out pictures, of all ten digits: those of the release.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digit_recognition.manifest import (
    CANDIDATE,
    MANIFEST,
    SERVED,
    Manifest,
    Pointer,
    WrongManifest,
    read_pointer,
    sha256_bytes,
)
from digit_recognition.model import MODEL_FILE, Model, Refused, load_model
from digit_recognition.places import Place, open_place

from . import evaluation, tracking
from .release import read_release
from .selection import Examples
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Served:
    """The model that is served, and how good it is on the pictures it is compared with."""

    name: str
    version: str
    accuracy: float


@dataclass(frozen=True, slots=True)
class Decision:
    """`promoted`: whether the release is to be served; `why`: a sentence; `served`: what was served before, if any."""

    promoted: bool
    why: str
    served: Served | None


def compare(place: Place, manifest: Manifest, held_out: Examples) -> Decision:
    """Whether a release is to be served. Nothing is changed. Raises PlaceError."""
    pointer = _pointer(place, SERVED)
    if pointer is None:
        return Decision(True, "no model was served", None)
    try:
        model = load_model(place, pointer)
    except Refused as refused:
        return Decision(True, f"the served model cannot be used: {refused}", None)
    if model.manifest.files[MODEL_FILE].sha256 == manifest.files[MODEL_FILE].sha256:
        same = Served(model.name, model.version, manifest.metrics.accuracy)
        return Decision(False, f"the same model is served already, as {model.version}", same)
    served = Served(model.name, model.version, _accuracy(place, pointer, model, held_out))
    figures = f"{manifest.metrics.accuracy:.4f} against {served.accuracy:.4f} of the served {served.version}"
    if manifest.metrics.accuracy < served.accuracy:
        return Decision(False, f"its accuracy is worse: {figures}", served)
    return Decision(True, f"its accuracy is not worse: {figures}", served)


def promote(settings: Settings, release: Path, held_out: Examples, share: float | None = None) -> Decision:
    """Publish a release, register it, and let it be served where it is not worse than what is served.

    `share`: it is not served yet, but answers this part of the calls beside the served one. Raises Refused where the
    release does not pass its own check, PlaceError, MlflowException.
    """
    place, manifest = open_place(settings.digit_models), read_release(release)
    decision = compare(place, manifest, held_out)
    pointer = _publish(place, release, manifest)
    load_model(place, pointer)
    tracking.register(settings, release, manifest)
    if share is not None and decision.promoted and decision.served is not None:
        candidate = pointer.model_copy(update={"share": share})
        place.write(CANDIDATE, candidate.model_dump_json().encode())
        return Decision(False, f"it answers {share:.0%} of the calls; {decision.why}", decision.served)
    if decision.promoted:
        place.write(SERVED, pointer.model_dump_json(exclude_none=True).encode())
    if decision.promoted or _is_served(decision, manifest):
        _end_trial(place, pointer)
        tracking.mark_served(settings, manifest)
    return decision


def _is_served(decision: Decision, manifest: Manifest) -> bool:
    return decision.served is not None and decision.served.version == manifest.version


def _publish(place: Place, release: Path, manifest: Manifest) -> Pointer:
    """Write a release to the place for models, its manifest last; return what points at it."""
    data = (release / MANIFEST).read_bytes()
    folder = f"{manifest.name}/{manifest.version}"
    key = f"{folder}/{MANIFEST}"
    if place.read(key) != data:
        for name in sorted(manifest.files):
            place.write(f"{folder}/{name}", (release / name).read_bytes())
        place.write(key, data)
    return Pointer(manifest=key, sha256=sha256_bytes(data))


def _end_trial(place: Place, pointer: Pointer) -> None:
    """What is served is no candidate any more."""
    trial = _pointer(place, CANDIDATE)
    if trial is not None and trial.manifest == pointer.manifest:
        place.delete(CANDIDATE)


def _pointer(place: Place, key: str) -> Pointer | None:
    data = place.read(key)
    try:
        return None if data is None else read_pointer(data)
    except WrongManifest:
        return None


def _accuracy(place: Place, pointer: Pointer, model: Model, held_out: Examples) -> float:
    """Of the served model, on the pictures that the release was measured with."""
    content = place.read(f"{pointer.manifest.rpartition('/')[0]}/{MODEL_FILE}") or b""
    said = evaluation.answers(content, held_out)
    return evaluation.evaluate(said, model.manifest.labels, held_out).metrics.accuracy
