"""Trains the models of the digit service. Without a command it starts the training service, on port 8086 unless
APP_PORT says otherwise."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from digit_recognition.model import Refused
from digit_recognition.places import PlaceError

from .mnist import DownloadFailed
from .parameters import ParametersWrong, read_parameters
from .pipeline import DvcFailed, reproduce
from .promotion import promote
from .selection import NothingToLearn, read_examples
from .settings import Settings
from .steps import CORRECTED, STAGES, Run

_TOLD = (DownloadFailed, DvcFailed, NothingToLearn, ParametersWrong, PlaceError, Refused)
"""Errors that say by themselves what to change."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m digit_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="command")
    everything = commands.add_parser("train", help="recompute what has changed (dvc repro), publish and promote")
    only = commands.add_parser("promote", help="publish and promote the release that is there")
    for each in (everything, only):
        each.add_argument("--share", type=float, help="let it answer this part of the calls first, as a candidate")
    stage = commands.add_parser("stage", help="run one step of the pipeline, as `dvc repro` does")
    stage.add_argument("name", choices=STAGES)
    asked = parser.parse_args(arguments)
    try:
        return _done(asked)
    except _TOLD as error:
        print(f"digit_training: {error}", file=sys.stderr)
        return 1


def _done(asked: argparse.Namespace) -> int:
    if asked.command is None:
        from .service import service

        service.run()
        return 0
    if asked.command == "stage":
        run = Run(Path("."), read_parameters(Path("params.yaml")), Settings(), CORRECTED)
        STAGES[asked.name](run)
        return 0
    if asked.command == "train":
        read_parameters(Path("params.yaml"))
        reproduce(Path("."), Settings())
    return _promote(asked.share)


def _promote(share: float | None) -> int:
    settings = Settings()
    run = Run(Path("."), read_parameters(Path("params.yaml")), settings)
    found = run.metrics
    decision = promote(settings, run.release, read_examples(run.folder / "selected" / "held_out.npz"), share)
    print(
        f"accuracy {found.accuracy:.4f} ({found.accuracy_low:.4f} to {found.accuracy_high:.4f}) on held-out pictures "
        f"of all digits, {found.accuracy_learned:.4f} on those of the learned ones"
    )
    print(
        f"{'promoted' if decision.promoted else 'not promoted'}: {decision.why}; models are in {settings.digit_models}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
