"""The service without HTTP: one picture in, one answer out, and what goes on beside it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiservice import InputError
from numpy.typing import NDArray

from . import figures
from .keep import Keeper
from .model import Answer, Model
from .places import Folder, PlaceError, open_place
from .prepare import Prepared, prepare
from .registry import Registry
from .retrain import Retraining
from .settings import DigitSettings
from .watch import Watch

log = logging.getLogger("digit_recognition")

SHIPPED = Path(__file__).parent / "model"
"""The model that comes with the service, in the same layout as a place where models are published."""


@dataclass(frozen=True, slots=True)
class Recognized:
    """An answer, the model that gave it, and the id of the picture where it was kept."""

    answer: Answer
    model: Model
    kept: str | None


class Recognizer:
    """Models, statistics and kept pictures; `recognize` may be called from any thread, `tick` from one."""

    def __init__(self, settings: DigitSettings) -> None:
        """Load the models. Raises Refused, PlaceError, OSError."""
        place = None if settings.models is None else open_place(settings.models)
        self.registry = Registry(place, Folder(SHIPPED))
        self._window = settings.window
        self.watch = Watch(self.registry.serving.served.manifest, self._window)
        self.retraining = Retraining(settings.retrain, settings.retrain_pause)
        self.keeper: Keeper | None = None
        if settings.keep is not None:
            self.keeper = Keeper(settings.keep, settings.keep_below, settings.keep_count, settings.keep_days)
        self._swap = threading.Lock()

    def recognize(self, picture: NDArray[np.uint8]) -> Recognized:
        """Read the digit of a picture. Raises InputError where it shows none, or several."""
        prepared = prepared_of(picture)
        now = self.registry.serving
        served = answer = now.served.answer(prepared.image)
        model = now.served
        if now.candidate is not None and now.asks_candidate():
            try:
                answer, model = now.candidate.answer(prepared.image), now.candidate
                self.registry.compared(now, "agree" if answer.digit == served.digit else "disagree")
            except RuntimeError as error:
                self.registry.compared(now, "failed")
                log.warning("the candidate failed, the served model answers: %s", error)
        self._watch_of(now.served).add(prepared.features, served.confidence, served.digit)
        figures.ANSWERS.labels("served" if model is now.served else "candidate", str(answer.digit)).inc()
        return Recognized(answer, model, self._keep(picture, prepared, answer, model))

    def _watch_of(self, model: Model) -> Watch:
        """Return the statistics of a model: a new one's begin afresh, for it has a reference of its own."""
        watch = self.watch
        if watch.manifest is model.manifest or model is not self.registry.serving.served:
            return watch
        with self._swap:
            if self.watch.manifest is not model.manifest:
                self.watch = Watch(model.manifest, self._window, self.watch.alerts)
            return self.watch

    def _keep(self, picture: NDArray[np.uint8], prepared: Prepared, answer: Answer, model: Model) -> str | None:
        if self.keeper is None:
            return None
        try:
            return self.keeper.offer(picture, prepared, answer, model.version)
        except PlaceError as error:
            # The answer is right all the same.
            figures.KEPT_NOT.inc()
            log.warning("a picture could not be kept: %s", error)
            return None

    def tick(self) -> None:
        """Look for new models, start a retraining that is due, remove what was kept for too long."""
        self.registry.look()
        watch = self._watch_of(self.registry.serving.served)
        self.retraining.tick(watch.alert, watch.manifest)
        if self.keeper is not None:
            self.keeper.tidy()


def prepared_of(picture: NDArray[np.uint8]) -> Prepared:
    """Return what the model sees of a picture. Raises InputError where it shows no digit, or several."""
    prepared = prepare(picture)
    if prepared is None:
        figures.WITHOUT.labels("blank").inc()
        raise InputError("image: it shows no digit; send a picture of one digit, dark on light or light on dark")
    if prepared.shapes > 1:
        figures.WITHOUT.labels("several").inc()
        raise InputError(f"image: it shows {prepared.shapes} shapes that may be digits; send a picture of one digit")
    return prepared
