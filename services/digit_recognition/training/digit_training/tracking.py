"""Trainings in MLflow: a run with parameters, metrics of every epoch and files, and a version in its registry.

The registered model `digit_recognition` has a version per release. Its alias `candidate` is the release that was made
last and is not served, `served` the one that is.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digit_recognition.manifest import Manifest

from .settings import Settings

# Nothing is sent to anybody; and a run is recorded as what it was given, whatever git or notebook is around.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"

EXPERIMENT = REGISTERED = "digit_recognition"
CANDIDATE_ALIAS, SERVED_ALIAS = "candidate", "served"


def client_of(settings: Settings) -> Any:
    """A client of the server that the settings name, or of SQLite in DIGIT_WORK."""
    from mlflow import MlflowClient

    # What its database does is of no interest to who trains.
    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return MlflowClient(settings.mlflow_tracking_uri or _own_uri(settings))


def _own_uri(settings: Settings) -> str:
    folder = settings.digit_work.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'mlflow.db'}"


def record(settings: Settings, release: Path, manifest: Manifest) -> str:
    """Record a release as a run with all that is known of it; return the run's id. Raises MlflowException."""
    client = client_of(settings)
    tags = {
        "mlflow.runName": f"{manifest.name} {manifest.version}",
        "model": manifest.name,
        "version": manifest.version,
        "dataset_sha256": manifest.dataset.sha256,
    }
    run: str = client.create_run(_experiment(client, settings), tags=tags).info.run_id
    client.log_batch(run, metrics=list(_metrics(release, manifest)), params=_parameters(manifest))
    client.log_artifacts(run, str(release), "release")
    client.set_terminated(run)
    return run


def register(settings: Settings, release: Path, manifest: Manifest) -> None:
    """Give a release its version in the registry, and the alias `candidate`; a version that it has it keeps.

    Its run is recorded again where MLflow does not know it (it was made with another server). Raises MlflowException.
    """
    client = client_of(settings)
    number = _registered(client, manifest)
    if number is None:
        if not client.search_registered_models(f"name = '{REGISTERED}'"):
            client.create_registered_model(REGISTERED, description="Reads a handwritten digit")
        run = _run_of(client, manifest) or record(settings, release, manifest)
        source = f"{client.get_run(run).info.artifact_uri}/release"
        tags = {"model": manifest.name, "release": manifest.version}
        number = client.create_model_version(REGISTERED, source, run_id=run, tags=tags).version
    if number != _alias(client, SERVED_ALIAS):
        client.set_registered_model_alias(REGISTERED, CANDIDATE_ALIAS, number)


def mark_served(settings: Settings, manifest: Manifest) -> None:
    """Give a registered release the alias `served`, and take `candidate` from it. Raises MlflowException."""
    client = client_of(settings)
    number = _registered(client, manifest)
    client.set_registered_model_alias(REGISTERED, SERVED_ALIAS, number)
    if _alias(client, CANDIDATE_ALIAS) == number:
        client.delete_registered_model_alias(REGISTERED, CANDIDATE_ALIAS)


def _experiment(client: Any, settings: Settings) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    if settings.mlflow_tracking_uri:
        return str(client.create_experiment(EXPERIMENT))
    return str(client.create_experiment(EXPERIMENT, (settings.digit_work.resolve() / "mlflow").as_uri()))


def _metrics(release: Path, manifest: Manifest) -> Iterator[Any]:
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    for step, epoch in enumerate(json.loads((release / "history.json").read_text()), 1):
        for name, value in epoch.items():
            yield Metric(f"train_{name}", value, now, step)
    for name, value in manifest.metrics.model_dump(exclude={"per_digit"}).items():
        yield Metric(name, value, now, 0)
    for digit, value in manifest.metrics.per_digit.items():
        yield Metric(f"accuracy_of_{digit}", value, now, 0)


def _parameters(manifest: Manifest) -> list[Any]:
    from mlflow.entities import Param

    flat: dict[str, Any] = {}
    for name, value in manifest.params.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    flat |= {"learned_from": manifest.dataset.train, "measured_with": manifest.dataset.test}
    return [Param(name, str(value)) for name, value in flat.items()]


def _registered(client: Any, manifest: Manifest) -> str | None:
    for version in client.search_model_versions(f"name = '{REGISTERED}'"):
        if version.tags.get("release") == manifest.version:
            return str(version.version)
    return None


def _run_of(client: Any, manifest: Manifest) -> str | None:
    """The run that the manifest names, where MLflow knows it."""
    from mlflow.exceptions import MlflowException

    if manifest.mlflow_run is None:
        return None
    try:
        client.get_run(manifest.mlflow_run)
    except MlflowException:
        return None
    return manifest.mlflow_run


def _alias(client: Any, alias: str) -> str | None:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(REGISTERED, alias).version)
    except MlflowException:
        return None
