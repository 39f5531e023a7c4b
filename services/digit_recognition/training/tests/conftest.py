"""A project folder as one has it after a checkout, and models of two sets of digits that are trained in it, once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TRAINING = Path(__file__).resolve().parent.parent
SHIPPED = (".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore", "dvc.yaml", "corrected/README.md")
SMALL = """
digits: {digits}
train: {{epochs: 2, copies: 2, batch: 32}}
mnist: {{url: "http://127.0.0.1/", sha256: {{}}}}
augment: {{rotation: 8}}
dataset: digits
held_out: 0.25
seed: 7
"""
NINE, TEN = list(range(9)), list(range(10))
SECONDS = 600


@dataclass
class Project:
    """A copy of this folder, beside a copy of the digit service's package."""

    folder: Path
    models: Path
    environment: dict[str, str]

    def choose(self, digits: list[int]) -> None:
        """Write `params.yaml`, with a training that is short."""
        (self.folder / "params.yaml").write_text(SMALL.format(digits=digits))

    def run(self, *arguments: str) -> str:
        """Run a program to its end, which must be a good one; what it wrote."""
        done = subprocess.run(
            arguments, cwd=self.folder, env=self.environment, text=True, capture_output=True, timeout=SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def train(self) -> str:
        return self.run(sys.executable, "-m", "digit_training", "train")

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def ask(self, code: str, *arguments: str) -> Any:
        """Run Python code; the JSON in the last line that it prints."""
        asked = (sys.executable, "-c", code, *arguments)
        done = subprocess.run(
            asked, cwd=self.folder, env=self.environment, text=True, capture_output=True, timeout=SECONDS
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def git(self, *arguments: str) -> str:
        own = ("-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main")
        return self.run("git", *own, *arguments)

    def keep(self, name: str) -> None:
        """Copy the release that is there now, with what it was measured with."""
        for part in ("release", "selected"):
            shutil.copytree(self.folder / part, self.folder.parent / name / part)

    def kept(self, name: str) -> Path:
        return self.folder.parent / name


@dataclass
class Trained:
    """The project after two trainings: of nine digits outside of git, of ten within; and what each of them wrote."""

    project: Project
    first: str
    second: str


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("project")
    folder = root / "training"
    for name in SHIPPED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TRAINING / name, folder / name)
    only_code = shutil.ignore_patterns("__pycache__", "model")
    shutil.copytree(TRAINING / "digit_training", folder / "digit_training", ignore=only_code)
    shutil.copytree(TRAINING.parent / "digit_recognition", root / "digit_recognition", ignore=only_code)
    models = root / "models"
    foreign = ("DIGIT_", "MLFLOW_", "S3_", "AWS_", "APP_", "GIT_", "PYTHONDONTWRITEBYTECODE")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    remote = {"DIGIT_REMOTE": str(root / "remote")}
    return Project(folder, models, {**clean, "DIGIT_MODELS": str(models), "DIGIT_WORK": str(root / "work"), **remote})


@pytest.fixture(scope="session")
def trained(project: Project) -> Trained:
    project.choose(NINE)
    first = project.train()
    project.keep("nine")
    project.git("init", "--quiet")
    project.git("add", ".")
    project.git("commit", "--quiet", "--message", "nine digits")
    project.choose(TEN)
    second = project.train()
    project.keep("ten")
    project.git("add", ".")
    project.git("commit", "--quiet", "--message", "ten digits")
    return Trained(project, first, second)
