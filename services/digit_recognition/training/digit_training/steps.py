"""The road from a dataset to a release, step by step, in a folder. DVC runs these, and so does the service.

    data/dataset.npz          fetch      the dataset, divided
    selected/                 select     learn.npz to learn from, held_out.npz to measure with, summary.json
model/                    train      model.keras, model.h5, model.tflite, history.json
evaluation/, metrics.json evaluate   curves.png, confusion.png, and the figures
release/                  publish    all of it with a manifest and a check, recorded in MLflow; ready for `promote`
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digit_recognition.manifest import Manifest, Metrics

from . import dataset, selection
from .export import MODEL_FILES, TFLITE
from .parameters import Parameters
from .release import assemble, write_manifest, write_text
from .settings import Settings

DOWNLOADS = "downloads"
CORRECTED = Path("corrected/labelled")


@dataclass(frozen=True, slots=True)
class Run:
    """A folder with the files of one training, and what they depend on. `corrected`: pictures that people corrected."""

    folder: Path
    parameters: Parameters
    settings: Settings
    corrected: Path | None = None

    @property
    def held_out(self) -> selection.Examples:
        return selection.read_examples(self.folder / "selected" / "held_out.npz")

    @property
    def learn(self) -> selection.Examples:
        return selection.read_examples(self.folder / "selected" / "learn.npz")

    @property
    def metrics(self) -> Metrics:
        return Metrics.model_validate_json((self.folder / "metrics.json").read_text())

    @property
    def history(self) -> list[dict[str, float]]:
        found: list[dict[str, float]] = self.read_json("model/history.json")
        return found

    @property
    def release(self) -> Path:
        return self.folder / "release"

    def read_json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def write_json(self, name: str, value: Any) -> None:
        write_text(self.folder / name, json.dumps(value, indent=2) + "\n")


def fetch(run: Run) -> None:
    """Get the dataset. Raises DownloadFailed."""
    dataset.fetch(run.parameters, run.folder / DOWNLOADS).write(run.folder / "data" / "dataset.npz")


def select(run: Run) -> dict[str, int]:
    """Prepare the pictures; return how many there are. Raises NothingToLearn."""
    pictures = dataset.read_dataset(run.folder / "data" / "dataset.npz")
    found = selection.select(pictures, run.parameters.digits, run.corrected)
    found.learn.write(run.folder / "selected" / "learn.npz")
    found.held_out.write(run.folder / "selected" / "held_out.npz")
    summary = {
        "learn": len(found.learn),
        "held_out": len(found.held_out),
        "corrected": found.corrected,
        "left_out": found.left_out,
    }
    run.write_json("selected/summary.json", summary)
    return summary


def train(run: Run) -> dict[str, float]:
    """Fit a model and write it in all its forms; return the last epoch's figures."""
    from .export import export
    from .fitting import fit
    from .progress import Progress

    with Progress(run.parameters.train.epochs) as progress:
        fitted = fit(run.learn, run.parameters, progress)
    export(fitted.network, run.folder / "model")
    run.write_json("model/history.json", fitted.history)
    return fitted.history[-1]


def evaluate(run: Run) -> Metrics:
    """Measure the model on the held-out pictures, and draw what there is to see."""
    from . import evaluation
    from .plots import draw_confusion, draw_curves

    digits, held_out = run.parameters.digits, run.held_out
    said = evaluation.answers((run.folder / "model" / TFLITE).read_bytes(), held_out)
    found = evaluation.evaluate(said, digits, held_out)
    right = round(found.metrics.accuracy * len(held_out))
    draw_curves(run.history, run.folder / "evaluation" / "curves.png")
    draw_confusion(
        found.confusion, f"{right} of {len(held_out)} held-out pictures right", run.folder / "evaluation/confusion.png"
    )
    run.write_json("metrics.json", found.metrics.model_dump())
    return found.metrics


def publish(run: Run) -> Manifest:
    """Make the release, and record it in MLflow."""
    from . import evaluation, tracking

    held_out = run.held_out
    said = evaluation.answers((run.folder / "model" / TFLITE).read_bytes(), held_out)
    files = [run.folder / "model" / name for name in (*MODEL_FILES, "history.json")]
    files += [run.folder / "evaluation" / name for name in ("curves.png", "confusion.png")]
    manifest = assemble(run.release, files, run.parameters, said, run.metrics, run.learn, held_out)
    recorded = manifest.model_copy(update={"mlflow_run": tracking.record(run.settings, run.release, manifest)})
    write_manifest(run.release, recorded)
    return recorded


STAGES: dict[str, Callable[[Run], Any]] = {
    "fetch": fetch,
    "select": select,
    "train": train,
    "evaluate": evaluate,
    "publish": publish,
}
