"""The steps of a training as operations, for pipelines of the engine: select, train, evaluate, promote."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from aiservice import InputError, Service, TryAgain
from digit_recognition.places import PlaceError, open_place
from pydantic import BaseModel, Field

from . import steps
from .mnist import DownloadFailed
from .parameters import Digit, Parameters, read_parameters
from .release import name_of, read_release
from .selection import NothingToLearn
from .settings import Settings
from .steps import Run
from .work import UnknownWork, find_run, open_run

log = logging.getLogger("digit_training")

# One process: a training takes all cores, and tensorflow's half gigabyte stays out of the server.
service = Service("digit_training", summary="Train models that read digits", workers=1, processes=True, port=8086)

TRAINING_LIMIT = 4 * 3600
"""Seconds that one call may work. Scikit-learn's digits cost a minute of processor time; MNIST is 45 times as large."""

Work = Annotated[str, Field(description="id of the training, as digits-select gave it")]


class Selection(BaseModel):
    """What a model will learn from."""

    work: Work
    model: Annotated[str, Field(description="name of the model that will come of it")]
    digits: Annotated[list[int], Field(description="the digits to learn")]
    learn: Annotated[int, Field(description="pictures to learn from")]
    held_out: Annotated[int, Field(description="pictures to measure with, of all digits")]
    corrected: Annotated[int, Field(description="of those to learn from, how many people have corrected")]
    left_out: Annotated[int, Field(description="pictures without ink, or that cannot be read")]


class Training(BaseModel):
    """How the training went: the figures of its last epoch."""

    work: Work
    epochs: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


class Compared(BaseModel):
    """The model that is served, and its accuracy on the same pictures."""

    model: str
    version: str
    accuracy: float


class Figures(BaseModel):
    """How good the new model is, and whether it is to be served."""

    work: Work
    model: str
    version: str
    accuracy: Annotated[float, Field(description="on the held-out pictures of all digits")]
    accuracy_low: Annotated[float, Field(description="lower end of its 95 % interval")]
    accuracy_high: Annotated[float, Field(description="upper end of its 95 % interval")]
    accuracy_learned: Annotated[float, Field(description="on those of the learned digits")]
    loss: float
    served: Annotated[Compared | None, Field(description="null where nothing is served yet")]
    better: Annotated[bool, Field(description="not worse than what is served, and another model")]
    why: str


class Promotion(BaseModel):
    """What became of the model."""

    work: Work
    model: str
    version: str
    promoted: Annotated[bool, Field(description="whether it is served from now on")]
    why: str
    mlflow_run: str | None


def _settings() -> Settings:
    return Settings()


def _parameters(settings: Settings, digits: list[int]) -> Parameters:
    base = read_parameters(settings.digit_params) if settings.digit_params else Parameters()
    return Parameters.model_validate(base.model_dump() | ({"digits": digits} if digits else {}))


@service.on_load
def load() -> None:
    """Refuse parameters that cannot be used, and a place that is none, before the first call."""
    settings = _settings()
    _parameters(settings, [])
    open_place(settings.digit_models)


@service.operation(
    "digits-select", path="/select", timeout=TRAINING_LIMIT, example={"digits": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}
)
def digits_select(digits: list[Digit]) -> Selection:
    """Choose the pictures for a new model.

    `digits` are the digits to learn; none of them means those of the service's parameters. Pictures that people have
    corrected are learned too. The pictures that models are measured with are always the same, and show all ten digits.
    """
    if len(set(digits)) == 1 or len(set(digits)) != len(digits):
        raise InputError(
            "digits: at least two different digits, each once; or none, for all that the service is set to"
        )
    settings = _settings()
    work, run = open_run(settings, _parameters(settings, digits))
    try:
        counts = _done_once(run, "selected/summary.json", _select)
    except NothingToLearn as error:
        raise InputError(str(error)) from error
    except DownloadFailed as error:
        raise TryAgain(str(error)) from error
    return Selection(work=work, model=name_of(run.parameters.digits), digits=run.parameters.digits, **counts)


def _select(run: Run) -> None:
    steps.fetch(run)
    steps.select(run)


@service.operation("digits-train", path="/train", timeout=TRAINING_LIMIT, example={"work": "0123456789abcdef"})
def digits_train(work: str) -> Training:
    """Train a model with the chosen pictures.

    Scikit-learn's digits cost a minute of processor time. The same pictures and parameters give the same model.
    """
    run = _run(work)
    last = _done_once(run, "model/history.json", steps.train)[-1]
    return Training(work=work, epochs=run.parameters.train.epochs, **last)


@service.operation("digits-evaluate", path="/evaluate", timeout=TRAINING_LIMIT, example={"work": "0123456789abcdef"})
def digits_evaluate(work: str) -> Figures:
    """Measure a trained model on the held-out pictures of all digits, and compare it with the one that is served.

    It is recorded in MLflow, with curves and confusion matrix. Nothing is published.
    """
    from .promotion import compare

    run = _run(work)
    if not (run.folder / "model" / "history.json").exists():
        raise InputError(f"work: the training {work} has no model yet; digits-train makes it")
    _done_once(run, "release/manifest.json", _evaluate)
    manifest = read_release(run.release)
    try:
        decision = compare(open_place(run.settings.digit_models), manifest, run.held_out)
    except PlaceError as error:
        raise TryAgain(str(error)) from error
    served, metrics = decision.served, manifest.metrics
    return Figures(
        work=work,
        model=manifest.name,
        version=manifest.version,
        accuracy=metrics.accuracy,
        accuracy_low=metrics.accuracy_low,
        accuracy_high=metrics.accuracy_high,
        accuracy_learned=metrics.accuracy_learned,
        loss=metrics.loss,
        served=Compared(model=served.name, version=served.version, accuracy=served.accuracy) if served else None,
        better=decision.promoted,
        why=decision.why,
    )


def _evaluate(run: Run) -> None:
    steps.evaluate(run)
    steps.publish(run)


@service.operation("digits-promote", path="/promote", timeout=TRAINING_LIMIT, example={"work": "0123456789abcdef"})
def digits_promote(work: str, share: Annotated[float, Field(gt=0, le=1)] | None = None) -> Promotion:
    """Publish an evaluated model, and let it be served where it is not worse than the one that is.

    With `share` it answers this part of the calls beside the served one, and is not served yet.
    """
    from .promotion import promote

    run = _run(work)
    if not (run.release / "manifest.json").exists():
        raise InputError(f"work: the training {work} is not evaluated yet; digits-evaluate does it")
    try:
        decision = promote(run.settings, run.release, run.held_out, share)
    except PlaceError as error:
        raise TryAgain(str(error)) from error
    manifest = read_release(run.release)
    log.info("%s %s: %s", manifest.name, manifest.version, decision.why)
    return Promotion(
        work=work,
        model=manifest.name,
        version=manifest.version,
        promoted=decision.promoted,
        why=decision.why,
        mlflow_run=manifest.mlflow_run,
    )


def _run(work: str) -> Run:
    try:
        return find_run(_settings(), work)
    except UnknownWork as error:
        raise InputError(f"work: {error}") from error


def _done_once(run: Run, result: str, step: Any) -> Any:
    """Do a step whose last file is `result`, unless it is done; return what that file holds."""
    if not (run.folder / result).exists():
        step(run)
    return run.read_json(result)
