"""The operations, and the pages that show models and drift."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from aiservice import ImageArray, InputError, Service, TryAgain
from pydantic import Field
from typing_extensions import NotRequired, TypedDict

from . import figures
from .keep import Keeper
from .places import PlaceError
from .recognizer import Recognizer, prepared_of
from .settings import DigitSettings, read_digit_settings

log = logging.getLogger("digit_recognition")

# A thread, for what is served, compared and counted is known in one place. And only one: numpy lets go of the
# interpreter so often that two threads, which wait for each other each time, read a third fewer digits.
service = Service("digit_recognition", summary="Read the handwritten digit of a picture", workers=1, port=8084)

Digit = Annotated[int, Field(ge=0, le=9)]


class Reading(TypedDict):
    """What is read in a picture."""

    digit: Annotated[int, Field(description="the digit, 0 to 9")]
    probabilities: Annotated[dict[str, float], Field(description="of each digit that the model has learned")]
    confidence: Annotated[float, Field(description="the highest probability")]
    model: Annotated[str, Field(description="name of the model that answered")]
    version: Annotated[str, Field(description="its version")]
    picture: NotRequired[Annotated[str, Field(description="id for digit-feedback, where the picture was kept")]]


class Thanks(TypedDict):
    """What was stored."""

    picture: Annotated[str, Field(description="id of the labelled picture")]
    digit: Annotated[int, Field(description="its label")]
    was_right: Annotated[bool | None, Field(description="whether the model had said so; null where it was not asked")]


_recognizer: list[Recognizer] = []


def _found() -> Recognizer | None:
    return _recognizer[0] if _recognizer else None


for _counter in (*figures.COUNTERS, figures.State(_found)):
    service.collect(_counter)


@service.on_load
def load() -> None:
    """Load the models, and begin to look for new ones."""
    settings = read_digit_settings()
    recognizer = Recognizer(settings)
    _recognizer[:] = [recognizer]
    threading.Thread(target=_look, args=(recognizer, settings), name="look", daemon=True).start()


def _look(recognizer: Recognizer, settings: DigitSettings) -> None:
    pause = threading.Event()
    while not pause.wait(settings.look):
        try:
            recognizer.tick()
        except Exception:
            log.exception("a look for new models failed")


@service.on_ready
def ready() -> dict[str, Any]:
    """Which models answer, and why others do not."""
    found = _found()
    if found is None:
        return {}
    view = found.registry.view()
    models = {
        role: view[role] and {key: view[role][key] for key in ("model", "version", "digits")}
        for role in ("served", "candidate")
    }
    return models | {"refused": view["refused"], "trouble": view["trouble"], "drift": found.watch.alert is not None}


@service.page("/models")
def models() -> dict[str, Any]:
    """The models that answer, and how often candidate and served model agree."""
    found = _found()
    return {} if found is None else found.registry.view()


@service.page("/drift")
def drift() -> dict[str, Any]:
    """How far the last pictures are from the training data: the population stability index of each feature.

    Below 0.1 nothing has changed, from 0.25 something has. An alert needs 100 pictures, an index of 0.25 that chance
    does not explain, and three computations in a row that say so.
    """
    found = _found()
    if found is None:
        return {}
    kept = None if found.keeper is None else found.keeper.view()
    return found.watch.view() | {"retraining": found.retraining.view(), "kept": kept}


@service.operation("digit-recognition", path="/compute")
def digit_recognition(image: ImageArray) -> Reading:
    """Read the handwritten digit of a picture.

    The picture shows one digit, dark on light or light on dark, of any size, anywhere: drawn, scanned or photographed
    on paper. A picture without a digit, or with several, is an error that says so.
    """
    found = _recognizer[0].recognize(image)
    answer, model = found.answer, found.model
    reading = Reading(
        digit=answer.digit,
        probabilities=answer.probabilities,
        confidence=answer.confidence,
        model=model.name,
        version=model.version,
    )
    if found.kept is not None:
        reading["picture"] = found.kept
    return reading


@service.operation("digit-feedback", path="/feedback", example={"picture": "0" * 64, "digit": 7})
def digit_feedback(picture: str, digit: Digit) -> Thanks:
    """Say which digit a picture shows that the model was not sure of, for the next training.

    `picture` is the id that came with an answer, `digit` what the picture shows. It works where the service keeps
    pictures (DIGIT_KEEP). The last answer for a picture counts.
    """
    keeper = _keeper()
    with _storing():
        right = keeper.label(picture, digit) == digit
    figures.FEEDBACK.labels("right" if right else "wrong").inc()
    return Thanks(picture=picture, digit=digit, was_right=right)


@service.operation("digit-label", path="/label")
def digit_label(image: ImageArray, digit: Digit) -> Thanks:
    """Send a picture and the digit that it shows, for the next training.

    It works where the service keeps pictures (DIGIT_KEEP). The last answer for a picture counts.
    """
    keeper, prepared = _keeper(), prepared_of(image)
    with _storing():
        name = keeper.add(image, prepared, digit)
    figures.FEEDBACK.labels("not asked").inc()
    return Thanks(picture=name, digit=digit, was_right=None)


def _keeper() -> Keeper:
    keeper = _recognizer[0].keeper
    if keeper is None:
        raise InputError("this service keeps no pictures: DIGIT_KEEP is not set")
    return keeper


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except PlaceError as error:
        raise TryAgain(f"the picture could not be stored: {error}", retry_after=30) from error
