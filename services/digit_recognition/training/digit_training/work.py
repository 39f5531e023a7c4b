"""The folders in which the service trains: one per training, named after what goes into it.

The same digits, parameters and pictures lead to the same folder, so a step that was done is not done again; that is
also what happens to a call that comes twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from tempfile import mkdtemp

from .parameters import Parameters
from .settings import Settings
from .steps import Run

KEPT = 20
"""Trainings that are kept; the ones that were used longest ago go first."""

_ID = re.compile(r"[0-9a-f]{16}")
_RUNS, _PARAMETERS = "trainings", "parameters.json"


class UnknownWork(Exception):
    """There is no training of this id; the text says so."""


def open_run(settings: Settings, parameters: Parameters) -> tuple[str, Run]:
    """Return the training of these parameters and the corrected pictures of now, with its id; made where it is new."""
    name = _id_of(parameters, settings.corrected)
    folder = settings.digit_work / _RUNS / name
    if not (folder / _PARAMETERS).exists():
        _make(folder, parameters, settings)
        _tidy(folder.parent)
    return name, find_run(settings, name)


def find_run(settings: Settings, name: str) -> Run:
    """Return the training of an id. Raises UnknownWork."""
    folder = settings.digit_work / _RUNS / name
    if not _ID.fullmatch(name) or not (folder / _PARAMETERS).exists():
        raise UnknownWork(f"there is no training {name!r} here; digits-select begins one")
    os.utime(folder)
    corrected = folder / "corrected" / "labelled"
    parameters = Parameters.model_validate_json((folder / _PARAMETERS).read_text())
    return Run(folder, parameters, settings, corrected if corrected.is_dir() else None)


def _make(folder: Path, parameters: Parameters, settings: Settings) -> None:
    """A folder is there as a whole, or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = Path(mkdtemp(prefix=".new-", dir=folder.parent))
    if settings.corrected is not None:
        for name in ("labelled", "originals"):
            source = settings.corrected.parent / name
            if source.is_dir():
                shutil.copytree(source, half / "corrected" / name)
    (half / _PARAMETERS).write_text(parameters.model_dump_json())
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)


def _id_of(parameters: Parameters, corrected: Path | None) -> str:
    digest = hashlib.sha256(json.dumps(parameters.model_dump(mode="json"), sort_keys=True).encode())
    for path in sorted(corrected.glob("*/*.png")) if corrected else ():
        digest.update(f"{path.parent.name}/{path.name}\n".encode())
    return digest.hexdigest()[:16]


def _tidy(folder: Path) -> None:
    runs = sorted(
        (path for path in folder.iterdir() if _ID.fullmatch(path.name)), key=lambda path: path.stat().st_mtime
    )
    for old in runs[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
