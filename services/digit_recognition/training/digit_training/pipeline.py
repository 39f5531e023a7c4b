"""Runs the whole road: DVC recomputes what has changed, and the release that comes of it is published and promoted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from digit_recognition.places import S3Settings

from .settings import Settings
from .steps import CORRECTED

REMOTE = "store"


class DvcFailed(Exception):
    """DVC ended with an error, which it has told by itself."""


def reproduce(folder: Path, settings: Settings) -> None:
    """Bring the release of a folder with `dvc.yaml` up to date; send data and models to DIGIT_REMOTE, if there is one.

    What needs no new computing is not computed. Raises DvcFailed.
    """
    _own_history(folder)
    _copy_corrected(folder, settings)
    _dvc(folder, "repro")
    if settings.digit_remote:
        _dvc(
            folder,
            "remote",
            "add",
            "--local",
            "--force",
            "--default",
            "--quiet",
            REMOTE,
            _remote(settings.digit_remote),
        )
        _dvc(folder, "push", "--quiet")


def _own_history(folder: Path) -> None:
    """Outside of a git repository DVC has to be told so. It is written down beside the configuration, not in it."""
    within_git = any((each / ".git").exists() for each in (folder.resolve(), *folder.resolve().parents))
    local = folder / ".dvc" / "config.local"
    written = local.exists() and "no_scm" in local.read_text()
    if not within_git and not written:
        _dvc(folder, "config", "--local", "core.no_scm", "true")
    elif within_git and written:
        _dvc(folder, "config", "--local", "--unset", "core.no_scm")


def _copy_corrected(folder: Path, settings: Settings) -> None:
    """What people have corrected, as it is now: DVC sees whether it has changed."""
    if settings.corrected is None:
        return
    for name in (CORRECTED.name, "originals"):
        target = folder / CORRECTED.parent / name
        shutil.rmtree(target, ignore_errors=True)
        source = settings.corrected.parent / name
        if source.is_dir():
            shutil.copytree(source, target)


def _remote(where: str) -> str:
    return where if "://" in where else str(Path(where).resolve())


def _dvc(folder: Path, *arguments: str) -> None:
    """Run this environment's DVC; its stages find this environment's Python first, and S3 by the engine's variables."""
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    environment |= {"DVC_NO_ANALYTICS": "1"} | _s3()
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, env=environment, check=False)
    if done.returncode:
        raise DvcFailed(f"dvc {arguments[0]} failed with exit code {done.returncode}")


def _s3() -> dict[str, str]:
    """The settings S3_* under the names that botocore reads."""
    s3 = S3Settings()
    found = {
        "AWS_ENDPOINT_URL": s3.url,
        "AWS_DEFAULT_REGION": s3.zone,
        "AWS_ACCESS_KEY_ID": s3.key_id and s3.key_id.get_secret_value(),
        "AWS_SECRET_ACCESS_KEY": s3.secret_key and s3.secret_key.get_secret_value(),
    }
    return {name: value for name, value in found.items() if value and name not in os.environ}
